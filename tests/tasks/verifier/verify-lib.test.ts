import { execFile, execFileSync } from "node:child_process";
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { VERIFY_LIB } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { benchTask, scratch } from "../fixtures.ts";

const run = promisify(execFile);
const local = (...args: string[]) =>
  run("python3", ["-B", join(VERIFY_LIB, "local.py"), ...args]).catch(
    (cause: { stdout: string; code: number }) => cause,
  );

describe("the verifier library", () => {
  it("passes its own tests, in Python", async () => {
    const { stderr } = await run("python3", ["-B", "-m", "unittest", "discover", "-s", "tests", "-t", "."], {
      cwd: VERIFY_LIB,
    });
    expect(stderr).toMatch(/Ran \d\d+ tests/);
    expect(stderr.trim().split("\n").at(-1)).toMatch(/^OK/);
  });

  it("needs the standard library only", () => {
    const folder = scratch();
    cpSync(join(VERIFY_LIB, "clawgym_verify"), join(folder, "clawgym_verify"), { recursive: true });
    const script = `import sys; sys.path.insert(0, ${JSON.stringify(folder)}); import clawgym_verify; print(clawgym_verify.number("1,000"))`;
    expect(execFileSync("python3", ["-I", "-S", "-B", "-c", script]).toString()).toBe("1000.0\n");
  });
});

describe("the compiled library", () => {
  const compiled = (folder: string) => {
    const target = join(folder, "clawgym_verify/__pycache__");
    cpSync(join(VERIFY_LIB, "clawgym_verify"), join(folder, "clawgym_verify"), {
      recursive: true,
      filter: (path) => !path.endsWith("__pycache__"),
    });
    const script = fileURLToPath(new URL("../../../scripts/compile-verify-lib.py", import.meta.url));
    execFileSync("python3", ["-B", script, join(folder, "clawgym_verify"), target]);
    return readdirSync(target);
  };
  it("is all of the library, and goes where Python looks for it", async () => {
    const folder = scratch();
    const names = compiled(folder);
    const sources = readdirSync(join(folder, "clawgym_verify")).filter((name) => name.endsWith(".py"));
    expect(names.map((name) => name.replace(/\..*/, ".py")).sort()).toEqual(sources.sort());
    const { stderr } = await run("python3", [
      ...["-I", "-S", "-B", "-v", "-c"],
      `import sys; sys.path.insert(0, ${JSON.stringify(folder)}); import clawgym_verify; clawgym_verify.norm`,
    ]);
    expect(stderr).toContain(`code object from '${folder}/clawgym_verify/__pycache__`);
  });

  it("gives way to a source that has changed since", () => {
    const folder = scratch();
    compiled(folder);
    writeFileSync(join(folder, "clawgym_verify/_text.py"), "norm = 'changed'\n");
    const script = `import sys; sys.path.insert(0, ${JSON.stringify(folder)}); import clawgym_verify; print(clawgym_verify.norm)`;
    expect(execFileSync("python3", ["-I", "-S", "-B", "-c", script]).toString()).toBe("changed\n");
  });
});

describe("the local runner", () => {
  it("proves a sound task", async () => {
    const { stdout, ...rest } = await local(benchTask(scratch()), "--all");
    expect(rest).not.toHaveProperty("code");
    expect(stdout).toContain("ok     0.000  no-op");
    expect(stdout).toContain("ok     1.000  solution/solve.sh");
    expect(stdout).not.toContain("WRONG");
  });

  it("says which case does not lose what it names", async () => {
    const { stdout, code } = (await local(
      benchTask(scratch(), {
        "cases/wrong/north-low.sh":
          "# loses: columns\nmkdir report; printf 'region,total\\na,1\\n' > report/totals.csv\n",
      }),
      "--all",
    )) as { stdout: string; code: number };
    expect(code).toBe(1);
    expect(stdout).toContain("cases/wrong/north-low.sh: did not lose ['columns']");
  });

  it("shows each check's score, weight and message", async () => {
    const folder = benchTask(scratch());
    const { stdout } = await local(folder, "--script", join(folder, "cases/wrong/sales-emptied.sh"));
    expect(stdout).toMatch(/0\.000 {2}x 0\.8 +correctness totals {2}report\/totals\.csv is missing/);
    expect(stdout).toContain("0.000  total");
  });
});
