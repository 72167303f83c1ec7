import { expect } from "vitest";
import { bytes, call, pause, refused, type Setting, text } from "../setting.ts";

export function cancelCases({ test }: Setting): void {
  test("a time-out ends the command and is told", async (box) => {
    const result = await box.run("echo before; sleep 30; echo after", { timeoutMs: 300 });
    expect(result).toMatchObject({ exitCode: null, timedOut: true, cancelled: false });
    expect(text(result.stdout)).toBe("before\n");
    expect(result.durationMs).toBeLessThan(10_000);
  });

  test("a time-out ends what left the process group", async (box) => {
    await box.run("setsid sh -c 'sleep 1; echo here > /workspace/survivor' & sleep 30", { timeoutMs: 300 });
    await pause(1_300);
    expect(await box.exists("/workspace/survivor")).toBe(false);
  });

  test("a time-out ends a double fork", async (box) => {
    const line = "(setsid sh -c 'sleep 1; echo here > /workspace/survivor' &) ; sleep 30";
    await box.run(line, { timeoutMs: 300 });
    await pause(1_300);
    expect(await box.exists("/workspace/survivor")).toBe(false);
  });

  test("a time-out does not end other commands", async (box) => {
    const other = box.out("sleep 0.8; echo done");
    await box.run("sleep 30", { timeoutMs: 200 });
    expect(await other).toBe("done\n");
  });

  test("a command that ignores SIGTERM is ended too", async (box) => {
    expect(await box.run("trap '' TERM INT HUP; sleep 30", { timeoutMs: 200 })).toMatchObject({
      timedOut: true,
    });
  });

  test("an aborted call ends the command; the sandbox is as before", async (box) => {
    const controller = new AbortController();
    const running = box.sandbox.exec(
      { shell: "echo begun; sleep 30", headBytes: 100 },
      call(20_000, controller.signal),
    );
    await pause(200);
    const aborted = performance.now();
    controller.abort();
    expect(await running).toMatchObject({ exitCode: null, cancelled: true, timedOut: false });
    expect(performance.now() - aborted).toBeLessThan(2_500);
    expect(await box.out("echo alive")).toBe("alive\n");
  });

  test("a deadline ends the command as a cancel does", async (box) => {
    const result = await box.run("sleep 30", {}, 300);
    expect(result).toMatchObject({ exitCode: null, cancelled: true });
    expect(box.sandbox.alive).toBe(true);
  });

  test("a call that is over before it begins does nothing", async (box) => {
    const controller = new AbortController();
    controller.abort();
    await refused(
      box.sandbox.exec({ shell: "touch /workspace/f" }, call(1_000, controller.signal)),
      "CANCELLED",
    );
    await refused(box.sandbox.ping(call(-1)), "CANCELLED");
    expect(await box.exists("/workspace/f")).toBe(false);
  });

  test("a cancelled wait leaves the process running", async ({ sandbox }) => {
    const controller = new AbortController();
    const { id } = await sandbox.spawn({ shell: "sleep 1; echo end" }, 0, call());
    const waiting = sandbox.poll(id, 10_000, call(20_000, controller.signal)).then(
      () => "answered",
      (error: { code: string }) => error.code,
    );
    await pause(100);
    controller.abort();
    expect(["answered", "CANCELLED"]).toContain(await waiting);
    const later = await sandbox.poll(id, 5_000, call());
    expect(text(later.output)).toBe("end\n");
  });

  test("what waits for a child that holds the output returns all the same", async (box) => {
    const started = performance.now();
    expect(await box.out("sleep 20 & echo parent is gone")).toBe("parent is gone\n");
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("a cancelled write of a large file leaves the sandbox usable", async ({ sandbox }) => {
    const controller = new AbortController();
    const options = call(20_000, controller.signal);
    const writing = sandbox
      .writeFile("/workspace/big", Buffer.alloc(8_000_000), {}, options)
      .catch(() => null);
    controller.abort();
    await writing;
    await sandbox.writeFile("/workspace/small", bytes("x"), {}, call());
    expect((await sandbox.readFile("/workspace/small", {}, call())).size).toBe(1);
  });
}
