import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/src/clock.ts";
import type { DockerBackend } from "../../server/src/sandbox/backends/docker/index.ts";
import { openSandbox } from "../../server/src/sandbox/open.ts";
import type { Sandbox, SandboxSpec } from "../../server/src/sandbox/sandbox.ts";
import { docker as dockerBackend, dockerOrMissing } from "../conformance/docker-setting.ts";
import { call, MIB, pause, specOf, text } from "../conformance/setting.ts";
import { docker } from "../support/docker/docker.ts";

const found = await dockerOrMissing();
const MEMORY = 96 * MIB;
const PIDS = 48;
const SPEC = specOf("agent", { memoryBytes: MEMORY, pids: PIDS, workspaceBytes: 8 * MIB, tmpBytes: 4 * MIB });

/** Memory until the kernel says no; the limit of the container is read back first. */
const HOG = "keep = []\nwhile True: keep.append(bytes(bytearray(1 << 20)))\n";

interface Opened {
  readonly sandbox: Sandbox;
  readonly container: string;
  readonly init: number;
}

describe.skipIf("missing" in found)("how a Docker sandbox ends, and what its limits tell", () => {
  const { host, image } = found as { host: string; image: string };
  let own: DockerBackend;
  let bare: DockerBackend;
  beforeAll(async () => {
    own = dockerBackend({ host, image });
    bare = dockerBackend({ host, image }, { cgroups: false });
    for (const backend of [own, bare]) expect(await backend.probe()).toMatchObject({ usable: true });
  });
  afterAll(() => Promise.all([own?.close(), bare?.close()]));

  async function open(backend: DockerBackend, spec: SandboxSpec = SPEC): Promise<Opened> {
    const running = await backend.launch(spec, call());
    const { containerId, pids } = running as unknown as { containerId: string; pids: { init: number } };
    const sandbox = await openSandbox(running, spec, { clock: systemClock }, call());
    return { sandbox, container: containerId, init: pids.init };
  }

  /** Nothing hungry is started before the limits were read back from the engine. */
  async function requireLimits(container: string): Promise<void> {
    const format = "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}}";
    expect(await docker(host, "inspect", "--format", format, container)).toBe(
      `${MEMORY} ${MEMORY} ${PIDS + 64}`,
    );
  }

  async function eats(sandbox: Sandbox): ReturnType<Sandbox["exec"]> {
    const stdin = Buffer.from(HOG);
    return await sandbox.exec({ argv: ["python3", "-"], stdin, timeoutMs: 30_000 }, call(40_000));
  }

  async function goneSoon(container: string): Promise<boolean> {
    for (let look = 0; look < 200; look++) {
      if ((await docker(host, "inspect", "--format", "{{.Id}}", container)) === null) return true;
      await pause(50);
    }
    return false;
  }

  it("a memory hog is told as oom by the server's own counters, and the sandbox lives on", async () => {
    const { sandbox, container, init } = await open(own);
    await requireLimits(container);
    expect(await eats(sandbox)).toMatchObject({ exitCode: null, signal: "SIGKILL", oom: true });
    expect(sandbox.counters()?.oomKills).toBeGreaterThan(0);
    expect(await sandbox.exec({ shell: "exit 3" }, call())).toMatchObject({ exitCode: 3, oom: false });
    await sandbox.recycle(call());
    expect(existsSync(`/proc/${init}`)).toBe(true);
    await sandbox.destroy();
  });

  it("without cgroups of the server's own those of the engine count", async () => {
    const { sandbox, container } = await open(bare);
    await requireLimits(container);
    expect(sandbox.counters()).toEqual({ oomKills: 0, pidsRefused: 0 });
    expect(await eats(sandbox)).toMatchObject({ exitCode: null, signal: "SIGKILL", oom: true });
    expect(await sandbox.exec({ shell: "exit 3" }, call())).toMatchObject({ exitCode: 3, oom: false });
    await sandbox.destroy();
  });

  it("an engine elsewhere tells by its events", async () => {
    const forwarder = createServer((client) => {
      const engine = connect(host.replace(/^unix:\/\//, ""));
      for (const [from, to] of [
        [client, engine],
        [engine, client],
      ] as const) {
        from.pipe(to);
        from.on("error", () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => forwarder.listen(0, "127.0.0.1", resolve));
    const { port } = forwarder.address() as AddressInfo;
    const remote = dockerBackend({ host: `tcp://127.0.0.1:${port}`, image });
    expect(await remote.probe()).toMatchObject({ usable: true, mode: "remote" });
    const { sandbox, container, init } = await open(remote);
    expect(init).toBe(0);
    await requireLimits(container);
    expect(await eats(sandbox)).toMatchObject({ exitCode: null, signal: "SIGKILL" });
    for (let look = 0; look < 500 && sandbox.counters()?.oomKills === 0; look++) await pause(20);
    expect(sandbox.counters()?.oomKills).toBeGreaterThan(0);
    await sandbox.destroy();
    await remote.close();
    await new Promise((resolve) => forwarder.close(resolve));
  });

  it("the limits of the whole sandbox are in the cgroup around its container", async (context) => {
    const { sandbox, container, init } = await open(own);
    const line = readFileSync(`/proc/${init}/cgroup`, "utf8")
      .split("\n")
      .find((one) => one.split(":")[1] === "memory" || one.startsWith("0::/"));
    const path = line?.split(":")[2] ?? "";
    expect(path).toContain("/clawgym/");
    expect(path.endsWith(`/${container}`)).toBe(true);
    const around = join("/sys/fs/cgroup/memory", path, "..");
    if (!existsSync(around)) context.skip("left out: needs cgroup v1");
    expect(readFileSync(join(around, "memory.limit_in_bytes"), "utf8").trim()).toBe(String(MEMORY));
    expect(readFileSync(join(around.replace("/memory/", "/pids/"), "pids.max"), "utf8").trim()).toBe(
      String(PIDS + 64),
    );
    const commands = join(around.replace("/memory/", "/pids/"), "cmd");
    expect(readFileSync(join(commands, "pids.max"), "utf8").trim()).toBe(String(PIDS));
    await sandbox.destroy();
    expect(existsSync(around)).toBe(false);
    expect(existsSync(commands)).toBe(false);
  });

  it("nothing inside can write to the cgroups", async () => {
    const { sandbox } = await open(own);
    const tries = [
      "for f in /.cgroups/*; do echo $$ > $f && echo wrote $f; done",
      "find /sys/fs/cgroup -writable 2>/dev/null",
      "mkdir /sys/fs/cgroup/memory/x /sys/fs/cgroup/x 2>/dev/null && echo made",
    ];
    for (const shell of tries) {
      const { stdout } = await sandbox.exec({ shell }, call());
      expect(text(stdout), shell).toBe("");
    }
    await sandbox.destroy();
  });

  it("a container killed through the engine is the engine's fault", async () => {
    const { sandbox, container } = await open(own);
    const pending = sandbox.exec({ shell: "sleep 60" }, call(60_000));
    const lost = expect(pending).rejects.toMatchObject({ code: "LOST", evidence: { cause: "engine" } });
    await docker(host, "kill", container);
    await lost;
    expect(await sandbox.exited).toMatchObject({ cause: "engine" });
    expect(sandbox.alive).toBe(false);
    await sandbox.destroy();
    expect(await goneSoon(container)).toBe(true);
  });

  it("so is one that was removed, or stopped", async () => {
    for (const args of [
      ["rm", "--force"],
      ["stop", "--time", "1"],
    ]) {
      const { sandbox, container } = await open(own);
      await docker(host, ...args, container);
      expect(await sandbox.exited, args.join(" ")).toMatchObject({ cause: "engine" });
      await sandbox.destroy();
      expect(await goneSoon(container)).toBe(true);
    }
  });

  it("a first process killed on the host is no limit of the sandbox's", async () => {
    const { sandbox, container, init } = await open(own);
    expect(init).toBeGreaterThan(1);
    process.kill(init, "SIGKILL");
    expect(await sandbox.exited).toMatchObject({ cause: "engine" });
    expect(await goneSoon(container)).toBe(true);
    await sandbox.destroy();
  });

  it("a writable root file system that grows too large ends its sandbox", async () => {
    const template = { ...SPEC.template, writableRoot: true };
    const { sandbox, container } = await open(own, { ...SPEC, template });
    expect(await docker(host, "inspect", "--format", "{{.HostConfig.ReadonlyRootfs}}", container)).toBe(
      "false",
    );
    // The image gives the agent no folder to write to: the engine puts the file there instead.
    const { exitCode } = await sandbox.exec({ shell: "touch /var/lib/x" }, call());
    expect(exitCode).not.toBe(0);
    expect(await docker(host, "cp", process.execPath, `${container}:/var/lib/large`)).not.toBeNull();
    expect(await sandbox.exited).toMatchObject({ cause: "limits" });
    await sandbox.destroy();
    expect(await goneSoon(container)).toBe(true);
  });
});

if ("missing" in found) it.skip(`left out: ${found.missing}`, () => {});
