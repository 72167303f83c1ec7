import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { docker } from "../support/docker/docker.ts";
import { OwnEngine } from "../support/docker/own-engine.ts";
import { freePort, missingForSsh, startSshServer } from "../support/docker/ssh-server.ts";
import { tlsFiles } from "../support/docker/tls-files.ts";
import { NOTHING, tracesOf } from "../support/machine.ts";
import { answer, RawClient } from "../support/raw-client.ts";
import { type ProcessOptions, type ServerProcess, startProcess } from "../support/server-process.ts";
import { nativeDataset, RIGHT, scratchFolder } from "./datasets.ts";
import { onDocker } from "./on-backend.ts";
import { play, run, settled } from "./play.ts";

const MB = 1024 * 1024;
const LIMITS = { pids: 96, memoryBytes: 192 * MB };
const LIMIT_FLAGS = ["--sandbox-pids", "96", "--sandbox-memory-bytes", String(LIMITS.memoryBytes)];
const SMALL = ["--sandbox-workspace-bytes", String(32 * MB), "--sandbox-tmp-bytes", String(32 * MB)];
const CGROUPS = "/sys/fs/cgroup";
/** The server adds some processes for what it runs in there itself. */
const LIMITS_HELD = { pids: LIMITS.pids + 64, memoryBytes: LIMITS.memoryBytes };

/** What the kernel holds the cgroup of a process to, of either version. */
function heldTo(pid: number): typeof LIMITS_HELD {
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  const read = (controller: string, ...names: readonly string[]): number => {
    for (const line of lines) {
      const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      const dir = controllers === "" ? path : join(controllers, path);
      const wanted = controllers === "" || controllers.split(",").includes(controller);
      for (const name of names) {
        const file = join(CGROUPS, dir, name);
        if (wanted && existsSync(file)) return Number(readFileSync(file, "utf8"));
      }
    }
    return Number.NaN;
  };
  return {
    pids: read("pids", "pids.max"),
    memoryBytes: read("memory", "memory.limit_in_bytes", "memory.max"),
  };
}

