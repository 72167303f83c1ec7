import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { act, answer, RawClient } from "../../support/raw-client.ts";
import { demoDataset, fakeVerifier } from "../fixture.ts";
import { startServer, type TestServer } from "../start.ts";

const task = "demo/answer";
const HOST_PATH = "/srv/clawgym-host/rootfs";
const LEAKS = [
  /\/work\b/,
  /\/tmp\/clawgym/,
  /\/run\//,
  /\/srv\//,
  /\b[A-Z]\w*Error\b/,
  /\bat [^\s"]+:\d+/,
  /node:/,
];

describe("what crosses the wire", () => {
  let server: TestServer;
  let client: RawClient;
  const said: string[] = [];

  beforeAll(async () => {
    server = await startServer(
      { tasks: [await demoDataset()], "pool-max": 1, "pool-min-idle": 0 },
      { fake: { commands: { python3: fakeVerifier } } },
    );
    client = await RawClient.connect(server.url);
    client.socket.on("message", (data: Buffer) => said.push(String(data)));
  });
  afterAll(() => server.stop());

  it("a sandbox that does not start says nothing of this machine", async () => {
    const { backend } = server;
    const launch = backend.launch.bind(backend);
    backend.launch = () =>
      Promise.reject(new Error(`bwrap: Can't bind mount ${HOST_PATH} at launch (launch.ts:12)`));
    const error = await client.fails("reset", { task, queueTimeoutMs: 20_000 });
    backend.launch = launch;
    expect(error).toMatchObject({ code: "SANDBOX_START_FAILED", retryable: true });
    expect(server.log.join("\n")).toContain(HOST_PATH);
  });

  it("no error path shows a stack, a path of the host or a class", async () => {
    let episode = "";
    await expect
      .poll(
        async () => {
          const reply = await client.request("reset", { task, queueTimeoutMs: 5_000 });
          episode = String(reply.result?.episode ?? "");
          return episode;
        },
        { timeout: 30_000, interval: 500 },
      )
      .toMatch(/^ep_/);
    const tar = { data: Buffer.from("no tar at all".repeat(100)).toString("base64"), encoding: "base64" };
    for (const [method, params] of [
      ["workspace.read", { episode, path: "/etc/shadow" }],
      ["workspace.read", { episode, path: "data" }],
      ["workspace.read", { episode, path: "nope/nope" }],
      ["workspace.list", { episode, path: "notes.txt" }],
      ["workspace.list", { episode, path: "../.." }],
      ["workspace.load", { episode, tar, eof: true }],
      ["rescore", { task, tar }],
      ["reset", { task: { inline: { instruction: 5 } } }],
      ["reset", { task, harness: { kind: "tools", toolProfile: "none" } }],
      ["reset", { task, queueTimeoutMs: 0 }],
      ["step", { episode, action: act("read", { path: "/nope" }) }],
      ["step", { episode, action: act("write", { path: "/proc/nope", content: "x" }) }],
      ["step", { episode, action: act("apply_patch", { input: "garbage" }) }],
      ["step", { episode, action: act("exec", { command: "\0" }) }],
      ["tasks.list", { dataset: "nope" }],
      ["tasks.list", { split: "nope" }],
      ["cancel", { id: {} }],
      ["no.such", {}],
    ] as [string, Record<string, unknown>][]) {
      await client.request(method, params);
    }
    server.backend.faults.inject({ kind: "garbage" });
    await client.request("step", { episode, action: act("exec", { command: "true" }) });
    await client.request("score", { episode });
    for (const line of said) for (const leak of LEAKS) expect(line).not.toMatch(leak);
    expect(said.length).toBeGreaterThan(18);
    await client.ok("close", { episode });
  });

  it("names the parameter that holds a broken archive, and keeps the workspace as it was", async () => {
    const { episode } = await client.ok("reset", { task, queueTimeoutMs: 5_000 });
    const tar = { data: Buffer.from("no tar at all".repeat(100)).toString("base64"), encoding: "base64" };
    const error = await client.fails("workspace.load", { episode, tar, eof: true });
    expect(error).toMatchObject({ code: "INVALID_PARAMS", details: [{ path: "tar" }] });
    expect((await client.ok("workspace.diff", { episode })).deleted).toEqual([]);
    expect((await client.fails("rescore", { task, tar })).details).toMatchObject([{ path: "tar" }]);
    await client.ok("close", { episode });
  });

  it("labels no metric with a client's text", async () => {
    const inline = (n: number) => ({
      id: `zebra-${n}`,
      instruction: "Do it.",
      checks: [{ id: "value", weight: 1 }],
      verifier: { check_py: "pass" },
    });
    for (let n = 0; n < 3; n++) {
      const task = { inline: inline(n) };
      const { episode } = await client.ok("reset", { task, queueTimeoutMs: 5_000 });
      server.backend.faults.inject({ kind: "die", cause: "unknown" });
      await client.fails("step", { episode, action: act("exec", { command: "true" }) });
      await client.ok("close", { episode });
    }
    await client.fails("zebra-method");
    const text = await (await fetch(`${server.http}/metrics`)).text();
    expect(text).not.toContain("zebra");
    expect(text).toContain('code="SANDBOX_LOST",task="inline"} 3');
  });

  it("writes request, session and episode into the lines of its log", async () => {
    const { session } = await client.ok("hello");
    const { episode } = await client.ok("reset", { task, queueTimeoutMs: 5_000 });
    await client.ok("step", { episode, action: answer() });
    await client.fails("step", { episode, action: answer() }, "after-the-end");
    const lines = server.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: "episode ended", episode, session: session.id }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: "request refused",
        request: "after-the-end",
        session: session.id,
        episode,
      }),
    );
    await client.ok("close", { episode });
  });
});

