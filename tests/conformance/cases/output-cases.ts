import { expect } from "vitest";
import { call, MIB, pause, type Setting, text } from "../setting.ts";

export function outputCases({ test }: Setting): void {
  test("stdout and stderr are apart", async (box) => {
    const { stdout, stderr } = await box.run("echo out; echo err >&2");
    expect([text(stdout), text(stderr)]).toEqual(["out\n", "err\n"]);
  });

  test("merged output is in true order", async (box) => {
    const { stdout, stderr } = await box.run("echo 1; echo 2 >&2; echo 3; echo 4 >&2", { merge: true });
    expect([text(stdout), text(stderr)]).toEqual(["1\n2\n3\n4\n", ""]);
  });

  test("the tail is kept and the rest counted", async (box) => {
    const result = await box.run("seq 1 20000", { tailBytes: 100 });
    expect(result.stdout.length).toBe(100);
    expect(text(result.stdout).endsWith("19999\n20000\n")).toBe(true);
    expect(result.omitted).toEqual({ stdout: 108_894 - 100, stderr: 0 });
    expect(result.truncated).toBe(true);
  });

  test("head and tail are kept and what lies between is counted", async (box) => {
    const result = await box.run("seq 1 20000", { headBytes: 100, tailBytes: 50 });
    expect(result.stdout.length).toBe(150);
    expect(text(result.stdout).startsWith("1\n2\n3\n")).toBe(true);
    expect(text(result.stdout).endsWith("20000\n")).toBe(true);
    expect(result.omitted.stdout).toBe(108_894 - 150);
  });

  test("output that fits is whole", async (box) => {
    const result = await box.run("seq 1 20000", { headBytes: 100, tailBytes: 200_000 });
    expect(result.stdout.length).toBe(108_894);
    expect(result).toMatchObject({ truncated: false, omitted: { stdout: 0, stderr: 0 } });
  });

  test("megabytes come through whole", async (box) => {
    const { stdout, truncated } = await box.run("yes 0123456789abcde | head -c 3145728", {
      tailBytes: 4 * MIB,
    });
    expect(stdout.length).toBe(3 * MIB);
    expect(truncated).toBe(false);
    expect(Buffer.from(stdout).equals(Buffer.alloc(3 * MIB, "0123456789abcde\n"))).toBe(true);
  });

  test("a line of megabytes has no special place", async (box) => {
    const { stdout, omitted } = await box.run("yes | head -c 6000000 > f; cat f", { tailBytes: 1_000 });
    expect(stdout.length).toBe(1_000);
    expect(omitted.stdout).toBe(6_000_000 - 1_000);
  });

  test("output that nobody keeps costs nothing", async (box) => {
    const result = await box.run("seq 1 1000; echo err >&2", { headBytes: 0, tailBytes: 0 });
    expect(result.stdout.length + result.stderr.length).toBe(0);
    expect(result.omitted).toEqual({ stdout: 3_893, stderr: 4 });
  });

  test("bytes are bytes: NUL, invalid UTF-8, split characters", async (box) => {
    const { stdout } = await box.run("printf '\\377\\000\\376\\303'; printf '\\251'");
    expect([...stdout]).toEqual([0xff, 0x00, 0xfe, 0xc3, 0xa9]);
  });

  test("output is given as it comes", async ({ sandbox }) => {
    const seen: { at: number; text: string }[] = [];
    const onOutput = (chunk: Uint8Array): void =>
      void seen.push({ at: performance.now(), text: text(chunk) });
    const command = { shell: "echo first; sleep 0.5; echo second", headBytes: 1_000, onOutput };
    const { stdout } = await sandbox.exec(command, call());
    expect(seen.map((piece) => piece.text).join("")).toBe("first\nsecond\n");
    expect((seen.at(-1)?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThan(300);
    expect(text(stdout)).toBe("first\nsecond\n");
  });

  test("a flood does not hold up other operations", async (box) => {
    const flood = box.run("yes", { headBytes: 4 * MIB, tailBytes: 1_000, timeoutMs: 1_500 });
    await pause(200);
    let slowest = 0;
    for (let round = 0; round < 20; round++) {
      const started = performance.now();
      await box.sandbox.ping(call());
      slowest = Math.max(slowest, performance.now() - started);
    }
    expect(slowest).toBeLessThan(2_000);
    expect(await box.out("echo still here")).toBe("still here\n");
    expect(await flood).toMatchObject({ timedOut: true, truncated: true });
  });
}
