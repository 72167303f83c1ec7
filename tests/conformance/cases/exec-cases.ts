import { expect } from "vitest";
import { bytes, call, type Setting, specOf, text } from "../setting.ts";

export function execCases({ test }: Setting): void {
  test("a failing command is a result", async (box) => {
    expect(await box.run("exit 3")).toMatchObject({
      exitCode: 3,
      signal: null,
      timedOut: false,
      cancelled: false,
      oom: false,
      truncated: false,
    });
    expect((await box.run("exit 0")).exitCode).toBe(0);
  });

  test("an argument vector goes through no shell", async ({ sandbox }) => {
    const { stdout } = await sandbox.exec({ argv: ["printf", "%s", "$HOME; * 'x'"] }, call());
    expect(text(stdout)).toBe("$HOME; * 'x'");
  });

  test("a program that does not exist is exit code 127 with a reason", async ({ sandbox }) => {
    const result = await sandbox.exec({ argv: ["/no/such/program"] }, call());
    expect(result.exitCode).toBe(127);
    expect(result.startError).toBeTruthy();
  });

  test("a command ended by a signal has no exit code", async (box) => {
    expect(await box.run("kill -9 $$")).toMatchObject({ exitCode: null, signal: "SIGKILL", timedOut: false });
    expect(await box.run("kill -15 $$")).toMatchObject({ exitCode: null, signal: "SIGTERM" });
  });

  test("the environment is the base and the command's own, nothing of the host", async (box) => {
    process.env.CLAWGYM_CANARY = "canary-of-the-host";
    const env = await box.out("env", { env: { GREETING: "hello there" } });
    expect(env).toContain("GREETING=hello there\n");
    expect(env).toMatch(/^HOME=\/home\/agent$/m);
    expect(env).toMatch(/^PATH=/m);
    expect(env).toMatch(/^LC_CTYPE=C\.UTF-8$/m);
    expect(env).not.toContain("canary");
    expect(await box.out("env")).not.toContain("GREETING");
  });

  test("commands start in the workspace, or where they are told", async (box) => {
    expect(await box.out("pwd")).toBe("/workspace\n");
    expect(await box.out("pwd", { cwd: "/tmp" })).toBe("/tmp\n");
    expect((await box.run("pwd", { cwd: "/no/such/folder" })).exitCode).toBe(127);
  });

  test("standard input is what was given, then the end", async (box) => {
    const input = Buffer.alloc(700_000, "0123456789");
    expect(await box.out("wc -c", { stdin: input })).toBe("700000\n");
    expect(await box.out("cat", { stdin: bytes("line\n") })).toBe("line\n");
    expect(await box.out("cat", { stdin: new Uint8Array() })).toBe("");
  });

  test("without standard input there is nothing to read", async (box) => {
    expect(await box.out("cat")).toBe("");
  });

  test("input that nobody reads does not hang the command", async (box) => {
    expect((await box.run("exit 5", { stdin: Buffer.alloc(3_000_000) })).exitCode).toBe(5);
    expect((await box.run("true")).exitCode).toBe(0);
  });

  test("descriptor 3 carries the verdict", async ({ sandbox }) => {
    const command = { shell: "echo seen; echo '{\"score\":1}' >&3", verdict: true } as const;
    const { verdict, stdout } = await sandbox.exec(command, call());
    expect(text(verdict ?? new Uint8Array())).toBe('{"score":1}\n');
    expect(text(stdout)).toBe("seen\n");
  });

  test("a verdict that is too long is reported", async ({ sandbox }) => {
    const command = { shell: "yes | head -c 3000000 >&3", verdict: true, timeoutMs: 10_000 } as const;
    const { verdict, verdictTooLong } = await sandbox.exec(command, call());
    expect(verdictTooLong).toBe(true);
    expect(verdict?.length).toBeLessThanOrEqual(1_048_576);
  });

  test("agent and verifier are two users", async (box) => {
    if (box.sandbox.sameUid) return;
    expect(await box.out("id -u")).toBe("1000\n");
    expect(await box.out("id -u", { user: "verifier", cwd: "/tmp" })).toBe("1001\n");
  });

  test(
    "a verifier's folders are closed to the agent",
    async (box) => {
      if (box.sandbox.sameUid) return;
      await box.sandbox.writeFile("/verifier/key", bytes("secret"), { user: "verifier" }, call());
      expect((await box.run("cat /verifier/key")).exitCode).not.toBe(0);
      expect(await box.out("cat /verifier/key", { user: "verifier", cwd: "/tmp" })).toBe("secret");
    },
    specOf("verifier"),
  );

  test("twenty commands run at once and do not mix", async (box) => {
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    const results = await Promise.all(numbers.map((number) => box.out(`sleep 0.1; echo ${number}`)));
    expect(results).toEqual(numbers.map((number) => `${number}\n`));
  });

  test("durations are told", async (box) => {
    const { durationMs } = await box.run("sleep 0.2");
    expect(durationMs).toBeGreaterThanOrEqual(190);
    expect(durationMs).toBeLessThan(10_000);
  });
}
