import { afterAll, beforeAll, expect, it } from "vitest";
import { act, RawClient } from "../../support/raw-client.ts";
import { demoDataset, fakeVerifier } from "../fixture.ts";
import { startServer, type TestServer } from "../start.ts";

const task = "demo/answer";
const MB = 1024 * 1024;

let server: TestServer;
beforeAll(async () => {
  const settings = { tasks: [await demoDataset()], "max-frame-bytes": 4 * MB };
  server = await startServer(settings, { fake: { commands: { python3: fakeVerifier } } });
});
afterAll(() => server.stop());

it("a client that asks for much and reads nothing fills no memory, and keeps nobody else waiting", async () => {
  const greedy = await RawClient.connect(server.url, { protocol: "clawgym.v1.msgpack" });
  const { episode } = await greedy.ok("reset", { task });
  const content = "x".repeat(2 * MB);
  await greedy.ok("step", { episode, action: act("write", { path: "big.txt", content }) });
  await greedy.ok("server.status");
  const before = process.memoryUsage().rss;
  greedy.socket.pause();
  const replies = Array.from({ length: 400 }, () =>
    greedy.request("workspace.read", { episode, path: "big.txt" }),
  );
  const other = await RawClient.connect(server.url);
  for (let round = 0; round < 20; round++) {
    await other.ok("server.status");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // 800 MB are asked for.
  expect((process.memoryUsage().rss - before) / MB).toBeLessThan(300);
  greedy.socket.resume();
  const all = await Promise.all(replies);
  expect(all.every(({ error }) => error === undefined)).toBe(true);
  await greedy.close();
  await other.close();
}, 60_000);
