import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { OwnEngine } from "../support/docker/own-engine.ts";
import { NOTHING, type Traces, tracesOf } from "../support/machine.ts";
import { answer, RawClient } from "../support/raw-client.ts";
import { type ServerProcess, startProcess } from "../support/server-process.ts";
import { nativeDataset, RIGHT } from "./datasets.ts";
import { dockerFlags, onDocker } from "./on-backend.ts";
import { pause, play, run, settled } from "./play.ts";

/** What a client may be told that asks for a sandbox while none can be started. */
const NO_SANDBOX = ["SANDBOX_START_FAILED", "POOL_EXHAUSTED"];
const SHORT = ["--pool-min-idle", "2", "--pool-start-timeout-ms", "5000", "--queue-timeout-ms", "10000"];
const BUSY = 3;

await onDocker("a Docker engine that fails", ({ engine: testEngine, image }) => {
  const engine = new OwnEngine();
  const servers: ServerProcess[] = [];
  let tasks = "";

  beforeAll(async () => {
    tasks = nativeDataset();
    await engine.start();
    await engine.load(testEngine, image);
    await engine.stop();
  });
  afterEach(async () => {
    engine.signal("SIGCONT");
    for (const server of servers.splice(0)) await server.end("SIGKILL");
    await engine.stop();
  });
  afterAll(() => engine.remove());

  async function serve(...more: string[]): Promise<{ server: ServerProcess; client: RawClient }> {
    const flags = ["--tasks", tasks, ...dockerFlags(engine.host, image), ...SHORT, ...more];
    const server = await startProcess(flags, { log: true });
    servers.push(server);
    return { server, client: await RawClient.connect(server.url) };
  }

  const get = (server: ServerProcess, path: string): Promise<Response> =>
    fetch(server.url.replace(/^ws(.*)\/v1\/ws$/, `http$1${path}`));
  const readiness = async (server: ServerProcess): Promise<number> => (await get(server, "/readyz")).status;
  const reset = async (client: RawClient, limits = {}): Promise<string> =>
    (await client.ok("reset", { task: "native/answer", stream: true, limits, queueTimeoutMs: 120_000 }))
      .episode;

  /** Episodes in the middle of a command, which has begun. */
  async function busy(client: RawClient, limits = {}) {
    const episodes = await Promise.all(Array.from({ length: BUSY }, () => reset(client, limits)));
    const steps = episodes.map((episode) =>
      client.fails("step", { episode, action: run("echo begun; sleep 900") }),
    );
    const begun = (): number => client.events.filter(({ method }) => method === "episode.output").length;
    expect(await settled(begun, (count) => count >= BUSY)).toBeGreaterThanOrEqual(BUSY);
    return { episodes, steps };
  }

  /** Lost by no fault of the policy's: it is neither punished nor trained on. */
  async function expectLost(client: RawClient, episode: string): Promise<void> {
    expect(await client.ok("score", { episode })).toMatchObject({
      reward: null,
      trainable: false,
      exitStatus: "sandbox_lost",
      failure: { class: "infra", code: "SANDBOX_LOST" },
    });
  }

  /** Asks until there is a sandbox again; every refusal on the way is a typed one. */
  async function untilPlayed(client: RawClient): Promise<void> {
    const again = async (): Promise<string> => {
      const { result, error } = await client.request("reset", {
        task: "native/answer",
        queueTimeoutMs: 10_000,
      });
      if (error) expect(NO_SANDBOX).toContain(error.data.code);
      else await client.ok("close", { episode: result.episode as string });
      return error ? error.data.code : "started";
    };
    expect(await settled(again, (said) => said === "started", 300_000)).toBe("started");
    expect(await play(client, "native/answer", [run(RIGHT)])).toMatchObject({ reward: 1, failure: null });
  }

  const untilNothing = (run: string): Promise<Traces> =>
    settled(
      () => tracesOf(run, engine.host),
      (traces) => JSON.stringify(traces) === JSON.stringify(NOTHING),
    );

  describe.each([
    ["stopped", "SIGTERM", []],
    ["killed", "SIGKILL", []],
    ["stopped, its containers living on", "SIGTERM", ["--live-restore"]],
    ["killed, its containers living on", "SIGKILL", ["--live-restore"]],
  ] as const)("because it is %s", (_, signal, flags) => {
    it("costs the episodes of the moment, not the server", async () => {
      await engine.start(flags);
      const { server, client } = await serve();
      const idle = await reset(client);
      const { episodes, steps } = await busy(client);
      expect(await readiness(server)).toBe(200);
      tracesOf(server.run, engine.host);

      await engine.stop(signal);
      for (const step of steps) expect(await step).toMatchObject({ code: "SANDBOX_LOST" });
      expect(await client.fails("step", { episode: idle, action: answer() })).toMatchObject({
        code: "SANDBOX_LOST",
      });
      for (const episode of [...episodes, idle]) await expectLost(client, episode);
      expect(
        await settled(
          () => readiness(server),
          (status) => status === 503,
        ),
      ).toBe(503);
      expect((await get(server, "/healthz")).status).toBe(200);
      const refused = await client.fails("reset", { task: "native/answer", queueTimeoutMs: 10_000 });
      expect(NO_SANDBOX).toContain(refused.code);

      await engine.start(flags);
      await untilPlayed(client);
      expect(
        await settled(
          () => readiness(server),
          (status) => status === 200,
        ),
      ).toBe(200);
      const forgotten = async (): Promise<number> => {
        const { pools } = await client.ok("server.status");
        const held = pools.reduce((sum, { idle, leased, starting }) => sum + idle + leased + starting, 0);
        return tracesOf(server.run, engine.host).containers.length - held;
      };
      expect(await settled(forgotten, (count) => count <= 0, 180_000)).toBeLessThanOrEqual(0);
      expect(await server.end("SIGTERM")).toBe(0);
      expect(await untilNothing(server.run)).toEqual(NOTHING);
    });
  });

  it("because it hangs holds up nothing beyond its deadline", async () => {
    await engine.start();
    const { server, client } = await serve();
    const other = await serve("--drain-timeout-ms", "1000");
    await reset(other.client);
    const { episodes, steps } = await busy(client, { stepTimeoutMs: 5_000 });
    for (const { run } of servers) tracesOf(run, engine.host);

    engine.signal("SIGSTOP");
    await pause(500);
    const refused = await client.fails("reset", { task: "native/answer", queueTimeoutMs: 10_000 });
    expect(NO_SANDBOX).toContain(refused.code);
    for (const step of steps) expect(await step).toMatchObject({ code: "SANDBOX_LOST" });
    for (const episode of episodes) {
      const { reward, failure } = await client.ok("score", { episode });
      expect({ reward, code: failure?.code }).toEqual({ reward: null, code: "SANDBOX_LOST" });
    }
    expect((await get(server, "/healthz")).status).toBe(200);
    expect(await other.server.end("SIGTERM")).toBe(0);

    engine.signal("SIGCONT");
    await untilPlayed(client);
    expect(await untilNothing(other.server.run)).toEqual(NOTHING);
    expect(await server.end("SIGTERM")).toBe(0);
    expect(await untilNothing(server.run)).toEqual(NOTHING);
  });

  it("before the server starts is said, and what to do about it", async () => {
    await expect(serve()).rejects.toThrow(/docker/i);
  });
});
