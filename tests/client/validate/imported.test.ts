import { expect, it } from "vitest";
import { onBubblewrap } from "../../e2e/on-backend.ts";
import { harborTask } from "../../tasks/layouts/import-fixtures.ts";
import { scratchFolder } from "../cli.ts";
import { validated } from "./bed.ts";
import { importedSet } from "./imported-set.ts";

await onBubblewrap("clawgym validate of imported tasks", (here) => {
  it("finds the faults that were planted, names the file of each, and skips by name what needs an oracle", async () => {
    const { code, stdout, report } = await validated(here, await importedSet());
    expect(code).toBe(1);
    const errors = report.findings.filter(({ severity }) => severity === "error");
    const of = (task: string) => errors.filter((finding) => finding.task === task);
    // A verifier that takes inputs which the agent can write for the truth.
    expect(of("task_truth").map(({ gate }) => gate)).toContain("tamper");
    expect(stdout).toMatch(
      /task_truth\/reward\/check\.py: tamper\/inputs-emptied\/zero: earns 1, more than the 0 of tamper\/hollow\/zero: total 1 \[tamper\]/,
    );
    expect(stdout).toMatch(
      /warning task_truth\/reward\/check\.py: reads inputs in the workspace.*numbers\.txt \[truth\]/,
    );
    // One with vacuous checks.
    expect(stdout).toMatch(
      /task_vacuous\/reward\/check\.py: mechanical\/touch: earns 0\.5, more than 0\.05, for nothing: is_sorted 1 .*\[controls\]/,
    );
    // One that crashes on malformed output.
    expect(stdout).toMatch(
      /task_crash\/reward\/check\.py: malformed\/\S+: the verifier broke: VERIFIER_FAILED/,
    );
    // One whose truth lies in the workspace.
    expect(stdout).toContain(
      "task_leak/reward/expected.json: the same values stand in workspace/old/summary.json [leaks]",
    );
    // One that imports what the agent left.
    expect(stdout).toMatch(
      /task_import\/reward\/check\.py: tamper\/planted: (?:earns 1,|the verifier broke)/,
    );
    expect(of("task_sound")).toEqual([]);
    const sound = report.tasks.find(({ id }) => id === "task_sound");
    expect(sound?.proved).toBe(true);
    expect(sound?.gates.filter(({ state }) => state === "skipped")).toEqual(
      expect.arrayContaining([
        { name: "mutation", state: "skipped", why: "the task has no oracle" },
        { name: "tolerance", state: "skipped", why: "the task has no oracle" },
      ]),
    );
  });

  it("mutates what the oracle of an imported task left, where it has one", async () => {
    const root = await scratchFolder();
    harborTask(root);
    const { report } = await validated(here, root, ["--gates", "mutation,tolerance"]);
    const [task] = report.tasks;
    expect(task?.probes.find(({ id }) => id === "mutant/greeting.txt#empty")).toMatchObject({
      fate: "guarded",
    });
    expect(report.totals).toMatchObject({ oraclesFull: 1, survived: 0 });
    expect(report.findings.map(({ path, message }) => `${path}: ${message}`)).toContain(
      "hello-world/tests/test.sh: variant/crlf: earns 0 instead of 1: reward 0",
    );
  });
});
