import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Trajectory } from "@clawgym/protocol";
import { describe, expect, it } from "vitest";
import { FAILED, Ledger, TRAJECTORIES } from "../../../client-ts/src/cli/collect/ledger.ts";
import { type Planned, planOf } from "../../../client-ts/src/cli/collect/plan.ts";
import { SHORT, trajectory } from "../../trajectories/samples.ts";
import { scratchFolder } from "../cli.ts";
import { fakeTask } from "../library/fake-gym.ts";

const teacher = { name: "a", url: "http://127.0.0.1:1/v1", model: "m", weight: 1 };
const plan = planOf([fakeTask("t1"), fakeTask("t2")], 1, [teacher], 0);
const [first, second] = plan as [Planned, Planned];
const spent = { promptTokens: 10, completionTokens: 5 };

/** An episode with a sub-agent. */
function threadsOf({ task, sample, key }: Planned): Trajectory[] {
  const facts = {
    episode: key,
    task: { id: task.id, version: task.version },
    sample,
    labels: { teacher: "a" },
    reward: 1,
    usage: { promptTokens: 5, completionTokens: 2 },
  };
  const helper = { ...facts, id: `${key}/subagent-1`, thread: { kind: "subagent" as const, parent: key } };
  return [trajectory(SHORT, helper), trajectory(SHORT, { ...facts, id: key })];
}

describe("the ledger of a run", () => {
  it("gives back what was recorded and what was spent", async () => {
    const dir = await scratchFolder();
    const ledger = await Ledger.open(dir, plan);
    ledger.spend("a", spent);
    await ledger.record(first, threadsOf(first), spent);
    await ledger.fail(second, { class: "infra", code: "X", message: "m" }, spent);
    ledger.spend("a", spent);
    await ledger.close();
    const again = await Ledger.open(dir, plan);
    expect([again.has(first.key), again.has(second.key)]).toEqual([true, false]);
    expect(again.entries).toEqual([
      { teacher: "a", reward: 1, turns: 2, spent: { promptTokens: 10, completionTokens: 4 } },
    ]);
    expect(again.spentOn("a")).toEqual({ promptTokens: 20, completionTokens: 9 });
    await again.close();
  });

  it("has an episode wholly or not at all, wherever its lines were torn", async () => {
    const dir = await scratchFolder();
    const ledger = await Ledger.open(dir, plan);
    await ledger.record(first, threadsOf(first), spent);
    await ledger.close();
    const path = join(dir, TRAJECTORIES);
    const { length: whole } = await readFile(path);
    const bothLines = await Ledger.open(dir, plan);
    await bothLines.record(second, threadsOf(second), spent);
    await bothLines.close();
    const all = await readFile(path);
    const helperLine = all.indexOf("\n", whole) + 1;
    for (const length of [whole + 1, helperLine - 1, helperLine, helperLine + 1, all.length - 1]) {
      await writeFile(path, all);
      await truncate(path, length);
      const torn = await Ledger.open(dir, plan);
      expect([torn.has(first.key), torn.has(second.key)], `torn at ${length}`).toEqual([true, false]);
      await torn.record(second, threadsOf(second), spent);
      await torn.close();
      expect(await readFile(path)).toEqual(all);
    }
  });

  it("refuses to record twice, and an episode without its main conversation", async () => {
    const dir = await scratchFolder();
    const ledger = await Ledger.open(dir, plan);
    await ledger.record(first, threadsOf(first), spent);
    await expect(ledger.record(first, threadsOf(first), spent)).rejects.toThrow("recorded before");
    const helperOnly = threadsOf(second).slice(0, 1);
    await expect(ledger.record(second, helperOnly, spent)).rejects.toThrow("without its main conversation");
    await ledger.close();
  });

  it("names the line that is no record of what failed", async () => {
    const dir = await scratchFolder();
    await writeFile(join(dir, FAILED), '{"teacher":"a"}\n{"teacher":"a"}\n');
    await expect(Ledger.open(dir, plan)).rejects.toThrow(/failed.ndjson, line 1: class/);
  });
});
