import { appendFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openDataset, TaskError } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { clawGymFolder, jsonlFile, jsonlTask, scratch, textOf, writeFiles } from "../fixtures.ts";

const CONTEXT = { finalMessage: "Done.", transcript: [], diff: { added: [], changed: [], deleted: [] } };

describe("published ClawGym folders", () => {
  it("load with their inputs in the workspace and the reward beside it", async () => {
    const root = scratch();
    clawGymFolder(root);
    const dataset = await openDataset(`published=${root}`);
    expect(dataset).toMatchObject({ name: "published", layout: "clawgym-folder", problems: [] });
    expect(dataset.entries[0]).toMatchObject({
      id: "task_0000",
      title: "Read input/data.csv and write the answer to output/answer.txt.",
      category: "Data analysis",
      verification: "code",
      split: "default",
    });
    const task = await dataset.load("task_0000");
    expect(task.workspace.map((file) => file.path)).toEqual(["input/data.csv"]);
    expect(task.instruction).toMatch(/Thanks!$/);
    expect(task.workspace[0]?.mtimeMs).toBe(Date.UTC(2026, 0, 1));
    const run = task.verifier.prepare(CONTEXT);
    expect(run).toMatchObject({
      argv: ["bash", "reward/reward.sh"],
      cwd: "/root/.openclaw/workspace",
      verdictChannel: "stdout",
    });
    expect(task.verifier).toMatchObject({ timeoutMs: 120_000, reserved: ["reward"] });
    expect(run.uploads[0]).toMatchObject({ root: "/workspace", remove: ["reward"] });
    expect(run.uploads[0]?.files.map((file) => file.path)).toEqual(["reward/check.py", "reward/reward.sh"]);
    const payload = textOf(run.uploads[1]?.files ?? [], "payload.json") ?? "";
    expect(run.env.OPENCLAW_REWARD_PAYLOAD).toBe("/verifier/payload.json");
    expect(JSON.parse(payload)).toEqual({
      task_id: "task_0000",
      user_query: task.instruction,
      metadata: { category: "Data analysis", grading_type: "automated" },
      final_message: "Done.",
      transcript: [],
    });
  });

  it.each([
    ["/root/.openclaw/workspace", "input/data.csv"],
    ["/root/.openclaw/workspace/", "input/data.csv"],
    ["/root/.openclaw/workspace/project", "project/input/data.csv"],
    ["/workspace/in", "in/input/data.csv"],
    ["in", "in/input/data.csv"],
    ["/somewhere/else", "input/data.csv"],
    [null, "input/data.csv"],
  ])("places inputs mounted at %s", async (mount, path) => {
    const root = scratch();
    clawGymFolder(root, "task_1", {}, { input_mount_dir: mount });
    const task = await (await openDataset(root)).load("task_1");
    expect(task.workspace.map((file) => file.path)).toEqual([path]);
  });

  it.each([["../out"], ["/root/.openclaw/workspace/../../etc"]])("refuses the mount %s", async (mount) => {
    const root = scratch();
    clawGymFolder(root, "task_1", {}, { input_mount_dir: mount });
    await expect((await openDataset(root)).load("task_1")).rejects.toMatchObject({
      name: "TaskError",
      path: "task_1/data_entry.json",
      where: "input_mount_dir",
    });
  });

  it("puts broken ones among the problems, with their path", async () => {
    const root = scratch();
    clawGymFolder(root, "task_0");
    clawGymFolder(root, "task_1", { "reward/reward.sh": null });
    clawGymFolder(root, "task_2", { "data_entry.json": "{" });
    clawGymFolder(root, "task_3", { "data_entry.json": null });
    clawGymFolder(root, "task_4", {}, { user_query: "" });
    clawGymFolder(root, "task_5", {}, { task_id: "task_0" });
    writeFiles(root, { "notes/readme.txt": "no task" });
    const dataset = await openDataset(root);
    expect(dataset.entries.map((entry) => entry.id)).toEqual(["task_0"]);
    expect(dataset.problems.map((problem) => [problem.path, problem.where])).toEqual([
      ["task_1/reward/reward.sh", ""],
      ["task_2/data_entry.json", ""],
      ["task_3/data_entry.json", ""],
      ["task_4/data_entry.json", "user_query"],
      ["task_5", "id"],
    ]);
  });

  it("takes the folder's name as id where there is none, and mends odd ids", async () => {
    const root = scratch();
    clawGymFolder(root, "task_0", {}, { task_id: undefined });
    clawGymFolder(root, "task_1", {}, { task_id: "a task/№ 1" });
    expect((await openDataset(root)).entries.map((entry) => entry.id)).toEqual(["task_0", "a-task-1"]);
  });

  it("refuses links among the inputs", async () => {
    const root = scratch();
    symlinkSync("/etc/passwd", join(clawGymFolder(root), "input_files/link"));
    await expect((await openDataset(root)).load("task_0000")).rejects.toThrow("a symbolic link");
  });

  it("turns rules into a rubric", async () => {
    const root = scratch();
    const rules = ["Be polite", { name: "tone", rule: "Be short", target_file: "output/a.md" }];
    clawGymFolder(root, "task_0", {}, { metadata: { rule: rules } });
    const task = await (await openDataset(root)).load("task_0");
    expect(task.verification).toBe("hybrid");
    expect(task.weights).toEqual({ code: 0.7, rubric: 0.3 });
    expect(task.rubric).toEqual([
      { id: "rule-1", weight: 0.5, criterion: "Be polite" },
      { id: "rule-2", weight: 0.5, criterion: "Be short", target: "output/a.md" },
    ]);
  });

  it("opens a single one", async () => {
    const dataset = await openDataset(clawGymFolder(scratch(), "task_7"));
    expect(dataset.entries.map((entry) => entry.id)).toEqual(["task_7"]);
  });
});

