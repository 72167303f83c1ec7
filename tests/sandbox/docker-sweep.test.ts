import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/src/clock.ts";
import { SandboxdProgram } from "../../server/src/sandbox/backends/docker/host/sandboxd-volume.ts";
import type { DockerBackend } from "../../server/src/sandbox/backends/docker/index.ts";
import { LABEL, machineIdentity } from "../../server/src/sandbox/backends/docker/labels.ts";
import { ownIdentity, runIdOf } from "../../server/src/sandbox/host/host-process.ts";
import { openSandbox } from "../../server/src/sandbox/open.ts";
import { SANDBOXD } from "../conformance/bubblewrap-setting.ts";
import { docker as dockerBackend, dockerOrMissing } from "../conformance/docker-setting.ts";
import { call, pause, specOf } from "../conformance/setting.ts";
import { docker } from "../support/docker/docker.ts";

const found = await dockerOrMissing();
/** A server of this machine that has certainly ended: no process started so early. */
const DEAD = runIdOf({ ...ownIdentity("dead-for-test"), startTime: 1 });
const PIDS_MOUNT = "/sys/fs/cgroup/pids";

/** Runs of servers that have cgroups in a hierarchy. */
function runsIn(hierarchy: string): string[] {
  const parent = join("/sys/fs/cgroup", hierarchy, "clawgym");
  return existsSync(parent) ? readdirSync(parent) : [];
}

