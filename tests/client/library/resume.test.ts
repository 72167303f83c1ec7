import { describe, expect, it } from "vitest";
import { startClient, startServer, until } from "../with-server.ts";
import type { Mischief } from "./scripted-server.ts";

/** Mischief for the first request of a method only. */
function once(method: string, mischief: Mischief): (name: string) => Mischief | undefined {
  let left = 1;
  return (name) => (name === method && left-- > 0 ? mischief : undefined);
}

describe("a socket that is lost", () => {
  it.each([
    ["before the server sees the step", "drop-before"],
    ["after the step ran and before its reply", "drop-after"],
    ["by a reply that cannot be read", "garbage"],
  ] as const)("%s costs nothing: the step runs once and its reply arrives", async (_when, mischief) => {
    for (const codec of ["msgpack", "json"] as const) {
      const { server } = await startServer();
      const client = await startClient(server, { codec });
      const episode = await client.reset({ task: "fake/a" });
      server.mischief = once("step", mischief);
      const result = await episode.step("the answer");
      expect(result).toMatchObject({ terminated: true, reward: 1 });
      expect(server.count("step")).toBe(1);
      const sent = server.received.filter((request) => request.method === "step");
      expect(sent.length).toBe(2);
      expect(sent[0]).toEqual(sent[1]);
      expect(server.sessions.size).toBe(1);
    }
  });

  it("costs nothing for many calls in flight, and ids are never used twice", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const seen: string[] = [];
    client.on("session.reconnecting", () => seen.push("reconnecting"));
    client.on("session.resumed", () => seen.push("resumed"));
    server.on("workspace.diff", async ({ episode }) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { added: [episode], changed: [], deleted: [] };
    });
    const names = Array.from({ length: 30 }, (_, index) => `e${index}`);
    const calls = Promise.all(names.map((episode) => client.call("workspace.diff", { episode })));
    await until(() => server.received.length === 30);
    server.cut();
    expect((await calls).map((reply) => reply.added[0])).toEqual(names);
    await client.call("workspace.diff", { episode: "after" });
    expect(seen).toEqual(["reconnecting", "resumed"]);
    const ids = server.executed.map((request) => request.id);
    expect(new Set(ids).size).toBe(31);
  });

  it("is replaced when the server was away for a while", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    await server.stop();
    const call = client.call("server.status", {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.listen();
    expect((await call).backend).toBe("scripted");
    expect(server.sessions.size).toBe(1);
  });

  it("fails what is pending with SESSION_LOST when the session is gone, and starts no other", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const episode = await client.reset({ task: "fake/a" });
    server.mischief = once("step", "drop-before");
    server.sessions.clear();
    await expect(episode.step("x")).rejects.toMatchObject({ code: "SESSION_LOST" });
    expect(client.isUsable).toBe(false);
    expect(server.sessions.size).toBe(0);
    await expect(client.reset({ task: "fake/a" })).rejects.toMatchObject({ code: "SESSION_LOST" });
  });

  it("fails with SESSION_LOST when it does not come back within the grace", async () => {
    const { server } = await startServer();
    server.graceMs = 60;
    const client = await startClient(server);
    const lost: string[] = [];
    client.on("session.lost", ({ error }) => lost.push(error.code));
    await server.stop();
    await expect(client.call("server.status", {})).rejects.toMatchObject({ code: "SESSION_LOST" });
    expect(lost).toEqual(["SESSION_LOST"]);
  });

  it("is not resumed when resume is off", async () => {
    const { server } = await startServer();
    const client = await startClient(server, { resume: false });
    server.mischief = () => "drop-before";
    await expect(client.call("server.status", {})).rejects.toMatchObject({ code: "SESSION_LOST" });
    expect(server.upgrades.length).toBe(1);
  });

  it("is not fought over when another client has taken the session", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    for (const session of server.sessions.values()) session.socket?.close(4001);
    await until(() => !client.isUsable);
    await expect(client.call("server.status", {})).rejects.toThrow("another client");
    expect(server.upgrades.length).toBe(1);
  });

  it("is noticed when the peer only stops talking", async () => {
    const { server } = await startServer();
    const client = await startClient(server, { tuning: { deadAfterMs: 90 } });
    await client.call("server.status", {});
    // The connection stays open, and nothing is read from it or answered, not even a ping.
    for (const session of server.sessions.values()) session.socket?.pause();
    expect((await client.call("server.status", {})).backend).toBe("scripted");
    expect(server.upgrades.length).toBe(2);
  });

  it("stays up with a peer that only answers pings", async () => {
    const { server } = await startServer();
    const client = await startClient(server, { tuning: { deadAfterMs: 60 } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.upgrades.length).toBe(1);
    expect(client.isUsable).toBe(true);
  });

  it("is given up with a server that sends nothing but garbage", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    server.mischief = () => "garbage";
    await expect(client.call("server.status", {})).rejects.toMatchObject({ code: "BAD_REPLY" });
  });

  it("does not keep close waiting", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    await server.stop();
    const call = client.call("server.status", {});
    const outcome = expect(call).rejects.toMatchObject({ code: "CLOSED" });
    await client.close();
    await outcome;
  });
});

describe("an episode that nobody waits for any more", () => {
  it("is closed when an aborted reset succeeds after all", async () => {
    const { server, gym } = await startServer();
    const made = server.handlers.get("reset");
    server.on("reset", async (params, request) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return made?.(params, request);
    });
    const client = await startClient(server);
    const abort = new AbortController();
    const reset = client.reset({ task: "fake/a" }, { signal: abort.signal });
    await until(() => server.count("reset") === 1);
    abort.abort();
    await expect(reset).rejects.toMatchObject({ code: "ABORTED" });
    await until(() => server.count("close") === 1);
    expect(gym.episodes.size).toBe(0);
  });

  it("is closed even when the reply to the aborted reset was lost with its socket", async () => {
    const { server, gym } = await startServer();
    server.mischief = once("reset", "drop-after");
    const client = await startClient(server, { tuning: { backoff: { baseMs: 200, maxMs: 200 } } });
    const abort = new AbortController();
    const reset = client.reset({ task: "fake/a" }, { signal: abort.signal });
    await until(() => gym.episodes.size === 1);
    abort.abort();
    await expect(reset).rejects.toMatchObject({ code: "ABORTED" });
    await until(() => server.count("close") === 1);
    expect(gym.episodes.size).toBe(0);
    expect(server.count("reset")).toBe(1);
  });

  it("is closed with the client", async () => {
    const { server, gym } = await startServer();
    const client = await startClient(server);
    await client.reset({ task: "fake/a" });
    await client.reset({ task: "fake/b" });
    await client.close();
    expect(gym.episodes.size).toBe(0);
  });
});
