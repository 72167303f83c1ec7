import { METHODS, type MethodName, SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK } from "@clawgym/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { act, answer, RawClient } from "../../support/raw-client.ts";
import { demoDataset, fakeVerifier } from "../fixture.ts";
import { startServer, type TestServer } from "../start.ts";

const task = "demo/answer";
const MAX_FRAME = 65_536;

/** Parameters that are right, so that one of them can be made wrong at a time. */
const VALID: Record<MethodName, Record<string, unknown>> = {
  hello: { client: { name: "test", version: "1" } },
  "tasks.list": { limit: 5 },
  "tasks.get": { task },
  reset: { task },
  step: { episode: "ep_x", action: answer() },
  score: { episode: "ep_x" },
  trace: { episode: "ep_x" },
  close: { episode: "ep_x" },
  cancel: { id: 1 },
  prefetch: { tasks: [task] },
  "workspace.list": { episode: "ep_x" },
  "workspace.read": { episode: "ep_x", path: "a" },
  "workspace.diff": { episode: "ep_x" },
  "workspace.export": { episode: "ep_x" },
  "workspace.load": { episode: "ep_x", tar: new Uint8Array(1024), eof: true },
  fork: { episode: "ep_x" },
  rescore: { task, tar: new Uint8Array(1024) },
  "rescore.load": { tar: new Uint8Array(1024), offset: 0 },
  "server.status": {},
};
const methods = Object.keys(METHODS) as MethodName[];

/** Values that no parameter of their kind takes. */
const wrongValues = [[], {}, -1.5, "\0", true, Number.MAX_VALUE, "x".repeat(5_000), [[[]]], { a: { b: 1 } }];

