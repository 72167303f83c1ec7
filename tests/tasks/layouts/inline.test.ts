import { type InlineTask, inlineTask, TaskError } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { textOf } from "../fixtures.ts";

const TASK: InlineTask = {
  instruction: "Write 42 to answer.txt.",
  files: [
    { path: "notes/a.txt", content: "hello" },
    { path: "b.bin", base64: Buffer.from([0, 255]).toString("base64") },
    { path: "run.sh", content: "true", executable: true },
  ],
  outputs: [{ path: "answer.txt", format: "text" }],
  checks: [{ id: "answer", weight: 1 }],
  verifier: { check_py: "import clawgym_verify as cv\n" },
};
const CONTEXT = { finalMessage: null, transcript: [], diff: { added: [], changed: [], deleted: [] } };

const refused = (changes: object): TaskError => {
  try {
    inlineTask({ ...TASK, ...changes });
  } catch (cause) {
    if (cause instanceof TaskError) return cause;
    throw cause;
  }
  throw new Error("was taken");
};

describe("an inline task", () => {
  it("becomes a task like any other", () => {
    const task = inlineTask(TASK);
    expect(task).toMatchObject({
      dataset: "inline",
      version: "0",
      title: "Inline task",
      weights: { code: 1, rubric: 0 },
    });
    expect(task.id).toMatch(/^inline-[0-9a-f]{12}$/);
    expect(task.id).toBe(inlineTask(structuredClone(TASK)).id);
    expect(task.id).not.toBe(inlineTask({ ...TASK, instruction: "Write 43." }).id);
    expect(task.checks).toEqual([{ id: "answer", weight: 1, kind: "correctness", clause: "" }]);
    expect(task.workspace.map(({ path, mode }) => [path, mode])).toEqual([
      ["b.bin", 0o644],
      ["notes/a.txt", 0o644],
      ["run.sh", 0o755],
    ]);
    expect([...(task.workspace[0]?.bytes ?? [])]).toEqual([0, 255]);
    const files = task.verifier.prepare(CONTEXT).uploads[0]?.files ?? [];
    expect(textOf(files, "check.py")).toContain("clawgym_verify");
  });

  it("keeps its own id and becomes hybrid with a rubric", () => {
    const task = inlineTask({
      ...TASK,
      id: "mine",
      rubric: [{ id: "tone", weight: 1, criterion: "polite" }],
    });
    expect(task).toMatchObject({ id: "mine", verification: "hybrid", weights: { code: 0.7, rubric: 0.3 } });
  });

  it.each<[string, object, string]>([
    ["no instruction", { instruction: " " }, "instruction"],
    ["no check", { checks: [] }, "checks"],
    ["weights that do not sum to 1", { checks: [{ id: "a", weight: 0.5 }] }, "checks"],
    ["no check.py", { verifier: { files: [] } }, "verifier"],
    ["two check.py", { verifier: { check_py: "x", files: [{ path: "check.py", content: "" }] } }, "verifier"],
    ["a file with no content", { files: [{ path: "a" }] }, "files[0]"],
    ["a file with two contents", { files: [{ path: "a", content: "", base64: "" }] }, "files[0]"],
    ["bad base64", { files: [{ path: "a", base64: "*" }] }, "files[0].base64"],
    ["a way out", { files: [{ path: "../a", content: "" }] }, "files[0].path"],
    ["an absolute path", { files: [{ path: "/etc/x", content: "" }] }, "files[0].path"],
    [
      "one path twice",
      {
        files: [
          { path: "a", content: "" },
          { path: "a", content: "" },
        ],
      },
      "input_files",
    ],
    ["an unknown key", { mounts: ["/etc"] }, ""],
    ["mounts in the sandbox", { sandbox: { mounts: ["/etc"] } }, "sandbox"],
  ])("is refused with %s", (_name, changes, where) => {
    expect(refused(changes).where).toBe(where);
  });

  it.each([
    ["network", { network: { allow: ["example.org:443"] } }],
    ["image", { image: "debian" }],
    ["verifierImage", { verifierImage: "debian" }],
    ["setup", { setup: ["true"] }],
    ["writableRoot", { writableRoot: true }],
    ["resources", { resources: { cpus: 64 } }],
  ] as const)("gets %s only where that is allowed", (permission, sandbox) => {
    expect(refused({ sandbox })).toMatchObject({ where: `sandbox.${permission}` });
    expect(() => inlineTask({ ...TASK, sandbox }, { allow: [permission] })).not.toThrow();
  });

  it("is refused when it is no object", () => {
    for (const value of [null, [], "x", 5]) expect(() => inlineTask(value)).toThrow(TaskError);
  });
});
