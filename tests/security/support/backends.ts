import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { BubblewrapBackend } from "../../../server/src/sandbox/backends/bubblewrap/index.ts";
import { requireCgroupLimits } from "../../e2e/limits.ts";
import { docker, dockerForTests } from "../../support/docker/docker.ts";
import { NOTHING, tracesOf } from "../../support/machine.ts";

export type BackendName = "bubblewrap" | "docker";

/** What an attack may use up: small, so that it does so soon. */
export interface Bounds {
  readonly pids: number;
  readonly memoryBytes: number;
}

/** A backend that attacks are tried on, and what of it can be seen from the host. */
export interface BackendUnderTest {
  readonly name: BackendName;
  /** Arguments of the server. */
  readonly flags: readonly string[];
  /** Memory and processes are limited here: only then may a test use them up. */
  readonly bounded: boolean;
  /** What `ulimit -u` says, where it is that which stops a bomb. */
  readonly ulimit: boolean;
  /** What the kernel holds each sandbox of a server to. @throws Error unless it is as asked for: then no bomb starts */
  requireBounds(run: string, bounds: Bounds): Promise<void>;
  /** What a server that has ended left on the machine, in words; empty for nothing. */
  leftBy(run: string): Promise<readonly string[]>;
}

/** The backends, or why one of them cannot be tried here. */
export async function backendsUnderTest(): Promise<
  readonly (BackendUnderTest | { name: BackendName; missing: string })[]
> {
  return [await bubblewrap(), await dockerEngine()];
}

const SANDBOXD = fileURLToPath(new URL("../../../.build/sandboxd", import.meta.url));

async function bubblewrap(): Promise<BackendUnderTest | { name: BackendName; missing: string }> {
  const name = "bubblewrap";
  if (!existsSync(SANDBOXD)) return { name, missing: "sandboxd has not been built (make build)" };
  const log = pino({ level: "silent" });
  const backend = new BubblewrapBackend({
    serverId: "security",
    log,
    protectedPaths: [],
    sandboxdPath: SANDBOXD,
  });
  const { usable, reason, enforced } = await backend.probe();
  await backend.close();
  if (!usable) return { name, missing: reason };
  const holds = (limit: string): boolean => enforced.some((text) => text.includes(`The ${limit} limit`));
  return {
    name,
    flags: ["--backend", name],
    bounded: holds("memory") && holds("pids"),
    ulimit: true,
    requireBounds: async (run, bounds) => requireCgroupLimits(run, bounds),
    leftBy: async (run) => differences(run),
  };
}

async function dockerEngine(): Promise<BackendUnderTest | { name: BackendName; missing: string }> {
  const name = "docker";
  const found = await dockerForTests();
  if ("missing" in found) return { name, missing: found.missing };
  const { host, image } = found;
  /** Of all containers of a server. One that goes between the question and the answer makes the engine refuse it whole. */
  const firstProcesses = async (run: string): Promise<number[]> => {
    for (let attempt = 0; attempt < 10; attempt++) {
      const listed = lines(await docker(host, "ps", "--format", '{{.ID}} {{.Label "clawgym.run"}}'));
      const ids = listed.filter((line) => line.includes(`.${run}.`)).map((line) => line.split(" ")[0] ?? "");
      if (ids.length === 0) continue;
      const pids = await docker(host, "inspect", "--format", "{{.State.Pid}}", ...ids);
      if (pids !== null) return lines(pids).map(Number);
    }
    return [];
  };
  return {
    name,
    flags: ["--backend", name, "--docker-host", host, "--image", image],
    bounded: true,
    // Counted per uid, and the uid is the same in all containers: the pids cgroup is the wall.
    ulimit: false,
    async requireBounds(run, { pids, memoryBytes }) {
      let looked = 0;
      for (const pid of await firstProcesses(run)) {
        const memory = Math.min(...limitsAbove(pid, "memory", ["memory.limit_in_bytes", "memory.max"]));
        const processes = Math.min(...limitsAbove(pid, "pids", ["pids.max"]));
        // Another one's may have ended meanwhile; the attacker's has not. The dead have no command line.
        if (read(`/proc/${pid}/cmdline`) === "") continue;
        looked++;
        if (!(memory <= memoryBytes)) throw new Error(`no bomb: the cgroups allow ${memory} bytes`);
        // The server adds room for what it runs in there itself.
        if (!(processes <= pids + 64)) throw new Error(`no bomb: the cgroups allow ${processes} processes`);
      }
      if (looked === 0) throw new Error("no bomb: there is no container to read the limits of");
    },
    leftBy: async (run) => differences(run, host),
  };
}

const lines = (text: string | null): string[] => (text ?? "").split("\n").filter((line) => line !== "");

/** Values of a limit in the cgroup of a process and all above it: the smallest of them holds. */
function limitsAbove(pid: number, controller: string, files: readonly string[]): number[] {
  const found: number[] = [];
  for (const line of read(`/proc/${pid}/cgroup`).split("\n")) {
    const [, controllers = "", path = ""] = line.split(":");
    if (controllers !== "" && !controllers.split(",").includes(controller)) continue;
    for (const mount of controllers === "" ? ["", "unified"] : [controllers]) {
      for (let at = path; at.length > 1; at = at.slice(0, at.lastIndexOf("/"))) {
        for (const file of files) {
          const text = read(join("/sys/fs/cgroup", mount, at, file)).trim();
          if (/^\d+$/.test(text)) found.push(Number(text));
        }
      }
    }
  }
  return found;
}

function differences(run: string, engine: string | null = null): string[] {
  const left = tracesOf(run, engine);
  return (Object.keys(NOTHING) as (keyof typeof NOTHING)[]).flatMap((kind) =>
    left[kind].map((name) => `${kind}: ${name}`),
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Processes of the host whose command line has this text in it. */
export function processesNamed(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`).includes(text))
    .map(Number);
}
