import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { act, answer, RawClient } from "../../support/raw-client.ts";
import { demoDataset, fakeVerifier } from "../fixture.ts";
import { startServer, type TestServer } from "../start.ts";

const task = "demo/answer";
const append = act("exec", { command: "echo once >> log.txt; sleep 0.3" });

describe("sessions", () => {
  let server: TestServer;

  beforeAll(async () => {
    const settings = { tasks: [await demoDataset()], "grace-ms": 1_500, "max-sessions": 50 };
    server = await startServer(settings, { fake: { commands: { python3: fakeVerifier } } });
  });
  afterAll(() => server.stop());

  const connect = () => RawClient.connect(server.url, { protocol: "clawgym.v1.msgpack" });
  const lines = async (client: RawClient, episode: string): Promise<string> => {
    const { bytes } = await client.ok("workspace.read", { episode, path: "log.txt" });
    return Buffer.from(bytes).toString();
  };

  it("runs a step once when the socket is cut in the middle of it, and delivers its reply", async () => {
    const first = await connect();
    const { session } = await first.ok("hello");
    const { episode } = await first.ok("reset", { task });
    void first.request("step", { episode, action: append }, "the-step");
    await new Promise((resolve) => setTimeout(resolve, 60));
    first.cut();
    const second = await connect();
    const hello = await second.ok("hello", { resume: { id: session.id, token: session.token } });
    expect(hello.session.id).toBe(session.id);
    const joined = await second.ok("step", { episode, action: append }, "the-step");
    const stored = await second.ok("step", { episode, action: append }, "the-step");
    expect(stored).toEqual(joined);
    expect(joined.info.step).toBe(1);
    expect(await lines(second, episode)).toBe("once\n");
    await second.close();
  });

  it("takes over from a socket that still looks open, which is closed with 4001", async () => {
    const first = await connect();
    const { session } = await first.ok("hello");
    const second = await connect();
    await second.ok("hello", { resume: { id: session.id, token: session.token } });
    expect(await first.closed).toBe(4001);
    await second.ok("server.status");
    await second.close();
  });

  it("refuses to resume with a wrong token, an unknown id, or after other requests", async () => {
    const owner = await connect();
    const { session } = await owner.ok("hello");
    const thief = await connect();
    expect((await thief.fails("hello", { resume: { id: session.id, token: "guess" } })).code).toBe(
      "UNKNOWN_SESSION",
    );
    expect((await thief.fails("hello", { resume: { id: "s_nope", token: "x" } })).code).toBe(
      "UNKNOWN_SESSION",
    );
    await thief.ok("server.status");
    const late = await thief.fails("hello", { resume: { id: session.id, token: session.token } });
    expect(late.code).toBe("INVALID_REQUEST");
    await owner.close();
    await thief.close();
  });

  it("ends what nobody resumes after its grace, and at once without hello", async () => {
    await expect.poll(() => server.server.parts.registry.size, { timeout: 10_000 }).toBe(0);
    const kept = await connect();
    const { session } = await kept.ok("hello");
    await kept.ok("reset", { task });
    const unnamed = await connect();
    await unnamed.ok("reset", { task });
    unnamed.cut();
    kept.cut();
    await expect.poll(() => server.server.parts.registry.size, { timeout: 1_000 }).toBe(1);
    await expect.poll(() => server.server.parts.registry.size, { timeout: 10_000 }).toBe(0);
    const late = await connect();
    const gone = await late.fails("hello", { resume: { id: session.id, token: session.token } });
    expect(gone.code).toBe("UNKNOWN_SESSION");
    await expect.poll(() => server.server.parts.pool.status().every(({ leased }) => leased === 0)).toBe(true);
    await late.close();
  });

  it("gives nobody else's episode away", async () => {
    const owner = await connect();
    const { episode } = await owner.ok("reset", { task });
    const other = await connect();
    for (const [method, more] of [
      ["step", { action: answer() }],
      ["score", {}],
      ["trace", {}],
      ["close", {}],
      ["fork", {}],
      ["workspace.list", {}],
      ["workspace.read", { path: "notes.txt" }],
      ["workspace.diff", {}],
      ["workspace.export", {}],
    ] as const) {
      expect((await other.fails(method, { episode, ...more })).code, method).toBe("FORBIDDEN");
    }
    expect(await owner.ok("step", { episode, action: answer() })).toMatchObject({ terminated: true });
    await owner.close();
    await other.close();
  });

  it("plays 64 episodes at once on one socket, replies in the order they finish", async () => {
    const client = await connect();
    const play = async (index: number) => {
      const { episode } = await client.ok("reset", { task, queueTimeoutMs: 30_000 });
      const content = index % 2 === 0 ? "42" : "41";
      await client.ok("step", { episode, action: act("write", { path: "answer.txt", content }) });
      const { reward } = await client.ok("step", { episode, action: answer() });
      await client.ok("close", { episode });
      return reward;
    };
    const rewards = await Promise.all(Array.from({ length: 64 }, (_, index) => play(index)));
    expect(rewards).toEqual(rewards.map((_, index) => (index % 2 === 0 ? 1 : 0)));
    expect(client.events.some(({ method }) => method === "episode.queued")).toBe(true);
    await client.close();
  });
});
