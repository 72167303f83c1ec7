import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/src/clock.ts";
import { openSandbox } from "../../../server/src/sandbox/open.ts";
import { bubblewrap, missingForBubblewrap, SANDBOXD } from "../bubblewrap-setting.ts";
import { call, specOf } from "../setting.ts";
import { cgroupsOf, eventually, hostState, labelled } from "./host-state.ts";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const runtimeDir = mkdtempSync(join(tmpdir(), "clawgym-orphans-"));
chmodSync(runtimeDir, 0o755);
afterAll(() => rmSync(runtimeDir, { recursive: true, force: true }));

/** Another server, in a process of its own. Resolves when it has started `count` sandboxes; it goes on to `total`. */
async function startServer(serverId: string, count: number, total = count): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("./doomed-server.ts", import.meta.url));
  const args = [
    "--conditions=clawgym-source",
    "--import",
    "tsx",
    script,
    serverId,
    runtimeDir,
    String(total),
  ];
  const env = { ...process.env, CLAWGYM_TEST_SANDBOXD: SANDBOXD };
  const child = spawn(process.execPath, args, { cwd: CHECKOUT, env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  await new Promise<void>((done, failed) => {
    child.stdout?.on("data", (chunk) => {
      said += chunk;
      if (said.split("\n").length > count) done();
    });
    child.once("exit", (code) => failed(new Error(`the other server ended with ${code}`)));
  });
  return child;
}

async function killNow(child: ChildProcess): Promise<void> {
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await gone;
}

const runs = (serverId: string): string[] =>
  readdirSync(join(runtimeDir, "servers")).filter((name) => name.startsWith(`${serverId}.`));

describe("orphans", () => {
  const missing = missingForBubblewrap();
  if (missing !== null) {
    it.skip(`left out: ${missing}`, () => {});
    return;
  }

  it("sandboxes end with their server, and the next server removes the rest, but nobody else's", async () => {
    const doomed = await startServer("doomed", 3);
    const neighbour = await startServer("neighbour", 2);
    expect(labelled("doomed").length).toBe(3);
    const withCgroups = cgroupsOf("doomed").length > 0;
    await killNow(doomed);
    expect(await eventually(() => labelled("doomed").length === 0), "sandboxes outlived their server").toBe(
      true,
    );
    expect(cgroupsOf("doomed").length > 0).toBe(withCgroups);
    expect(runs("doomed").length).toBe(1);

    const next = bubblewrap({ serverId: "next", runtimeDir });
    expect((await next.probe()).usable).toBe(true);
    await next.sweep();
    expect(cgroupsOf("doomed")).toEqual([]);
    expect(runs("doomed")).toEqual([]);
    expect(labelled("neighbour").length).toBe(2);
    expect(runs("neighbour").length).toBe(1);
    expect(await next.sweep()).toEqual({ removed: 0 });
    await next.close();
    await killNow(neighbour);
    expect(await eventually(() => labelled("neighbour").length === 0)).toBe(true);
  });

  it("a server that is killed leaves no lease, though the next one takes a lower block", async () => {
    const [first, doomed] = [await startServer("first", 1), await startServer("doomed", 1)];
    await killNow(doomed);
    await killNow(first);
    expect(readdirSync(join(runtimeDir, "slots")).sort()).toEqual(["0", "1"]);
    const next = bubblewrap({ serverId: "next", runtimeDir });
    expect((await next.probe()).usable).toBe(true);
    expect(readdirSync(join(runtimeDir, "slots"))).toEqual(["0"]);
    await next.close();
    expect(readdirSync(join(runtimeDir, "slots"))).toEqual([]);
  });

  it("what of a dead server cannot be removed keeps no other from starting", async (context) => {
    const doomed = await startServer("stuck", 1);
    await killNow(doomed);
    const [run] = runs("stuck");
    const record = join(runtimeDir, "servers", run ?? "", "server.json");
    // Not even root removes a file that may not change (chattr(1)).
    const { status } = spawnSync("chattr", ["+i", record]);
    if (status !== 0) context.skip("this file system has no immutable files for this user");
    try {
      const next = bubblewrap({ serverId: "next", runtimeDir });
      expect((await next.probe()).usable).toBe(true);
      await expect(next.sweep()).rejects.toThrow(/server\.json/);
      expect(spawnSync("chattr", ["-i", record]).status).toBe(0);
      expect((await next.sweep()).removed).toBeGreaterThan(0);
      expect(runs("stuck")).toEqual([]);
      await next.close();
    } finally {
      spawnSync("chattr", ["-i", record]);
    }
  });

  it("a server killed while it launches leaves nothing that a sweep does not remove", async () => {
    for (const delayMs of [3, 9, 17, 26]) {
      const doomed = await startServer("early", 1, 40);
      await new Promise((done) => setTimeout(done, delayMs));
      await killNow(doomed);
    }
    const next = bubblewrap({ serverId: "next", runtimeDir });
    await next.probe();
    await eventually(() => labelled("early").length === 0, 1_000);
    await next.sweep();
    expect(await eventually(() => labelled("early").length === 0)).toBe(true);
    expect(cgroupsOf("early")).toEqual([]);
    expect(runs("early")).toEqual([]);
    await next.close();
  });

  it("bwrap killed from outside is told as the engine's fault, and the sandbox goes with it", async () => {
    const backend = bubblewrap({ serverId: "struck", runtimeDir });
    const running = await backend.launch(specOf(), call());
    const { pids } = running as unknown as { pids: { bwrap: number; init: number } };
    const sandbox = await openSandbox(running, specOf(), { clock: systemClock }, call());
    const pending = sandbox.exec({ shell: "sleep 30" }, call());
    process.kill(pids.bwrap, "SIGKILL");
    await expect(pending).rejects.toMatchObject({ code: "LOST", evidence: { cause: "engine" } });
    expect(await sandbox.exited).toMatchObject({ cause: "engine" });
    expect(await eventually(() => labelled("struck").length === 0)).toBe(true);
    await expect(sandbox.ping(call())).rejects.toMatchObject({ code: "LOST" });
    expect(sandbox.alive).toBe(false);
    await sandbox.destroy();
    await backend.close();
  });

  it("the first process killed from outside is no limit of the sandbox's", async () => {
    const backend = bubblewrap({ serverId: "struck", runtimeDir });
    const running = await backend.launch(specOf(), call());
    const { pids } = running as unknown as { pids: { init: number } };
    const sandbox = await openSandbox(running, specOf(), { clock: systemClock }, call());
    process.kill(pids.init, "SIGKILL");
    const { cause } = await sandbox.exited;
    expect(["engine", "unknown"]).toContain(cause);
    await backend.close();
  });

  it("fifty sandboxes come and go and leave nothing", async () => {
    const backend = bubblewrap({ serverId: "leaky", runtimeDir });
    expect((await backend.probe()).usable).toBe(true);
    const before = hostState("leaky");
    for (let round = 0; round < 10; round++) {
      const five = await Promise.all(
        Array.from({ length: 5 }, async () =>
          openSandbox(await backend.launch(specOf(), call()), specOf(), { clock: systemClock }, call()),
        ),
      );
      await Promise.all(
        five.map(async (sandbox) => {
          await sandbox.exec({ shell: "setsid sleep 60 & true" }, call());
          await sandbox.recycle(call());
          await sandbox.destroy();
        }),
      );
    }
    await eventually(() => hostState("leaky").descriptors <= before.descriptors, 2_000);
    expect(hostState("leaky")).toEqual(before);
    await backend.close();
    expect(hostState("leaky").processes).toBe(0);
    expect(runs("leaky")).toEqual([]);
  });
});
