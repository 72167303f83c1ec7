import { readdir } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { act, answer, RawClient } from "../support/raw-client.ts";
import { demoDataset, fakeVerifier } from "./fixture.ts";
import { startServer, type TestServer } from "./start.ts";

const task = "demo/answer";
const write42 = act("write", { path: "answer.txt", content: "42\n" });
const PATIENCE = { timeout: 20_000 };
/** Runs until it is stopped; `running` is there as soon as it runs. */
const UNTIL_STOPPED = "touch running; sleep 60";
const untilStopped = act("exec", { command: UNTIL_STOPPED });

/** Waits until a step that runs `UNTIL_STOPPED` has begun to. */
const begun = (client: RawClient, episode: string) =>
  expect
    .poll(async () => pathsOf(await client.ok("workspace.list", { episode })), PATIENCE)
    .toContain("running");

const pathsOf = ({ entries }: { entries: readonly { path: string }[] }) => entries.map(({ path }) => path);

/** An action of many calls, the first of which has to be stopped for the others to leave their traces. */
const marching = {
  role: "assistant",
  content: null,
  tool_calls: Array.from({ length: 10 }, (_, n) => ({
    id: `c${n}`,
    type: "function",
    function: {
      name: "exec",
      arguments: JSON.stringify({ command: n === 0 ? UNTIL_STOPPED : `echo ${n} >> steps.txt` }),
    },
  })),
};

describe("how episodes end", () => {
  let server: TestServer;
  let client: RawClient;

  beforeAll(async () => {
    const settings = { tasks: [await demoDataset()], "pool-max": 1, "pool-min-idle": 1, "grace-ms": 300 };
    server = await startServer(settings, { fake: { commands: { python3: fakeVerifier } } });
    client = await RawClient.connect(server.url);
  });
  afterAll(() => server.stop());
  afterEach(() => server.backend.faults.clear());

  const reset = (more: Record<string, unknown> = {}) => client.ok("reset", { task, ...more });
  const leased = () => server.server.parts.pool.status().reduce((sum, pool) => sum + pool.leased, 0);

  it("close stops a running step, and nothing of it meets the episode that gets the sandbox next", async () => {
    const { episode } = await reset();
    const step = client.request("step", { episode, action: marching });
    await begun(client, episode);
    await client.ok("close", { episode });
    expect((await step).error?.data.code).toBe("CANCELLED");
    // The pool has one sandbox: this is the same one.
    const { episode: next } = await reset({ queueTimeoutMs: 20_000 });
    await client.ok("step", { episode: next, action: act("exec", { command: "sleep 0.3" }) });
    expect(pathsOf(await client.ok("workspace.list", { episode: next }))).toEqual(["data", "notes.txt"]);
    await client.ok("close", { episode: next });
    expect(client.events).toContainEqual({
      method: "episode.ended",
      params: { episode, exitStatus: "client_closed" },
    });
  });

  it("the end of a session stops its running step", async () => {
    const other = await RawClient.connect(server.url);
    const { episode } = await other.ok("reset", { task, queueTimeoutMs: 20_000 });
    void other.request("step", { episode, action: act("exec", { command: "sleep 30" }) });
    await expect.poll(leased, PATIENCE).toBe(1);
    other.cut();
    await expect.poll(leased, PATIENCE).toBe(0);
  });

  it("score and close during a running step: busy, and at once", async () => {
    const { episode } = await reset({ queueTimeoutMs: 20_000 });
    const step = client.request("step", { episode, action: untilStopped }, "busy");
    await begun(client, episode);
    for (const method of ["score", "fork"] as const) {
      expect(await client.fails(method, { episode }), method).toMatchObject({
        code: "EPISODE_BUSY",
        retryable: true,
      });
    }
    expect((await client.fails("score", { episode, peek: true })).code).toBe("EPISODE_BUSY");
    // Looking is no change.
    expect(pathsOf(await client.ok("workspace.list", { episode }))).toEqual(["data", "notes.txt", "running"]);
    await client.ok("cancel", { id: "busy" });
    expect((await step).error?.data.code).toBe("CANCELLED");
    await client.ok("close", { episode });
  });

  it("a cancelled step is no step, but it is recorded and its time counts", async () => {
    const { episode } = await reset({ limits: { maxSteps: 2 }, queueTimeoutMs: 20_000 });
    const slow = client.request("step", { episode, action: untilStopped }, "slow");
    await begun(client, episode);
    await client.ok("cancel", { id: "slow" });
    expect((await slow).error?.data.code).toBe("CANCELLED");
    const next = await client.ok("step", { episode, action: write42 });
    expect(next).toMatchObject({ info: { step: 1 }, truncated: false });
    const { records } = await client.ok("trace", { episode });
    expect(records.slice(1)).toMatchObject([
      { type: "step", step: 1, error: "CANCELLED" },
      { type: "step", step: 1, finishReason: null },
    ]);
    expect(records[1]?.actMs).toBeGreaterThan(0);
    const last = await client.ok("step", { episode, action: act("exec", { command: "true" }) });
    expect(last).toMatchObject({ info: { step: 2 }, truncationReason: "max_steps", reward: 1 });
    await client.ok("close", { episode });
  });

  it("a sandbox lost in a step leaves the action in the record, and its judgement without being asked", async () => {
    const { episode } = await reset({ queueTimeoutMs: 20_000 });
    server.backend.faults.inject({ kind: "die", cause: "unknown" });
    const error = await client.fails("step", { episode, action: act("exec", { command: "true" }) });
    expect(error).toMatchObject({ code: "SANDBOX_LOST", retryable: false });
    const { records } = await client.ok("trace", { episode });
    expect(records.map(({ type }) => type)).toEqual(["reset", "step", "end", "score"]);
    expect(records[1]).toMatchObject({ error: "SANDBOX_LOST" });
    expect(records[2]).toMatchObject({ exitStatus: "sandbox_lost" });
    const metrics = await (await fetch(`${server.http}/metrics`)).text();
    expect(metrics).toContain(
      'clawgym_score_failures_total{class="unknown",code="SANDBOX_LOST",task="demo/answer"} 1',
    );
    await client.ok("close", { episode });
  });

  it("a sandbox lost while the final workspace is packed is judged, too", async () => {
    const { episode } = await reset({ queueTimeoutMs: 20_000 });
    await client.ok("step", { episode, action: write42 });
    server.backend.faults.inject({ kind: "die", op: "archive.pack", cause: "engine" });
    const error = await client.fails("step", { episode, action: answer() });
    expect(error.code).toBe("SANDBOX_LOST");
    expect(await client.ok("score", { episode })).toMatchObject({
      reward: null,
      trainable: false,
      exitStatus: "sandbox_lost",
      failure: { class: "infra" },
    });
    await client.ok("close", { episode });
  });

  it("a session that ends takes its episode out of the idle check and frees everything", async () => {
    await expect.poll(leased, PATIENCE).toBe(0);
    expect(server.server.parts.registry.size).toBe(0);
    expect(server.server.parts.pool.queueLength()).toBe(0);
  });

  it("records each episode in one file with a safe name, whole", async () => {
    await server.server.parts.recorder.flush();
    const names = await readdir(server.records);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(name).toMatch(/^(ep_[A-Za-z0-9_-]{16}\.jsonl|workspaces)$/);
  });
});
