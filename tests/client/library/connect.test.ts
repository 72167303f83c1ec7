import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { CLIENT_NAME, CLIENT_VERSION, connect } from "@clawgym/client";
import { describe, expect, it } from "vitest";
import { startClient, startServer } from "../with-server.ts";

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("connect", () => {
  it("says that nothing listens, and how to start a server", async () => {
    const port = await freePort();
    await expect(connect(`ws://127.0.0.1:${port}/v1/ws`)).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringContaining("nothing listens there"),
      hint: expect.stringContaining("npx clawgym-server"),
    });
  });

  it("sends the token, and says so when it is refused, without showing it", async () => {
    const { server } = await startServer();
    await startClient(server, { token: "s3cret" });
    expect(server.upgrades[0]?.authorization).toBe("Bearer s3cret");
    server.refuseUpgrade = 401;
    const error = await connect(server.url, { token: "s3cret" }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "UNAUTHORIZED", hint: expect.stringContaining("CLAWGYM_TOKEN") });
    expect(`${error.message}${error.hint}`).not.toContain("s3cret");
  });

  it("says what a server answered that is no ClawGym server", async () => {
    const { server } = await startServer();
    server.refuseUpgrade = 404;
    await expect(connect(server.url)).rejects.toMatchObject({ code: "REFUSED" });
  });

  it("takes a newer minor version of the protocol, and no other major one", async () => {
    const { server } = await startServer();
    server.protocol = "1.7";
    expect((await startClient(server)).protocolVersion).toBe("1.7");
    server.protocol = "2.0";
    await expect(connect(server.url)).rejects.toMatchObject({
      code: "REFUSED",
      message: expect.stringContaining("speaks protocol 2.0"),
    });
  });

  it("refuses addresses that are none", async () => {
    await expect(connect("ftp://example.org")).rejects.toMatchObject({ code: "CONNECT_FAILED" });
    await expect(connect("http://")).rejects.toMatchObject({ code: "CONNECT_FAILED" });
  });

  it("fills in the scheme and the path", async () => {
    const { server } = await startServer();
    const { host } = new URL(server.url);
    for (const url of [host, `http://${host}`, `ws://${host}/`]) {
      const client = await connect(url);
      expect(client.server.name).toBe("scripted");
      await client.close();
    }
  });

  it("tries again for as long as it was told to", async () => {
    const { server } = await startServer();
    await server.stop();
    const connecting = connect(server.url, { connectTimeoutMs: 5000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.listen();
    const client = await connecting;
    await client.close();
  });

  it("gives up when its signal fires, and closes the client when it fires later", async () => {
    const { server } = await startServer();
    await expect(connect(server.url, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ABORTED",
    });
    const abort = new AbortController();
    const client = await connect(server.url, { signal: abort.signal });
    abort.abort();
    await expect(client.call("server.status", {})).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("introduces itself by the name and version of its package", () => {
    const file = new URL("../../../client-ts/package.json", import.meta.url);
    const { name, version } = JSON.parse(readFileSync(file, "utf8"));
    expect({ name, version }).toEqual({ name: CLIENT_NAME, version: CLIENT_VERSION });
  });
});
