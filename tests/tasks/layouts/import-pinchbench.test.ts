import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openDataset, type Task, TaskError } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import type { RubricJudge } from "../../../server/src/verify/rubric.ts";
import { textOf, writeFiles } from "../fixtures.ts";
import { realSandboxes, scoreAfter } from "../verifier/real-score.ts";
import { HYBRID, JUDGED, pinchBenchFolder, pinchBenchText } from "./import-fixtures.ts";

const load = async (front = {}, sections = {}): Promise<Task> => {
  const dataset = await openDataset(pinchBenchFolder({ task_sum: pinchBenchText(front, sections) }));
  if (dataset.problems[0]) throw dataset.problems[0];
  return dataset.load("task_sum");
};

const refusal = async (front = {}, sections = {}): Promise<TaskError> => {
  const error = await load(front, sections).catch((cause: unknown) => cause);
  if (!(error instanceof TaskError)) throw new Error(`not refused: ${String(error)}`);
  return error;
};

const CALL = {
  role: "assistant",
  content: null,
  tool_calls: [{ id: "1", type: "function", function: { name: "exec", arguments: '{"command":"ls"}' } }],
};

describe("a folder of PinchBench tasks", () => {
  it("is read: message, files, limits and what judges it", async () => {
    const task = await load();
    expect(task).toMatchObject({
      id: "task_sum",
      title: "Sum the numbers",
      category: "office",
      layout: "pinchbench",
      verification: "code",
      instruction: "Add up the numbers of `numbers.txt` and write the sum into `total.txt`.",
      limits: { episodeTimeoutMs: 90_000 },
      weights: { code: 1, rubric: 0 },
      rubric: [],
    });
    expect(task.workspace.map(({ path }) => path)).toEqual(["in/more.bin", "numbers.txt"]);
    expect(textOf(task.workspace, "numbers.txt")).toBe("40\n2\n");
    expect(task.workspace[0]?.bytes).toEqual(Buffer.from([0, 255, 1, 128]));
  });

  it("gives hybrid tasks a rubric with the weights of its headings", async () => {
    const { rubric, weights, verification } = await load(HYBRID, JUDGED);
    expect({ weights, verification }).toEqual({
      weights: { code: 0.6, rubric: 0.4 },
      verification: "hybrid",
    });
    expect(rubric.map(({ weight, target }) => [weight, target])).toEqual([
      [0.75, "total.txt"],
      [0.25, "total.txt"],
    ]);
    expect(rubric[0]?.criterion).toContain("Criterion 1: Right sum");
    expect(rubric[0]?.criterion).toContain("The sum is 42.");
    expect(rubric[0]?.criterion).not.toContain("75%");
  });

  it("judges by the grading criteria where there is no rubric, and halves the weights where none are given", async () => {
    const { rubric, weights } = await load({ grading_type: "hybrid" });
    expect(weights).toEqual({ code: 0.5, rubric: 0.5 });
    expect(rubric.map(({ weight }) => weight)).toEqual([0.5, 0.5]);
    expect(rubric[1]?.criterion).toBe("The sum is right");
  });

  it.each([
    ["a list", "- task_b\n- task_sum\n", ["task_b", "task_sum"], ["office", "office"]],
    ["a list under tasks", "tasks: [task_sum]\n", ["task_sum"], ["office"]],
    [
      "categories",
      "run_first: [task_b]\ncategories:\n  sums: [task_sum]\n  other: [task_b]\n",
      ["task_sum", "task_b"],
      ["sums", "other"],
    ],
    [
      "a list of categories",
      "categories:\n  - {name: x, tasks: [task_b, task_sum]}\n",
      ["task_b", "task_sum"],
      ["x", "x"],
    ],
  ])("takes order and category from a manifest: %s", async (_what, manifest, ids, categories) => {
    const texts = { task_sum: pinchBenchText(), task_b: pinchBenchText({ id: "task_b" }) };
    const { entries, problems } = await openDataset(
      pinchBenchFolder(texts, { "tasks/manifest.yaml": manifest }),
    );
    expect(entries.map(({ id }) => id)).toEqual(ids);
    expect(entries.map(({ category }) => category)).toEqual(categories);
    expect(problems.map(({ path, reason }) => [path, reason])).toEqual(
      ids.length === 2 ? [] : [["tasks/task_b.md", "not in tasks/manifest.yaml"]],
    );
  });

  it("leaves out what it cannot take, by file and reason, and keeps the others", async () => {
    const texts = {
      a: pinchBenchText({ id: "task_a", multi_session: "true" }),
      b: pinchBenchText({ id: "task_b" }, { "Automated Checks": "none" }),
      c: pinchBenchText({ id: "task_sum" }),
      d: pinchBenchText({ id: "task_sum" }),
      e: pinchBenchText({ id: "task_e", workspace_files: "[{path: ../x, content: y}]" }),
    };
    const { entries, problems } = await openDataset(pinchBenchFolder(texts));
    expect(entries.map(({ id }) => id)).toEqual(["task_sum"]);
    expect(problems.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      "tasks/a.md: a task of several sessions is not supported",
      "tasks/b.md: no block of Python with grade(transcript, workspace_path)",
      'tasks/e.md: a path that leads out of its folder: "../x"',
      "tasks/d.md: another task is called task_sum already",
    ]);
  });

  it("refuses absolute paths, missing assets, ways out, links and bombs of aliases", async () => {
    expect((await refusal({ workspace_files: "[{path: /etc/x, content: y}]" })).reason).toContain("absolute");
    expect((await refusal({ workspace_files: "[{source: nowhere, dest: y}]" })).reason).toContain(
      "no file nowhere",
    );
    expect((await refusal({ workspace_files: "[{source: ../../etc/passwd, dest: y}]" })).reason).toContain(
      "leads out",
    );
    const bomb = `${Array.from(
      { length: 12 },
      (_, at) =>
        `\nk${at}: &a${at} [${
          at === 0
            ? "x"
            : Array(9)
                .fill(`*a${at - 1}`)
                .join(",")
        }]`,
    ).join("")}`;
    expect((await refusal({ name: `x${bomb}` })).reason).toContain("alias");
    const root = pinchBenchFolder({ task_sum: pinchBenchText() });
    mkdirSync(join(root, "elsewhere"));
    writeFiles(root, {
      "elsewhere/secret.bin": "s",
      "tasks/task_link.md": pinchBenchText({
        id: "l",
        workspace_files: "[{source: link/secret.bin, dest: y}]",
      }),
    });
    symlinkSync(join(root, "elsewhere"), join(root, "assets/link"));
    await expect((await openDataset(root)).load("l")).rejects.toThrow("leads over a link");
  });

  it("is told from other folders of Markdown, and one file of it can be opened alone", async () => {
    const root = pinchBenchFolder({ task_sum: pinchBenchText() });
    const alone = await openDataset(join(root, "tasks/task_sum.md"));
    expect((await alone.load("task_sum")).workspace).toHaveLength(2);
    await expect(
      openDataset(writeFiles(pinchBenchFolder({}), { "notes.md": "---\ntitle: x\n---\n" })),
    ).rejects.toThrow("no dataset of a known layout");
  });
});

