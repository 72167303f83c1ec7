import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { RawClient } from "../../support/raw-client.ts";
import { demoDataset, fakeVerifier } from "../fixture.ts";
import { startServer, type TestServer } from "../start.ts";

const SECRET = "correct-horse-battery";
const OTHER = "another-long-secret";
const task = "demo/answer";

/** Status of a refused upgrade, or 101 when it went through. */
function upgrade(url: string, headers: Record<string, string>, protocols: string[] = []): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, protocols, { headers });
    socket.on("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    socket.on("open", () => {
      socket.terminate();
      resolve(101);
    });
    socket.on("error", () => undefined);
  });
}

describe("access", () => {
  let server: TestServer;

  beforeAll(async () => {
    const tokens = [
      { name: "trainer", token: SECRET, scopes: ["metrics"], "max-episodes": 2 },
      { name: "guest", "token-env": "GUEST_TOKEN", scopes: [], "requests-per-second": 1 },
    ];
    const settings = { tasks: [await demoDataset()], tokens, "grace-ms": 0 };
    server = await startServer(settings, {
      env: { GUEST_TOKEN: OTHER },
      fake: { commands: { python3: fakeVerifier } },
    });
  });
  afterAll(() => server.stop());

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it("refuses an unknown or missing token with 401 and lets a known one in, as header or sub-protocol", async () => {
    expect(await upgrade(server.url, {})).toBe(401);
    expect(await upgrade(server.url, bearer("wrong"))).toBe(401);
    expect(await upgrade(server.url, bearer(SECRET))).toBe(101);
    const asProtocol = `clawgym.token.${Buffer.from(SECRET).toString("base64url")}`;
    expect(await upgrade(server.url, {}, ["clawgym.v1.json", asProtocol])).toBe(101);
  });

  it("refuses sub-protocols that are not ours with 400", async () => {
    expect(await upgrade(server.url, bearer(SECRET), ["graphql-ws"])).toBe(400);
    expect(await upgrade(server.url, bearer(SECRET), ["graphql-ws", "clawgym.v1.json"])).toBe(101);
  });

  it("refuses a foreign Origin and a Host that is not loopback, on every route", async () => {
    expect(await upgrade(server.url, { ...bearer(SECRET), origin: "https://evil.example" })).toBe(403);
    expect(await upgrade(server.url, { ...bearer(SECRET), host: "rebound.example" })).toBe(403);
    const own = server.http;
    expect(await upgrade(server.url, { ...bearer(SECRET), origin: own })).toBe(101);
    for (const path of ["/healthz", "/readyz", "/metrics", "/nothing"]) {
      const response = await fetch(own + path, { headers: { origin: "https://evil.example" } });
      expect(response.status, path).toBe(403);
    }
  });

  it("keeps to each token's quotas and scopes", async () => {
    const client = await RawClient.connect(server.url, { token: SECRET });
    const hello = await client.ok("hello");
    expect(hello.limits.maxEpisodes).toBe(2);
    expect(hello.capabilities).not.toContain("workspace.load");
    expect(hello.capabilities).not.toContain("harness.openclaw");
    const first = await client.ok("reset", { task });
    await client.ok("reset", { task });
    expect(await client.fails("reset", { task })).toMatchObject({
      code: "TOO_MANY_EPISODES",
      retryable: true,
    });
    await client.ok("close", { episode: first.episode });
    const third = await client.ok("reset", { task });
    const load = { episode: third.episode, tar: { data: "", encoding: "base64" }, eof: true };
    expect((await client.fails("workspace.load", load)).code).toBe("FORBIDDEN");
    expect((await client.fails("reset", { task: { inline: { instruction: "x" } } })).code).toBe("FORBIDDEN");
    await client.close();

    const guest = await RawClient.connect(server.url, { token: OTHER });
    let limited = await guest.request("server.status");
    for (let more = 0; more < 15 && !limited.error; more++) limited = await guest.request("server.status");
    expect(limited.error?.data).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    expect(limited.error?.data.retryAfterMs).toBeGreaterThan(0);
    await guest.close();
  });

  it("never logs a token", () => {
    const text = server.log.join("\n");
    expect(text.length).toBeGreaterThan(0);
    for (const secret of [SECRET, OTHER, Buffer.from(SECRET).toString("base64url")])
      expect(text).not.toContain(secret);
  });

  it("tells its health, its readiness and its numbers", async () => {
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
    await expect.poll(async () => (await fetch(`${server.http}/readyz`)).status).toBe(200);
    const text = await (await fetch(`${server.http}/metrics`)).text();
    for (const name of [
      "clawgym_request_seconds_bucket",
      "clawgym_lease_wait_seconds",
      "clawgym_step_seconds",
      "clawgym_verifier_seconds",
      "clawgym_episodes_total",
      "clawgym_score_failures_total",
      'clawgym_pool_sandboxes{template="default/agent",state="idle"}',
      "clawgym_queue_length",
    ]) {
      expect(text).toContain(name);
    }
  });
});

describe("addresses", () => {
  it("does not listen beyond loopback without tokens", async () => {
    await expect(startServer({ host: "0.0.0.0" })).rejects.toThrow(/loopback/);
  });

  it("wants a token for /metrics on another address", async () => {
    const server = await startServer({ host: "0.0.0.0", token: [SECRET] });
    try {
      expect((await fetch(`${server.http}/metrics`)).status).toBe(401);
      const headers = { authorization: `Bearer ${SECRET}` };
      expect((await fetch(`${server.http}/metrics`, { headers })).status).toBe(200);
    } finally {
      await server.stop();
    }
  });
});
