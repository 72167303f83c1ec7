import { afterEach, describe, expect, it } from "vitest";
import type { Call } from "../../../server/src/call.ts";
import { Metrics } from "../../../server/src/metrics.ts";
import type { Lease } from "../../../server/src/pool/lease.ts";
import { Pool } from "../../../server/src/pool/pool.ts";
import { SandboxSource, type SourceOptions } from "../../../server/src/pool/sandbox-source.ts";
import { FakeBackend, type FakeBackendOptions } from "../../../server/src/sandbox/backends/fake/index.ts";
import type { Sandbox, SandboxRole, Template } from "../../../server/src/sandbox/sandbox.ts";
import { TestClock } from "../../sandbox/test-clock.ts";
import { call, settle, silent, template as standard } from "../support.ts";

/** A backend that has to fetch images. */
class FetchingBackend extends FakeBackend {
  readonly asked: string[] = [];
  readonly calls: Call[] = [];
  #waiting: { image: string; arrive: () => void; fail: (error: Error) => void }[] = [];

  prepare(template: Template, own: Call): Promise<void> {
    if (template.image === undefined) return Promise.resolve();
    const { image } = template;
    this.asked.push(image);
    this.calls.push(own);
    return new Promise((arrive, fail) => this.#waiting.push({ image, arrive, fail }));
  }

  arrive(image: string): void {
    for (const one of this.#waiting) if (one.image === image) one.arrive();
  }

  fail(image: string, message: string): void {
    for (const one of this.#waiting) if (one.image === image) one.fail(new Error(message));
  }
}

const slow = { ...standard, key: "slow", image: "slow" };
let clock: TestClock;
let backend: FetchingBackend;
let pool: Pool;
let metrics: Metrics;

function make(options: Partial<SourceOptions> = {}, fake: FakeBackendOptions = {}): void {
  clock = new TestClock();
  backend = new FetchingBackend({ clock, ...fake });
  metrics = new Metrics({ processMetrics: false });
  const limits = { concurrency: 1, startTimeoutMs: 5_000, prepareTimeoutMs: 60_000, setupTimeoutMs: 10_000 };
  const source = new SandboxSource({ backend, clock, log: silent, metrics, ...limits, ...options });
  const bounds = { minIdle: 0, max: 4, maxReuses: 100, maxAgeMs: 3_600_000 };
  pool = new Pool({ source, clock, log: silent, metrics, recycle: "same-role", ...bounds });
}

const lease = (template: Template, role: SandboxRole = "agent", queueTimeoutMs = 1_000_000): Promise<Lease> =>
  pool.lease({ template, role, owner: "o", queueTimeoutMs }, call().call);
const launches = async (): Promise<Record<string, number>> => {
  const { values } = (await metrics.registry.getSingleMetric("clawgym_sandbox_launches_total")?.get()) ?? {
    values: [],
  };
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.outcome), value]));
};

afterEach(async () => {
  const drained = pool.drain(clock.now());
  await settle();
  clock.advance(1);
  await drained;
  expect(backend.live).toEqual([]);
});

describe("a template whose image has to be fetched", () => {
  it("does not keep others waiting, and its start has its whole time after that", async () => {
    make();
    const waiting = [lease(slow), lease(slow)];
    await settle();
    const other = await lease(standard);
    clock.advance(59_000);
    backend.arrive("slow");
    const [first, second] = await Promise.all(waiting);
    for (const one of [first, second, other]) one?.release();
    await settle();
    expect(await launches()).toEqual({ ok: 3 });
  });

  it("is given up when it takes too long, and the breaker hears of it", async () => {
    make();
    const waiting = lease(slow).catch((error: unknown) => error);
    for (let tries = 0; tries < 5; tries++) {
      clock.advance(4_000);
      await settle();
      clock.advance(60_000);
      await settle();
    }
    expect(await waiting).toMatchObject({
      code: "START_FAILED",
      message: expect.stringContaining("within 60000 ms"),
    });
    expect(backend.asked.length).toBe(5);
    await expect(lease(slow)).rejects.toMatchObject({ code: "START_FAILED" });
  });

  it("fails with what the engine said", async () => {
    make();
    const waiting = lease(slow).catch((error: unknown) => error);
    for (let tries = 0; tries < 5; tries++) {
      await settle();
      backend.fail("slow", "manifest unknown");
      await settle();
      clock.advance(4_000);
    }
    expect(await waiting).toMatchObject({ code: "START_FAILED", message: "manifest unknown" });
    expect(await launches()).toEqual({ failed: 5 });
  });

  it("is given up when the server stops, at once", async () => {
    make();
    const waiting = lease(slow).catch((error: unknown) => error);
    await settle();
    const drained = pool.drain(clock.now() + 1_000);
    await drained;
    expect(await waiting).toMatchObject({ name: "PoolExhaustedError" });
    expect(backend.calls[0]?.signal.aborted).toBe(true);
  });
});

