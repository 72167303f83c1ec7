import { describe, expect, it } from "vitest";
import { mean } from "../../../client-ts/src/cli/statistics/average.ts";
import { holm, pairedBootstrap } from "../../../client-ts/src/cli/statistics/bootstrap.ts";
import { seededRandom } from "../../../client-ts/src/cli/statistics/random.ts";

const OPTIONS = { resamples: 10_000, seed: 7 };

/** Every one of the nⁿ resamples, each as likely as any other: what the bootstrap approaches. */
function everyResample(values: readonly number[]): number[] {
  const count = values.length;
  return Array.from({ length: count ** count }, (_, at) => {
    let [rest, sum] = [at, 0];
    for (let draw = 0; draw < count; draw++) {
      sum += values[rest % count] ?? 0;
      rest = Math.floor(rest / count);
    }
    return sum / count;
  }).sort((a, b) => a - b);
}

describe("the paired bootstrap", () => {
  it("comes to what going through all resamples comes to", () => {
    const differences = [0.5, -0.1, 0.25, 0.3, 0, 0.05];
    const found = pairedBootstrap(differences, OPTIONS);
    const centre = mean(differences) ?? 0;
    const all = everyResample(differences);
    const asLarge = all.filter((value) => Math.abs(value - centre) >= centre - 1e-12).length;
    expect(found?.difference).toBeCloseTo(centre, 12);
    // Four standard errors of a share of 10,000.
    expect(Math.abs((found?.p ?? 1) - asLarge / all.length)).toBeLessThan(0.02);
    expect(Math.abs((found?.low ?? 0) - (all[Math.floor(all.length * 0.025)] ?? 1))).toBeLessThan(0.015);
    expect(Math.abs((found?.high ?? 0) - (all[Math.floor(all.length * 0.975)] ?? 0))).toBeLessThan(0.015);
  });

  it("agrees with the normal distribution where there are many tasks", () => {
    const random = seededRandom(3);
    const differences = Array.from({ length: 400 }, () => random() + random() + random() - 1.4);
    const centre = mean(differences) ?? 0;
    const error = Math.sqrt(mean(differences.map((value) => (value - centre) ** 2)) ?? 0) / Math.sqrt(400);
    const found = pairedBootstrap(differences, OPTIONS);
    expect(Math.abs((found?.low ?? 0) - (centre - 1.96 * error))).toBeLessThan(error * 0.15);
    expect(Math.abs((found?.high ?? 0) - (centre + 1.96 * error))).toBeLessThan(error * 0.15);
  });

  it("finds nothing where there is nothing, about as often as it says", () => {
    const random = seededRandom(11);
    let found = 0;
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const differences = Array.from({ length: 40 }, () => random() - 0.5);
      if ((pairedBootstrap(differences, { resamples: 400, seed: run })?.p ?? 0) < 0.05) found++;
    }
    expect(found / runs).toBeGreaterThan(0.02);
    expect(found / runs).toBeLessThan(0.1);
  });

  it("says the same for the same seed, and hardly another thing for another", () => {
    const differences = [0.1, 0.2, -0.3, 0.4, 0.1, 0.15, 0, 0.2, -0.1, 0.3];
    const once = pairedBootstrap(differences, OPTIONS);
    expect(pairedBootstrap(differences, OPTIONS)).toEqual(once);
    const other = pairedBootstrap(differences, { ...OPTIONS, seed: 8 });
    expect(other).not.toEqual(once);
    expect(Math.abs((other?.p ?? 0) - (once?.p ?? 1))).toBeLessThan(0.02);
  });

  it("is never surer than its resamples, and knows when nothing changed", () => {
    expect(pairedBootstrap([0.5, 0.5, 0.5], OPTIONS)).toMatchObject({ low: 0.5, high: 0.5, p: 1 / 10_001 });
    expect(pairedBootstrap([0, 0, 0, 0], OPTIONS)).toMatchObject({ difference: 0, low: 0, high: 0, p: 1 });
    expect(pairedBootstrap([], OPTIONS)).toBeNull();
  });
});

describe("Holm's adjustment", () => {
  it("multiplies the smallest by their number, the next by one less, and never falls", () => {
    const adjusted = holm([0.04, 0.01, 0.03, 0.5]);
    // In order: 0.01 × 4, 0.03 × 3, 0.04 × 2 but no less than the one before, 0.5 × 1.
    expect(adjusted.map((p) => Number(p.toFixed(12)))).toEqual([0.09, 0.04, 0.09, 0.5]);
    expect(holm([0.6, 0.7])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe("random numbers", () => {
  it("are spread evenly over 0 to 1, whatever the seed", () => {
    for (const seed of [0, 1, 2 ** 40]) {
      const random = seededRandom(seed);
      const bins = Array.from({ length: 20 }, () => 0);
      for (let draw = 0; draw < 20_000; draw++) {
        const at = Math.floor(random() * 20);
        bins[at] = (bins[at] ?? 0) + 1;
      }
      // 1000 each, with a standard deviation of 31.
      for (const bin of bins) expect(Math.abs(bin - 1000)).toBeLessThan(160);
    }
    expect(seededRandom(1)()).not.toBe(seededRandom(2)());
    expect(seededRandom(1)()).not.toBe(seededRandom(1 + 2 ** 32)());
  });
});
