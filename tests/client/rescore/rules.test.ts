import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ScoreFailure, ScoreResult, Trajectory } from "@clawgym/protocol";
import { packTar, WorkspaceStore } from "@clawgym/tasks";
import { readTrajectory } from "@clawgym/trajectories";
import { describe, expect, it } from "vitest";
import { changeOf } from "../../../client-ts/src/cli/rescore/changes.ts";
import { applied } from "../../../client-ts/src/cli/rescore/outcome.ts";
import { withOldRubric } from "../../../client-ts/src/cli/rescore/rubric.ts";
import { toldOf } from "../../../client-ts/src/cli/rescore/submission.ts";
import { clawgym, scratchFolder } from "../cli.ts";
import { fakeScore, fakeTask } from "../library/fake-gym.ts";
import { Refusal, type ScriptedServer } from "../library/scripted-server.ts";
import { startServer } from "../with-server.ts";
import { linesOf, writeLines } from "./rescore-bed.ts";

const calls = [{ id: "c", type: "function", function: { name: "exec", arguments: "{}" } }];

/** A recorded episode of `fake/a`. */
function episode(id: string, changes: Record<string, unknown> = {}): Trajectory {
  const { score = fakeScore(0.5) } = changes as { score?: ScoreResult | null };
  return readTrajectory({
    format: "clawgym.trajectory/1",
    id,
    episode: id,
    source: "server",
    thread: { kind: "main", parent: null },
    task: { id: "fake/a", version: "1", contentHash: "c-0", inputsHash: "i-0" },
    seed: null,
    harness: { kind: "tools" },
    model: null,
    labels: {},
    startedAtMs: 1e12,
    wallMs: null,
    tools: [],
    messages: [
      { role: "user", content: "Do it." },
      { role: "assistant", content: null, tool_calls: calls },
      { role: "tool", tool_call_id: "c", content: "done" },
      { role: "assistant", content: "All is done." },
    ],
    turns: [{ message: 1 }, { message: 3 }],
    usage: null,
    diff: null,
    exitStatus: "completed",
    reward: score?.reward ?? null,
    trainable: score?.trainable ?? false,
    score,
    failure: score?.failure ?? null,
    ...changes,
  });
}

const broken = (over: Partial<ScoreFailure>): ScoreResult =>
  fakeScore(null, {
    code: null,
    failure: { class: "infra", code: "SANDBOX_LOST", message: "gone", retryable: true, ...over },
  });

/** Recorded episodes, each with a workspace, and a server that scores them as it is told. */
async function startRun(episodes: readonly Trajectory[]) {
  const { server, gym } = await startServer();
  server.capabilities.push("rescore");
  gym.tasks = [fakeTask("a", { contentHash: "c-1", inputsHash: "i-0" } as object)];
  const root = await scratchFolder();
  const workspace = await new WorkspaceStore(join(root, "workspaces")).keep(
    packTar([{ path: "a.txt", bytes: Buffer.from("a") }]),
  );
  const file = join(root, "episodes.jsonl");
  await writeLines(
    file,
    episodes.map((one) => ({ ...one, workspace })),
  );
  await mkdir(join(root, "now"));
  const out = join(root, "now", "out.jsonl");
  const argv = ["rescore", file, "--url", server.url, "--out", out, "-q"];
  const run = (more: string[] = []) => clawgym([...argv, ...more]);
  return { server, out, run, rewards: async () => (await linesOf(out)).map(({ reward }) => reward) };
}

/** Answers `rescore` by the last message of the conversation, the n-th time it is asked. */
function answering(
  server: ScriptedServer,
  answer: (name: string, time: number) => unknown,
): Map<string, number> {
  const asked = new Map<string, number>();
  server.on("rescore", ({ finalMessage }) => {
    const name = String(finalMessage);
    const time = (asked.get(name) ?? 0) + 1;
    asked.set(name, time);
    return answer(name, time);
  });
  return asked;
}

const named = (name: string, changes: Record<string, unknown> = {}): Trajectory =>
  episode(name, {
    messages: [
      { role: "user", content: "Do it." },
      { role: "assistant", content: name },
    ],
    turns: [{ message: 1 }],
    ...changes,
  });

