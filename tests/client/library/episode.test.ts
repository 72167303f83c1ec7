import { type ActionInput, applyObservation, type Episode, withRetries } from "@clawgym/client";
import type { ChatMessage } from "@clawgym/protocol";
import { describe, expect, it } from "vitest";
import { startClient, startServer, until } from "../with-server.ts";
import { LIMITS, Refusal } from "./scripted-server.ts";

/** An assistant message with one tool call. */
function exec(command: string): Exclude<ActionInput, string> {
  const call = { id: "c1", type: "function" as const, function: { name: "exec", arguments: command } };
  return { role: "assistant", content: null, tool_calls: [call] };
}

describe("an episode", () => {
  it("is played turn by turn until it ends", async () => {
    const { server, gym } = await startServer();
    gym.scorer = (episode) => (episode.messages.length === 5 ? 0.5 : 0);
    const client = await startClient(server);
    const episode = await client.reset({ task: "fake/a" });
    expect(episode.reward).toBeUndefined();
    const lengths: number[] = [];
    for await (const turn of episode) {
      lengths.push(turn.messages.length);
      expect(turn.tools[0]?.function.name).toBe("exec");
      await turn.act(turn.index === 0 ? exec("ls") : "finished");
    }
    expect(lengths).toEqual([2, 4]);
    expect(episode.messages.map((message) => message.role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
    expect(episode.hasEnded).toBe(true);
    expect(episode.reward).toBe(0.5);
    expect(episode.finalScore?.code?.checks[0]?.id).toBe("only");
  });

  it("waits for an action that the body forgot to await", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const episode = await client.reset({ task: "fake/a" });
    for await (const turn of episode) void turn.act(turn.index < 3 ? exec("ls") : "end");
    expect(server.count("step")).toBe(4);
  });

  it("complains about a turn without an action, and about one with two", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const idle = async (episode: Episode) => {
      for await (const _turn of episode);
    };
    const hasty = async (episode: Episode) => {
      for await (const turn of episode) {
        await turn.act(exec("a"));
        await turn.act(exec("b"));
      }
    };
    await expect(idle(await client.reset({ task: "fake/a" }))).rejects.toMatchObject({ code: "MISUSED" });
    await expect(hasty(await client.reset({ task: "fake/a" }))).rejects.toMatchObject({ code: "MISUSED" });
  });

  it("takes a completion as any server gives it", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const episode = await client.reset({ task: "fake/a" });
    const pasted = {
      role: "assistant" as const,
      content: "hi",
      refusal: null,
      annotations: [],
      tool_calls: null,
      reasoning_content: null,
    };
    const result = await episode.step(pasted, { finishReason: "stop" });
    expect(result.terminated).toBe(true);
    expect(episode.messages.at(-1)).toEqual({ role: "assistant", content: "hi" });
  });

  it("forks into episodes with the same history", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const episode = await client.reset({ task: "fake/a" });
    await episode.step(exec("ls"));
    const [one, two] = await episode.fork(2);
    expect(one?.messages).toEqual(episode.messages);
    expect(one?.id).not.toBe(two?.id);
    await one?.step("done");
    expect(two?.messages).toEqual(episode.messages);
    expect(two?.tools).toEqual(episode.tools);
  });

  it("is closed by `await using`, and again without harm", async () => {
    const { server, gym } = await startServer();
    await using client = await startClient(server);
    {
      await using episode = await client.reset({ task: "fake/a" });
      await episode.close();
      expect(gym.episodes.size).toBe(0);
    }
    await client.close();
  });

  it("hears the output of its own commands only", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const episode = await client.reset({ task: "fake/a", stream: true });
    const heard: string[] = [];
    episode.onOutput((chunk, callId) => heard.push(`${callId} ${chunk}`));
    server.notify("episode.output", { episode: "another", callId: "c", chunk: "no" });
    server.notify("episode.output", { episode: episode.id, callId: "c", chunk: "yes" });
    await until(() => heard.length === 1);
    expect(heard).toEqual(["c yes"]);
  });

  it("gives its trace and its listings over all pages, and notices pages that go in circles", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    const episode = await client.reset({ task: "fake/a" });
    server.on("trace", ({ cursor }) => {
      const at = Number(cursor ?? 0);
      return { records: [{ type: "step", n: at }], ...(at < 4 ? { nextCursor: String(at + 1) } : {}) };
    });
    const numbers: unknown[] = [];
    for await (const record of episode.trace()) numbers.push(record.n);
    expect(numbers).toEqual([0, 1, 2, 3, 4]);
    server.on("workspace.list", () => ({ entries: [], nextCursor: "again" }));
    const circle = async () => {
      for await (const _entry of episode.workspace.list("."));
    };
    await expect(circle()).rejects.toMatchObject({ code: "BAD_REPLY" });
  });

  it("reads, exports and loads workspaces of any size in pages", async () => {
    const { server } = await startServer();
    server.limits = { ...LIMITS, maxFrameBytes: 4096 };
    const content = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);
    const page = ({ offset }: Record<string, unknown>) => {
      const start = Number(offset);
      const bytes = content.subarray(start, start + 3000);
      return { bytes, offset: start, eof: start + 3000 >= content.length, size: content.length };
    };
    server.on("workspace.read", page);
    server.on("workspace.export", page);
    let loaded = Buffer.alloc(0);
    server.on("workspace.load", ({ tar, eof }) => {
      loaded = Buffer.concat([loaded, tar as Uint8Array]);
      return { receivedBytes: eof ? loaded.length : 0 };
    });
    const client = await startClient(server);
    const { workspace } = await client.reset({ task: "fake/a" });
    expect(Buffer.from(await workspace.read("big.bin")).equals(content)).toBe(true);
    const tar = await workspace.export();
    expect(Buffer.from(tar).equals(content)).toBe(true);
    expect((await workspace.load(tar)).receivedBytes).toBe(10_000);
    expect(loaded.equals(content)).toBe(true);
    await expect(workspace.read("big.bin", { maxBytes: 5000 })).rejects.toMatchObject({ code: "TOO_LARGE" });
  });
});

