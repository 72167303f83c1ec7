import { ClientError, ProtocolError } from "@clawgym/client";
import { describe, expect, it } from "vitest";
import { startClient, startServer, until } from "../with-server.ts";
import { LIMITS, Refusal } from "./scripted-server.ts";

const codecs = ["msgpack", "json"] as const;

describe.each(codecs)("calls over %s", (codec) => {
  it("are matched by id when replies come in another order", async () => {
    const { server } = await startServer();
    const waits = new Map([
      ["slow", 60],
      ["fast", 0],
    ]);
    server.on("workspace.diff", async ({ episode }) => {
      await new Promise((resolve) => setTimeout(resolve, waits.get(String(episode)) ?? 20));
      return { added: [episode], changed: [], deleted: [] };
    });
    const client = await startClient(server, { codec });
    const names = ["slow", "fast", ...Array.from({ length: 40 }, (_, index) => `e${index}`)];
    const replies = await Promise.all(names.map((episode) => client.call("workspace.diff", { episode })));
    expect(replies.map((reply) => reply.added[0])).toEqual(names);
  });

  it("carry bytes unchanged", async () => {
    const { server } = await startServer();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    server.on("workspace.load", ({ tar }) => {
      expect(Buffer.from(tar as Uint8Array).equals(bytes)).toBe(true);
      return { receivedBytes: 256 };
    });
    server.on("workspace.read", () => ({
      bytes: codec === "json" ? { data: Buffer.from(bytes).toString("base64"), encoding: "base64" } : bytes,
      offset: 0,
      eof: true,
      size: 256,
    }));
    const client = await startClient(server, { codec });
    await client.call("workspace.load", { episode: "e", tar: bytes, eof: true });
    const page = await client.call("workspace.read", { episode: "e", path: "x" });
    expect(Buffer.from(page.bytes).equals(bytes)).toBe(true);
  });

  it("survive answers that are sent twice", async () => {
    const { server } = await startServer();
    server.mischief = () => "duplicate";
    const client = await startClient(server, { codec });
    for (let count = 0; count < 3; count++) expect((await client.call("server.status", {})).queue).toBe(0);
  });
});

describe("a call", () => {
  it("throws the server's error with its code, reasons and times", async () => {
    const { server } = await startServer();
    server.on("reset", () => {
      throw new Refusal("POOL_EXHAUSTED", "all busy", { retryAfterMs: 70, details: { queue: 3 } });
    });
    server.on("tasks.get", () => {
      throw new Refusal("INVALID_PARAMS", "no", { details: [{ path: "task", message: "too odd" }] });
    });
    const client = await startClient(server);
    const error = await client.reset({ task: "fake/a" }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({
      code: "POOL_EXHAUSTED",
      retryable: true,
      retryAfterMs: 70,
      details: { queue: 3 },
      method: "reset",
    });
    await expect(client.tasks.get("fake/a")).rejects.toThrow("task: too odd");
  });

  it("ignores result fields that it does not know, and refuses results that are wrong", async () => {
    const { server } = await startServer();
    server.on("workspace.diff", () => ({ added: [], changed: [], deleted: [], moved: ["new in 1.1"] }));
    server.on("tasks.list", () => ({ tasks: "many", total: 1 }));
    const client = await startClient(server);
    expect(await client.call("workspace.diff", { episode: "e" })).toEqual({
      added: [],
      changed: [],
      deleted: [],
    });
    await expect(client.call("tasks.list", {})).rejects.toMatchObject({ code: "BAD_REPLY" });
  });

  it("fails with BAD_REPLY when its own reply is malformed, and the next one works", async () => {
    const { server } = await startServer();
    server.mischief = (method) => (method === "server.status" ? "malformed" : undefined);
    const client = await startClient(server);
    await expect(client.call("server.status", {})).rejects.toMatchObject({ code: "BAD_REPLY" });
    expect(await client.tasks.count()).toBe(2);
  });

  it("fails with TIMEOUT when no reply comes, and asks the server to cancel", async () => {
    const { server } = await startServer();
    server.mischief = (method) => (method === "server.status" ? "swallow" : undefined);
    const client = await startClient(server);
    const call = client.call("server.status", {}, { deadlineMs: 30 });
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT" });
    await until(() => server.count("cancel") === 1);
    const status = server.received.find((request) => request.method === "server.status");
    expect(server.executed.at(-1)?.params).toEqual({ id: status?.id });
  });

  it("that is aborted fails at once, is cancelled, and its late reply harms nobody", async () => {
    const { server } = await startServer();
    let cancelled = false;
    server.on("server.status", (_params, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          cancelled = true;
          reject(new Refusal("CANCELLED"));
        });
      });
    });
    const client = await startClient(server);
    const abort = new AbortController();
    const call = client.call("server.status", {}, { signal: abort.signal });
    await until(() => server.count("server.status") === 1);
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: "ABORTED" });
    await until(() => cancelled);
    expect(await client.tasks.count()).toBe(2);
  });

  it("is not sent at all when its signal has fired before", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const call = client.call("server.status", {}, { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ code: "ABORTED" });
    expect(server.received).toEqual([]);
  });

  it("waits for its turn when too many are in flight", async () => {
    const { server } = await startServer();
    let running = 0;
    let most = 0;
    server.on("workspace.diff", async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return { added: [], changed: [], deleted: [] };
    });
    const client = await startClient(server, { maxInFlight: 3 });
    await Promise.all(Array.from({ length: 20 }, () => client.call("workspace.diff", { episode: "e" })));
    expect(most).toBe(3);
  });

  it("keeps below what the server allows in flight", async () => {
    const { server } = await startServer();
    server.limits = { ...LIMITS, maxRequestsInFlight: 6 };
    let running = 0;
    let most = 0;
    server.on("workspace.diff", async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return { added: [], changed: [], deleted: [] };
    });
    const client = await startClient(server);
    await Promise.all(Array.from({ length: 20 }, () => client.call("workspace.diff", { episode: "e" })));
    expect(most).toBeLessThanOrEqual(6);
  });

  it("larger than the server's frames is refused here", async () => {
    const { server } = await startServer();
    server.limits = { ...LIMITS, maxFrameBytes: 5000 };
    const client = await startClient(server);
    const call = client.call("workspace.load", { episode: "e", tar: new Uint8Array(6000), eof: true });
    await expect(call).rejects.toMatchObject({ code: "TOO_LARGE" });
    expect(server.received).toEqual([]);
  });

  it("fails with CLOSED after close, which may be called again", async () => {
    const { server } = await startServer();
    server.mischief = () => "swallow";
    const client = await startClient(server);
    const pending = client.call("server.status", {});
    const outcome = expect(pending).rejects.toMatchObject({ code: "CLOSED" });
    await Promise.all([client.close(), client.close()]);
    await outcome;
    await client.close();
    await expect(client.call("server.status", {})).rejects.toBeInstanceOf(ClientError);
  });
});

describe("events", () => {
  it("reach their listeners until they are removed, whatever another listener throws", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const heard: string[] = [];
    client.on("episode.output", () => {
      throw new Error("a bad listener");
    });
    const stop = client.on("episode.output", ({ chunk }) => heard.push(chunk));
    server.notify("episode.output", { episode: "e", callId: "c", chunk: "one" });
    server.notify("episode.unheard-of", { episode: "e" });
    server.notify("episode.output", { episode: 7 });
    await until(() => heard.length === 1);
    stop();
    server.notify("episode.output", { episode: "e", callId: "c", chunk: "two" });
    await client.call("server.status", {});
    expect(heard).toEqual(["one"]);
  });
});
