import { renameSync } from "node:fs";
import { join } from "node:path";
import { openDataset } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import {
  benchDataset,
  benchTask,
  clawGymFolder,
  DATASET_YAML,
  jsonlFile,
  jsonlTask,
  scratch,
  writeFiles,
} from "../fixtures.ts";

describe("opening a dataset", () => {
  it("takes its name from the caller, its file, or its folder", async () => {
    expect((await openDataset(benchDataset())).name).toBe("demo");
    expect((await openDataset(`Mine.2=${benchDataset()}`)).name).toBe("Mine.2");
    const root = join(scratch(), "My Tasks (1)");
    benchTask(join(root, "tasks"));
    expect((await openDataset(root)).name).toBe("my-tasks-1");
    expect((await openDataset(jsonlFile([jsonlTask()], "Syn_Task.jsonl"))).name).toBe("syn_task");
  });

  it("takes a path with an equals sign for a path", async () => {
    const root = scratch();
    clawGymFolder(join(root, "a=b"));
    expect((await openDataset(join(root, "a=b"))).entries).toHaveLength(1);
  });

  it("knows JSON Lines by content too", async () => {
    expect((await openDataset(jsonlFile([jsonlTask()], "tasks.txt"))).layout).toBe("clawgym-jsonl");
  });

  it.each([
    ["nothing", "no such file or folder", (root: string) => join(root, "missing")],
    ["an empty folder", "no dataset of a known layout; looked for dataset.yaml", (root: string) => root],
    [
      "another file",
      "no dataset of a known layout",
      (root: string) => join(writeFiles(root, { "a.csv": "a,b" }), "a.csv"),
    ],
  ])("refuses %s", async (_name, message, path) => {
    await expect(openDataset(path(scratch()))).rejects.toThrow(message);
    await expect(openDataset(path(scratch()))).rejects.toMatchObject({ name: "TaskError" });
  });

  it("lists what is in a folder of several datasets", async () => {
    const root = scratch();
    renameSync(benchDataset(), join(root, "bench"));
    clawGymFolder(join(root, "published"));
    renameSync(jsonlFile([jsonlTask()]), join(root, "more.jsonl"));
    writeFiles(root, { "docs/a.md": "" });
    await expect(openDataset(root)).rejects.toThrow(
      "a folder of datasets; open one of them: bench, more.jsonl, published",
    );
  });

  it("fails as a whole only when dataset.yaml is broken", async () => {
    await expect(openDataset(benchDataset({}, `${DATASET_YAML}colour: red\n`))).rejects.toMatchObject({
      name: "TaskError",
      path: "dataset.yaml",
    });
  });

  it("never puts a host path into an error", async () => {
    const root = scratch();
    const error = await openDataset(root).catch((cause: Error) => cause);
    expect((error as Error).message).not.toContain("/tmp");
    const problems = (await openDataset(benchDataset({ "task.yaml": "schema: 2" }))).problems;
    expect(problems[0]?.message).not.toContain("/tmp");
  });
});
