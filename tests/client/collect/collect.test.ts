import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { answer } from "../../support/raw-client.ts";
import { type Script, ScriptedModel, type ScriptedReply } from "../../support/scripted-model.ts";
import { type CliOptions, clawgym, scratchFolder } from "../cli.ts";
import { fakeScore, fakeTask } from "../library/fake-gym.ts";
import { Refusal, type ScriptedServer } from "../library/scripted-server.ts";
import { startServer, until } from "../with-server.ts";
import { collectedIn, countOf, keysOf } from "./collected.ts";

const KEY = "sk-nobody-may-see-this";
const done: ScriptedReply = { message: answer("Done.") };
const lost = { class: "infra", code: "SANDBOX_LOST", message: "gone", retryable: false } as const;

const models: ScriptedModel[] = [];
afterEach(async () => {
  for (const model of models.splice(0)) await model.close();
});

async function startModel(script: Script): Promise<ScriptedModel> {
  const model = await ScriptedModel.start(script);
  models.push(model);
  return model;
}

/** A run in a folder of its own. */
async function startRun(server: ScriptedServer, teachers: readonly string[]) {
  const dir = join(await scratchFolder(), "run");
  const named = teachers.flatMap((teacher) => ["--teacher", teacher]);
  return {
    dir,
    start: (argv: string[] = [], options: CliOptions = {}) =>
      clawgym(["collect", "--url", server.url, ...named, "--out", dir, ...argv], options),
    resume: (argv: string[] = [], options: CliOptions = {}) =>
      clawgym(["collect", "--url", server.url, "--resume", dir, ...argv], options),
    lines: () => collectedIn(dir),
    failed: async (): Promise<Record<string, unknown>[]> => {
      const text = await readFile(join(dir, "failed.ndjson"), "utf8");
      const whole = text.split("\n").slice(0, -1);
      return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    summary: async () =>
      JSON.parse(await readFile(join(dir, "summary.json"), "utf8")) as {
        complete: boolean;
        stoppedBy: string | null;
        total: { recorded: number; planned: number; meanReward: number; cost: number };
        failures: Record<string, Record<string, number>>;
      },
  };
}

describe("clawgym collect", () => {
  it("records every sample of every task once, by each teacher its share, and no key", async () => {
    const { server, gym } = await startServer();
    gym.tasks = Array.from({ length: 6 }, (_, index) => fakeTask(`t${index}`));
    gym.scorer = ({ task }) => (task.id === "fake/t0" ? 0 : 1);
    const captured = {
      choice: { token_ids: [5, 6], logprobs: { content: [{ logprob: -0.5 }, { logprob: -0.25 }] } },
      completion: { prompt_token_ids: [1, 2, 3], model: "m-1-fp8" },
    };
    const a = await startModel([{ ...done, ...captured }]);
    const b = await startModel([done]);
    const run = await startRun(server, [
      `a=${a.baseUrl},model=m-1,weight=2,key-env=A_KEY,temperature=0.5,input-price=1,output-price=3`,
      `b=${b.baseUrl}`,
    ]);
    const argv = ["-n", "3", "--seed", "7", "--limit", "5", "--max-steps", "9"];
    const { code, stdout, stderr } = await run.start(argv, { env: { A_KEY: KEY } });
    expect(code, stderr).toBe(0);
    const lines = await run.lines();
    expect(keysOf(lines)).toEqual(
      [0, 1, 2, 3, 4].flatMap((task) => [0, 1, 2].map((sample) => `fake/t${task} ${sample}`)),
    );
    expect([countOf(lines, "a"), countOf(lines, "b")]).toEqual([10, 5]);
    expect([a.requests.length, b.requests.length]).toEqual([10, 5]);
    expect(a.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(a.requests[0]?.body).toMatchObject({ model: "m-1", temperature: 0.5 });
    expect(b.requests[0]?.headers.authorization).toBeUndefined();
    const mine = lines.find(({ labels, sample }) => labels.teacher === "a" && sample === 1);
    expect(mine).toMatchObject({
      model: "m-1",
      seed: 8,
      harness: { kind: "tools" },
      labels: { purpose: "collect", teacher: "a" },
      task: { version: "1", category: "analysis" },
      tools: [{ function: { name: "exec" } }],
      exitStatus: "completed",
      diff: { added: [] },
      score: { code: { checks: [{ id: "only" }] } },
      usage: { promptTokens: 100, completionTokens: 7 },
      wallMs: expect.any(Number),
    });
    expect(mine?.turns).toEqual([
      expect.objectContaining({
        tokens: { prompt: [1, 2, 3], completion: [5, 6], logprobs: [-0.5, -0.25] },
        model: "m-1-fp8",
        usage: { promptTokens: 100, completionTokens: 7 },
        finishReason: "stop",
        atMs: expect.any(Number),
        policyMs: expect.any(Number),
        stepMs: expect.any(Number),
      }),
    ]);
    expect(lines.filter(({ reward }) => reward === 0)).toHaveLength(3);
    expect(await run.summary()).toMatchObject({
      complete: true,
      stoppedBy: null,
      total: { recorded: 15, meanReward: 0.8, cost: (10 * (100 + 3 * 7)) / 1e6 },
    });
    expect(stdout).toMatch(/a +m-1 +10\/10/);
    expect(stderr).toMatch(/15\/15 {2}.*\/min {2}reward 0\.800 {2}1\.6k tokens .*a 10\/10, b 5\/5/);
    expect((await readdir(run.dir)).sort()).toEqual([
      "failed.ndjson",
      "run.json",
      "summary.json",
      "trajectories.jsonl",
    ]);
    for (const name of await readdir(run.dir)) {
      expect(await readFile(join(run.dir, name), "utf8")).not.toContain(KEY);
    }
    expect(server.executed.find(({ method }) => method === "reset")?.params).toMatchObject({
      limits: { maxSteps: 9 },
    });
    expect(gym.episodes.size).toBe(0);
  });

  it("tries again after failures of the infrastructure, and leaves open what stays without a reward", async () => {
    const { server, gym } = await startServer();
    let failures = 1;
    let isMended = false;
    gym.scorer = ({ task }) => {
      const broken = () => fakeScore(null, { failure: lost, exitStatus: "sandbox_lost" });
      if (task.id === "fake/b" && !isMended) return broken();
      return failures-- > 0 ? broken() : 1;
    };
    const model = await startModel([done]);
    const run = await startRun(server, [`a=${model.baseUrl}`]);
    const { code, stderr } = await run.start(["--retries", "1"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`clawgym collect --resume`);
    expect(keysOf(await run.lines())).toEqual(["fake/a 0"]);
    expect(await run.failed()).toEqual(
      Array.from({ length: 3 }, () =>
        expect.objectContaining({
          class: "infra",
          code: "SANDBOX_LOST",
          usage: { promptTokens: 100, completionTokens: 7 },
        }),
      ),
    );
    expect(await run.summary()).toMatchObject({
      complete: false,
      failures: { infra: { SANDBOX_LOST: 1 } },
      total: { spent: { promptTokens: 400 } },
    });
    isMended = true;
    expect((await run.resume()).code).toBe(0);
    expect(keysOf(await run.lines())).toEqual(["fake/a 0", "fake/b 0"]);
    expect((await run.summary()).total).toMatchObject({ spent: { promptTokens: 500 } });
  });

  it("with --keep-failures records them without a reward, and they are over", async () => {
    const { server, gym } = await startServer();
    gym.scorer = () => fakeScore(null, { failure: { ...lost, class: "task", code: "VERIFIER_FAILED" } });
    const model = await startModel([done]);
    const run = await startRun(server, [`a=${model.baseUrl}`]);
    expect((await run.start(["--keep-failures"])).code).toBe(0);
    const lines = await run.lines();
    expect(lines.map(({ reward, trainable }) => [reward, trainable])).toEqual([
      [null, false],
      [null, false],
    ]);
    expect(lines[0]?.failure).toMatchObject({ class: "task", code: "VERIFIER_FAILED" });
    expect((await run.resume()).code).toBe(0);
    expect(model.requests).toHaveLength(2);
  });

  it("outlasts a teacher that is busy, slow or broken for a while", async () => {
    const { server } = await startServer();
    const model = await startModel([
      { status: 429, headers: { "retry-after": "0.1" } },
      { status: 500 },
      { fault: "not-json" },
      { fault: "cut" },
      { fault: "reset" },
      { afterMs: 500, reply: done },
      done,
    ]);
    const run = await startRun(server, [`a=${model.baseUrl}`]);
    const { code, stderr } = await run.start(["-c", "1"]);
    expect(code, stderr).toBe(0);
    expect(model.requests).toHaveLength(7);
    expect((await run.lines()).map(({ turns, reward }) => [turns.length, reward])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it("asks a teacher no more that fails again and again, and the others go on", async () => {
    const { server, gym } = await startServer();
    gym.tasks = Array.from({ length: 20 }, (_, index) => fakeTask(`t${index}`));
    const bad = await startModel([{ status: 401, body: `wrong key ${KEY}` }]);
    const good = await startModel([done]);
    const run = await startRun(server, [`bad=${bad.baseUrl},key-env=BAD_KEY`, `good=${good.baseUrl}`]);
    const env = { BAD_KEY: KEY };
    const { code, stderr } = await run.start(["-c", "1"], { env });
    expect(code).toBe(1);
    expect(stderr).toContain("teacher bad is not asked any more");
    expect(stderr).toContain("MODEL_UNAUTHORIZED");
    expect(bad.requests).toHaveLength(5);
    expect(countOf(await run.lines(), "good")).toBe(10);
    const failed = await run.failed();
    expect(failed).toHaveLength(5);
    expect(failed[0]).toMatchObject({ teacher: "bad", class: "client", code: "MODEL_UNAUTHORIZED" });
    expect(JSON.stringify(failed)).not.toContain(KEY);
    expect((await run.resume()).stderr).toContain("BAD_KEY is not set");
  });

  it("stops at its budgets, finishes what runs, and goes on with larger ones", async () => {
    const { server, gym } = await startServer();
    gym.tasks = Array.from({ length: 12 }, (_, index) => fakeTask(`t${index}`));
    const model = await startModel([done]);
    const run = await startRun(server, [`a=${model.baseUrl},input-price=1000,output-price=0`]);
    const first = await run.start(["--max-episodes", "5"]);
    expect(first.code).toBe(0);
    expect(first.stderr).toContain("Stopped by --max-episodes 5.");
    expect(first.stderr).toContain("--resume");
    expect(await run.lines()).toHaveLength(5);
    expect(await run.summary()).toMatchObject({ complete: false, stoppedBy: "--max-episodes 5" });
    // 107 tokens each: five are spent, the sixth and the seventh may start.
    const second = await run.resume(["--max-tokens", "700", "-c", "1"]);
    expect(second.code).toBe(0);
    expect(second.stderr).toContain("Stopped by --max-tokens 700.");
    expect(await run.lines()).toHaveLength(7);
    // 0.1 each.
    const third = await run.resume(["--max-cost", "0.85", "-c", "1"]);
    expect(third.stderr).toContain("Stopped by --max-cost 0.85.");
    expect(await run.lines()).toHaveLength(9);
    const fourth = await run.resume(["--max-minutes", "0"]);
    expect([fourth.code, fourth.stderr]).toEqual([0, expect.stringContaining("--max-minutes 0")]);
    const last = await run.resume();
    expect(last.code).toBe(0);
    expect(last.stderr).not.toContain("Go on");
    expect(new Set(keysOf(await run.lines())).size).toBe(12);
    expect(model.requests).toHaveLength(12);
    const free = await startRun(server, [`a=${model.baseUrl}`]);
    expect((await free.start(["--max-cost", "1"])).stderr).toContain("needs the prices of teacher a");
  });

  it("is refused with another configuration, and says where it differs", async () => {
    const { server, gym } = await startServer();
    const model = await startModel([done]);
    const run = await startRun(server, [`a=${model.baseUrl},model=m1`, `b=${model.baseUrl}`]);
    expect((await run.start(["--max-episodes", "1", "-n", "2"])).code).toBe(0);
    const cases: [string[], string][] = [
      [["--samples", "3"], "samples: 2 before, 3 now"],
      [["--seed", "1"], "seed: 0 before, 1 now"],
      [
        ["--teacher", `a=${model.baseUrl},model=m2`, "--teacher", `b=${model.baseUrl},weight=2`],
        'teacher a model: "m1" before, "m2" now\n    teacher b weight: 1 before, 2 now',
      ],
      [["--teacher", `a=${model.baseUrl},model=m1`], 'teachers: ["a","b"] before, ["a"] now'],
      [["--harness", "openclaw"], 'harness: {"kind":"tools"} before, {"kind":"openclaw"} now'],
      [["--max-steps", "3"], 'limits: {} before, {"maxSteps":3} now'],
      [["--tasks", "a"], "--tasks does not go with --resume"],
    ];
    for (const [argv, message] of cases) {
      const { code, stderr } = await run.resume(argv);
      expect(code, stderr).toBe(2);
      expect(stderr.replaceAll(/\n +/g, "\n    ")).toContain(message);
    }
    gym.tasks = gym.tasks.map((task) => ({ ...task, version: "2" }));
    const changed = await run.resume();
    expect([changed.code, changed.stderr]).toEqual([2, expect.stringContaining("fake/a@1")]);
    const again = await run.start();
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("holds a run already")]);
  });

  it("refuses a folder whose lines are another run's", async () => {
    const { server } = await startServer();
    const model = await startModel([done]);
    const run = await startRun(server, [`a=${model.baseUrl}`]);
    await run.start(["--max-episodes", "1"]);
    const path = join(run.dir, "trajectories.jsonl");
    const text = await readFile(path, "utf8");
    await writeFile(path, text + text);
    expect((await run.resume()).stderr).toMatch(/line 2: sample 0 of fake\/\w is there twice/);
    await writeFile(path, text.replace('"teacher":"a"', '"teacher":"z"'));
    expect((await run.resume()).stderr).toMatch(/line 1: .* is a's, not z's/);
  });

  it("is one at a time in a folder, and when it is interrupted says how to go on", async () => {
    const { server, gym } = await startServer();
    gym.tasks = Array.from({ length: 8 }, (_, index) => fakeTask(`t${index}`));
    let isOpen = false;
    const model = await startModel(async (_, index) => {
      if (index >= 3) await until(() => isOpen, 60_000);
      return done;
    });
    const run = await startRun(server, [`a=${model.baseUrl}`]);
    let second: Awaited<ReturnType<typeof clawgym>> | undefined;
    const first = await run.start(["-c", "2"], {
      during: ({ kill }) => {
        void until(() => model.requests.length >= 5, 60_000)
          .then(async () => {
            second = await run.resume();
          })
          .finally(() => kill("SIGINT"));
      },
    });
    expect([second?.code, second?.stderr]).toEqual([2, expect.stringMatching(/is in use by process \d+/)]);
    expect([first.code, first.stderr]).toEqual([130, expect.stringContaining("clawgym collect --resume")]);
    expect(await run.lines()).toHaveLength(3);
    expect((await run.failed()).map((line) => line.code)).toEqual(["ABANDONED", "ABANDONED"]);
    isOpen = true;
    expect((await run.resume()).code).toBe(0);
    expect(new Set(keysOf(await run.lines())).size).toBe(8);
    expect(await readdir(run.dir)).not.toContain("lock");
  });

  it("says how a server is allowed to ask a teacher, and that a black box can be answered from here", async () => {
    const { server } = await startServer();
    server.on("reset", () => {
      throw new Refusal("FORBIDDEN", "harness.policy.baseUrl: this server may not ask that endpoint");
    });
    const model = await startModel([done]);
    const run = await startRun(server, [`a=${model.baseUrl}`]);
    const { code, stderr } = await run.start(["--harness", "openclaw@2026.9.6"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`--policy-endpoint ${model.baseUrl}`);
    expect(stderr).toContain("--ask client");
    expect(server.count("reset")).toBeGreaterThan(0);
    expect(await run.lines()).toEqual([]);
    const { params } = server.received.find(({ method }) => method === "reset") ?? {};
    expect(params?.harness).toMatchObject({
      kind: "openclaw",
      version: "2026.9.6",
      policy: { kind: "endpoint", baseUrl: model.baseUrl, model: "a" },
    });
  });

  it.each([
    [[], "no teacher was named"],
    [["--teacher", "a=http://h/v1", "--harness", "robot"], "there is no harness robot"],
    [["--teacher", "a=http://h/v1", "--ask", "server"], "needs a harness with an agent of its own"],
    [["--teacher", "a=http://h/v1,key-env=NOT_SET"], "NOT_SET is not set"],
    [["--resume", "."], "holds no run"],
  ])("%j makes no sense", async (argv, message) => {
    const { code, stderr } = await clawgym(["collect", "--url", "ws://127.0.0.1:1", ...argv], {
      cwd: await scratchFolder(),
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