describe("applyObservation", () => {
  it("drops the tail that a black-box agent rewrote", () => {
    const user: ChatMessage = { role: "user", content: "q" };
    const action: ChatMessage = { role: "assistant", content: "a" };
    const messages = [user, action];
    applyObservation(messages, { messages: [{ role: "user", content: "summary" }], replaceFrom: 1 });
    expect(messages).toEqual([user, { role: "user", content: "summary" }]);
    applyObservation(messages, { messages: [action], replaceFrom: 99 });
    expect(messages.length).toBe(3);
  });
});

describe("withRetries", () => {
  it("waits out a busy server, never less than it asks for", async () => {
    const { server } = await startServer();
    const reset = server.handlers.get("reset");
    let refusals = 2;
    server.on("reset", (params, request) => {
      if (refusals-- > 0) throw new Refusal("POOL_EXHAUSTED", "busy", { retryAfterMs: 30 });
      return reset?.(params, request);
    });
    const client = await startClient(server);
    const waits: number[] = [];
    const episode = await withRetries(() => client.reset({ task: "fake/a" }), {
      backoff: { baseMs: 1, maxMs: 5 },
      onRetry: (_error, waitMs) => waits.push(waitMs),
    });
    expect(episode.task.id).toBe("fake/a");
    expect(waits.length).toBe(2);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(30);
  });

  it("does not repeat what cannot succeed, and stops after its attempts", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    await expect(withRetries(() => client.reset({ task: "fake/none" }))).rejects.toMatchObject({
      code: "UNKNOWN_TASK",
    });
    expect(server.count("reset")).toBe(1);
    server.on("reset", () => {
      throw new Refusal("RATE_LIMITED");
    });
    const options = { attempts: 3, backoff: { baseMs: 1, maxMs: 1 } };
    await expect(withRetries(() => client.reset({ task: "fake/a" }), options)).rejects.toMatchObject({
      code: "RATE_LIMITED",
    });
    expect(server.count("reset")).toBe(4);
  });
});
