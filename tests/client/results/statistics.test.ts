import { describe, expect, it } from "vitest";
import { clusteredMean, mean, rerunError, variance } from "../../../client-ts/src/cli/statistics/average.ts";
import { countBy } from "../../../client-ts/src/cli/statistics/group.ts";
import {
  passAtK,
  passHatK,
  passRow,
  passRows,
  reportedKs,
} from "../../../client-ts/src/cli/statistics/pass.ts";
import { type Outcome, summarize } from "../../../client-ts/src/cli/statistics/summary.ts";

function outcome(task: string, reward: number | null, failureClass: string | null = null): Outcome {
  return { task, reward, failureClass };
}

/** Goes through all choices of k out of n of which the first c pass: how often any passes, and how often all do. */
function bruteForce(n: number, c: number, k: number): { any: number; every: number } {
  let [any, every, all] = [0, 0, 0];
  for (let mask = 0; mask < 2 ** n; mask++) {
    const chosen = [...Array(n).keys()].filter((index) => mask & (1 << index));
    if (chosen.length !== k) continue;
    all++;
    if (chosen.some((index) => index < c)) any++;
    if (chosen.every((index) => index < c)) every++;
  }
  return { any: any / all, every: every / all };
}

describe("pass@k and pass^k", () => {
  it("are the chances that one, and that all, of k samples out of n pass", () => {
    for (let n = 1; n <= 8; n++) {
      for (let c = 0; c <= n; c++) {
        for (let k = 1; k <= n; k++) {
          const { any, every } = bruteForce(n, c, k);
          expect(passAtK(n, c, k)).toBeCloseTo(any, 12);
          expect(passHatK(n, c, k)).toBeCloseTo(every, 12);
        }
      }
    }
  });

  it("do not overflow with many samples", () => {
    expect(passAtK(5000, 1, 2500)).toBeCloseTo(0.5, 9);
    expect(passHatK(5000, 4999, 2500)).toBeCloseTo(0.5, 9);
  });

  it("are reported for each k up to ten, then for powers of two, and for the number of samples", () => {
    expect(reportedKs(1)).toEqual([1]);
    expect(reportedKs(5)).toEqual([1, 2, 3, 4, 5]);
    expect(reportedKs(16)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16]);
    expect(reportedKs(40)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 32, 40]);
  });

  it("are means over tasks, with the standard error of the tasks' values", () => {
    const [one, two] = passRows(
      [
        { samples: 2, passed: 2 },
        { samples: 2, passed: 1 },
        { samples: 2, passed: 0 },
      ],
      2,
    );
    expect(one).toMatchObject({ k: 1, tasks: 3, at: 0.5, hat: 0.5 });
    expect(one?.atError).toBeCloseTo(0.5 / Math.sqrt(3));
    expect(two).toMatchObject({ k: 2, tasks: 3, at: 2 / 3, hat: 1 / 3 });
    expect(two?.hatError).toBeCloseTo(1 / 3);
  });
});

describe("a mean of clusters", () => {
  // The cluster-robust standard error of the pooled mean, written out as in Miller's equation 4 with G / (G - 1).
  function sandwich(clusters: readonly (readonly number[])[]): number {
    const all = clusters.flat();
    const centre = mean(all) ?? 0;
    const sums = clusters.map((values) => values.reduce((sum, value) => sum + value - centre, 0) ** 2);
    const count = clusters.length;
    return Math.sqrt((count / (count - 1)) * sums.reduce((sum, value) => sum + value, 0)) / all.length;
  }

  it("has the cluster-robust standard error, with as many samples of each task", () => {
    const clusters = [
      [1, 1, 0.5],
      [0, 0.25, 0],
      [0.75, 1, 1],
      [0.5, 0.5, 0],
    ];
    const found = clusteredMean(clusters);
    expect(found.mean).toBeCloseTo(mean(clusters.flat()) ?? 0);
    expect(found.standardError).toBeCloseTo(sandwich(clusters));
  });

  it("would move less if the same tasks were played again", () => {
    // Variances 0.5 and 0 over two tasks of two samples: the root of (0.5 / 2) over 2.
    expect(
      rerunError([
        [1, 0],
        [1, 1],
      ]),
    ).toBeCloseTo(Math.sqrt(0.25) / 2);
    expect(rerunError([[1, 0], [1]])).toBeCloseTo(Math.sqrt(0.5 / 2 + 0.5) / 2);
    expect(rerunError([[1], [0]])).toBeNull();
    expect(rerunError([])).toBeNull();
  });

  it("knows the variance of a sample", () => {
    expect(variance([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(32 / 7);
    expect(variance([3])).toBeNull();
  });
});

describe("summarize", () => {
  it("gives the mean and its standard error over tasks", () => {
    const summary = summarize([outcome("a", 1), outcome("b", 0), outcome("c", 0.5)], 1);
    expect(summary.mean).toBeCloseTo(0.5);
    // Standard deviation 0.5 over three tasks.
    expect(summary.standardError).toBeCloseTo(0.5 / Math.sqrt(3));
    expect(summary.pass).toMatchObject([{ k: 1, tasks: 3, at: 1 / 3, hat: 1 / 3 }]);
  });

  it("does not take four samples of one task for four tasks", () => {
    const samples = ["a", "b"].flatMap((task) =>
      [1, 1, 1, 1].map((one) => outcome(task, task === "a" ? one : 0)),
    );
    const summary = summarize(samples, 4);
    expect(summary.mean).toBe(0.5);
    expect(summary.standardError).toBeCloseTo(Math.SQRT1_2 / Math.SQRT2);
    expect(passRow(summary.pass, 4)?.at).toBe(0.5);
  });

  it("leaves failures out of every mean and counts them by class", () => {
    const summary = summarize(
      [outcome("a", 1), outcome("a", null, "infra"), outcome("b", null, "task"), outcome("c", 0, "policy")],
      1,
    );
    expect(summary).toMatchObject({ tasks: 3, episodes: 4, scored: 2, mean: 0.5, policyFailures: 1 });
    expect(summary.excluded).toEqual({ infra: 1, task: 1 });
    expect(passRow(summary.pass, 1)?.at).toBe(0.5);
  });

  it("has no mean of nothing, and no error of one task", () => {
    expect(summarize([outcome("a", null, "infra")], 1)).toMatchObject({
      mean: null,
      standardError: null,
      pass: [],
    });
    expect(summarize([outcome("a", 0.25)], 1)).toMatchObject({ mean: 0.25, standardError: null });
  });

  it("reports pass@k only over tasks with k scored samples", () => {
    const summary = summarize(
      [outcome("a", 1), outcome("a", 0), outcome("b", 1), outcome("b", null, "infra")],
      2,
    );
    expect(summary.pass).toMatchObject([
      { k: 1, tasks: 2, at: 0.75 },
      { k: 2, tasks: 1, at: 1, hat: 0 },
    ]);
  });

  it("takes a weighted sum that misses 1 by a rounding error for a pass", () => {
    expect(summarize([outcome("a", 0.1 + 0.2 + 0.7 - 1e-12)], 1).pass[0]?.at).toBe(1);
    expect(summarize([outcome("a", 0.999)], 1).pass[0]?.at).toBe(0);
  });
});

describe("mean", () => {
  it("is what it is called, and there is none of nothing", () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(mean([])).toBeNull();
  });
});

describe("countBy", () => {
  it("counts under any name, and leaves the prototype of objects alone", () => {
    const counts = countBy(["a", "__proto__", "__proto__"], (name) => name);
    expect(Object.entries(counts)).toEqual([
      ["__proto__", 2],
      ["a", 1],
    ]);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});
