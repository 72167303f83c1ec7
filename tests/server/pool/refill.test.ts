import { describe, expect, it } from "vitest";
import {
  afterFailure,
  CLOSED_BREAKER,
  isOpen,
  launchesWanted,
  type PoolState,
} from "../../../server/src/pool/refill.ts";

const bounds = { minIdle: 4, max: 10 };
const state = (part: Partial<PoolState>): PoolState => ({
  idle: 0,
  leased: 0,
  starting: 0,
  recycling: 0,
  ending: 0,
  waiting: 0,
  prefetched: 0,
  prefetchUntil: 0,
  breaker: CLOSED_BREAKER,
  ...part,
});

describe("launchesWanted", () => {
  it.each([
    ["fills an empty pool to minIdle", state({}), 4],
    ["counts what is starting, so that it never starts twice", state({ starting: 4 }), 0],
    ["counts what has not gone yet against the most", state({ waiting: 4, leased: 3, ending: 6 }), 1],
    ["counts what is being recycled", state({ recycling: 3, starting: 1 }), 0],
    ["starts one for each that waits, and keeps minIdle", state({ waiting: 3 }), 7],
    ["never goes over max", state({ leased: 8, waiting: 50 }), 2],
    ["never goes over max with launches under way", state({ leased: 8, starting: 2, waiting: 50 }), 0],
    ["follows an announcement", state({ idle: 4, prefetched: 7, prefetchUntil: 1_000 }), 3],
    ["forgets an announcement that is over", state({ idle: 4, prefetched: 7, prefetchUntil: 10 }), 0],
    ["waits while the breaker backs off", state({ breaker: { failures: 1, retryAt: 200 } }), 0],
    ["feels its way with one launch after a failure", state({ breaker: { failures: 1, retryAt: 50 } }), 1],
    ["sends no second scout", state({ starting: 1, breaker: { failures: 1, retryAt: 50 } }), 0],
  ])("%s", (_, given, wanted) => {
    expect(launchesWanted(given, bounds, 100)).toBe(wanted);
  });
});

describe("the breaker", () => {
  it("doubles its delay up to half a minute and opens after five failures", () => {
    let breaker = CLOSED_BREAKER;
    const delays: number[] = [];
    const open: boolean[] = [];
    for (let failure = 0; failure < 10; failure++) {
      breaker = afterFailure(breaker, 0);
      delays.push(breaker.retryAt);
      open.push(isOpen(breaker, 0));
    }
    expect(delays).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
    expect(open).toEqual([false, false, false, false, true, true, true, true, true, true]);
    expect(isOpen(breaker, 30_001)).toBe(false);
  });
});
