import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  casesOf,
  type Dataset,
  type ExportKind,
  exportDataset,
  importDataset,
  openDataset,
  type Task,
} from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { benchDataset, CHECK_PY, clawGymFolder, jsonlFile, jsonlTask, scratch } from "../fixtures.ts";
import { codeScore, realSandboxes, scoreAfter } from "../verifier/real-score.ts";
import { pinchBenchFolder, pinchBenchText } from "./import-fixtures.ts";

const BENCH = fileURLToPath(new URL("../../../bench-data/clawgym-bench", import.meta.url));

const SOLVE = "mkdir -p report; printf 'region,total\\nnorth,4.0\\nsouth,2.0\\n' > report/totals.csv";

/** Exports one task, imports what was written, and loads it from there. */
async function roundTrip(dataset: Dataset, id: string, kind: ExportKind): Promise<Dataset> {
  const root = scratch();
  const exported = await exportDataset(dataset, kind, join(root, "exported"), { ids: [id] });
  expect(exported.refused.filter(({ path }) => path === id)).toEqual([]);
  const imported = await importDataset(kind, join(root, "exported"), join(root, "imported"));
  expect(imported).toMatchObject({ refused: [], taken: [{ id }] });
  return openDataset(join(root, "imported"));
}

/** The scripts by which a task's verifier is known. */
async function scriptsOf(id: string): Promise<[name: string, script: string][]> {
  const folder = join(BENCH, "tasks", id);
  const cases = await casesOf(folder);
  return [
    ["oracle", await readFile(join(folder, "solution/solve.sh"), "utf8")],
    ["no-op", "true"],
    ...cases.slice(0, 2).map(({ kind, id: name, script }): [string, string] => [`${kind}/${name}`, script]),
  ];
}

const same = (a: Task, b: Task) => {
  const files = ({ workspace }: Task) =>
    workspace.map(({ path, type, bytes }) => [path, type ?? "file", Buffer.from(bytes ?? [])]);
  expect(files(b)).toEqual(files(a));
  const { title, instruction, category, difficulty, now } = a;
  expect(b).toMatchObject({ title, instruction, category, difficulty, now });
};

describe("an exported task of this project earns the same in its new layout", () => {
  // Text alone, a database, a repository.
  it.for<[id: string, kinds: readonly ExportKind[]]>([
    ["chase-open-actions", ["harbor", "clawgym-folder", "clawgym-jsonl"]],
    ["trace-recalled-lots", ["clawgym-folder"]],
    ["write-hive-release-notes", ["harbor"]],
  ])("%s", { timeout: 900_000 }, async ([id, kinds], ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const dataset = await openDataset(BENCH);
    const native = await dataset.load(id);
    const scripts = await scriptsOf(id);
    const expected = new Map<string, number>();
    for (const [name, script] of scripts) expected.set(name, await codeScore(real, native, script));
    expect(expected.get("oracle")).toBe(1);
    expect(expected.get("no-op")).toBe(0);
    for (const kind of kinds) {
      const imported = await roundTrip(dataset, id, kind);
      const task = await imported.load(id);
      same(native, task);
      expect(task.layout).toBe(kind);
      if (kind !== "clawgym-jsonl") expect((await imported.solution(id))?.script).toBe(scripts[0]?.[1]);
      const scores: [string, number][] = [];
      for (const [name, script] of scripts) scores.push([name, await codeScore(real, task, script)]);
      expect(scores, kind).toEqual([...expected]);
    }
  });

  it("where its verifier has the agent's own program run", { timeout: 900_000 }, async (ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const check = CHECK_PY.replace(
      'cv.number(r["total"])',
      'cv.number(cv.run_untrusted(["bash", "echo.sh"], stdin=r["total"]).text)',
    );
    const dataset = await openDataset(benchDataset({ "verifier/check.py": check }));
    const right = `${SOLVE}\necho cat > echo.sh\n`;
    const half = `${SOLVE}\necho 'sed s/4.0/3.0/' > echo.sh\n`;
    const native = await codeScore(real, await dataset.load("sum-sales"), half);
    expect(native).toBeCloseTo(0.55);
    for (const kind of ["harbor", "clawgym-folder", "clawgym-jsonl"] as const) {
      const task = await (await roundTrip(dataset, "sum-sales", kind)).load("sum-sales");
      expect([await codeScore(real, task, right), await codeScore(real, task, half)], kind).toEqual([
        1,
        native,
      ]);
    }
  });

  it("keeps a hybrid task's rubric and weights where the layout has room for them", async () => {
    const dataset = await openDataset(BENCH);
    const id = dataset.entries.find(({ verification }) => verification === "hybrid")?.id ?? "";
    const native = await dataset.load(id);
    const task = await (await roundTrip(dataset, id, "clawgym-folder")).load(id);
    expect(task.weights).toEqual(native.weights);
    expect(task.rubric.map(({ weight, criterion, target }) => ({ weight, criterion, target }))).toEqual(
      native.rubric.map(({ weight, criterion, target }) => ({
        weight: expect.closeTo(weight),
        criterion,
        target,
      })),
    );
  });
});