await onDocker("Docker engines in other places", ({ engine: testEngine, image }) => {
  const engines = [new OwnEngine(), new OwnEngine()] as const;
  const [one, other] = engines;
  const servers: ServerProcess[] = [];
  let tasks = "";

  beforeAll(async () => {
    tasks = nativeDataset();
    for (const engine of engines) {
      await engine.start();
      await engine.load(testEngine, image);
      await engine.stop();
    }
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.end("SIGKILL");
    for (const engine of engines) await engine.stop();
  });
  afterAll(async () => {
    for (const engine of engines) await engine.remove();
  });

  async function serve(hosts: readonly string[], more: readonly string[] = [], options: ProcessOptions = {}) {
    const chosen = hosts.flatMap((host) => ["--docker-host", host]);
    const flags = ["--tasks", tasks, "--backend", "docker", "--image", image, ...chosen, ...more];
    const server = await startProcess(flags, { log: true, ...options });
    servers.push(server);
    return { server, client: await RawClient.connect(server.url) };
  }

  const containersOn = async (engine: OwnEngine): Promise<string[]> => {
    const listed = await docker(engine.host, "ps", "--quiet", "--filter", "label=clawgym.template");
    return (listed ?? "").split("\n").filter(Boolean);
  };

  /** An episode by way of a remote engine: scored, bounded by Docker's own limits, and nothing is left. */
  async function expectGood({ server, client }: Awaited<ReturnType<typeof serve>>): Promise<void> {
    const { episode } = await client.ok("reset", { task: "native/answer", queueTimeoutMs: 120_000 });
    await client.ok("step", { episode, action: run(RIGHT) });
    // A machine that is reached over a network is not ours to make cgroups on.
    expect(tracesOf(server.run).cgroups).toEqual([]);
    const containers = await containersOn(one);
    expect(containers.length).toBeGreaterThan(0);
    for (const id of containers) expect(heldTo(await pidOf(id))).toEqual(LIMITS_HELD);
    expect(await client.ok("step", { episode, action: answer() })).toMatchObject({ reward: 1 });
    await client.close();
    expect(await server.end("SIGTERM")).toBe(0);
    expect(tracesOf(server.run, one.host)).toEqual(NOTHING);
  }

  const pidOf = async (id: string): Promise<number> =>
    Number(await docker(one.host, "inspect", "--format", "{{.State.Pid}}", id));

  it("share the sandboxes of one server, and when one fails the other goes on", async () => {
    await Promise.all(engines.map((engine) => engine.start()));
    const { server, client } = await serve([one.host, other.host], ["--pool-min-idle", "4"]);
    // More than one engine holds of those that are made: idle ones are given out in no order of engines.
    const episodes = await Promise.all(
      Array.from(
        { length: 12 },
        async () => (await client.ok("reset", { task: "native/answer", queueTimeoutMs: 120_000 })).episode,
      ),
    );
    for (const engine of engines) expect((await containersOn(engine)).length).toBeGreaterThanOrEqual(3);
    for (const engine of engines) tracesOf(server.run, engine.host);

    await one.stop("SIGKILL");
    const ends = await Promise.all(
      episodes.map(async (episode) => {
        const { error } = await client.request("step", { episode, action: run(RIGHT) });
        if (error) return error.data.code;
        return (await client.ok("step", { episode, action: answer() })).reward;
      }),
    );
    expect(ends.filter((end) => end === 1).length).toBeGreaterThanOrEqual(1);
    expect(ends.filter((end) => end === "SANDBOX_LOST").length).toBeGreaterThanOrEqual(1);
    expect(new Set(ends)).toEqual(new Set([1, "SANDBOX_LOST"]));
    for (let more = 0; more < 4; more++)
      expect(await play(client, "native/answer", [run(RIGHT)])).toMatchObject({ reward: 1, failure: null });

    await one.start();
    // It is used again once it answers.
    const back = async (): Promise<number> => {
      await client.ok("prefetch", { tasks: ["native/answer"], count: 8 });
      return (await containersOn(one)).length;
    };
    expect(await settled(back, (count) => count > 0, 300_000)).toBeGreaterThan(0);
    await client.close();
    expect(await server.end("SIGTERM")).toBe(0);
    for (const engine of engines) {
      const left = await settled(
        () => tracesOf(server.run, engine.host),
        (traces) => JSON.stringify(traces) === JSON.stringify(NOTHING),
      );
      expect(left).toEqual(NOTHING);
    }
  });

  it("are reached by TCP with TLS, and with certificates of their own authority only", async () => {
    const { server, client } = tlsFiles(join(scratchFolder(), "tls"));
    const host = `tcp://127.0.0.1:${await freePort()}`;
    const file = (name: string): string => join(server, name);
    const certificates = [
      "--tlscacert",
      file("ca.pem"),
      "--tlscert",
      file("cert.pem"),
      "--tlskey",
      file("key.pem"),
    ];
    await one.start(["-H", host, "--tlsverify", ...certificates]);
    await expectGood(await serve([host], ["--docker-tls", client, ...LIMIT_FLAGS, ...SMALL]));

    const stranger = tlsFiles(join(scratchFolder(), "tls")).client;
    await expect(serve([host], ["--docker-tls", stranger])).rejects.toThrow(/certificate/i);
    // The right authority for the server, the wrong one for the client.
    const mixed = tlsFiles(join(scratchFolder(), "tls")).client;
    copyFileSync(join(client, "ca.pem"), join(mixed, "ca.pem"));
    await expect(serve([host], ["--docker-tls", mixed])).rejects.toThrow(/certificate|alert/i);
    await expect(serve([host])).rejects.toThrow(/TLS|HTTPS/i);
  });

  it("are reached by SSH, with the key that the user's agent holds", async (ctx) => {
    const missing = missingForSsh();
    if (missing !== null && process.env.CLAWGYM_REQUIRE_DOCKER === "1") throw new Error(missing);
    if (missing !== null) return ctx.skip(`needs an SSH server: ${missing}`);
    await one.start();
    const ssh = await startSshServer(one.host);
    try {
      const host = `ssh://root@127.0.0.1:${ssh.port}`;
      await expectGood(await serve([host], [...LIMIT_FLAGS, ...SMALL], { env: ssh.env }));
      const { SSH_AUTH_SOCK: _, ...noAgent } = ssh.env;
      const env = { ...noAgent, SSH_AUTH_SOCK: "" };
      await expect(serve([host], [], { env })).rejects.toThrow(/permission denied/i);
    } finally {
      ssh.stop();
    }
  });
});
