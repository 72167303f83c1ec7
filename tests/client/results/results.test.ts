import { describe, expect, it } from "vitest";
import type { EpisodeRecord } from "../../../client-ts/src/cli/bench/record.ts";
import { type BenchResults, makeResults } from "../../../client-ts/src/cli/results/results.ts";
import { resultLines } from "../../../client-ts/src/cli/results/table.ts";
import { fakeScore } from "../library/fake-gym.ts";
import { benchConfig, fakeRecord } from "./records.ts";

type TaskFacts = Partial<EpisodeRecord["task"]>;

function record(id: string, reward: number | null, task: TaskFacts, extra: Partial<EpisodeRecord> = {}) {
  const made = fakeRecord(id, reward, extra);
  return { ...made, task: { ...made.task, ...task } };
}

function resultsOf(records: EpisodeRecord[], samples = 1): BenchResults {
  return makeResults(benchConfig(records, { samples }), records, { server: null });
}

function calling(...names: string[]): Partial<EpisodeRecord> {
  const calls = names.map((name, index) => ({
    id: `c${index}`,
    type: "function",
    function: { name, arguments: "{}" },
  }));
  const infos = names.map((name, index) => ({
    id: `c${index}`,
    name,
    exitCode: index,
    durationMs: 5,
    truncated: false,
    timedOut: index === 2,
    oom: false,
  }));
  return {
    messages: [
      { role: "user", content: "Do it" },
      { role: "assistant", content: null, tool_calls: calls },
    ],
    turns: [{ policyMs: 1, stepMs: 1, calls: infos }],
  };
}

