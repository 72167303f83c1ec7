import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { act, RawClient } from "../../support/raw-client.ts";
import { demoDataset, fakeVerifier } from "../fixture.ts";
import { startServer, type TestServer } from "../start.ts";

const task = "demo/answer";
const slow = act("exec", { command: "echo ran >> log.txt; sleep 1.5" });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("request ids", () => {
  let server: TestServer;
  let client: RawClient;

  beforeAll(async () => {
    const settings = { tasks: [await demoDataset()], "grace-ms": 2_000, "max-requests-in-flight": 3 };
    server = await startServer(settings, { fake: { commands: { python3: fakeVerifier } } });
    client = await RawClient.connect(server.url);
  });
  afterAll(() => server.stop());

  const reset = async () => (await client.ok("reset", { task })).episode;
  /** Waits until the step of `slow` runs. */
  const runs = (who: RawClient, episode: string) =>
    expect
      .poll(async () => (await who.ok("workspace.list", { episode })).entries.map(({ path }) => path), {
        timeout: 20_000,
      })
      .toContain("log.txt");

  it("other content under an id is refused also while the first runs", async () => {
    const episode = await reset();
    const first = client.request("step", { episode, action: slow }, "one");
    await runs(client, episode);
    expect((await client.fails("close", { episode }, "one")).code).toBe("INVALID_REQUEST");
    const reply = await client.request("step", { episode, action: slow }, "one");
    expect(reply.error).toBeUndefined();
    void first;
    const { bytes } = await client.ok("workspace.read", { episode, path: "log.txt" });
    expect(Buffer.from((bytes as unknown as { data: string }).data, "base64").toString()).toBe("ran\n");
    expect((await client.fails("workspace.list", { episode }, "one")).code).toBe("INVALID_REQUEST");
  });

  it("a reading request's id may come again, with other content once it is answered", async () => {
    await client.ok("server.status", {}, "read");
    await client.ok("tasks.list", {}, "read");
    await client.ok("tasks.list", {}, "read");
    await reset();
  });

  it("an error is an outcome: it comes back under its id, also one that is worth another try", async () => {
    const episode = await reset();
    const gone = { episode: "ep_nope", action: slow };
    const unknown = await client.fails("step", gone, "e1");
    expect(await client.fails("step", gone, "e1")).toEqual(unknown);
    const first = client.request("step", { episode, action: slow }, "s1");
    await runs(client, episode);
    const busy = await client.fails("step", { episode, action: slow }, "s2");
    expect(busy).toMatchObject({ code: "EPISODE_BUSY", retryable: true });
    await first;
    expect((await client.fails("step", { episode, action: slow }, "s2")).code).toBe("EPISODE_BUSY");
    expect((await client.request("step", { episode, action: slow }, "s3")).error).toBeUndefined();
  });

  it("what never ran keeps no id: a request with wrong parameters may come again, put right", async () => {
    const episode = await reset();
    expect((await client.fails("step", { episode, action: 7 }, "fix")).code).toBe("INVALID_PARAMS");
    expect((await client.request("step", { episode, action: slow }, "fix")).error).toBeUndefined();
  });

  it('1 and "1" are two ids', async () => {
    const episode = await reset();
    const [a, b] = await Promise.all([
      client.request("close", { episode }, 1),
      client.request("reset", { task }, "1"),
    ]);
    expect(a.result).toEqual({ episode, closed: true });
    expect(b.result).toHaveProperty("observation");
  });

  it("more requests in flight than allowed are RATE_LIMITED, and those that run go on", async () => {
    const episodes = [await reset(), await reset(), await reset(), await reset()];
    const steps = episodes.map((episode) => client.request("step", { episode, action: slow }));
    const codes = (await Promise.all(steps)).map(({ error }) => error?.data.code);
    expect(codes.filter((code) => code === undefined)).toHaveLength(3);
    expect(codes).toContain("RATE_LIMITED");
  });

  it("a socket whose session moved on is heard no more, and the reply goes to who asks again", async () => {
    const old = await RawClient.connect(server.url);
    const { session } = await old.ok("hello");
    const { episode } = await old.ok("reset", { task });
    const lost = old.request("step", { episode, action: slow }, "the-step");
    await runs(old, episode);
    const next = await RawClient.connect(server.url);
    const resuming = next.ok("hello", { resume: { id: session.id, token: session.token } });
    await resuming;
    old.socket.send(JSON.stringify({ jsonrpc: "2.0", id: "late", method: "close", params: { episode } }));
    expect(await old.closed).toBe(4001);
    const joined = await next.ok("step", { episode, action: slow }, "the-step");
    expect(joined.info.step).toBe(1);
    expect(await Promise.race([lost, pause(50)])).toBeUndefined();
    await next.ok("trace", { episode });
    await next.close();
  });

  it("hello twice names the same session, and makes it one that survives", async () => {
    const first = await RawClient.connect(server.url);
    const { episode } = await first.ok("reset", { task });
    const one = await first.ok("hello");
    const two = await first.ok("hello", { client: { name: "t", version: "1" } });
    expect(two.session).toEqual(one.session);
    first.cut();
    const second = await RawClient.connect(server.url);
    await second.ok("hello", { resume: { id: one.session.id, token: one.session.token } });
    await second.ok("trace", { episode });
    await second.close();
  });

  it("a failed resume leaves the socket free to begin anew", async () => {
    const other = await RawClient.connect(server.url);
    expect((await other.fails("hello", { resume: { id: "s_x", token: "t" } })).code).toBe("UNKNOWN_SESSION");
    expect((await other.ok("hello")).session.id).toMatch(/^s_/);
    await other.close();
  });
});

describe("a session under another bearer", () => {
  it("is not known", async () => {
    const tokens = [
      { name: "a", token: "token-of-a-1" },
      { name: "b", token: "token-of-b-1" },
    ];
    const server = await startServer({ tasks: [await demoDataset()], tokens });
    try {
      const owner = await RawClient.connect(server.url, { token: "token-of-a-1" });
      const { session } = await owner.ok("hello");
      const thief = await RawClient.connect(server.url, { token: "token-of-b-1" });
      const resume = { id: session.id, token: session.token };
      expect((await thief.fails("hello", { resume })).code).toBe("UNKNOWN_SESSION");
      await owner.ok("server.status");
      expect(server.log.join("\n")).not.toContain(session.token);
    } finally {
      await server.stop();
    }
  });
});
