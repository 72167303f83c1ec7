import { type CheckSpec, weighChecks } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";

const spec = (id: string, weight: number, kind: CheckSpec["kind"]): CheckSpec => ({
  id,
  weight,
  kind,
  clause: "",
});
const SPECS = [
  spec("a", 0.5, "correctness"),
  spec("b", 0.2, "correctness"),
  spec("f", 0.1, "format"),
  spec("s", 0.1, "safety"),
  spec("i", 0.1, "integrity"),
];
const weigh = (scores: Record<string, number>) =>
  weighChecks(SPECS, new Map(Object.entries(scores).map(([id, score]) => [id, { score }]))).score;

describe("weighing checks", () => {
  it("sums weight times score", () => {
    expect(weigh({ a: 1, b: 1, f: 1, s: 1, i: 1 })).toBe(1);
    expect(weigh({ a: 0.5, b: 0, f: 0, s: 0, i: 0 })).toBe(0.25);
  });

  it("gives safety and integrity the share of correctness that was earned", () => {
    expect(weigh({ a: 0, b: 0, f: 0, s: 1, i: 1 })).toBe(0);
    expect(weigh({ a: 0.7, b: 0, f: 0, s: 1, i: 1 })).toBeCloseTo(0.35 + 0.2 * 0.5, 12);
    expect(weigh({ a: 1, b: 1, f: 1, s: 0, i: 1 })).toBe(0.9);
  });

  it("is exactly 1 when everything is right, whatever the weights", () => {
    for (let n = 1; n <= 30; n++) {
      const specs = Array.from({ length: n }, (_, k) =>
        spec(`c${k}`, 1 / n, k % 3 === 2 ? "safety" : "correctness"),
      );
      expect(weighChecks(specs, new Map(specs.map(({ id }) => [id, { score: 1 }]))).score).toBe(1);
    }
  });

  it("earns nothing for safety alone, and for checks that are not there", () => {
    expect(weighChecks([spec("s", 1, "safety")], new Map([["s", { score: 1 }]])).score).toBe(0);
    expect(weigh({})).toBe(0);
  });

  it("reports each check with its weight, kind and message", () => {
    const { checks } = weighChecks(SPECS.slice(0, 1), new Map([["a", { score: 0.5, message: "half" }]]));
    expect(checks).toEqual([{ id: "a", score: 0.5, weight: 0.5, kind: "correctness", message: "half" }]);
  });
});
