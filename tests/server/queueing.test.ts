import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { act, answer, RawClient } from "../support/raw-client.ts";
import { demoDataset, fakeVerifier } from "./fixture.ts";
import { startServer, type TestServer } from "./start.ts";

const task = "demo/answer";
const PATIENCE = { timeout: 20_000 };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("a full pool", () => {
  let server: TestServer;
  let client: RawClient;

  beforeAll(async () => {
    const settings = { tasks: [await demoDataset()], "pool-max": 1, "pool-min-idle": 1 };
    server = await startServer(settings, { fake: { commands: { python3: fakeVerifier } } });
    client = await RawClient.connect(server.url);
  });
  afterAll(() => server.stop());

  const queued = (length: number) =>
    expect.poll(async () => (await client.ok("server.status")).queue, PATIENCE).toBe(length);

  it("queueTimeoutMs 0 takes what is there, and is refused at once when nothing is", async () => {
    await expect.poll(async () => (await client.ok("server.status")).pools[0]?.idle).toBe(1);
    const { episode } = await client.ok("reset", { task, queueTimeoutMs: 0 });
    const error = await client.fails("reset", { task, queueTimeoutMs: 0 });
    expect(error).toMatchObject({ code: "POOL_EXHAUSTED", retryable: true, details: { queue: 0 } });
    await client.ok("close", { episode });
  });

  it("tells who waits their place, carries the queue's length, and serves sessions in turn", async () => {
    const { episode } = await client.ok("reset", { task, queueTimeoutMs: 20_000 });
    const other = await RawClient.connect(server.url);
    const order: string[] = [];
    const wait = async (who: RawClient, id: string) => {
      const reply = await who.request("reset", { task, queueTimeoutMs: 30_000 }, id);
      order.push(id);
      await who.ok("close", { episode: reply.result?.episode });
    };
    const waiting = [wait(client, "a1"), wait(client, "a2")];
    await queued(2);
    waiting.push(wait(other, "b1"));
    await queued(3);
    const late = await client.fails("reset", { task, queueTimeoutMs: 50 });
    expect(late).toMatchObject({ code: "POOL_EXHAUSTED", details: { queue: 3 } });
    expect(late.retryAfterMs).toBeGreaterThan(0);
    const places = client.events.filter(({ method }) => method === "episode.queued");
    expect(places.map(({ params }) => [params.id, params.position])).toEqual(
      expect.arrayContaining([
        ["a1", 1],
        ["a2", 2],
      ]),
    );
    expect(other.events).toContainEqual({ method: "episode.queued", params: { id: "b1", position: 2 } });
    await client.ok("close", { episode });
    await Promise.all(waiting);
    expect(order).toEqual(["a1", "b1", "a2"]);
    await other.close();
  });

  it("a waiting reset can be cancelled, and leaves no place taken", async () => {
    const { episode } = await client.ok("reset", { task, queueTimeoutMs: 20_000 });
    const waiting = client.request("reset", { task, queueTimeoutMs: 30_000 }, "give-up");
    await queued(1);
    expect(await client.ok("cancel", { id: "give-up" })).toEqual({ cancelled: true });
    expect((await waiting).error?.data.code).toBe("CANCELLED");
    expect((await client.ok("server.status")).queue).toBe(0);
    await client.ok("close", { episode });
  });
});

