import { expect } from "vitest";
import { call, MIB, specOf, text } from "../setting.ts";
import { type HostBox, isolationTests } from "./isolation-setting.ts";

const MEMORY = 96 * MIB;
const PIDS = 48;
const SPEC = specOf("agent", {
  memoryBytes: MEMORY,
  pids: PIDS,
  workspaceBytes: 8 * MIB,
  workspaceInodes: 128,
  tmpBytes: 4 * MIB,
});

/** A bomb without limits takes the whole machine down: nothing starts one before the limits were read back. */
async function requireLimits(box: HostBox): Promise<void> {
  if (box.cgroupFile("pids", "pids.max", "pids.max") === null)
    box.leaveOut("there are no cgroups to limit a bomb");
  const { stdout } = await box.python("import resource\nprint(resource.getrlimit(resource.RLIMIT_NPROC))");
  expect(text(stdout)).toBe(`(${PIDS}, ${PIDS})\n`);
  expect(Number(box.cgroupFile("pids", "pids.max", "pids.max"))).toBe(PIDS + 64);
  expect(Number(box.cgroupFile("memory", "memory.limit_in_bytes", "memory.max"))).toBe(MEMORY);
}

isolationTests("limits", ({ test }) => {
  test(
    "writable folders are limited in files",
    async (box) => {
      const { stdout } = await box.python(`
made = 0
try:
    for i in range(1000): open(f"/workspace/{i}", "w").close(); made += 1
except OSError as e: print(e.errno)
print(made)
`);
      const [errno, made] = text(stdout).trim().split("\n").map(Number);
      expect(errno).toBe(28);
      expect(made).toBeGreaterThan(100);
      expect(made).toBeLessThanOrEqual(128);
      await box.sandbox.recycle(call());
      expect(await box.out("ls -A | wc -l")).toBe("0\n");
    },
    SPEC,
  );

  test(
    "a memory hog is told as oom, and the sandbox lives on",
    async (box) => {
      await requireLimits(box);
      const hog = await box.python("x = bytearray(1 << 20)\nkeep = []\nwhile True: keep.append(bytes(x))\n");
      expect(hog).toMatchObject({ exitCode: null, signal: "SIGKILL", oom: true, timedOut: false });
      const failing = await box.run("exit 3");
      expect(failing).toMatchObject({ exitCode: 3, oom: false });
      const child = await box.run("python3 -c 'x = bytearray(1 << 30)'; echo $?");
      expect(text(child.stdout)).toMatch(/^137\n$|^1\n$/);
      expect(box.sandbox.counters()?.oomKills).toBeGreaterThan(0);
      await box.sandbox.recycle(call());
      expect(await box.out("echo alive")).toBe("alive\n");
    },
    SPEC,
  );

  test(
    "a fork bomb stays within its limits, and recycling ends it",
    async (box) => {
      await requireLimits(box);
      const bomb = box.python(
        `
import os, time
while True:
    try: os.fork()
    except OSError: time.sleep(0.01)
`,
        1_500,
      );
      let most = 0;
      for (let round = 0; round < 10; round++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        most = Math.max(most, Number(box.cgroupFile("pids", "pids.current", "pids.current")));
      }
      expect(most).toBeGreaterThan(20);
      expect(most).toBeLessThanOrEqual(PIDS + 64);
      expect(await bomb).toMatchObject({ timedOut: true });
      await box.sandbox.recycle(call());
      expect(Number(box.cgroupFile("pids", "pids.current", "pids.current"))).toBeLessThan(40);
      expect(await box.out("echo alive")).toBe("alive\n");
    },
    SPEC,
  );

  test("busy work is limited in seconds of the processor", async (box) => {
    const result = await box.run("while :; do :; done", { cpuSeconds: 1, timeoutMs: 15_000 });
    expect(result.timedOut).toBe(false);
    expect(["SIGXCPU", "SIGKILL"]).toContain(result.signal);
  });
});
