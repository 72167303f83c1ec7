import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/src/clock.ts";
import { CallError } from "../../../server/src/errors.ts";
import { Metrics } from "../../../server/src/metrics.ts";
import { type Lease, PoolExhaustedError } from "../../../server/src/pool/lease.ts";
import { Pool } from "../../../server/src/pool/pool.ts";
import { SandboxSource } from "../../../server/src/pool/sandbox-source.ts";
import type { PoolOptions } from "../../../server/src/pool/template-pool.ts";
import { FakeBackend } from "../../../server/src/sandbox/backends/fake/index.ts";
import { SandboxError, type SandboxRole } from "../../../server/src/sandbox/sandbox.ts";
import { TestClock } from "../../sandbox/test-clock.ts";
import { call, settle, silent, template } from "../support.ts";

const metrics = new Metrics({ processMetrics: false });

describe("Pool", () => {
  let backend: FakeBackend;
  let pool: Pool;

  const make = (options: Partial<PoolOptions> = {}) => {
    const clock = systemClock;
    const source = new SandboxSource({
      backend,
      clock,
      log: silent,
      metrics,
      concurrency: 4,
      startTimeoutMs: 5_000,
    });
    pool = new Pool({
      source,
      clock,
      log: silent,
      metrics,
      minIdle: 2,
      max: 4,
      recycle: "same-role",
      maxReuses: 100,
      maxAgeMs: 60_000,
      ...options,
    });
    return pool;
  };
  const lease = (owner = "o", queueTimeoutMs = 2_000): Promise<Lease> =>
    pool.lease({ template, role: "agent", owner, queueTimeoutMs }, call().call);
  const of = (role: string) => pool.status().find((one) => one.template === `default/${role}`);

  beforeEach(() => {
    backend = new FakeBackend();
  });
  afterEach(async () => {
    await pool.drain(systemClock.now() + 1_000);
    expect(backend.live, "sandboxes left after a drain").toEqual([]);
  });

  it("warms up to minIdle for both roles and refills what is taken", async () => {
    make().warm(template);
    await settle();
    expect(of("agent")).toMatchObject({ idle: 2, leased: 0 });
    expect(of("verifier")).toMatchObject({ idle: 2, leased: 0 });
    const taken = await lease();
    await settle();
    expect(of("agent")).toMatchObject({ idle: 2, leased: 1 });
    taken.release();
  });

  it("recycles a sandbox and hands it out again, as new, and never to the other role", async () => {
    make({ minIdle: 0 });
    const first = await lease();
    const { call: own } = call();
    await first.sandbox.writeFile("left.txt", Buffer.from("x"), { beneath: true }, own);
    first.release();
    await settle();
    const second = await lease();
    expect(second.reused).toBe(true);
    expect(second.sandbox.id).toBe(first.sandbox.id);
    expect((await second.sandbox.list(".", { beneath: true }, own)).entries).toEqual([]);
    second.release();
    await settle();
    const verifier = await pool.lease({ template, role: "verifier", owner: "o", queueTimeoutMs: 500 }, own);
    expect(verifier.sandbox.id).not.toBe(first.sandbox.id);
    verifier.release();
  });

  it("uses a sandbox once when recycling is off", async () => {
    make({ minIdle: 0, recycle: "off" });
    const ids = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const taken = await lease();
      expect(taken.reused).toBe(false);
      ids.add(taken.sandbox.id);
      taken.release();
      await settle();
    }
    expect(ids.size).toBe(3);
  });

  it("retires a sandbox after maxReuses", async () => {
    make({ minIdle: 0, maxReuses: 1 });
    const ids: string[] = [];
    for (let round = 0; round < 4; round++) {
      const taken = await lease();
      ids.push(taken.sandbox.id);
      taken.release();
      await settle();
    }
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[1]).not.toBe(ids[2]);
  });

  it("serves a burst over max in turns over the owners", async () => {
    make({ minIdle: 0, max: 1 });
    const order: string[] = [];
    const held = await lease("greedy");
    const play = async (owner: string, name: string) => {
      const taken = await lease(owner);
      order.push(name);
      taken.release();
    };
    const waiting = [play("greedy", "g1"), play("greedy", "g2"), play("greedy", "g3"), play("modest", "m1")];
    await settle();
    held.release();
    await Promise.all(waiting);
    expect(order).toEqual(["g1", "m1", "g2", "g3"]);
  });

  it("answers POOL_EXHAUSTED with the queue's length when no sandbox comes free in time", async () => {
    make({ minIdle: 0, max: 1 });
    const held = await lease();
    const waiting = lease("other", 2_000);
    await settle();
    const error = await lease("late", 20).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PoolExhaustedError);
    expect((error as PoolExhaustedError).queueLength).toBe(1);
    held.release();
    (await waiting).release();
  });

  it("tells who waits their place, and lets go of one who gives up", async () => {
    make({ minIdle: 0, max: 1 });
    const held = await lease();
    const places: number[] = [];
    const { call: own, abort } = call();
    const request = { template, role: "agent" as const, owner: "p", queueTimeoutMs: 5_000 };
    const waiting = pool.lease({ ...request, onQueued: (place) => places.push(place) }, own);
    await settle();
    expect(places).toEqual([1]);
    abort(new CallError("CANCELLED", "enough"));
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    expect(pool.queueLength()).toBe(0);
    held.release();
  });

  it("replaces a sandbox that died while it was idle", async () => {
    make({ minIdle: 1 }).warm(template);
    await settle();
    const dead = await lease();
    const { id } = dead.sandbox;
    dead.release();
    await settle();
    await dead.sandbox.destroy();
    await settle();
    const next = await lease();
    expect(next.sandbox.id).not.toBe(id);
    expect(next.sandbox.alive).toBe(true);
    next.release();
  });

  it("destroys what is released as broken", async () => {
    make({ minIdle: 0 });
    const taken = await lease();
    taken.release({ broken: true });
    taken.release();
    await settle();
    expect(taken.sandbox.alive).toBe(false);
    expect(of("agent")).toMatchObject({ idle: 0, leased: 0 });
  });

  it("has never more than max of what it started and what is not gone yet, however slowly they end", async () => {
    // Ends are held back: what was destroyed stays on the host until `letGo`.
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const { launch } = backend;
    let destroyed = 0;
    backend.launch = async (spec, own) => {
      const running = await launch.call(backend, spec, own);
      const destroy = async () => {
        destroyed++;
        await held;
        await running.destroy();
      };
      return { ...running, destroy };
    };
    make({ minIdle: 0, max: 3, recycle: "off" });
    for (let round = 0; round < 3; round++) (await lease()).release();
    const waiting = lease("patient", 20_000);
    await settle();
    expect(destroyed).toBe(3);
    expect(backend.live).toHaveLength(3);
    letGo();
    (await waiting).release();
    await settle();
  });

  it("gets over launches that fail, and answers START_FAILED at once while the breaker is open", async () => {
    backend.failLaunches(1);
    make({ minIdle: 0 });
    const afterOne = await lease();
    afterOne.release({ broken: true });
    await settle();
    backend.failLaunches(1_000);
    const errors = await Promise.all([1, 2].map(() => lease("o", 20_000).catch((reason: unknown) => reason)));
    for (const error of errors) expect(error).toBeInstanceOf(SandboxError);
    // Not POOL_EXHAUSTED: the request is refused without waiting for its turn.
    await expect(lease("o", 1_000)).rejects.toMatchObject({ code: "START_FAILED" });
    backend.failLaunches(0);
  });

  it("tries at once what failed when the sandboxes of another kind start again", async () => {
    const clock = new TestClock();
    make({ minIdle: 0, clock });
    const ask = (role: SandboxRole): Promise<Lease> =>
      pool.lease({ template, role, owner: "o", queueTimeoutMs: 600_000 }, call().call);
    backend.failLaunches(1_000);
    for (const role of ["agent", "verifier"] as const) {
      const refused = expect(ask(role)).rejects.toMatchObject({ code: "START_FAILED" });
      for (let failures = 0; failures < 5; failures++) {
        await settle();
        clock.advance(2_000);
      }
      await refused;
    }
    await expect(ask("verifier")).rejects.toMatchObject({ code: "START_FAILED" });
    backend.failLaunches(0);
    (await ask("agent")).release({ broken: true });
    (await ask("verifier")).release({ broken: true });
    await settle();
  });

  it("warms what a prefetch announces, within max", async () => {
    make({ minIdle: 0, max: 4 });
    expect(pool.prefetch(template, 3)).toBe(3);
    expect(pool.prefetch(template, 3)).toBe(1);
    await settle();
    expect(of("agent")).toMatchObject({ idle: 4 });
  });

  it("drains: waits for leased ones until the deadline, then destroys them", async () => {
    make({ minIdle: 1 });
    const returned = await lease();
    const kept = await lease();
    const draining = pool.drain(systemClock.now() + 200);
    await expect(lease("late")).rejects.toBeInstanceOf(PoolExhaustedError);
    returned.release();
    await draining;
    expect(kept.sandbox.alive).toBe(false);
  });
});
