import { inlineTask } from "@clawgym/tasks";
import { afterAll, describe, expect, it } from "vitest";
import { callFor } from "../harness/episode.ts";
import { realBackend } from "../harness/real.ts";
import { PlainPool, scorerOn, submission } from "./gym.ts";
import { workspaceAfter } from "./real.ts";

// Half a check for each of three calls of the agent's program, told apart by their inputs.
const CHECK_PY = `
import clawgym_verify as cv

ctx = cv.context()
RUNS = cv.run_python("solve.py", [(["twice"], number) for number in ("1", "2", "3")], timeout=1)

def check(number):
    run = RUNS[number - 1]
    return run.exit_code == 0 and run.text.strip() == str(2 * number), f"{run.exit_code} {run.timed_out} {run.text.strip()[:40]}"

for number in (1, 2, 3):
    cv.check(f"call-{number}")(lambda number=number: check(number))

cv.run()
`;

const task = inlineTask({
  id: "twice",
  instruction: "Write solve.py, which doubles the number on its standard input.",
  files: [{ path: "README.md", content: "Numbers come one at a time.\n" }],
  checks: [1, 2, 3].map((number) => ({ id: `call-${number}`, weight: 1 / 3 })),
  verifier: {
    check_py: CHECK_PY,
    files: [{ path: "expected/secret.txt", content: "what nobody may see\n" }],
  },
});

const real = await realBackend("verify-run-python");
afterAll(async () => await real?.backend.close());

/** What each call came to, by a program that does \`body\` with the number \`n\` before it prints twice of it. */
async function calls(body: string): Promise<string[]> {
  if (real === null) throw new Error("no backend");
  const program = `import os, sys, signal, time\nn = int(sys.stdin.read())\n${body}\nprint(2 * n)\n`;
  const workspace = await workspaceAfter(real, task, `cat > solve.py <<'END'\n${program}END\n`);
  const result = await scorerOn(new PlainPool(real.backend)).score(
    submission({ task, workspace }),
    callFor(120_000),
  );
  expect(result.failure).toBeNull();
  expect(JSON.stringify(result)).not.toContain("what nobody may see");
  return (result.code?.checks ?? []).map(({ score, message }) => `${score}: ${message}`);
}

const RIGHT = ["1: 0 False 2", "1: 0 False 4", "1: 0 False 6"];

describe.skipIf(real === null)("calls of an agent's Python program in a real sandbox", () => {
  it("are each judged by what they print", async () => {
    expect(await calls("pass")).toEqual(RIGHT);
    expect(await calls("if n == 2: sys.exit(3)")).toEqual([RIGHT[0], "0: 3 False ", RIGHT[2]]);
    expect(await calls("if n == 2: os.kill(os.getpid(), signal.SIGSEGV)")).toEqual([
      RIGHT[0],
      "0: None False ",
      RIGHT[2],
    ]);
  });

  it("end at their limit on processor time, with what was done before, also where the signal is ignored", async () => {
    const ended = [RIGHT[0], "0: None True ", "0: None True "];
    expect(await calls("while n == 2: pass")).toEqual(ended);
    expect(
      await calls("if n == 2:\n    signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n    while True: pass"),
    ).toEqual(ended);
  });

  it("lose themselves alone when they end what started them", async () => {
    const [first, second, third] = await calls("if n == 2: os.kill(os.getppid(), signal.SIGKILL)");
    expect(first).toBe(RIGHT[0]);
    expect(second).toMatch(/^0: None True/);
    expect(third).toBe("0: None True ");
  });

  it.each([
    ["links to the truth", "os.symlink('/verifier/expected/secret.txt', path)"],
    ["a FIFO", "os.mkfifo(path)"],
    ["a folder", "os.mkdir(path)"],
  ])("earn nothing by %s in the place of what they print", async (_, place) => {
    const body = `path = os.readlink("/proc/self/fd/1")\nif n == 2:\n    os.remove(path)\n    ${place}`;
    const [first, second, third] = await calls(body);
    expect([first, third]).toEqual([RIGHT[0], RIGHT[2]]);
    expect(second).toBe("0: 0 False ");
  });

  it("cannot open the verifier's files", async () => {
    const look = [
      "for path in ('/verifier/expected/secret.txt', '/verifier/check.py'):",
      "    try: sys.exit(open(path).read())",
      "    except OSError: pass",
    ].join("\n");
    expect(await calls(look)).toEqual(RIGHT);
  });
});