describe("the results of a run", () => {
  it("are told by category, difficulty, split and kind of verification", () => {
    const { by, total } = resultsOf([
      record("a", 1, { category: "x", difficulty: "hard", split: "dev" }),
      record("b", 0, { category: "x", difficulty: "easy", split: "dev" }),
      record("c", 0.5, { category: "y", difficulty: "medium", split: "test", verification: "hybrid" }),
      // As older runs tell it.
      record("d", null, { category: "y" }),
    ]);
    expect(by.category).toMatchObject({ x: { mean: 0.5, tasks: 2 }, y: { mean: 0.5, tasks: 2, scored: 1 } });
    expect(Object.keys(by.difficulty)).toEqual(["easy", "medium", "hard"]);
    expect(by.split).toMatchObject({ dev: { mean: 0.5 }, test: { mean: 0.5, tasks: 1 } });
    expect(by.verification).toMatchObject({
      code: { tasks: 3, excluded: { infra: 1 } },
      hybrid: { mean: 0.5 },
    });
    expect(total).toMatchObject({ mean: 0.5, scored: 3, excluded: { infra: 1 } });
  });

  it("tell what scored episodes took, and which tools they called", () => {
    const usage = { promptTokens: 100, completionTokens: 10 };
    const results = resultsOf([
      record("a", 1, {}, { ...calling("exec", "exec", "read"), steps: 3, wallMs: 100, usage }),
      record("b", 0, {}, { ...calling("exec"), steps: 5, wallMs: 300 }),
      record("c", null, {}, { ...calling("write"), steps: 99, wallMs: 9999 }),
    ]);
    expect(results.usage).toMatchObject({
      rounds: { mean: 4, min: 3, max: 5 },
      toolCalls: { mean: 2 },
      toolKinds: { mean: 1.5 },
      wallMs: { mean: 200 },
      promptTokens: { mean: 100 },
      completionTokens: { mean: 10 },
    });
    expect(results.tools).toEqual([
      { name: "exec", calls: 3, episodes: 2, nonZeroExits: 1, errors: 0 },
      { name: "read", calls: 1, episodes: 1, nonZeroExits: 1, errors: 1 },
    ]);
  });

  it("count how episodes ended, and failures by class and code", () => {
    const policy = { class: "policy", code: "OUTPUT_MALFORMED", message: "" };
    const results = resultsOf([
      record("a", 0, {}, { failure: policy }),
      record("b", null, {}, { exitStatus: "sandbox_lost" }),
      record(
        "c",
        null,
        {},
        { exitStatus: null, failure: { class: "task", code: "VERIFIER_FAILED", message: "" } },
      ),
      record("d", 1, {}),
    ]);
    expect(results.exitStatuses).toEqual({ completed: 2, sandbox_lost: 1, none: 1 });
    expect(results.failures).toEqual({
      policy: { OUTPUT_MALFORMED: 1 },
      infra: { SANDBOX_LOST: 1 },
      task: { VERIFIER_FAILED: 1 },
    });
    expect(results.total).toMatchObject({ mean: 0.5, scored: 2, policyFailures: 1 });
  });

  it("keep code and rubric of hybrid tasks apart", () => {
    const judged = (code: number, rubric: number) => {
      const score = fakeScore(0.7 * code + 0.3 * rubric);
      if (score.code) score.code.score = code;
      const usage = { requests: 1, promptTokens: 100, completionTokens: 5, costUsd: 0.25 };
      const criteria = [{ id: "tone", score: rubric, weight: 1, reason: "" }];
      return {
        ...score,
        rubric: { score: rubric, criteria, model: "j", usage },
        weights: { code: 0.7, rubric: 0.3 },
      };
    };
    const hybrid = { verification: "hybrid" };
    const unjudged = fakeScore(null);
    if (unjudged.code) unjudged.code.score = 1;
    const failure = { class: "infra", code: "JUDGE_UNAVAILABLE", message: "" };
    const results = resultsOf([
      record("a", 0.85, hybrid, { score: judged(1, 0.5) }),
      record("b", 0.35, hybrid, { score: judged(0.5, 0) }),
      record("c", null, hybrid, { score: unjudged, failure }),
      record("d", 1, hybrid, { score: fakeScore(1) }),
      record("e", 0, {}),
    ]);
    expect(results.hybrid).toMatchObject({
      tasks: 4,
      episodes: 4,
      code: { episodes: 4, mean: 0.875 },
      rubric: { episodes: 2, mean: 0.25 },
      codeAlone: 1,
      judges: { j: 2 },
      judgeUsage: { requests: 2, promptTokens: 200, completionTokens: 10, costUsd: 0.5 },
    });
    const told = resultLines(results).find((line) => line.startsWith("hybrid tasks"));
    expect(told).toContain("judge j; 1 scored by code alone; 2 requests; 200 tokens in, 10 out; $0.50");
    expect(results.hybrid?.reward.mean).toBeCloseTo((0.85 + 0.35 + 1) / 3);
    expect(resultsOf([record("e", 0, {})]).hybrid).toBeNull();
  });

  it("say where their standard error stands, and pass^k beside pass@k", () => {
    const samples = (id: string, rewards: number[]) =>
      rewards.map((reward, sample) => record(id, reward, {}, { sample }));
    const results = resultsOf([...samples("a", [1, 0]), ...samples("b", [1, 1])], 2);
    expect(results.total.rerunError).toBeCloseTo(0.25);
    const lines = resultLines(results).join("\n");
    expect(lines).toMatch(/all +2 +4 +0\.750 +0\.250 +0\.750 +1\.000 +0\.500/);
    expect(lines).toContain("for these very tasks played again it is 0.250");
  });

  it("survive names that objects have already", () => {
    const failure = { class: "__proto__", code: "constructor", message: "" };
    const results = resultsOf([record("a", null, { category: "__proto__" }, { failure })]);
    expect(Object.keys(results.by.category)).toEqual(["__proto__"]);
    expect(JSON.stringify(results.failures)).toBe('{"__proto__":{"constructor":1}}');
    expect(({} as Record<string, unknown>).constructor).toBe(Object);
  });
});
