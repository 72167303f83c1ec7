import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BenchConfig } from "../../../client-ts/src/cli/bench/config.ts";
import type { EpisodeRecord } from "../../../client-ts/src/cli/bench/record.ts";
import { type Comparison, compareRuns, type Run } from "../../../client-ts/src/cli/compare/comparison.ts";
import { clawgym, scratchFolder } from "../cli.ts";
import { benchConfig, fakeRecord } from "./records.ts";

const OPTIONS = { resamples: 2000, seed: 1 };

/** Records of tasks with these rewards, one for each sample. */
function records(rewards: Record<string, (number | null)[]>, task: Partial<EpisodeRecord["task"]> = {}) {
  return Object.entries(rewards).flatMap(([id, all]) =>
    all.map((reward, sample) => {
      const made = fakeRecord(id, reward, { sample });
      return {
        ...made,
        task: { ...made.task, contentHash: "c".repeat(64), inputsHash: "i".repeat(64), ...task },
      };
    }),
  );
}

const run = (all: EpisodeRecord[], extra: Partial<BenchConfig> = {}, dir = "run"): Run => ({
  dir,
  config: benchConfig(all, { samples: 2, ...extra }),
  records: all,
});

function compared(a: Run, b: Run, options = {}): Comparison {
  const found = compareRuns(a, b, { ...OPTIONS, ...options });
  if (found.reward === null) throw new Error("nothing was compared");
  return found;
}

async function folderOf(dir: string, { config, records: all }: Run): Promise<string> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "run.json"), JSON.stringify(config));
  await writeFile(join(dir, "episodes.jsonl"), all.map((each) => `${JSON.stringify(each)}\n`).join(""));
  return dir;
}