describe("an exported task of another layout earns the same in its new one", () => {
  const ANSWER = "mkdir -p output && echo 150 > output/answer.txt";

  it.for<[string, ExportKind]>([
    ["clawgym-folder", "clawgym-jsonl"],
    ["clawgym-folder", "harbor"],
    ["clawgym-folder", "clawgym-folder"],
    ["clawgym-jsonl", "clawgym-folder"],
    ["clawgym-jsonl", "harbor"],
    ["clawgym-jsonl", "clawgym-jsonl"],
  ])("from %s to %s", { timeout: 900_000 }, async ([from, kind], ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const root = scratch();
    if (from === "clawgym-folder") clawGymFolder(root);
    const dataset = await openDataset(from === "clawgym-folder" ? root : jsonlFile([jsonlTask()]));
    const id = dataset.entries[0]?.id ?? "";
    const task = await (await roundTrip(dataset, id, kind)).load(id);
    expect(await codeScore(real, task, ANSWER)).toBe(1);
    expect(await codeScore(real, task, ANSWER.replace("150", "7"))).toBe(0.5);
    expect(await codeScore(real, task, "true")).toBe(0);
  });

  it.for<ExportKind>(["clawgym-folder", "clawgym-jsonl"])(
    "from pinchbench to %s",
    { timeout: 900_000 },
    async (kind, ctx) => {
      const real = await realSandboxes();
      if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
      const text = pinchBenchText({ workspace_files: '[{path: numbers.txt, content: "40"}]' });
      const task = await (
        await roundTrip(await openDataset(pinchBenchFolder({ task_sum: text })), "task_sum", kind)
      ).load("task_sum");
      const call = { id: "1", type: "function", function: { name: "exec", arguments: '{"command":"ls"}' } };
      const transcript = [{ role: "assistant", content: null, tool_calls: [call] }];
      expect((await scoreAfter(real, task, "echo 42 > total.txt", { transcript })).reward).toBe(1);
      expect(await codeScore(real, task, "echo 41 > total.txt")).toBeCloseTo(1 / 3);
    },
  );

  it("from pinchbench to harbor", { timeout: 900_000 }, async (ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const grader =
      'from pathlib import Path\ndef grade(transcript: list, workspace_path: str) -> dict:\n    return {"a": 1.0, "b": float((Path(workspace_path) / "total.txt").exists())}';
    const text = pinchBenchText(
      { workspace_files: "[]" },
      { "Automated Checks": `\`\`\`python\n${grader}\n\`\`\`` },
    );
    const dataset = await openDataset(pinchBenchFolder({ task_sum: text }));
    const task = await (await roundTrip(dataset, "task_sum", "harbor")).load("task_sum");
    expect(await codeScore(real, task, "true")).toBe(0.5);
    expect(await codeScore(real, task, "touch total.txt")).toBe(1);
  });

  it("says why where it cannot be", async () => {
    const pinch = await openDataset(pinchBenchFolder({ task_sum: pinchBenchText() }));
    const out = join(scratch(), "out");
    expect(await exportDataset(pinch, "harbor", out)).toMatchObject({
      out: null,
      refused: [
        { path: "task_sum", reason: "its grader reads the transcript, which Harbor does not pass on" },
      ],
    });
    const binary = await exportDataset(pinch, "clawgym-jsonl", out);
    expect(binary.refused).toEqual([
      { path: "task_sum", where: "in/more.bin", reason: "a binary file, and JSON Lines hold text alone" },
    ]);
    const taken = await openDataset(benchDataset({ "workspace/reward/x.txt": "x" }));
    expect((await exportDataset(taken, "clawgym-folder", out)).refused[0]?.reason).toContain(
      "its workspace has reward/x.txt",
    );
  });
});
