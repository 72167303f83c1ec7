import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientEvents } from "@clawgym/client";
import { isEventName, isMethodName, type MethodName } from "@clawgym/protocol";
import { describe, expect, it } from "vitest";
import { ROOT } from "../cli.ts";
import { startClient, startServer, until } from "../with-server.ts";
import { Refusal } from "./scripted-server.ts";

type Frame = {
  params?: Record<string, unknown>;
  result?: unknown;
  error?: {
    message: string;
    data: { code: string; retryable: boolean; retryAfterMs?: number; details?: unknown };
  };
};
type Vector = { name: string; kind: "request" | "result" | "error" | "event"; frame: Frame };

const FOLDER = join(ROOT, "protocol/vectors");

function vectorsOf(name: string): Vector[] {
  return (JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as { vectors: Vector[] }).vectors;
}

const names = readdirSync(FOLDER).flatMap((file) => /^(.*)\.json$/.exec(file)?.[1] ?? []);
// `hello` is the client's own business, and is tried by every test that connects.
const methods = names.filter((name): name is MethodName => isMethodName(name) && name !== "hello");
const events = names.filter(isEventName);

/** Bytes as JSON spells them, so that values can be compared. */
function spelled(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, entry: unknown) =>
      entry instanceof Uint8Array
        ? { data: Buffer.from(entry).toString("base64"), encoding: "base64" }
        : entry,
    ),
  );
}

describe("the protocol's example frames", () => {
  it("are there", () => {
    expect(methods.length).toBeGreaterThan(12);
    expect(events.length).toBe(4);
  });

  it.each(methods)(
    "of %s: every result is understood, and every request goes out as it is given",
    async (method) => {
      const { server } = await startServer();
      const client = await startClient(server, { codec: "json" });
      const vectors = vectorsOf(method);
      const requests = vectors.filter((vector) => vector.kind === "request");
      for (const { name, frame } of vectors.filter((vector) => vector.kind === "result")) {
        server.on(method, () => frame.result);
        const result = await client.call(method, (requests[0]?.frame.params ?? {}) as never);
        expect(spelled(result), name).toEqual(frame.result);
      }
      for (const { name, frame } of requests) {
        await client.call(method, (frame.params ?? {}) as never).catch(() => {});
        expect(server.received.at(-1)?.params, name).toEqual(frame.params ?? {});
      }
    },
  );

  it.each(events)("of %s reach their listeners", async (event) => {
    const { server } = await startServer();
    const client = await startClient(server);
    const heard: unknown[] = [];
    client.on(event as keyof ClientEvents, (params) => heard.push(params));
    const vectors = vectorsOf(event);
    for (const { frame } of vectors) {
      await client.call("server.status", {});
      server.notify(event, frame.params ?? {});
    }
    await until(() => heard.length === vectors.length);
    expect(heard).toEqual(vectors.map(({ frame }) => frame.params));
  });

  it("of errors become errors with their code, message and what to do", async () => {
    const { server } = await startServer();
    const client = await startClient(server);
    for (const { frame } of vectorsOf("errors")) {
      const { error } = frame;
      if (!error) continue;
      const { code, ...rest } = error.data;
      const refusal = new Refusal(code, error.message, rest);
      server.on("server.status", () => {
        throw refusal;
      });
      const thrown = await client.call("server.status", {}).catch((each: unknown) => each);
      expect(thrown).toMatchObject({ name: "ProtocolError", ...error.data });
      expect((thrown as Error).message).toContain(error.message);
    }
  });
});
