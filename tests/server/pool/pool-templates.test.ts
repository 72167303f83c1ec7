import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Metrics } from "../../../server/src/metrics.ts";
import type { Lease } from "../../../server/src/pool/lease.ts";
import { Pool, type PoolsOptions } from "../../../server/src/pool/pool.ts";
import { SandboxSource } from "../../../server/src/pool/sandbox-source.ts";
import { FakeBackend } from "../../../server/src/sandbox/backends/fake/index.ts";
import type { Template } from "../../../server/src/sandbox/sandbox.ts";
import { TestClock } from "../../sandbox/test-clock.ts";
import { call, settle, silent, template as standard } from "../support.ts";

const metrics = new Metrics({ processMetrics: false });
const named = (key: string, more: Partial<Template> = {}): Template => ({ ...standard, key, ...more });

interface Bed {
  readonly clock: TestClock;
  readonly backend: FakeBackend;
  readonly pool: Pool;
}

function bedOf(options: Partial<PoolsOptions> = {}): Bed {
  const clock = new TestClock();
  const backend = new FakeBackend({ clock });
  const source = new SandboxSource({
    backend,
    clock,
    log: silent,
    metrics,
    concurrency: 4,
    startTimeoutMs: 5_000,
  });
  const pool = new Pool({
    source,
    clock,
    log: silent,
    metrics,
    minIdle: 2,
    max: 4,
    recycle: "same-role",
    maxReuses: 100,
    maxAgeMs: 3_600_000,
    ...options,
  });
  return { clock, backend, pool };
}

const leaseOf = (pool: Pool, template: Template): Promise<Lease> =>
  pool.lease({ template, role: "agent", owner: "o", queueTimeoutMs: 5_000 }, call().call);

async function use(pool: Pool, template: Template): Promise<void> {
  const lease = await leaseOf(pool, template);
  lease.release();
  await settle();
}

const keys = (pool: Pool): string[] => pool.status().map(({ template }) => template);