describe("scoring again", () => {
  it("tries infrastructure failures again, and makes none of them a reward", async () => {
    const names = ["soon", "never", "busy", "forbidden", "task", "policy", "unknown"];
    const { server, run, out } = await startRun(names.map((name) => named(name)));
    const asked = answering(server, (name, time) => {
      switch (name) {
        case "soon":
          return time < 3 ? broken({}) : fakeScore(1, { exitStatus: null });
        case "busy":
          if (time === 1) throw new Refusal("RATE_LIMITED", "later", { retryable: true });
          return fakeScore(0.75, { exitStatus: null });
        case "forbidden":
          throw new Refusal("FORBIDDEN");
        case "task":
          return broken({ class: "task", code: "VERIFIER_FAILED", retryable: false });
        case "policy":
          return fakeScore(0, {
            failure: { class: "policy", code: "VERIFIER_FAILED", message: "it breaks", retryable: false },
          });
        case "unknown":
          return broken({ class: "unknown", retryable: false });
        default:
          return broken({});
      }
    });
    const ended = await run(["--retries", "2"]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("SANDBOX_LOST × 2, FORBIDDEN × 1");
    const now = new Map((await linesOf(out)).map((line) => [line.id, line]));
    expect(Object.fromEntries([...now].map(([id, { reward }]) => [id, reward]))).toEqual({
      soon: 1,
      never: null,
      busy: 0.75,
      forbidden: null,
      task: null,
      policy: 0,
      unknown: null,
    });
    expect(Object.fromEntries(asked)).toMatchObject({ soon: 3, never: 3, busy: 2, task: 1, unknown: 1 });
    for (const id of ["never", "forbidden", "unknown", "task"]) {
      expect(now.get(id)).toMatchObject({ trainable: false, rescored: [{ from: { reward: 0.5 } }] });
    }
    expect(now.get("task")?.failure).toMatchObject({ class: "task" });
    expect(now.get("policy")).toMatchObject({ trainable: true, failure: { class: "policy" } });
    expect(now.get("soon")?.score?.exitStatus).toBe("completed");
    // The same command asks again only for those that could not be scored.
    answering(server, () => fakeScore(0.25, { exitStatus: null }));
    expect(await run(["--retries", "2"])).toMatchObject({ code: 0 });
    const rewards = (await linesOf(out)).map(({ id, reward }) => [id, reward]);
    expect(Object.fromEntries(rewards)).toMatchObject({ soon: 1, never: 0.25, forbidden: 0.25, task: null });
    expect(existsSync(`${out}.scores`)).toBe(false);
  });

  it("stops when the server is gone, and goes on when it is back", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `e${index}`);
    const { server, run, out, rewards } = await startRun(names.map((name) => named(name)));
    const asked = answering(server, (name, time) => {
      if (name === "e7" && time === 1) void server.stop();
      return fakeScore(1, { exitStatus: null });
    });
    server.graceMs = 200;
    const ended = await run(["-c", "1"]);
    expect(ended).toMatchObject({ code: 3 });
    expect(existsSync(out)).toBe(false);
    const before = new Map(asked);
    await server.listen();
    expect(await run(["-c", "1"])).toMatchObject({ code: 0 });
    expect(await rewards()).toEqual(names.map(() => 1));
    for (const name of ["e0", "e1", "e5"]) {
      expect(before.get(name)).toBe(1);
      expect(asked.get(name)).toBe(1);
    }
  });

  it("tells a verifier what it was told at the end of the episode", async () => {
    const { server, run } = await startRun([episode("e")]);
    server.on("rescore", () => fakeScore(1, { exitStatus: null }));
    expect(await run()).toMatchObject({ code: 0 });
    const [asked] = server.executed.filter(({ method }) => method === "rescore");
    expect(asked?.params).toMatchObject({
      task: "fake/a",
      rubric: "off",
      finalMessage: "All is done.",
      transcript: episode("e").messages,
    });
    const cut = episode("cut", { turns: [{ message: 1, error: "SANDBOX_LOST" }, { message: 3 }] });
    expect(toldOf(cut).transcript.map(({ role }) => role)).toEqual(["user", "tool", "assistant"]);
    for (const changes of [
      { exitStatus: "max_steps" },
      { turns: [{ message: 1 }, { message: 3, finishReason: "length" }] },
      { turns: [{ message: 1 }] },
      { turns: [] },
    ]) {
      expect(toldOf(episode("no", changes))).not.toHaveProperty("finalMessage");
    }
  });

  it("keeps the opinion of a judge that is not there any more, or leaves it out, as it is told", async () => {
    const weights = { code: 0.7, rubric: 0.3 };
    const rubric = { score: 0.5, criteria: [], model: "a-judge" };
    const judged = fakeScore(0.5, { weights, rubric, reward: 0.7 * 0.5 + 0.3 * 0.5 });
    const unheard = fakeScore(null, {
      weights,
      code: fakeScore(0.5).code,
      failure: { class: "infra", code: "JUDGE_UNAVAILABLE", message: "no answer", retryable: true },
    });
    const lines = [
      named("judged", { score: judged }),
      named("code", { score: fakeScore(0.5) }),
      named("unheard", { score: unheard, reward: null, trainable: false }),
    ];
    const rewardsWith = async (how: string, server?: (rubric: unknown) => ScoreResult) => {
      const started = await startRun(lines);
      started.server.on(
        "rescore",
        ({ rubric: wish }) => server?.(wish) ?? fakeScore(1, { exitStatus: null }),
      );
      const { code } = await started.run(["--rubric", how, "--retries", "0"]);
      return [code, ...(await started.rewards())];
    };
    // 0.7 of the code's 1, and 0.3 of the old opinion; where there is none to keep, no number on another scale.
    expect(await rewardsWith("keep")).toEqual([1, 0.85, 1, null]);
    expect(await rewardsWith("off")).toEqual([0, 1, 1, 1]);
    const again = fakeScore(0.9, { weights, rubric: { ...rubric, score: 1 }, exitStatus: null });
    const asked = (wish: unknown) => (wish === "auto" ? again : fakeScore(1, { exitStatus: null }));
    expect(await rewardsWith("auto", asked)).toEqual([0, 0.9, 0.9, 0.9]);
    expect(await rewardsWith("keep", asked)).toEqual([0, 0.85, 1, 0.9]);
    expect(withOldRubric(broken({}), judged).reward).toBeNull();
  });

  it("knows what changed from hashes, and says when they do not tell", () => {
    const now = { contentHash: "c", inputsHash: "i" };
    const task = { id: "a/b", version: "1" };
    expect(changeOf({ ...task, contentHash: "c" }, now)).toBe("same");
    expect(changeOf({ ...task, contentHash: "c0", inputsHash: "i" }, now)).toBe("same");
    expect(changeOf({ ...task, contentHash: "c0", inputsHash: "i0" }, now)).toBe("changed");
    expect(changeOf({ ...task, contentHash: "c0" }, now)).toBe("unknown");
    expect(changeOf(task, now)).toBe("unknown");
    expect(changeOf({ ...task, inputsHash: "i" }, {})).toBe("unknown");
  });

  it("trains on nothing that is not the policy's work, however often it is scored", () => {
    const loaded = episode("loaded", { trainable: false });
    const scored = { key: "k", atMs: 1, score: fakeScore(1) };
    const once = applied(loaded, { kind: "scored", scored }, 2);
    const failed = applied(once, { kind: "failed", failure: { code: "X", message: "x" } }, 3);
    const twice = applied(failed, { kind: "scored", scored }, 4);
    for (const line of [once, failed, twice]) expect(line.trainable).toBe(false);
    expect(twice).toMatchObject({ reward: 1, rescored: [{}, {}, {}] });
    expect(readTrajectory(twice)).toEqual(twice);
  });

  it("refuses a command line that cannot be meant, with what to do", async () => {
    const { server, run, out } = await startRun([episode("e")]);
    server.on("rescore", () => fakeScore(1, { exitStatus: null }));
    const file = join(out, "../../episodes.jsonl");
    const url = ["--url", server.url];
    for (const argv of [
      [file, ...url],
      [file, "--dry-run", "--out", out, ...url],
      [join(out, "nothing.jsonl"), "--out", out, ...url],
      [join(out, "../.."), "--out", join(out, "../../out.jsonl"), ...url],
      [file, "--out", join(out, "no/folder.jsonl"), ...url],
      [file, "--out", file, ...url],
      [file, "--out", out, "--rubric", "maybe", ...url],
    ]) {
      const ended = await clawgym(["rescore", ...argv]);
      expect(ended, argv.join(" ")).toMatchObject({ code: 2, stdout: "" });
    }
    expect(server.count("rescore")).toBe(0);
    expect(await run(["--task", "b*"])).toMatchObject({ code: 2, stdout: "" });
    expect(server.count("rescore")).toBe(0);
    expect(await run(["--task", "a*"])).toMatchObject({ code: 0 });
    expect(server.count("rescore")).toBe(1);
    server.capabilities = [];
    const ended = await clawgym(["rescore", file, "--dry-run", ...url]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("scores no recorded workspaces");
  });
});
