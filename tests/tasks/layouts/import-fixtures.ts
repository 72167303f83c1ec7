import { join } from "node:path";
import { type Files, scratch, writeFiles } from "../fixtures.ts";

const GRADER = `def grade(transcript: list, workspace_path: str) -> dict:
    from pathlib import Path
    print("looking")
    answer = Path(workspace_path) / "total.txt"
    calls = [item for line in transcript for item in line["message"]["content"] if item["type"] == "toolCall"]
    return {
        "written": 1.0 if answer.exists() else 0.0,
        "right": 1.0 if answer.exists() and answer.read_text().strip() == "42" else 0.0,
        "looked": 1.0 if any("ls" in str(c["params"]) and c["params"] == c["arguments"] for c in calls) else 0.0,
        "note": "not a number",
    }`;

const RUBRIC = `### Criterion 1: Right sum (Weight: 75%)

**Score 1.0**: \`total.txt\` holds the sum.

### Criterion 2: Tone (Weight: 25%)

**Score 1.0**: Polite.`;

/** A PinchBench task's file; `changes` are lines of front matter or whole sections by title. */
export function pinchBenchText(
  front: Readonly<Record<string, string>> = {},
  sections: Readonly<Record<string, string | null>> = {},
): string {
  const head = {
    id: "task_sum",
    name: "Sum the numbers",
    category: "office",
    grading_type: "automated",
    timeout_seconds: "90",
    workspace_files:
      "\n  - path: numbers.txt\n    content: |\n      40\n      2\n  - source: data/more.bin\n    dest: in/more.bin",
    ...front,
  };
  const body = {
    Prompt: "Add up the numbers of `numbers.txt` and write the sum into `total.txt`.",
    "Expected Behavior": "The sum is 42.",
    "Grading Criteria": "- [ ] total.txt is there\n- [ ] The sum is right",
    "Automated Checks": `\`\`\`python\n${GRADER}\n\`\`\``,
    "LLM Judge Rubric": null,
    ...sections,
  };
  const lines = Object.entries(head).map(([key, value]) => `${key}: ${value}`);
  const parts = Object.entries(body).flatMap(([title, text]) =>
    text === null ? [] : [`## ${title}\n\n${text}\n`],
  );
  return `---\n${lines.join("\n")}\n---\n\n# A title\n\n${parts.join("\n---\n\n")}`;
}

export const HYBRID = { grading_type: "hybrid", grading_weights: "{automated: 0.6, llm_judge: 0.4}" };
export const JUDGED = { "LLM Judge Rubric": RUBRIC };

/** A PinchBench folder of tasks by name, with one asset. Returns its path. */
export function pinchBenchFolder(tasks: Readonly<Record<string, string>>, more: Files = {}): string {
  const files = Object.entries(tasks).map(([name, text]) => [`tasks/${name}.md`, text] as const);
  const asset = Buffer.from([0, 255, 1, 128]);
  return writeFiles(scratch(), { ...Object.fromEntries(files), "assets/data/more.bin": asset, ...more });
}

const TEST_SH = `#!/bin/bash
echo 'anything at all'
cd /app || exit 1
if [ "$(cat greeting.txt 2>/dev/null)" = "hello world" ]; then echo 1 > /logs/verifier/reward.txt
else echo 0 > /logs/verifier/reward.txt; fi
exit 1
`;

const TASK_TOML = `version = "1.0"

[metadata]
author_name = "Ada"
difficulty = "easy"
category = "greetings"
tags = ["short"]

[verifier]
timeout_sec = 60.0

[agent]
timeout_sec = 120.0

[environment]
build_timeout_sec = 600.0
cpus = 1
memory_mb = 2048
storage_mb = 10240
`;

/** A Harbor task in \`root/name\`; \`files\` overrides or, with null, removes. Returns its folder. */
export function harborTask(root: string, name = "hello-world", files: Files = {}): string {
  return writeFiles(join(root, name), {
    "task.toml": TASK_TOML,
    "instruction.md": "Write `hello world` into /app/greeting.txt, as in greetings/.\n",
    "environment/Dockerfile":
      "# A comment\nFROM python:3.13-slim\nWORKDIR /app\nCOPY greetings/ /app/greetings/\n",
    "environment/greetings/old.txt": "good day\n",
    "tests/test.sh": TEST_SH,
    "solution/solve.sh": "#!/bin/bash\necho 'hello world' > greeting.txt\n",
    ...files,
  });
}