describe("tokens", () => {
  it("are in no line of the log at the finest level, nor when the upgrade fails", async () => {
    const secret = "very-secret-token-1";
    const encoded = Buffer.from(secret).toString("base64url");
    const server = await startServer({
      tasks: [await demoDataset()],
      "log-level": "trace",
      tokens: [
        { name: "reader", token: secret, scopes: ["metrics"] },
        { name: "guest", token: "guest-token-1" },
      ],
    });
    const open = (url: string, protocols: string[], headers: Record<string, string>) =>
      new Promise<void>((resolve) => {
        const socket = new WebSocket(url, protocols, { headers });
        socket.on("open", () => socket.terminate());
        socket.on("error", () => undefined);
        socket.on("close", () => resolve());
      });
    try {
      const bearer = { authorization: `Bearer ${secret}` };
      await open(server.url, ["graphql-ws"], bearer);
      await open(server.url, [], { authorization: `Bearer ${secret}x` });
      await open(server.url, [`clawgym.token.${encoded}`, "nope"], {});
      await open(server.url, [`clawgym.token.${encoded}`, "clawgym.v1.json"], {});
      await open(`${server.url}?token=${secret}`, [], { ...bearer, origin: "https://evil.example" });
      await fetch(`${server.http}/metrics?token=${secret}`, { headers: bearer });
      const client = await RawClient.connect(server.url, { token: secret });
      const { session } = await client.ok("hello", { client: { name: "t", version: "1" } });
      await client.fails("hello", { resume: { id: session.id, token: "wrong", more: secret } });
      await client.close();
      const text = server.log.join("\n");
      expect(text.length).toBeGreaterThan(100);
      for (const word of [secret, encoded, session.token]) expect(text).not.toContain(word);
    } finally {
      await server.stop();
    }
  });

  it("a known token without the scope may not read /metrics on another address", async () => {
    const server = await startServer({
      host: "0.0.0.0",
      tokens: [{ name: "guest", token: "guest-token-1" }],
    });
    try {
      const headers = { authorization: "Bearer guest-token-1" };
      expect((await fetch(`${server.http}/metrics`, { headers })).status).toBe(403);
      expect((await fetch(`${server.http}/metrics`)).status).toBe(401);
      const foreign = { ...headers, origin: "https://evil.example" };
      expect((await fetch(`${server.http}/metrics`, { headers: foreign })).status).toBe(403);
    } finally {
      await server.stop();
    }
  });
});
