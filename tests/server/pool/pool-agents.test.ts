import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Metrics } from "../../../server/src/metrics.ts";
import { type WarmCap, warmShares } from "../../../server/src/pool/agent-boots.ts";
import type { Lease } from "../../../server/src/pool/lease.ts";
import { Pool, type PoolsOptions } from "../../../server/src/pool/pool.ts";
import { SandboxSource } from "../../../server/src/pool/sandbox-source.ts";
import { FakeBackend } from "../../../server/src/sandbox/backends/fake/index.ts";
import type { Template } from "../../../server/src/sandbox/sandbox.ts";
import { TestClock } from "../../sandbox/test-clock.ts";
import { call, limits, settle, silent } from "../support.ts";
import { FakeBoots } from "./fake-boots.ts";

const MINUTE = 60_000;
const template = (key: string): Template => ({
  key,
  limits,
  writableRoot: false,
  agent: { kind: "command", options: { key } },
});
const a = template("a");
const b = template("b");

describe("agents in the sandboxes of a pool", () => {
  let clock: TestClock;
  let backend: FakeBackend;
  let boots: FakeBoots;
  let pool: Pool;

  const make = (cap: Partial<WarmCap> = {}, options: Partial<PoolsOptions> = {}) => {
    const metrics = new Metrics({ processMetrics: false });
    const shared = { clock, log: silent, metrics };
    const source = new SandboxSource({
      ...shared,
      backend,
      agents: boots,
      concurrency: 4,
      startTimeoutMs: 5_000,
    });
    pool = new Pool({
      ...shared,
      source,
      minIdle: 0,
      max: 4,
      recycle: "same-role",
      maxReuses: 100,
      maxAgeMs: 100 * MINUTE,
      warmAgents: { agents: 2, memoryBytes: Number.POSITIVE_INFINITY, ...cap },
      ...options,
    });
  };
  const lease = (of: Template, queueTimeoutMs = 2_000): Promise<Lease> =>
    pool.lease({ template: of, role: "agent", owner: "o", queueTimeoutMs }, call().call);
  /** Leases a sandbox and goes on with its agent, as an episode does. */
  const play = async (of: Template): Promise<{ lease: Lease; state: string }> => {
    const taken = await lease(of);
    const state = boots.stateOf(taken.sandbox);
    boots.take(taken.sandbox);
    await settle();
    return { lease: taken, state };
  };
  const agents = (of: Template) =>
    pool.status().find((one) => one.template === `${of.key}/agent`)?.agents ?? { parked: 0, booting: 0 };
  const kept = (of: Template) => agents(of).parked + agents(of).booting;
  const parkAll = async () => {
    for (const { park } of boots.begun) park();
    await settle();
  };
  const tend = async (ms = 1_000) => {
    clock.advance(ms);
    await settle();
  };

  beforeEach(() => {
    clock = new TestClock();
    backend = new FakeBackend({ clock });
    boots = new FakeBoots();
  });
  const stop = async () => {
    const drained = pool.drain(clock.now());
    await settle();
    clock.advance(1);
    await drained;
  };
  afterEach(async () => {
    await stop();
    expect(backend.live, "sandboxes left after a drain").toEqual([]);
  });

  it("are booted ahead of need: the next when one is handed out, not when it comes back", async () => {
    make();
    const first = await play(a);
    expect(first.state).toBe("none");
    expect(agents(a)).toMatchObject({ parked: 0, booting: 1 });
    await parkAll();
    const second = await play(a);
    expect(second.state).toBe("parked");
    expect(second.lease.sandbox.id).not.toBe(first.lease.sandbox.id);
    // Two at once were in use: as many are kept from now on.
    expect(agents(a)).toMatchObject({ parked: 0, booting: 2, limitBytes: 2 * limits.memoryBytes });
    first.lease.release();
    second.lease.release();
    await settle();
    await parkAll();
    expect(kept(a)).toBe(2);
    expect(pool.status()[0]).toMatchObject({ idle: 4 });
  });

  it("one that has parked goes first, then the one that has booted longest", async () => {
    make({ agents: 3 });
    for (let count = 1; count <= 3; count++) {
      pool.prefetch(a, 1);
      await tend();
    }
    expect(boots.begun).toHaveLength(3);
    boots.begun[1]?.park();
    await settle();
    const order = [];
    for (let round = 0; round < 3; round++) {
      const taken = await lease(a);
      order.push(boots.begun.findIndex(({ sandbox }) => sandbox === taken.sandbox));
      boots.take(taken.sandbox);
    }
    expect(order).toEqual([1, 0, 2]);
  });

  it("are not kept for templates that name none, nor for verifiers, nor when none is to be kept", async () => {
    make();
    const { agent: _, ...plain } = a;
    pool.warm(plain);
    await lease(plain);
    await pool.lease({ template: a, role: "verifier", owner: "o", queueTimeoutMs: 100 }, call().call);
    expect(boots.begun).toEqual([]);
    expect(pool.status().every(({ agents: one }) => one === undefined)).toBe(true);
    await stop();
    make({ agents: 0 });
    await play(a);
    await tend();
    expect(boots.begun).toEqual([]);
  });

  it("an announced agent is kept from the start on, as many as there is room for", async () => {
    make();
    pool.warmAgents(a);
    await settle();
    expect(agents(a)).toMatchObject({ booting: 2 });
    await parkAll();
    await tend(30 * MINUTE);
    expect(agents(a)).toMatchObject({ parked: 2 });
  });

  it("are let go of when nobody has used them for ten minutes", async () => {
    make();
    (await play(a)).lease.release();
    await settle();
    await parkAll();
    expect(kept(a)).toBe(1);
    await tend(9 * MINUTE);
    expect(kept(a)).toBe(1);
    await tend(MINUTE + 1_000);
    expect(pool.status()).toEqual([]);
    expect(backend.live).toEqual([]);
  });

  it("the cap is over all pools, and the one used longest ago gives way", async () => {
    make({ agents: 2 });
    pool.warmAgents(a);
    await settle();
    await parkAll();
    expect(kept(a)).toBe(2);
    const first = await play(b);
    // Both of a were in use a moment ago: b goes without.
    expect([kept(a), kept(b)]).toEqual([2, 0]);
    await tend(30_000);
    expect([kept(a), kept(b)]).toEqual([2, 0]);
    await tend(31_000);
    await tend();
    expect([kept(a), kept(b)]).toEqual([1, 1]);
    first.lease.release();
    await settle();
    await tend();
    expect([kept(a), kept(b)]).toEqual([1, 1]);
  });

  it("what is handed out makes room for a pool that has none", async () => {
    make({ agents: 1 });
    pool.prefetch(a, 1);
    await settle();
    await parkAll();
    await tend();
    await play(b);
    expect([kept(a), kept(b)]).toEqual([1, 0]);
    await tend();
    await play(b);
    await tend();
    expect((await play(a)).state).toBe("parked");
    await tend();
    expect(kept(a) + kept(b)).toBe(1);
  });

  it("memory is counted by the limits of their sandboxes, and the first is always let", async () => {
    make({ agents: 8, memoryBytes: 2.5 * limits.memoryBytes });
    pool.warmAgents(a);
    pool.warmAgents(b);
    await tend();
    expect(kept(a) + kept(b)).toBe(2);
    await stop();
    make({ agents: 8, memoryBytes: 1 });
    pool.warmAgents(a);
    pool.warmAgents(b);
    await tend();
    expect(kept(a) + kept(b)).toBe(1);
  });

  it("a sandbox whose agent died is replaced, and is not handed out", async () => {
    make({ agents: 1 });
    pool.warmAgents(a);
    await settle();
    await parkAll();
    const [dead] = boots.begun;
    dead?.die();
    await settle();
    expect(backend.live).not.toContain(dead?.sandbox.id);
    // Whoever asks meanwhile starts one himself.
    const meanwhile = await play(a);
    expect(meanwhile.state).toBe("none");
    await tend();
    expect(boots.begun).toHaveLength(2);
    await parkAll();
    expect((await play(a)).state).toBe("parked");
  });

  it("one that died between being chosen and being handed out is replaced too", async () => {
    make({ agents: 1 });
    pool.warmAgents(a);
    await settle();
    await parkAll();
    clock.advance(5_000);
    await settle();
    const [first] = boots.begun;
    // It is chosen, and asked whether it answers.
    if (first) vi.spyOn(first.sandbox, "ping").mockImplementation(async () => first.die());
    const taken = await lease(a);
    expect(taken.sandbox.id).not.toBe(boots.begun[0]?.sandbox.id);
    await settle();
    expect(backend.live).not.toContain(boots.begun[0]?.sandbox.id);
  });

  it("boots that fail again and again are held back, and requests are told why", async () => {
    make({ agents: 2 });
    pool.prefetch(a, 2);
    await settle();
    for (let tries = 0; tries < 5; tries++) {
      // After the first failures one at a time feels its way.
      for (const { fail } of boots.begun.slice(tries)) fail("no such plug-in");
      await settle();
      if (tries < 4) await tend(8_000);
    }
    const begun = boots.begun.length;
    await expect(lease(a)).rejects.toThrow("no such plug-in");
    await tend(100);
    expect(boots.begun).toHaveLength(begun);
    // Nothing is left of those that failed.
    expect(backend.live).not.toContain(boots.begun[0]?.sandbox.id);
    // Half a minute later it is tried again, and nobody is refused.
    await tend(31_000);
    expect(boots.begun.length).toBe(begun + 1);
    await parkAll();
    expect((await play(a)).state).toBe("parked");
    await settle();
    expect(kept(a)).toBeGreaterThan(0);
  });

  it("agents that end together, as with their engine, count as one failure", async () => {
    make({ agents: 8 }, { max: 8 });
    pool.warmAgents(a);
    await settle();
    await parkAll();
    expect(agents(a).parked).toBe(8);
    for (const { die } of boots.begun.slice()) die();
    await settle();
    expect((await play(a)).state).toBe("none");
    await tend();
    expect(agents(a).booting).toBe(1);
    await parkAll();
    await tend(11_000);
    // All but the one that is in use.
    expect(kept(a)).toBe(7);
  });

  it("an agent that always dies soon after it has booted is not booted over and over", async () => {
    make({ agents: 1 });
    pool.warmAgents(a);
    await settle();
    for (let second = 0; second < 60; second++) {
      const last = boots.begun.at(-1);
      if (last && backend.live.includes(last.sandbox.id)) {
        last.park();
        await settle();
        last.die();
        await settle();
      }
      await tend();
    }
    expect(boots.begun.length).toBeGreaterThan(3);
    expect(boots.begun.length).toBeLessThan(12);
  });

  it("an agent that nobody took over is ended before its sandbox is made as new", async () => {
    make({ agents: 1 });
    pool.warmAgents(a);
    await settle();
    await parkAll();
    const taken = await lease(a);
    taken.release();
    await settle();
    expect(boots.evicted).toEqual([taken.sandbox.id]);
  });

  it("boots under way are given up when the pool stops", async () => {
    make();
    pool.warmAgents(a);
    await settle();
    expect(agents(a).booting).toBe(2);
    await stop();
    expect(backend.live).toEqual([]);
  });
});

describe("the shares of the pools", () => {
  const claim = (wanted: number, usedAt: number, memoryBytes = 1) => ({ wanted, usedAt, memoryBytes });
  const cap = (agents: number, memoryBytes = Number.POSITIVE_INFINITY) => ({ agents, memoryBytes });

  it.each([
    ["nobody", [], cap(2), []],
    ["one that wants all", [claim(Number.POSITIVE_INFINITY, 1)], cap(3), [3]],
    ["no more than is wanted", [claim(1, 1), claim(0, 2)], cap(3), [1, 0]],
    ["one each before a second", [claim(5, 1), claim(5, 2)], cap(3), [1, 2]],
    ["the latest where it does not suffice", [claim(5, 1), claim(5, 3), claim(5, 2)], cap(2), [0, 1, 1]],
    ["by memory", [claim(5, 1, 10), claim(5, 2, 3)], cap(9, 12), [0, 4]],
    ["the first whatever it takes", [claim(2, 1, 10)], cap(2, 5), [1]],
  ])("%s", (_, claims, most, shares) => {
    expect(warmShares(claims, most)).toEqual(shares);
  });
});
