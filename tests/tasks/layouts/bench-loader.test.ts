import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDataset, TaskError } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import {
  benchDataset,
  benchTask,
  DATASET_YAML,
  type Files,
  scratch,
  TASK_YAML,
  textOf,
} from "../fixtures.ts";

const problemOf = async (files: Files): Promise<TaskError> => {
  const dataset = await openDataset(benchDataset(files));
  expect(dataset.entries).toEqual([]);
  expect(dataset.problems).toHaveLength(1);
  return dataset.problems[0] as TaskError;
};

describe("the project's own layout", () => {
  it("lists entries and loads a whole task", async () => {
    const dataset = await openDataset(benchDataset());
    expect(dataset).toMatchObject({ name: "demo", layout: "clawgym-bench", version: "1.2.0", problems: [] });
    expect(dataset.entries).toEqual([
      {
        id: "sum-sales",
        version: "1.0.0",
        title: "Sum the sales",
        split: "default",
        category: "analysis-reasoning",
        difficulty: "easy",
        verification: "code",
        tags: [],
      },
    ]);
    const task = await dataset.load("sum-sales");
    expect(task).toMatchObject({
      dataset: "demo",
      weights: { code: 1, rubric: 0 },
      protect: ["data/sales.csv"],
    });
    expect(task.instruction).toMatch(/^Please sum .* as they are\.$/s);
    expect(task.workspace.map((file) => file.path)).toEqual(["data/sales.csv"]);
    expect(task.workspace[0]).toMatchObject({ mode: 0o644, mtimeMs: Date.parse("2026-03-02T09:00:00Z") });
    expect(textOf(task.workspace, "data/sales.csv")).toContain("south,2");
    expect(task.contentHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("loads a hybrid task with the usual weights", async () => {
    const yaml = `${TASK_YAML.replace("verification: code", "verification: hybrid")}rubric:\n  - {id: tone, weight: 1, criterion: The tone is polite, target: report/totals.csv}\n`;
    const dataset = await openDataset(benchDataset({ "task.yaml": yaml }));
    const task = await dataset.load("sum-sales");
    expect(task.weights).toEqual({ code: 0.7, rubric: 0.3 });
    expect(task.rubric).toHaveLength(1);
    expect(dataset.entries[0]?.verification).toBe("hybrid");
  });

  it("opens a single task's folder", async () => {
    const dataset = await openDataset(benchTask(scratch()));
    expect(dataset.name).toBe("sum-sales");
    expect((await dataset.load("sum-sales")).dataset).toBe("sum-sales");
  });

  it("keeps the execute bit and empty folders, and nothing of the host's umask", async () => {
    const root = benchDataset({ "workspace/run.sh": "true\n" });
    const workspace = join(root, "tasks/sum-sales/workspace");
    chmodSync(join(workspace, "run.sh"), 0o700);
    mkdirSync(join(workspace, "empty"));
    const task = await (await openDataset(root)).load("sum-sales");
    expect(task.workspace.map(({ path, type, mode }) => [path, type, mode])).toEqual([
      ["data/sales.csv", undefined, 0o644],
      ["empty", "dir", 0o755],
      ["run.sh", undefined, 0o755],
    ]);
  });

  it.each<[string, Files, string, string]>([
    ["no task.yaml", { "task.yaml": null }, "tasks/sum-sales/task.yaml", "no such file"],
    ["no instruction", { "instruction.md": null }, "tasks/sum-sales/instruction.md", "no such file"],
    ["no verifier", { "verifier/check.py": null }, "tasks/sum-sales/verifier/check.py", "no such file"],
    ["broken YAML", { "task.yaml": "schema: [" }, "tasks/sum-sales/task.yaml", "line"],
    [
      "a wrong key",
      { "task.yaml": `${TASK_YAML}colour: red\n` },
      "tasks/sum-sales/task.yaml",
      'unknown key "colour"',
    ],
    [
      "a file that is not UTF-8",
      { "task.yaml": new Uint8Array([0xff, 0xfe]) },
      "tasks/sum-sales/task.yaml",
      "not UTF-8",
    ],
  ])("puts a task with %s among the problems", async (_name, files, path, message) => {
    const problem = await problemOf({ ...files, ...("task.yaml" in files ? {} : {}) });
    expect(problem).toBeInstanceOf(TaskError);
    expect(problem.path).toBe(path);
    expect(problem.message).toContain(message);
  });

  it("goes on with the other tasks", async () => {
    const root = benchDataset({ "task.yaml": "schema: 9" });
    benchTask(join(root, "tasks"), {}, "second");
    const dataset = await openDataset(root);
    expect(dataset.entries.map((entry) => entry.id)).toEqual(["second"]);
    expect(dataset.problems.map((problem) => problem.path)).toEqual(["tasks/sum-sales/task.yaml"]);
  });

  it("wants the folder's name as id", async () => {
    const root = benchDataset();
    execFileSync("mv", [join(root, "tasks/sum-sales"), join(root, "tasks/other")]);
    expect((await openDataset(root)).problems[0]?.message).toContain(
      "sum-sales is not the name of its folder, other",
    );
  });

  it.each<[string, Files, string]>([
    ["an empty instruction", { "instruction.md": " \n" }, "the instruction is empty"],
    [
      "a protected file that is not there",
      { "workspace/data/sales.csv": null, "workspace/x": "" },
      "data/sales.csv is not in workspace/",
    ],
  ])("refuses to load a task with %s", async (_name, files, message) => {
    const dataset = await openDataset(benchDataset(files));
    await expect(dataset.load("sum-sales")).rejects.toThrow(message);
    await expect(dataset.load("sum-sales")).rejects.toBeInstanceOf(TaskError);
  });

  it("refuses links and special files, in the workspace and beside the verifier", async () => {
    for (const place of ["workspace/link", "workspace/data/link", "verifier/expected/link"]) {
      const root = benchDataset();
      symlinkSync("/etc/passwd", join(root, "tasks/sum-sales", place));
      const dataset = await openDataset(root);
      await expect(dataset.load("sum-sales")).rejects.toThrow(
        /link: a symbolic link where only files and folders may be/,
      );
    }
    const root = benchDataset();
    execFileSync("mkfifo", [join(root, "tasks/sum-sales/workspace/fifo")]);
    await expect((await openDataset(root)).load("sum-sales")).rejects.toThrow("a special file");
  });

  it("refuses a task.yaml that is a link", async () => {
    const root = benchDataset();
    const path = join(root, "tasks/sum-sales/task.yaml");
    rmSync(path);
    symlinkSync("/etc/hostname", path);
    expect((await openDataset(root)).problems[0]?.message).toContain("not a regular file");
  });

  it("says that there is no such task", async () => {
    await expect((await openDataset(benchDataset())).load("nothing")).rejects.toThrow(
      'has no task "nothing"',
    );
  });

  it("reads a task when it is loaded, not before", async () => {
    const root = benchDataset();
    const dataset = await openDataset(root);
    writeFileSync(join(root, "tasks/sum-sales/instruction.md"), "Changed.");
    expect((await dataset.load("sum-sales")).instruction).toBe("Changed.");
  });
});

describe("splits", () => {
  const split = async (dataset: string, yaml = TASK_YAML) =>
    openDataset(benchDataset({ "task.yaml": yaml }, `${DATASET_YAML}${dataset}`));
  const named = TASK_YAML.replace("now:", "split: dev\nnow:");

  it("come from the task or from the dataset", async () => {
    expect((await split("", named)).entries[0]?.split).toBe("dev");
    expect((await split("splits: [test, dev]\n", named)).entries[0]?.split).toBe("dev");
    expect((await split("splits: [test, dev]\n")).entries[0]?.split).toBe("test");
    expect((await split("splits: {held-out: [sum-sales]}\n")).entries[0]?.split).toBe("held-out");
    const loaded = await (await split("splits: {held-out: [sum-sales]}\n")).load("sum-sales");
    expect(loaded.split).toBe("held-out");
  });

  it("must agree", async () => {
    expect((await split("splits: [test]\n", named)).problems[0]?.message).toContain(
      "dev is none of dataset.yaml's: test",
    );
    expect((await split("splits: {test: [sum-sales]}\n", named)).problems[0]?.message).toContain(
      "lists it under test",
    );
    expect((await split("splits: {test: [nobody]}\n")).problems[0]?.message).toContain(
      "there is no task nobody",
    );
  });
});

describe("the content hash", () => {
  const hash = async (files: Files = {}): Promise<string> =>
    (await (await openDataset(benchDataset(files))).load("sum-sales")).contentHash;

  it("is the same for the same content, wherever it is", async () => {
    expect(await hash()).toBe(await hash());
    expect(await hash({ "task.yaml": TASK_YAML.replace("Sum the sales", "Another title") })).toBe(
      await hash(),
    );
  });

  it.each<[string, Files]>([
    ["the instruction", { "instruction.md": "Other words." }],
    ["a workspace file", { "workspace/data/sales.csv": "region,amount\n" }],
    ["a workspace path", { "workspace/more": "" }],
    ["the verifier", { "verifier/check.py": "pass" }],
    ["an expected value", { "verifier/expected/totals.json": "{}" }],
    ["a weight", { "task.yaml": TASK_YAML.replace("0.8", "0.85").replace("weight: 0.1", "weight: 0.05") }],
    ["a limit", { "task.yaml": `${TASK_YAML}limits: {maxSteps: 3}\n` }],
    ["the clock", { "task.yaml": TASK_YAML.replace("2026-03-02", "2026-03-03") }],
  ])("changes with %s", async (_name, files) => {
    expect(await hash(files)).not.toBe(await hash());
  });
});
