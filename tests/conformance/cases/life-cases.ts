import { expect } from "vitest";
import { systemClock } from "../../../server/src/clock.ts";
import { openSandbox } from "../../../server/src/sandbox/open.ts";
import type { SandboxBackend } from "../../../server/src/sandbox/sandbox.ts";
import { broken, bytes, call, pause, type Setting, specOf } from "../setting.ts";

export function lifeCases({ test, bare, backend }: Setting, makeBackend: () => SandboxBackend): void {
  test("a fresh sandbox is of generation 1 and answers", async ({ sandbox }) => {
    expect([sandbox.generation, sandbox.alive]).toEqual([1, true]);
    await sandbox.ping(call());
  });

  test("ids are unique", async (first) => {
    const spec = specOf();
    const second = await openSandbox(
      await backend().launch(spec, call()),
      spec,
      { clock: systemClock },
      call(),
    );
    expect(second.id).not.toBe(first.sandbox.id);
    await second.destroy();
  });

  test("a recycled sandbox is as new", async (box) => {
    const { sandbox } = box;
    const places = ["/workspace", "/tmp", "/var/tmp", "/dev/shm", "/home/agent"];
    await box.out(places.map((place) => `echo canary > ${place}/canary`).join(" && "));
    await sandbox.spawn({ shell: "sleep 30" }, 0, call());
    await sandbox.recycle(call());
    expect([sandbox.generation, sandbox.alive]).toEqual([2, true]);
    for (const place of places) expect(await box.exists(`${place}/canary`), place).toBe(false);
    await broken(
      sandbox.poll(1, 0, call()).catch((error: { code: string }) => {
        throw Object.assign(new Error(), { name: "SandboxError", code: error.code });
      }),
      "UNKNOWN_PROCESS",
    );
    expect(await box.out("ls -A")).toBe("");
  });

  test("a sandbox is recycled many times", async (box) => {
    for (let round = 1; round <= 10; round++) {
      expect(await box.out("ls -A; touch f")).toBe("");
      await box.sandbox.recycle(call());
      expect(box.sandbox.generation).toBe(round + 1);
    }
  });

  test("recycling waits for no process", async (box) => {
    await box.run("for i in 1 2 3 4 5; do sleep 60 & done; setsid sleep 60 &", { timeoutMs: 5_000 });
    const started = performance.now();
    await box.sandbox.recycle(call());
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("a sandbox with open operations is not recycled", async (box) => {
    const running = box.run("sleep 0.3");
    await broken(box.sandbox.recycle(call()), "RECYCLE_FAILED");
    expect((await running).exitCode).toBe(0);
  });

  test("destroying is idempotent, and nothing works after it", async ({ sandbox }) => {
    await Promise.all([sandbox.destroy(), sandbox.destroy()]);
    await sandbox.destroy();
    expect(sandbox.alive).toBe(false);
    expect((await sandbox.exited).cause).toBe("destroyed");
    await broken(sandbox.ping(call()), "LOST");
    await broken(sandbox.exec({ shell: "true" }, call()), "LOST");
  });

  test("what is under way when a sandbox is destroyed is lost", async (box) => {
    const running = box.run("sleep 30");
    const writing = box.sandbox.writeFile("/workspace/f", Buffer.alloc(4_000_000), {}, call());
    const lost = Promise.all([broken(running, "LOST"), broken(writing, "LOST")]);
    await box.sandbox.destroy();
    await lost;
  });

  bare("a launch that is called off leaves nothing", async () => {
    const controller = new AbortController();
    controller.abort();
    await broken(backend().launch(specOf(), call(1_000, controller.signal)), "START_FAILED");
    const late = new AbortController();
    const launching = backend().launch(specOf(), call(10_000, late.signal));
    setTimeout(() => late.abort(), 1);
    await launching.then(
      (running) => running.destroy(),
      (error: { code: string }) => expect(error.code).toBe("START_FAILED"),
    );
  });

  bare("closing a backend destroys its sandboxes", async () => {
    const other = makeBackend();
    const spec = specOf();
    const sandbox = await openSandbox(await other.launch(spec, call()), spec, { clock: systemClock }, call());
    await sandbox.writeFile("/workspace/f", bytes("x"), {}, call());
    await other.close();
    await pause(0);
    expect((await sandbox.exited).cause).toBe("destroyed");
    await broken(sandbox.ping(call()), "LOST");
    await other.close();
  });

  bare("a sweep leaves the living alone", async () => {
    const spec = specOf();
    const sandbox = await openSandbox(
      await backend().launch(spec, call()),
      spec,
      { clock: systemClock },
      call(),
    );
    await backend().sweep();
    await sandbox.ping(call());
    await sandbox.destroy();
  });
}