describe("episodes and tasks, closely", () => {
  let server: TestServer;
  let client: RawClient;

  beforeAll(async () => {
    const settings = { tasks: [await demoDataset()], "max-episodes": 3 };
    server = await startServer(settings, { fake: { commands: { python3: fakeVerifier } } });
    client = await RawClient.connect(server.url);
  });
  afterAll(() => server.stop());

  it("knows no dataset, split or index that is not there; a category may be empty", async () => {
    expect((await client.fails("tasks.list", { dataset: "nope" })).code).toBe("UNKNOWN_TASK");
    expect((await client.fails("tasks.list", { split: "nope" })).code).toBe("UNKNOWN_TASK");
    expect((await client.fails("tasks.list", { dataset: "demo", split: "nope" })).code).toBe("UNKNOWN_TASK");
    const ref = { dataset: "demo", split: "nope", index: 0 };
    expect((await client.fails("tasks.get", { task: ref })).code).toBe("UNKNOWN_TASK");
    expect(await client.ok("tasks.list", { category: "nope" })).toEqual({ tasks: [], total: 0 });
    const { tasks } = await client.ok("tasks.list");
    const split = tasks[0]?.split;
    expect((await client.ok("tasks.get", { task: { dataset: "demo", split, index: 0 } })).task.id).toBe(task);
    expect(await client.ok("tasks.list", { cursor: "p99" })).toEqual({ tasks: [], total: 1 });
    for (const cursor of ["p-1", "99", "p1.5", "pp"]) {
      expect((await client.fails("tasks.list", { cursor })).details).toMatchObject([{ path: "cursor" }]);
    }
  });

  it("counts forks against the quota, and one too many starts none", async () => {
    const { episode } = await client.ok("reset", { task });
    expect(await client.fails("fork", { episode, count: 3 })).toMatchObject({
      code: "TOO_MANY_EPISODES",
      details: { limit: 3 },
    });
    const { episodes } = await client.ok("fork", { episode, count: 2 });
    const [fork = ""] = episodes;
    await client.ok("close", { episode: episodes[1] });
    const { episodes: again } = await client.ok("fork", { episode: fork, count: 1 });
    expect(again).toHaveLength(1);
    for (const one of [episode, fork, ...again]) await client.ok("close", { episode: one });
    expect((await client.fails("fork", { episode })).code).toBe("UNKNOWN_EPISODE");
  });

  it("a fork goes on from the moment it was asked for", async () => {
    const { episode } = await client.ok("reset", { task });
    await client.ok("step", { episode, action: act("write", { path: "answer.txt", content: "42" }) });
    const [forked] = await Promise.all([
      client.ok("fork", { episode }),
      pause(5).then(() =>
        client.request("step", { episode, action: act("exec", { command: "rm answer.txt" }) }),
      ),
    ]);
    const [fork] = forked.episodes;
    const { records } = await client.ok("trace", { episode: fork });
    expect(records[0]).toMatchObject({ type: "fork", from: episode, steps: 1 });
    expect(records[0]).toHaveProperty("messages.length", 4);
    expect(await client.ok("step", { episode: fork, action: answer() })).toMatchObject({
      reward: 1,
      info: { step: 2 },
    });
    for (const one of [episode, fork]) await client.ok("close", { episode: one });
  });

  it("replaces a workspace byte for byte, in pages, and the steps go on", async () => {
    const first = await client.ok("reset", { task });
    const write = act("write", { path: "data/answer.txt", content: "bytes\u0000\u00ff" });
    await client.ok("step", { episode: first.episode, action: write });
    const page = (await client.ok("workspace.export", { episode: first.episode })) as unknown as {
      bytes: { data: string };
    };
    const tar = Buffer.from(page.bytes.data, "base64");
    const { episode } = await client.ok("reset", { task });
    const half = Math.floor(tar.length / 2);
    const bytes = (part: Buffer) => ({ data: part.toString("base64"), encoding: "base64" });
    const one = await client.ok("workspace.load", { episode, tar: bytes(tar.subarray(0, half)), eof: false });
    expect(one.receivedBytes).toBe(half);
    await client.ok("workspace.load", { episode, tar: bytes(tar.subarray(half)), eof: true });
    const again = (await client.ok("workspace.export", { episode })) as unknown as {
      bytes: { data: string };
    };
    expect(again.bytes.data).toBe(page.bytes.data);
    const step = await client.ok("step", {
      episode,
      action: act("exec", { command: "cat data/answer.txt" }),
    });
    expect(step.info.step).toBe(1);
    for (const open of [episode, first.episode]) await client.ok("close", { episode: open });
  });

  it("asking for an episode in any way keeps it from being idle", async () => {
    const { episode } = await client.ok("reset", { task, limits: { idleTimeoutMs: 3_000 } });
    for (let round = 0; round < 4; round++) {
      await pause(900);
      await client.ok("trace", { episode });
    }
    expect(await client.ok("step", { episode, action: answer() })).toMatchObject({ terminated: true });
    await client.ok("close", { episode });
  });
});