describe("published JSON Lines", () => {
  it("load by line, with reward files apart", async () => {
    const dataset = await openDataset(jsonlFile([jsonlTask(), "", jsonlTask({ origin_template: null })]));
    expect(dataset).toMatchObject({ name: "tasks", layout: "clawgym-jsonl", problems: [] });
    expect(dataset.entries.map((entry) => entry.id)).toEqual(["task_00_count", "line-3"]);
    const task = await dataset.load("task_00_count");
    expect(task.workspace.map((file) => file.path)).toEqual(["input/data.csv"]);
    const run = task.verifier.prepare(CONTEXT);
    expect(run.argv).toEqual(["python3", "reward/test.py", "/root/.openclaw/workspace"]);
    expect(run.uploads[0]?.files.map((file) => file.path)).toEqual(["reward/test.py"]);
  });

  it("gives a hook for a shell to bash", async () => {
    const hook = "cd reward && python3 test.py /root/.openclaw/workspace";
    const task = await (await openDataset(jsonlFile([jsonlTask({ hook_code: hook })]))).load("task_00_count");
    expect(task.verifier.prepare(CONTEXT).argv).toEqual(["bash", "-c", hook]);
  });

  describe("with the workspace one folder deeper", () => {
    const doubled = { hook_code: "python3 reward/test.py /root/.openclaw/workspace/workspace" };
    const upload = async (changes: object, added: string[] = []) => {
      const task = await (await openDataset(jsonlFile([jsonlTask({ ...doubled, ...changes })]))).load(
        "task_00_count",
      );
      return task.verifier.prepare({ ...CONTEXT, diff: { added, changed: [], deleted: [] } }).uploads[0];
    };
    const link = { path: "workspace", type: "symlink", target: "." };

    it("get a link where there is no such folder", async () => {
      const placed = await upload({});
      expect(placed?.files).toContainEqual(link);
      expect(placed?.remove).toEqual(["reward", "workspace"]);
    });

    it("get none where the inputs or the agent have one", async () => {
      const input_files = [{ file_path: "workspace/a.txt", content: "" }];
      for (const placed of [
        await upload({ input_files }),
        await upload({}, ["workspace/out.txt"]),
        await upload({}, ["workspace"]),
      ]) {
        expect(placed?.files.map((file) => file.path)).not.toContain("workspace");
        expect(placed?.remove).toEqual(["reward"]);
      }
    });

    it("get none without the doubled path", async () => {
      expect(
        (await upload({ hook_code: "python3 reward/test.py /root/.openclaw/workspace/workspace2" }))?.files,
      ).not.toContainEqual(link);
    });
  });

  it("puts broken lines among the problems, with their number", async () => {
    const dataset = await openDataset(
      jsonlFile([
        jsonlTask(),
        "{oops",
        jsonlTask({ prompt: undefined, origin_template: null }),
        jsonlTask({ hook_code: " " }),
        jsonlTask(),
        jsonlTask({ input_files: [{ file_path: "a" }], origin_template: null }),
      ]),
    );
    expect(dataset.entries.map((entry) => entry.id)).toEqual(["task_00_count"]);
    expect(dataset.problems.map((problem) => problem.where)).toEqual([
      "line 2",
      "line 3, prompt",
      "line 4",
      "line 6, input_files[0].content",
      "id",
    ]);
    expect(dataset.problems.every((problem) => problem instanceof TaskError)).toBe(true);
    expect(dataset.problems[4]?.path).toBe("tasks.jsonl:5");
  });

  it.each([["../x"], ["/etc/passwd"], ["a/../../b"], ["C:\\x"], [""], ["a\\b"], ["."]])(
    "refuses a file at %j",
    async (file_path) => {
      const dataset = await openDataset(
        jsonlFile([jsonlTask({ input_files: [{ file_path, content: "" }] })]),
      );
      const error = await dataset.load("task_00_count").then(
        () => null,
        (cause: unknown) => cause,
      );
      expect(error ?? dataset.problems[0]).toBeInstanceOf(TaskError);
    },
  );

  it("refuses two files of one path, and a file that is a folder too", async () => {
    const load = async (...paths: string[]) =>
      (
        await openDataset(
          jsonlFile([jsonlTask({ input_files: paths.map((file_path) => ({ file_path, content: "" })) })]),
        )
      ).load("task_00_count");
    await expect(load("a", "./a")).rejects.toThrow("two files have one path");
    await expect(load("a", "a/b/c")).rejects.toThrow("a is a file and a folder");
  });

  it("notices that the file has changed", async () => {
    const path = jsonlFile([jsonlTask()]);
    const dataset = await openDataset(path);
    appendFileSync(path, "\n");
    await expect(dataset.load("task_00_count")).rejects.toThrow("the file has changed since it was opened");
  });

  it("finds lines that no chunk holds whole", async () => {
    const big = "x".repeat(2_500_000);
    const lines = [0, 1, 2].map((n) =>
      jsonlTask({
        origin_template: `id: t${n}`,
        input_files: [{ file_path: "big", content: `${big}é${n}` }],
      }),
    );
    const dataset = await openDataset(jsonlFile(lines));
    expect(dataset.entries.map((entry) => entry.id)).toEqual(["t0", "t1", "t2"]);
    for (const n of [0, 1, 2]) {
      const task = await dataset.load(`t${n}`);
      expect(textOf(task.workspace, "big")?.endsWith(`é${n}`)).toBe(true);
    }
  });
});
