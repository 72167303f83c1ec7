import { expect } from "vitest";
import type { ProcessState, Sandbox } from "../../../server/src/sandbox/sandbox.ts";
import { bytes, call, refused, type Setting, text } from "../setting.ts";

/** Polls until the process has ended; returns all it said. */
async function untilEnd(sandbox: Sandbox, id: number): Promise<{ said: string; last: ProcessState }> {
  let said = "";
  while (true) {
    const last = await sandbox.poll(id, 5_000, call());
    said += text(last.output);
    if (!last.running) return { said, last };
  }
}

export function processCases({ test }: Setting): void {
  test("a command that ends in time is over and forgotten", async ({ sandbox }) => {
    const state = await sandbox.spawn({ shell: "echo quick; exit 4" }, 5_000, call());
    expect(state).toMatchObject({ running: false, omitted: 0, exit: { exitCode: 4, signal: null } });
    expect(text(state.output)).toBe("quick\n");
    await refused(sandbox.poll(state.id, 0, call()), "UNKNOWN_PROCESS");
  });

  test("a longer one goes on and is looked at", async ({ sandbox }) => {
    const state = await sandbox.spawn({ shell: "echo one; sleep 0.5; echo two >&2; exit 6" }, 0, call());
    expect(state.running).toBe(true);
    const { said, last } = await untilEnd(sandbox, state.id);
    expect(text(state.output) + said).toBe("one\ntwo\n");
    expect(last.exit).toMatchObject({ exitCode: 6 });
  });

  test("a look waits for news, not for its whole time", async ({ sandbox }) => {
    const { id } = await sandbox.spawn({ shell: "sleep 0.3; echo news; sleep 30" }, 0, call());
    const started = performance.now();
    const state = await sandbox.poll(id, 15_000, call());
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(state.running).toBe(true);
    expect(text(state.output)).toBe("news\n");
    await sandbox.kill(id, call());
  });

  test("a look without patience returns at once", async ({ sandbox }) => {
    const { id } = await sandbox.spawn({ shell: "sleep 30" }, 0, call());
    expect(await sandbox.poll(id, 0, call())).toMatchObject({ running: true, omitted: 0 });
    await sandbox.kill(id, call());
  });

  test("input can be written later", async ({ sandbox }) => {
    const { id } = await sandbox.spawn({ shell: "cat; echo end", stdin: new Uint8Array() }, 0, call());
    await sandbox.writeStdin(id, bytes("hello\n"), { eof: false }, call());
    expect(text((await sandbox.poll(id, 5_000, call())).output)).toBe("hello\n");
    await sandbox.writeStdin(id, bytes("bye\n"), { eof: true }, call());
    const { said, last } = await untilEnd(sandbox, id);
    expect(said).toBe("bye\nend\n");
    expect(last.exit?.exitCode).toBe(0);
  });

  test("a killed process says by which signal", async ({ sandbox }) => {
    const first = await sandbox.spawn({ shell: "exec sleep 30" }, 0, call());
    await sandbox.kill(first.id, call());
    expect((await untilEnd(sandbox, first.id)).last.exit).toMatchObject({
      exitCode: null,
      signal: "SIGKILL",
    });
    const second = await sandbox.spawn({ shell: "exec sleep 30" }, 0, call());
    await sandbox.kill(second.id, call(), "SIGTERM");
    expect((await untilEnd(sandbox, second.id)).last.exit).toMatchObject({
      exitCode: null,
      signal: "SIGTERM",
    });
  });

  test("of a flood only the last bytes are kept between looks", async ({ sandbox }) => {
    const { id } = await sandbox.spawn({ shell: "yes", tailBytes: 1_000 }, 300, call());
    const state = await sandbox.poll(id, 100, call());
    expect(state.output.length).toBeLessThanOrEqual(1_000);
    const later = await sandbox.poll(id, 100, call());
    expect(state.omitted + later.omitted).toBeGreaterThan(0);
    await sandbox.kill(id, call());
    expect((await untilEnd(sandbox, id)).last.running).toBe(false);
  });

  test("an ended process is known until it is forgotten", async ({ sandbox }) => {
    // It waits for its input: one that has ended when it is told of is forgotten at once.
    const { id } = await sandbox.spawn({ shell: "read -r line; exit 2", stdin: new Uint8Array() }, 0, call());
    await sandbox.writeStdin(id, bytes("go\n"), { eof: true }, call());
    expect((await untilEnd(sandbox, id)).last.exit).toMatchObject({ exitCode: 2 });
    expect(await sandbox.poll(id, 0, call(), { forget: true })).toMatchObject({ running: false });
    await refused(sandbox.poll(id, 0, call()), "UNKNOWN_PROCESS");
  });

  test("unknown processes are refused", async ({ sandbox }) => {
    await refused(sandbox.poll(999, 0, call()), "UNKNOWN_PROCESS");
    await refused(sandbox.kill(999, call()), "UNKNOWN_PROCESS");
    await refused(sandbox.writeStdin(999, bytes("x"), { eof: true }, call()), "UNKNOWN_PROCESS");
  });

  test("a background process does not hold up commands", async (box) => {
    const { id } = await box.sandbox.spawn({ shell: "sleep 30" }, 0, call());
    expect(await box.out("echo free")).toBe("free\n");
    await box.sandbox.kill(id, call());
  });

  test("a time-out ends a background process", async ({ sandbox }) => {
    const { id } = await sandbox.spawn({ shell: "sleep 30", timeoutMs: 300 }, 0, call());
    expect((await untilEnd(sandbox, id)).last.exit).toMatchObject({ timedOut: true });
  });
}
