import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLoopbackHost, refusalOf } from "../../../server/src/http-guard.ts";
import { Backlog } from "../../../server/src/rpc/backlog.ts";
import { KeepAlive } from "../../../server/src/rpc/keep-alive.ts";
import { RawClient } from "../../support/raw-client.ts";
import { demoDataset } from "../fixture.ts";
import { startServer, type TestServer } from "../start.ts";

/** What a server answers to bytes that no well-behaved client would send. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let said = "";
    socket.on("data", (data) => {
      said += String(data);
    });
    socket.on("close", () => resolve(said));
    socket.on("error", reject);
    setTimeout(() => socket.destroy(), 500).unref();
  });
}

describe("Host and Origin", () => {
  const loopback = { loopback: true, allowedOrigins: ["https://lab.example"] };

  it.each([
    ["127.0.0.1:7077", null],
    ["localhost:7077", null],
    ["LOCALHOST", null],
    ["[::1]:7077", null],
    ["127.8.9.1", null],
    [undefined, /Host/],
    ["", /Host/],
    ["rebound.example:7077", /Host/],
    ["127.0.0.1.evil.example", /Host/],
    ["evil@127.0.0.1", /Host/],
    ["0.0.0.0:7077", /Host/],
    ["[::2]:7077", /Host/],
    ["192.168.0.7", /Host/],
  ])("on loopback Host %s", (host, refusal) => {
    const said = refusalOf({ host, origin: undefined }, loopback);
    if (refusal === null) expect(said).toBeNull();
    else expect(said).toMatch(refusal);
  });

  it.each([
    ["http://localhost:7077", null],
    ["https://lab.example", null],
    ["http://localhost:3000", /foreign/],
    ["https://evil.example", /foreign/],
    ["null", /foreign/],
    ["file://", /foreign/],
    ["localhost:7077", /foreign/],
    ["", /foreign/],
  ])("Origin %s", (origin, refusal) => {
    const said = refusalOf({ host: "localhost:7077", origin }, loopback);
    if (refusal === null) expect(said).toBeNull();
    else expect(said).toMatch(refusal);
  });

  it("elsewhere any Host, but no foreign Origin", () => {
    const rules = { loopback: false, allowedOrigins: [] };
    expect(refusalOf({ host: "gym.example", origin: undefined }, rules)).toBeNull();
    expect(refusalOf({ host: "gym.example", origin: "https://gym.example" }, rules)).toBeNull();
    expect(refusalOf({ host: "gym.example", origin: "https://evil.example" }, rules)).toMatch(/foreign/);
    expect(isLoopbackHost("gym.localhost")).toBe(true);
  });
});

describe("the HTTP side", () => {
  let server: TestServer;
  let port: number;

  beforeAll(async () => {
    server = await startServer({ tasks: [await demoDataset()] });
    port = Number(new URL(server.http).port);
  });
  afterAll(() => server.stop());

  it.each([
    ["GET /healthz HTTP/1.0\r\n\r\n", "403"],
    ["GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "403"],
    ["GET /no/such/route HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "403"],
    ["GET /%ff HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "403"],
    ["GET /%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "400"],
    ["POST /v1/ws HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "403"],
    ["GET /healthz HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\nConnection: close\r\n\r\n", "403"],
    ["GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "426"],
    [
      "GET /other HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      "403",
    ],
    [
      "GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      "404",
    ],
  ])("%j is answered %s", async (text, status) => {
    expect((await raw(port, text)).split(" ")[1]).toBe(status);
  });

  it("keeps an idle HTTP connection for at least 75 s", async () => {
    expect(server.server.parts.app.server.keepAliveTimeout).toBeGreaterThanOrEqual(75_000);
    const header = await new Promise<string | undefined>((resolve) => {
      request(`${server.http}/healthz`, { headers: { connection: "keep-alive" } }, (response) => {
        resolve(String(response.headers["keep-alive"]));
        response.resume();
      }).end();
    });
    expect(Number(/timeout=(\d+)/.exec(header ?? "")?.[1])).toBeGreaterThanOrEqual(75);
  });

  it("refuses a text frame on a MessagePack socket, and goes on", async () => {
    const client = await RawClient.connect(server.url, { protocol: "clawgym.v1.msgpack" });
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "server.status" });
    expect((await client.sendBytes(text, null)).error?.data.code).toBe("PARSE_ERROR");
    await client.ok("server.status");
    await client.close();
  });
});

describe("keep-alive", () => {
  it("pings, drops who sends nothing at all for 90 s, and counts bytes of unfinished frames", () => {
    let now = 0;
    const keepAlive = new KeepAlive({ pingEveryMs: 20_000, silentMs: 90_000, now: () => now });
    const peer = () => {
      const seen = { bytes: 0, pings: 0, dropped: false };
      const kept = {
        bytesRead: () => seen.bytes,
        ping: () => {
          seen.pings++;
        },
        terminate: () => {
          seen.dropped = true;
          keepAlive.remove(kept);
        },
      };
      keepAlive.add(kept);
      return seen;
    };
    const silent = peer();
    const uploading = peer();
    for (let round = 0; round < 10; round++) {
      now += 20_000;
      uploading.bytes += 1;
      keepAlive.check();
      expect(silent.dropped, `after ${now} ms`).toBe(now >= 90_000);
    }
    expect(silent.pings).toBe(4);
    expect(uploading).toMatchObject({ pings: 10, dropped: false });
    keepAlive.stop();
  });
});

describe("a peer that asks and does not read", () => {
  it("is not heard until it has read", async () => {
    const calls: string[] = [];
    const socket = {
      bufferedAmount: 50,
      pause: () => calls.push("pause"),
      resume: () => calls.push("resume"),
    };
    const backlog = new Backlog(socket as never, 100);
    backlog.check();
    expect(calls).toEqual([]);
    socket.bufferedAmount = 101;
    backlog.check();
    backlog.check();
    expect(calls).toEqual(["pause"]);
    socket.bufferedAmount = 0;
    await expect.poll(() => calls).toEqual(["pause", "resume"]);
  });
});
