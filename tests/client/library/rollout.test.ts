import { type Policy, rollout } from "@clawgym/client";
import { describe, expect, it } from "vitest";
import { startClient, startServer, until } from "../with-server.ts";
import { fakeScore } from "./fake-gym.ts";
import { Refusal } from "./scripted-server.ts";

const retries = { backoff: { baseMs: 1, maxMs: 2 } };
const answer: Policy = () => "the answer";
const twoSteps: Policy = ({ turn }) =>
  turn === 0
    ? {
        message: {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c", type: "function", function: { name: "exec", arguments: "{}" } }],
        },
        finishReason: "tool_calls",
        usage: { promptTokens: 5, completionTokens: 7 },
      }
    : "the answer";

describe("rollout", () => {
  it("plays an episode, scores it and closes it", async () => {
    const { server, gym } = await startServer();
    const client = await startClient(server);
    const played = await rollout(client, {
      task: "fake/a",
      policy: twoSteps,
      seed: 7,
      labels: { group: "g" },
    });
    expect(played).toMatchObject({
      reward: 1,
      trainable: true,
      terminated: true,
      truncated: false,
      failure: null,
    });
    expect(played.steps.length).toBe(2);
    expect(played.steps[0]).toMatchObject({ finishReason: "tool_calls", usage: { completionTokens: 7 } });
    expect(played.messages.at(-1)).toEqual({ role: "assistant", content: "the answer" });
    expect(server.executed[0]?.params).toMatchObject({ seed: 7, labels: { group: "g" } });
    await until(() => gym.episodes.size === 0);
  });

  it("says that a generation was cut", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const policy: Policy = () => ({ message: "half a sen", finishReason: "length" });
    const played = await rollout(client, { task: "fake/a", policy });
    expect(played).toMatchObject({ truncated: true, truncationReason: "context", reward: 1 });
  });

  it("asks whose fault a lost sandbox is, and never makes it a zero of its own", async () => {
    const { server, gym } = await startServer();
    server.on("step", () => {
      throw new Refusal("SANDBOX_LOST", "gone");
    });
    const lost = (classOf: "infra" | "policy") => ({
      class: classOf,
      code: "SANDBOX_LOST",
      message: "gone",
      retryable: false,
    });
    const client = await startClient(server);
    gym.scorer = () => fakeScore(null, { exitStatus: "sandbox_lost", failure: lost("infra"), code: null });
    expect(await rollout(client, { task: "fake/a", policy: answer })).toMatchObject({
      reward: null,
      trainable: false,
      exitStatus: "sandbox_lost",
      failure: { class: "infra" },
    });
    gym.scorer = () => fakeScore(0, { exitStatus: "sandbox_lost", failure: lost("policy"), code: null });
    expect(await rollout(client, { task: "fake/a", policy: answer })).toMatchObject({
      reward: 0,
      trainable: true,
      failure: { class: "policy" },
    });
  });

  it("gives no reward when the connection is lost for good", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    server.mischief = (method) => {
      if (method !== "step") return undefined;
      server.sessions.clear();
      return "drop-before";
    };
    const played = await rollout(client, { task: "fake/a", policy: answer });
    expect(played).toMatchObject({
      reward: null,
      trainable: false,
      failure: { class: "infra", code: "SESSION_LOST" },
    });
  });

  it("asks again for a score that is not final", async () => {
    const { server, gym } = await startServer();
    let asked = 0;
    gym.scorer = () =>
      asked++ === 0
        ? fakeScore(null, {
            failure: { class: "infra", code: "JUDGE_UNAVAILABLE", message: "later", retryable: true },
          })
        : 0.75;
    const client = await startClient(server);
    const played = await rollout(client, { task: "fake/a", policy: answer });
    expect(played).toMatchObject({ reward: 0.75, failure: null });
    expect(asked).toBe(2);
  });

  it("throws what the policy throws, and closes the episode", async () => {
    const { server, gym } = await startServer();
    const client = await startClient(server);
    const policy: Policy = () => {
      throw new Error("model down");
    };
    await expect(rollout(client, { task: "fake/a", policy })).rejects.toThrow("model down");
    await until(() => gym.episodes.size === 0);
  });

  it("waits out a busy pool at reset", async () => {
    const { server } = await startServer();
    const reset = server.handlers.get("reset");
    let refusals = 3;
    server.on("reset", (params, request) => {
      if (refusals-- > 0) throw new Refusal("POOL_EXHAUSTED");
      return reset?.(params, request);
    });
    const client = await startClient(server);
    expect(await rollout(client, { task: "fake/a", policy: answer, retries })).toMatchObject({ reward: 1 });
    expect(server.count("reset")).toBe(4);
  });

  it("stops when its signal fires", async () => {
    const { server, gym } = await startServer();
    const client = await startClient(server);
    const abort = new AbortController();
    const policy: Policy = async ({ signal }) => {
      abort.abort();
      expect(signal?.aborted).toBe(true);
      return "too late";
    };
    await expect(rollout(client, { task: "fake/a", policy, signal: abort.signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
    await until(() => gym.episodes.size === 0);
  });
});