describe("a template with set-up lines", () => {
  const withSetup = (...setup: string[]): Template => ({ ...standard, key: "set-up", setup });
  const read = async ({ sandbox }: Lease, path: string): Promise<string> =>
    Buffer.from((await sandbox.readFile(path, {}, call().call)).bytes).toString();

  it("has them run in the agent's home before it is handed out, and again after each recycling", async () => {
    make();
    const template = withSetup("echo one > first", "cat first > second");
    const fresh = await lease(template);
    expect(fresh.reused).toBe(false);
    expect(await read(fresh, "/home/agent/second")).toBe("one\n");
    await fresh.sandbox.remove("/home/agent/second", {}, call().call);
    fresh.release();
    await settle();
    const again = await lease(template);
    expect(again.reused).toBe(true);
    expect(again.sandbox.id).toBe(fresh.sandbox.id);
    expect(await read(again, "/home/agent/second")).toBe("one\n");
    again.release();
    await settle();
    expect(await launches()).toEqual({ ok: 1 });
  });

  it("runs none of them for a verifier", async () => {
    make();
    const verifier = await lease(withSetup("echo one > first"), "verifier");
    await expect(read(verifier, "/home/agent/first")).rejects.toMatchObject({ code: "ENOENT" });
    verifier.release();
  });

  it("fails with the line, its exit code and what it said; no sandbox is left, and the breaker opens", async () => {
    make({}, { commands: { fetch: () => ({ exitCode: 7, stderr: "no route to host\n" }) } });
    const template = withSetup("echo fine", "fetch things");
    const waiting = lease(template).catch((error: unknown) => error);
    for (let tries = 0; tries < 5; tries++) {
      await settle();
      clock.advance(4_000);
    }
    expect(await waiting).toMatchObject({
      code: "START_FAILED",
      message: "set-up: `fetch things` ended with exit code 7: no route to host",
    });
    await settle();
    expect(backend.live).toEqual([]);
    expect(await launches()).toEqual({ failed: 5 });
    await expect(lease(template)).rejects.toMatchObject({ code: "START_FAILED" });
  });

  it("that fail only after a recycling retire the sandbox, and a fresh one is tried", async () => {
    let runs = 0;
    make({}, { commands: { flaky: () => ({ exitCode: ++runs === 2 ? 1 : 0 }) } });
    const template = withSetup("flaky");
    const first = await lease(template);
    first.release();
    await settle();
    const waiting = lease(template);
    await settle();
    expect(backend.live, "the breaker has heard of it").toEqual([]);
    clock.advance(1_000);
    const second = await waiting;
    expect(second.sandbox.id).not.toBe(first.sandbox.id);
    second.release();
  });

  it("that hang are ended in time", async () => {
    make();
    const waiting = lease(withSetup("sleep 1000")).catch((error: unknown) => error);
    for (let tries = 0; tries < 5; tries++) {
      await settle();
      clock.advance(10_000);
      await settle();
      clock.advance(4_000);
    }
    expect(await waiting).toMatchObject({ message: "set-up: `sleep 1000` took too long" });
  });

  it("do not keep other templates waiting", async () => {
    make();
    const waiting = lease(withSetup("sleep 5")).then((given) => given.release());
    await settle();
    const other = await lease(standard);
    other.release();
    clock.advance(6_000);
    await waiting;
  });
});

describe("a template with network", () => {
  const networked: Template = { ...standard, key: "net", networkAllow: ["example.org:443"], setup: ["mark"] };

  it("is opened before set-up and the lease, closed before recycling, and opened again", async () => {
    const events: string[] = [];
    const generation = ({ generation }: Sandbox) => generation;
    make(
      {
        network: {
          open: async (sandbox) => void events.push(`open ${generation(sandbox)}`),
          close: async (sandbox) => void events.push(`close ${generation(sandbox)}`),
        },
      },
      { commands: { mark: () => ({ exitCode: events.push("set-up") * 0 }) } },
    );
    const first = await lease(networked);
    expect(events).toEqual(["open 1", "set-up"]);
    first.release();
    await settle();
    expect(events.slice(2)).toEqual(["close 1", "open 2", "set-up"]);
    const verifier = await lease(networked, "verifier");
    expect(events.length).toBe(5);
    verifier.release();
  });

  it("that cannot be opened is a failed start", async () => {
    make({ network: { open: () => Promise.reject(new Error("the port is taken")), close: async () => {} } });
    const waiting = lease(networked, "agent", 3_000).catch((error: unknown) => error);
    await settle();
    expect(backend.live).toEqual([]);
    clock.advance(3_000);
    await waiting;
    expect((await launches()).failed).toBeGreaterThan(0);
  });
});