describe("pools of many templates", () => {
  let bed: Bed;
  const make = (options: Partial<PoolsOptions> = {}): Bed => {
    bed = bedOf(options);
    return bed;
  };
  beforeEach(() => make());
  afterEach(async () => {
    await drain(bed);
    expect(bed.backend.live).toEqual([]);
  });

  it("are kept up to a number; the one used longest ago goes first, with its sandboxes", async () => {
    const { pool, backend, clock } = make({ maxPools: 3 });
    for (const key of ["a", "b", "c"]) {
      await use(pool, named(key));
      clock.advance(10);
    }
    await use(pool, named("a"));
    clock.advance(10);
    expect(backend.live.length).toBe(3);
    await use(pool, named("d"));
    expect(keys(pool)).toEqual(["a/agent", "c/agent", "d/agent"]);
    expect(backend.live.length).toBe(3);
  });

  it("stay while they are leased from or waited for, and go when they are not", async () => {
    const { pool, clock } = make({ maxPools: 1, max: 1 });
    const held = await leaseOf(pool, named("a"));
    const waiting = leaseOf(pool, named("a"));
    await use(pool, named("b"));
    await use(pool, named("c"));
    expect(keys(pool)).toEqual(["a/agent", "c/agent"]);
    held.release();
    const next = await waiting;
    clock.advance(1_000);
    expect(keys(pool)).toEqual(["a/agent"]);
    next.release();
    await settle();
    await use(pool, named("d"));
    expect(keys(pool)).toEqual(["d/agent"]);
  });

  it("stay while someone waits for the next try of a start", async () => {
    const { pool, backend, clock } = make({ maxPools: 1 });
    backend.failLaunches(1);
    const waiting = leaseOf(pool, named("a"));
    await settle();
    expect(pool.status()).toMatchObject([{ template: "a/agent", starting: 0 }]);
    await use(pool, named("b"));
    clock.advance(1_000);
    (await waiting).release();
    await settle();
  });

  it("go when they have been quiet for ten minutes, but for the announced ones", async () => {
    const { pool, backend, clock } = make();
    pool.warm(standard);
    await settle();
    await use(pool, named("a"));
    expect(keys(pool)).toEqual(["default/agent", "default/verifier", "a/agent"]);
    clock.advance(599_000);
    clock.advance(1_000);
    await settle();
    expect(keys(pool)).toEqual(["default/agent", "default/verifier"]);
    expect(backend.live.length).toBe(4);
  });

  it("come back when they are asked for again, while the old one still ends its sandboxes", async () => {
    const { pool } = make({ maxPools: 1 });
    for (let round = 0; round < 5; round++) {
      for (const key of ["a", "b"]) {
        const lease = await leaseOf(pool, named(key));
        expect(lease.reused).toBe(false);
        lease.release();
        await settle();
      }
    }
    expect(keys(pool)).toEqual(["b/agent"]);
  });

  it("whose image cannot be had leave nothing behind", async () => {
    const { pool, backend, clock } = make({ maxPools: 2 });
    backend.failLaunches(1_000);
    for (const key of ["a", "b", "c", "d"]) {
      const refused = leaseOf(pool, named(key)).catch((error: unknown) => error);
      for (let tries = 0; tries < 12; tries++) {
        await settle();
        clock.advance(2_000);
      }
      expect(await refused).toMatchObject({ name: expect.stringMatching(/Error$/) });
    }
    await settle();
    clock.advance(1_000);
    expect(pool.status().length).toBeLessThanOrEqual(2);
    backend.failLaunches(0);
  });

  it("with a writable root use a sandbox once, and start none in the place of what was announced and taken", async () => {
    const { pool, backend } = make({ max: 8 });
    const writable = named("w", { writableRoot: true });
    expect(pool.prefetch(writable, 2)).toBe(2);
    await settle();
    const leases = [await leaseOf(pool, writable), await leaseOf(pool, writable)];
    await settle();
    expect(pool.status()).toMatchObject([{ idle: 0, leased: 2, starting: 0 }]);
    for (const lease of leases) lease.release();
    await settle();
    expect(backend.live).toEqual([]);
    expect(pool.status()).toMatchObject([{ idle: 0, leased: 0, starting: 0 }]);
  });

  it("with a writable root that nobody takes are given up after a while", async () => {
    const { pool, backend, clock } = make();
    pool.prefetch(named("w", { writableRoot: true }), 2);
    await settle();
    expect(backend.live.length).toBe(2);
    clock.advance(600_000);
    await settle();
    expect(backend.live).toEqual([]);
    expect(pool.status()).toEqual([]);
  });

  it("whatever is done with them, no sandbox and no pool is left over", async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant("lease" as const), key: fc.nat({ max: 7 }) }) },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant("release" as const), which: fc.nat(), broken: fc.boolean() }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("prefetch" as const), key: fc.nat({ max: 7 }) }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.nat({ max: 700_000 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), launches: fc.nat({ max: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("settle" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const own = bedOf({ maxPools: 3, minIdle: 1, max: 2 });
        const { pool, backend, clock } = own;
        pool.warm(standard);
        const leases: Lease[] = [];
        const asking = new Set<Promise<void>>();
        const lease = (key: number): void => {
          const template = named(`t${key}`, { writableRoot: key % 4 === 0 });
          const asked = leaseOf(pool, template)
            .then(
              (given) => void leases.push(given),
              () => undefined,
            )
            .finally(() => asking.delete(asked));
          asking.add(asked);
        };
        for (const one of steps) {
          if (one.do === "lease") lease(one.key);
          else if (one.do === "prefetch") pool.prefetch(named(`t${one.key}`), 2);
          else if (one.do === "advance") clock.advance(one.ms);
          else if (one.do === "fail") backend.failLaunches(one.launches);
          else if (one.do === "settle") await settle();
          else leases.splice(one.which % (leases.length || 1), 1)[0]?.release({ broken: one.broken });
          // What is in use no more is closed at the next look, once a second.
          if (one.do !== "advance" || one.ms < 1_000) continue;
          const status = pool.status();
          const inUse = status.filter(({ leased, starting }) => leased + starting > 0).length;
          // Those that wait for a failed start to be tried again are in use too; each of them has an open request.
          expect(status.length).toBeLessThanOrEqual(3 + inUse + asking.size + 2);
        }
        backend.failLaunches(0);
        while (asking.size > 0 || leases.length > 0) {
          for (const given of leases.splice(0)) given.release();
          await settle();
          clock.advance(40_000);
        }
        await settle();
        for (let minute = 0; minute < 12; minute++) {
          clock.advance(60_000);
          await settle();
        }
        expect(keys(pool).sort()).toEqual(["default/agent", "default/verifier"]);
        expect(backend.live.length).toBe(2);
        await drain(own);
        expect(backend.live).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

async function drain({ pool, clock }: Bed): Promise<void> {
  const drained = pool.drain(clock.now());
  await settle();
  clock.advance(1);
  await drained;
}