describe.skipIf("missing" in found)("the sweep of a container engine", () => {
  const { host, image } = found as { host: string; image: string };
  let backend: DockerBackend;
  let neighbour: DockerBackend;
  const made: string[] = [];
  beforeAll(async () => {
    backend = dockerBackend({ host, image });
    neighbour = dockerBackend({ host, image });
    for (const one of [backend, neighbour]) expect(await one.probe()).toMatchObject({ usable: true });
  });
  afterAll(async () => {
    await Promise.all([backend?.close(), neighbour?.close()]);
    for (const name of made) await docker(host, "rm", "--force", name);
  });

  /** A container as a server would have left it. */
  async function left(name: string, run: string, machine = machineIdentity()): Promise<string> {
    const labels = [`${LABEL.run}=${run}`, `${LABEL.host}=${machine}`].flatMap((label) => ["--label", label]);
    made.push(name);
    const id = await docker(host, "create", "--name", name, ...labels, "--network", "none", image, "true");
    expect(id, name).not.toBeNull();
    return name;
  }

  const exists = async (name: string): Promise<boolean> =>
    (await docker(host, "inspect", "--format", "{{.Id}}", name)) !== null;
  const open = async (one: DockerBackend) =>
    await openSandbox(await one.launch(specOf(), call()), specOf(), { clock: systemClock }, call());

  it("removes what dead servers of this machine left, and nothing else", async () => {
    const suffix = process.pid;
    const orphan = await left(`clawgym-test-orphan-${suffix}`, DEAD);
    const foreign = await left(`clawgym-test-foreign-${suffix}`, DEAD, "another-machine");
    const unlabelled = `clawgym-test-stranger-${suffix}`;
    made.push(unlabelled);
    await docker(host, "create", "--name", unlabelled, image, "true");
    const other = await open(neighbour);

    // Or the sweep of another server on this engine did: the orphan is anybody's to remove.
    await backend.sweep();
    expect(await exists(orphan)).toBe(false);
    expect(await exists(foreign)).toBe(true);
    expect(await exists(unlabelled)).toBe(true);
    await other.ping(call());
    await other.destroy();
  });

  it("keeps a dead server's volume for a day: a living one may be about to start a container with it", async () => {
    const volume = `clawgym-test-${process.pid}`;
    const labels = [`${LABEL.sandboxd}=x`, `${LABEL.run}=${DEAD}`, `${LABEL.host}=${machineIdentity()}`];
    await docker(host, "volume", "create", ...labels.flatMap((label) => ["--label", label]), volume);
    await backend.sweep();
    expect(await docker(host, "volume", "inspect", volume)).not.toBeNull();
    const clock = { ...systemClock, wallMs: () => systemClock.wallMs() + 25 * 3_600_000 };
    const tomorrow = dockerBackend({ host, image }, { clock });
    expect(await tomorrow.probe()).toMatchObject({ usable: true });
    await tomorrow.sweep();
    await tomorrow.close();
    expect(await docker(host, "volume", "inspect", volume)).toBeNull();
  });

  it("removes the cgroups of dead servers, with what is below them", async (context) => {
    const { mode } = await backend.probe();
    if (mode !== "local root" || !existsSync(PIDS_MOUNT)) context.skip("left out: needs cgroup v1 and root");
    const run = join(PIDS_MOUNT, "clawgym", DEAD);
    mkdirSync(join(run, "0", "cmd"), { recursive: true });
    mkdirSync(join(run, "0", "0123abcd"));
    await backend.sweep();
    expect(existsSync(run)).toBe(false);
  });

  it("starts sandboxes again after somebody removed the volume with sandboxd", async () => {
    const program = join(await mkdtemp(join(tmpdir(), "clawgym-volume-")), "sandboxd");
    // Another hash, so that the volume is this test's alone.
    await writeFile(program, Buffer.concat([await readFile(SANDBOXD), Buffer.from(String(process.pid))]));
    const alone = dockerBackend({ host, image }, { sandboxdPath: program });
    try {
      expect(await alone.probe()).toMatchObject({ usable: true });
      const { volume } = new SandboxdProgram(program);
      expect(await docker(host, "volume", "rm", volume)).toBe(volume);
      await expect(open(alone)).rejects.toMatchObject({ code: "START_FAILED" });
      const after = await open(alone);
      await after.ping(call());
      await after.destroy();
    } finally {
      await alone.close();
      await rm(dirname(program), { recursive: true });
    }
  });

  it("leaves alone what is being started, however often it runs", async () => {
    let over = false;
    const sweeping = (async () => {
      while (!over) await backend.sweep();
    })();
    const sandboxes = await Promise.all(Array.from({ length: 6 }, () => open(backend)));
    over = true;
    await sweeping;
    for (const sandbox of sandboxes) await sandbox.ping(call());
    await Promise.all(sandboxes.map((sandbox) => sandbox.destroy()));
  });

  it("has no containers to remove after a server was killed: they end with their connections", async () => {
    const script = fileURLToPath(new URL("./docker-doomed.ts", import.meta.url));
    const args = ["--conditions=clawgym-source", "--import", "tsx", script, host, image];
    const doomed = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const container = await new Promise<string>((resolve, reject) => {
      doomed.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
      doomed.once("exit", (code) => reject(new Error(`the other server ended with ${code}`)));
    });
    expect(await exists(container)).toBe(true);
    doomed.kill("SIGKILL");
    for (let look = 0; look < 300 && (await exists(container)); look++) await pause(50);
    expect(await exists(container)).toBe(false);
    await backend.sweep();
    for (const hierarchy of readdirSync("/sys/fs/cgroup"))
      expect(runsIn(hierarchy).filter((name) => name.startsWith("doomed."))).toEqual([]);
  });

  it("closing leaves no container, no cgroup and no folder of the run", async () => {
    const closing = dockerBackend({ host, image }, { serverId: "closing" });
    await Promise.all([open(closing), open(closing), open(closing)]);
    await closing.close();
    const listed = await docker(host, "ps", "--all", "--quiet", "--filter", `label=${LABEL.run}`);
    const runs = await Promise.all(
      (listed ?? "")
        .split("\n")
        .filter(Boolean)
        .map((id) => docker(host, "inspect", "--format", `{{index .Config.Labels "${LABEL.run}"}}`, id)),
    );
    expect(runs.filter((run) => run?.startsWith("closing."))).toEqual([]);
    for (const hierarchy of readdirSync("/sys/fs/cgroup"))
      expect(runsIn(hierarchy).filter((name) => name.startsWith("closing."))).toEqual([]);
  });
});

if ("missing" in found) it.skip(`left out: ${found.missing}`, () => {});