describe.each([SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK])("bad input over %s", (protocol) => {
  let server: TestServer;
  let client: RawClient;
  let episode: string;

  beforeAll(async () => {
    const settings = { tasks: [await demoDataset()], "max-frame-bytes": MAX_FRAME, "queue-timeout-ms": 500 };
    server = await startServer(settings, { fake: { commands: { python3: fakeVerifier } } });
    client = await RawClient.connect(server.url, { protocol });
    ({ episode } = await client.ok("reset", { task }));
  });
  afterAll(() => server.stop());

  /** The socket and the episode beside it are as before. */
  const allIsWell = async () => {
    const step = await client.ok("workspace.list", { episode });
    expect(step.entries.map(({ path }) => path)).toContain("notes.txt");
  };

  it.each(methods)("%s refuses each parameter of a wrong kind, with its path", async (method) => {
    const shape = METHODS[method].params.shape as Record<string, z.ZodType>;
    let refused = 0;
    for (const [name, schema] of Object.entries(shape)) {
      for (const value of wrongValues) {
        if (schema.safeParse(value).success) continue;
        const error = await client.fails(method, { ...VALID[method], [name]: value });
        expect(error, `${method}.${name} = ${JSON.stringify(value)?.slice(0, 40)}`).toMatchObject({
          code: "INVALID_PARAMS",
          integer: -32602,
          retryable: false,
        });
        const paths = (error.details as { path: string }[]).map(({ path }) => path);
        expect(
          paths.some((path) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`)),
        ).toBe(true);
        refused++;
      }
    }
    if (Object.keys(shape).length > 0) expect(refused).toBeGreaterThan(0);
    const unknown = await client.fails(method, { ...VALID[method], surprise: 1 });
    expect(unknown).toMatchObject({ code: "INVALID_PARAMS", details: [{ path: "surprise" }] });
    await allIsWell();
  });

  it("survives frames that say nothing", async () => {
    const isText = protocol === SUBPROTOCOL_JSON;
    const garbage = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => {
        client.socket.send(isText ? Buffer.from(bytes).toString("latin1") : bytes);
      }),
      { numRuns: 200 },
    );
    // Their answers have no id either: they have all come when this one has.
    await client.ok("server.status");
    const deep = isText ? "[".repeat(10_000) : new Uint8Array(10_000).fill(0x91);
    expect((await client.sendBytes(deep, null)).error?.data.code).toBe("PARSE_ERROR");
    await allIsWell();
  });

  it("answers frames that are no requests", async () => {
    for (const [frame, code] of [
      [[{ jsonrpc: "2.0", id: 1, method: "server.status" }], "INVALID_REQUEST"],
      [{ id: 5, method: "server.status" }, "INVALID_REQUEST"],
      [{ jsonrpc: "2.0", id: {}, method: "server.status" }, "INVALID_REQUEST"],
      [{ jsonrpc: "2.0", id: 5, method: 7 }, "INVALID_REQUEST"],
      [{ jsonrpc: "2.0", id: 5, method: "server.status", params: [1] }, "INVALID_PARAMS"],
      ["hello", "INVALID_REQUEST"],
    ] as const) {
      const id =
        !Array.isArray(frame) && typeof frame === "object" && "id" in frame && frame.id === 5 ? 5 : null;
      expect((await client.send(frame, id)).error?.data.code, JSON.stringify(frame)).toBe(code);
    }
    for (const method of ["nope", "__proto__", "constructor", "toString", "reset "]) {
      expect((await client.fails(method)).code).toBe("METHOD_NOT_FOUND");
    }
    await allIsWell();
  });

  it("answers a frame that is too large, and closes with 1009 beyond twice the limit", async () => {
    const large = await client.fails("reset", { task, labels: { a: "x" }, pad: "x".repeat(MAX_FRAME) });
    expect(large).toMatchObject({ code: "INVALID_REQUEST" });
    expect(large.message).toMatch(/too large/);
    const other = await RawClient.connect(server.url, { protocol });
    void other.request("reset", { task, pad: "x".repeat(3 * MAX_FRAME) });
    expect(await other.closed).toBe(1009);
    await allIsWell();
  });

  it("names what is unknown", async () => {
    expect((await client.fails("reset", { task: "demo/nothing" })).code).toBe("UNKNOWN_TASK");
    expect((await client.fails("reset", { task: "nobody/answer" })).code).toBe("UNKNOWN_TASK");
    expect((await client.fails("reset", { task: "demo/answer@9" })).code).toBe("UNKNOWN_TASK");
    expect((await client.fails("reset", { task: { dataset: "demo", index: 99 } })).code).toBe("UNKNOWN_TASK");
    expect((await client.fails("step", { episode: "ep_nope", action: answer() })).code).toBe(
      "UNKNOWN_EPISODE",
    );
    const harness = { kind: "tools", tools: ["read", "teleport"] };
    expect(await client.fails("reset", { task, harness })).toMatchObject({
      code: "INVALID_PARAMS",
      details: [{ path: "harness.tools[1]" }],
    });
    expect(await client.fails("reset", { task, harness: { kind: "openclaw" } })).toMatchObject({
      code: "INVALID_PARAMS",
      details: [{ path: "harness.kind" }],
    });
    expect((await client.fails("trace", { episode, cursor: "made-up" })).code).toBe("INVALID_PARAMS");
    expect((await client.fails("step", { episode })).details).toEqual([
      { path: "action", message: expect.any(String) },
    ]);
  });

  it("takes a completion as any server prints it, and answers tool calls that make no sense", async () => {
    const { episode: own } = await client.ok("reset", { task });
    const pasted = {
      ...act("read", { path: "notes.txt" }),
      refusal: null,
      annotations: [],
      audio: null,
      function_call: null,
      reasoning_content: null,
    };
    const first = await client.ok("step", { episode: own, action: pasted, finishReason: "tool_calls" });
    expect(first.observation.messages).toHaveLength(1);
    const nonsense = {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "a", type: "function", function: { name: "exec", arguments: "{not json" } },
        { id: "a", type: "function", function: { name: "no_such_tool", arguments: "{}" } },
        { id: "b", type: "function", function: { name: "read", arguments: "[]" } },
      ],
    };
    const second = await client.ok("step", { episode: own, action: nonsense });
    expect(second.observation.messages).toHaveLength(3);
    expect(
      second.observation.messages.map((message) => (message as { tool_call_id: string }).tool_call_id),
    ).toEqual(["a", "a", "b"]);
    const last = await client.ok("step", {
      episode: own,
      action: { role: "assistant", content: "ok", tool_calls: [] },
    });
    expect(last.terminated).toBe(true);
  });

  it("leaves no sandbox leased behind", async () => {
    const others = await client.fails("reset", { task, limits: { maxSteps: 0 } });
    expect(others.code).toBe("INVALID_PARAMS");
    await client.ok("close", { episode });
    await client.close();
    await expect
      .poll(() => server.server.parts.pool.status().every(({ leased }) => leased === 0), { timeout: 10_000 })
      .toBe(true);
  });
});
