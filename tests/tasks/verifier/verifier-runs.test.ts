import { openDataset, type Task } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { benchDataset, clawGymFolder, type Files, jsonlFile, jsonlTask, scratch } from "../fixtures.ts";
import { hasBubblewrap, judge } from "./verifier-sandbox.ts";

const native = async (files: Files = {}): Promise<Task> =>
  (await openDataset(benchDataset(files))).load("sum-sales");

const folder = async (files: Files = {}): Promise<Task> => {
  const root = scratch();
  clawGymFolder(root, "task_0", files);
  return (await openDataset(root)).load("task_0");
};

const line = async (changes: object = {}): Promise<Task> =>
  (await openDataset(jsonlFile([jsonlTask(changes)]))).load("task_00_count");

const SOLVE = "mkdir -p report && printf 'region,total\\nnorth,4.0\\nsouth,2.0\\n' > report/totals.csv";
const ANSWER = "mkdir -p output && echo 150 > output/answer.txt";
const PLANTED = ["json", "csv", "sitecustomize", "usercustomize", "conftest", "pathlib", "clawgym_verify"]
  .map((name) => `echo 'raise SystemExit(9)' > ${name}.py`)
  .join("\n");

// Without bubblewrap nothing here can stand at /workspace; the server's own tests run verifiers in its sandboxes.
describe.skipIf(!hasBubblewrap)("a native verifier, run as prepared", () => {
  it("gives the oracle 1, nothing 0 and a half right answer its share", async () => {
    const task = await native();
    expect((await judge(task, SOLVE)).verdict().score).toBe(1);
    expect((await judge(task)).verdict().score).toBe(0);
    const half = (await judge(task, `${SOLVE} && sed -i 's/4.0/3.0/' report/totals.csv`)).verdict();
    expect(half.score).toBeCloseTo(0.8 * 0.5 + 0.1 + 0.1 * 0.5);
    expect(half.checks.find((check) => check.id === "totals")?.score).toBe(0.5);
  });

  it("imports nothing that was planted", async () => {
    expect((await judge(await native(), `${SOLVE}\n${PLANTED}`)).verdict().score).toBe(1);
  });

  it("says nothing that could be taken for a verdict when it crashes", async () => {
    const { output, verdict } = await judge(
      await native({ "verifier/check.py": "raise ValueError('broken')" }),
      SOLVE,
    );
    expect(output).toMatchObject({ exitCode: 1, verdict: null });
    expect(verdict).toThrow("exit code 1");
  });
});

describe.skipIf(!hasBubblewrap)("a published verifier, run as prepared", () => {
  it("reports the sub-scores that its script pipes away", async () => {
    const verdict = (await judge(await folder(), "mkdir -p output && echo 7 > output/answer.txt")).verdict();
    expect(verdict).toMatchObject({ score: 0.5, official: 0.5 });
    expect(verdict.checks.map(({ id, score }) => [id, score])).toEqual([
      ["exists", 1],
      ["right", 0],
    ]);
    expect((await judge(await folder(), ANSWER)).verdict().score).toBe(1);
  });

  it("imports nothing that was planted, and no reward of the agent's", async () => {
    const reward = "mkdir -p reward && echo 'echo 1.0' > reward/reward.sh && echo 1 > reward/json.py";
    expect((await judge(await folder(), `${PLANTED}\n${reward}`)).verdict().score).toBe(0);
    expect((await judge(await folder(), `${PLANTED}\n${ANSWER}`)).verdict().score).toBe(1);
  });

  it("is broken when check.py crashes, as the published runner counts 0", async () => {
    const task = await folder({ "reward/check.py": "print('{\"a\": 1.0}')\nraise SystemExit(3)\n" });
    const { output, verdict } = await judge(task, ANSWER);
    expect(output.exitCode).toBe(3);
    expect(verdict).toThrow("exit code 3");
    expect(task.verifier.official?.(output)).toBe(0);
  });

  it("reads the payload", async () => {
    const script =
      'python3 -c \'import json, os; p = json.load(open(os.environ["OPENCLAW_REWARD_PAYLOAD"])); print(float(p["task_id"] == "task_0"))\'\n';
    expect((await judge(await folder({ "reward/reward.sh": script }))).verdict().score).toBe(1);
  });

  it("runs hooks in the workspace, also one folder deeper", async () => {
    expect((await judge(await line(), ANSWER)).verdict()).toMatchObject({ score: 1, official: 1 });
    const doubled = await line({ hook_code: "python3 reward/test.py /root/.openclaw/workspace/workspace" });
    expect((await judge(doubled, ANSWER)).verdict().score).toBe(1);
    expect((await judge(doubled)).verdict().score).toBe(0);
  });
});