describe("a PinchBench grader in a real sandbox", () => {
  it("scores the mean of its dict, with the transcript as OpenClaw writes it", async (ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const task = await load();
    const full = await scoreAfter(real, task, "echo 42 > total.txt", { transcript: [CALL] });
    expect(full.code).toMatchObject({ score: 1, official: 1, verdictChannel: "stdout" });
    expect(full.code?.checks.map(({ id, score }) => [id, score])).toEqual([
      ["written", 1],
      ["right", 1],
      ["looked", 1],
    ]);
    const half = await scoreAfter(real, task, "echo 41 > total.txt");
    expect(half.reward).toBeCloseTo(1 / 3);
    expect((await scoreAfter(real, task, "true")).reward).toBe(0);
  });

  it("imports nothing that the agent left, and is no zero when it crashes", async (ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const planted =
      "for name in pathlib json sitecustomize; do echo 'raise SystemExit(0)' > $name.py; done; echo 42 > total.txt";
    expect((await scoreAfter(real, await load(), planted)).reward).toBeCloseTo(2 / 3);
    const broken = await load(
      {},
      { "Automated Checks": "```python\ndef grade(t, w):\n    return 1 / 0\n```" },
    );
    const result = await scoreAfter(real, broken, "true");
    expect(result).toMatchObject({ reward: null, failure: { class: "task", code: "VERIFIER_FAILED" } });
  });

  it("gives a task that only a judge scores no reward without one", async (ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const task = await load({ grading_type: "llm_judge" }, JUDGED);
    expect(task.weights).toEqual({ code: 0, rubric: 1 });
    const result = await scoreAfter(real, task, "echo 42 > total.txt", { rubric: "auto" });
    expect(result).toMatchObject({ reward: null, trainable: false, failure: { code: "JUDGE_UNAVAILABLE" } });
  });

  it("is scored with the judge's criteria by their weights, alone or beside the code", async (ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const seen: string[] = [];
    const judge: RubricJudge = {
      model: "scripted",
      judge: async ({ criteria, files }) => {
        seen.push(
          ...files.map((file) => `${file.path}: ${file.kind === "text" ? file.text.trim() : file.kind}`),
        );
        return {
          criteria: criteria.map(({ id }) => ({
            id,
            score: id === "criterion-1" ? 1 : 0,
            reason: "as found",
          })),
        };
      },
    };
    const judged = await load({ grading_type: "llm_judge" }, JUDGED);
    const alone = await scoreAfter(real, judged, "echo 42 > total.txt", { rubric: "auto", judge });
    expect(alone).toMatchObject({ reward: 0.75, weights: { code: 0, rubric: 1 } });
    expect(seen).toEqual(["total.txt: 42"]);
    const hybrid = await scoreAfter(real, await load(HYBRID, JUDGED), "echo 42 > total.txt", {
      rubric: "auto",
      judge,
    });
    expect(hybrid.reward).toBeCloseTo(0.6 * (2 / 3) + 0.4 * 0.75);
  });
});