describe("a comparison of two runs", () => {
  const manyTasks = Array.from({ length: 12 }, (_, index) => `t${index}`);

  it("pairs tasks, and says how sure a difference is", () => {
    const low = records(Object.fromEntries(manyTasks.map((id) => [id, [0.2, 0.4]])));
    const high = records(Object.fromEntries(manyTasks.map((id, index) => [id, [0.6, index < 6 ? 0.4 : 1]])));
    const found = compared(run(low), run(high));
    expect(found.reward).toMatchObject({ tasks: 12, better: 12, worse: 0, same: 0, p: 1 / 2001 });
    expect(found.reward.a).toBeCloseTo(0.3);
    expect(found.reward.difference).toBeCloseTo(0.35);
    expect(found.reward.low).toBeGreaterThan(0.2);
    expect(found.reward.high).toBeLessThan(0.5);
    expect(found.pass).toMatchObject({ a: 0, b: 0.25, better: 6, same: 6 });
    expect(found.tasks[0]).toMatchObject({ passed: { a: 0, b: 1 }, samples: { a: 2, b: 2 } });
    expect(found.tasks.at(-1)?.difference).toBeCloseTo(0.2);
    expect(found.warnings).toEqual([]);
    expect(compared(run(high), run(high))).toMatchObject({ reward: { difference: 0, p: 1, same: 12 } });
  });

  it("is made for each category, with p-values adjusted for their number", () => {
    const of = (rewards: [number, number]) => [
      ...records({ a: [rewards[0]], b: [rewards[0]], c: [rewards[0]] }, { category: "x" }),
      ...records({ d: [rewards[1]], e: [rewards[1]] }, { category: "y" }),
    ];
    const { categories } = compared(run(of([0.1, 0.5])), run(of([0.9, 0.5])));
    expect(categories.x).toMatchObject({ tasks: 3, better: 3, p: 1 / 2001, pAdjusted: 2 / 2001 });
    expect(categories.y).toMatchObject({ tasks: 2, same: 2, p: 1, pAdjusted: 1 });
  });

  it("says where tasks are too few for a bootstrap", () => {
    const tasks = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${from + index}`, [0.5]]));
    const all = [
      ...records(tasks(0, 10), { category: "many" }),
      ...records(tasks(10, 9), { category: "few" }),
    ];
    const one = run(all, { samples: 1 });
    expect(compared(one, one).warnings).toEqual([expect.stringMatching(/^few tasks in few: /)]);
  });

  it("is over the tasks that both have scored, and names the others", () => {
    const a = records({ both: [1, 0], onlyA: [1], unscored: [1, 1] });
    const b = records({ both: [1, 1], onlyB: [0], unscored: [null, null] });
    const found = compared(run(a), run(b, {}, "runs/b"));
    expect(found.reward).toMatchObject({ tasks: 1, difference: 0.5 });
    expect(found.leftOut).toEqual({
      onlyA: ["fake/onlyA"],
      onlyB: ["fake/onlyB"],
      changed: [],
      unscored: ["fake/unscored"],
    });
    expect(found.warnings.join("\n")).toContain("1 tasks are few");
    expect(found.warnings).toContain("2 of 5 episodes of runs/b have no reward");
    expect(found.warnings).toContain("runs/b is not complete");
  });

  it("leaves out tasks that are not the same in both, unless it is told not to", () => {
    const a = [...records({ same: [1] }), ...records({ verifier: [1], inputs: [1], renumbered: [1] })];
    const b = [
      ...records({ same: [0] }),
      ...records({ verifier: [0] }, { contentHash: "d".repeat(64) }),
      ...records({ inputs: [0] }, { contentHash: "e".repeat(64), inputsHash: "j".repeat(64), version: "2" }),
      ...records({ renumbered: [0] }, { version: "2" }),
    ];
    const found = compared(run(a), run(b));
    expect(found.tasks.map(({ task }) => task).sort()).toEqual(["fake/renumbered", "fake/same"]);
    const why = Object.fromEntries(found.leftOut.changed.map((each) => [each.task, each.why]));
    expect(why["fake/verifier"]).toContain("only what judges it differs (same version");
    expect(why["fake/inputs"]).toContain("what an agent is given differs (version 1 in A, 2 in B");
    const all = compared(run(a), run(b), { allowChanged: true });
    expect(all.reward.tasks).toBe(4);
    expect(all.warnings.join("\n")).toContain("fake/verifier is not the same in both");
  });

  it("tells versions apart where the content is not known, and a task that changed half way", () => {
    const old = { contentHash: undefined, inputsHash: undefined } as unknown as Partial<
      EpisodeRecord["task"]
    >;
    const found = compareRuns(
      run(records({ t: [1] }, old)),
      run(records({ t: [1] }, { ...old, version: "2" })),
      OPTIONS,
    );
    expect(found).toMatchObject({ reward: null, leftOut: { changed: [{ why: "version 1 in A, 2 in B" }] } });
    expect(compared(run(records({ t: [1] }, old)), run(records({ t: [0] }))).warnings.join("\n")).toContain(
      "only versions could be compared",
    );
    const half = [...records({ t: [1] }), ...records({ t: [1] }, { contentHash: "d".repeat(64) })];
    const changed = compareRuns(run(half), run(records({ t: [1] })), OPTIONS);
    expect(changed.leftOut.changed[0]?.why).toContain("while one of the runs was going on");
  });

  it("warns when the runs differ in more than the policy", () => {
    const all = records({ t: [1] });
    const found = compared(run(all), run(all, { rubric: "off", limits: { maxSteps: 5 } }));
    expect(found.warnings.join("\n")).toMatch(/rubric: "auto" before, "off" now/);
    expect(found.warnings.join("\n")).toMatch(/maxSteps: nothing before, 5 now/);
  });
});

describe("clawgym compare", () => {
  it("prints tables or JSON, and refuses what cannot be compared", async () => {
    const dir = await scratchFolder();
    const a = await folderOf(join(dir, "a"), run(records({ one: [0, 0], two: [0.5, 0.5] })));
    const b = await folderOf(join(dir, "b"), run(records({ one: [1, 1], two: [0.5, 0.5] })));
    const table = await clawgym(["compare", a, b]);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/all +2 +0\.250 +0\.750 +\+0\.500/);
    expect(table.stdout).toMatch(/one +0\.000 +1\.000 +\+1\.000 +0\/2 +2\/2/);
    expect(table.stdout).toContain("paired bootstrap over tasks, 10,000 resamples, seed 0");
    const json = await clawgym(["compare", a, b, "--json", "--bootstrap-seed", "3", "--resamples", "500"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: "clawgym.bench.comparison/1",
      method: { resamples: 500, seed: 3 },
      reward: { difference: 0.5 },
    });
    const changed = records({ one: [1] }, { contentHash: "d".repeat(64) });
    const c = await folderOf(join(dir, "c"), run(changed));
    const refused = await clawgym(["compare", a, c]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("one: only what judges it differs");
    expect(refused.stderr).toContain("--allow-changed");
    expect((await clawgym(["compare", a, c, "--allow-changed"])).code).toBe(0);
    const none = await clawgym(["compare", a, join(dir, "none")]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("holds no run");
  }, 180_000);

  it("stands in the report and the results of a run too", async () => {
    const dir = await scratchFolder();
    const a = await folderOf(join(dir, "a"), run(records({ one: [0, 0] })));
    const b = await folderOf(join(dir, "b"), run(records({ one: [1, 1] })));
    const { code, stdout } = await clawgym(["report", b, "--compare", a]);
    expect(code).toBe(0);
    expect(stdout).toContain("B − A");
    const results = JSON.parse(await readFile(join(b, "results.json"), "utf8"));
    expect(results).toMatchObject({
      total: { mean: 1 },
      comparison: { reward: { difference: 1 }, a: { dir: a } },
    });
    expect((await clawgym(["report", b])).stdout).not.toContain("B − A");
  });
});
