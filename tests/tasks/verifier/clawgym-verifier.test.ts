import { clawGymVerifier, VerdictError } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { sessionLines } from "../../../tasks/src/verifier/session-lines.ts";

const payload = { task_id: "t", user_query: "q", metadata: {} };
const verifier = (kind: "folder" | "jsonl") => clawGymVerifier({ kind, files: [], argv: ["x"], payload });
const output = (stdout: string, exitCode: number | null = 0) => ({ exitCode, stdout, verdict: null });

describe("the reward of a published folder", () => {
  const { read, official } = verifier("folder");

  it.each([
    ["0.75\n", 0.75],
    ["log\n1\n\n  \n", 1],
    ["1e-1\r\n", 0.1],
    ["1_0e-1", 1],
    [".5", 0.5],
  ])("is the last line that is not blank: %j", (stdout, score) => {
    expect(read(output(stdout))).toEqual({
      score,
      checks: [{ id: "reward", score, weight: 1, kind: "correctness" }],
      official: score,
    });
  });

  it("is clamped, and the published number kept beside it", () => {
    expect(read(output("1.5"))).toMatchObject({ score: 1, official: 1.5, checks: [{ score: 1 }] });
    expect(read(output("-3"))).toMatchObject({ score: 0, official: -3 });
  });

  it.each([
    ["no output", "", 0],
    ["blank output", " \n\n", 0],
    ["a word", "0.5\nok", 0],
    ["NaN", "nan", 0],
    ["infinity", "-inf", 0],
    ["two numbers", "0.5 0.5", 0],
    ["JSON", '{"a": 1}', 0],
  ])("is none for %s, where the published runner counts %s", (_name, stdout, published) => {
    expect(() => read(output(stdout))).toThrow(VerdictError);
    expect(official?.(output(stdout))).toBe(published);
  });

  it("is none after a crash, which the published runner counts as 0", () => {
    for (const exitCode of [1, null]) {
      expect(() => read(output("1.0", exitCode))).toThrow(VerdictError);
      expect(official?.(output("1.0", exitCode))).toBe(0);
    }
  });

  it("is explained by sub-scores whose mean it is", () => {
    const { checks, score } = read(
      output('noise {\n{"x": 5}\n{\n  "exists": 1.0,\n  "right": 0.0\n}\n0.5\n'),
    );
    expect(score).toBe(0.5);
    expect(checks).toEqual([
      { id: "exists", score: 1, weight: 0.5, kind: "correctness" },
      { id: "right", score: 0, weight: 0.5, kind: "correctness" },
    ]);
  });

  it("is not explained by an object with another mean, or with other values", () => {
    for (const text of [
      '{"a": 1}\n0.5',
      '{"a": "x"}\n0.5',
      '{"a": {"b": 0.5}}\n0.5',
      "{}\n0.5",
      '{"a": 0.5\n0.5',
    ]) {
      expect(read(output(text)).checks.map((check) => check.id)).toEqual(["reward"]);
    }
  });

  it("takes numbers as Python's float() does", () => {
    expect(read(output('{"a": "1.0", "b": true, "c": 0, "d": 0}\n0.5')).checks).toHaveLength(4);
  });
});

describe("the reward of a published line", () => {
  const { read, official } = verifier("jsonl");

  it("is the mean of the sub-scores, or a number", () => {
    expect(read(output('{"a": 1.0, "b": 0.5}\n'))).toMatchObject({
      score: 0.75,
      official: 0.75,
      checks: [{ id: "a" }, { id: "b" }],
    });
    expect(read(output(" 0.25 \n"))).toMatchObject({ score: 0.25, official: 0.25 });
  });

  it("is found after other output too, where the published wrapper counts 0", () => {
    expect(read(output('checking\n{"a": 1.0, "b": 0.5}\n'))).toMatchObject({ score: 0.75, official: 0 });
    expect(read(output("checking\n0.5"))).toMatchObject({ score: 0.5, official: 0 });
  });

  it.each([["{}"], ['"1"'], ["null"], ["[1]"], ["nan"], ['{"a": null}'], [""]])(
    "is none for %s",
    (stdout) => {
      expect(() => read(output(stdout))).toThrow(VerdictError);
      expect(official?.(output(stdout))).toBe(0);
    },
  );
});

describe("session lines", () => {
  it("carry tool calls with both names for their arguments, and outcomes", () => {
    const call = { id: "c1", type: "function", function: { name: "exec", arguments: '{"command": "ls"}' } };
    const lines = sessionLines([
      { role: "system", content: "You are…" },
      { role: "user", content: "Go." },
      { role: "assistant", content: null, reasoning_content: "hm", tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "a.txt" },
      { role: "assistant", content: "Done." },
    ]);
    const args = { command: "ls" };
    expect(lines.map((line) => line.message)).toEqual([
      { role: "user", content: [{ type: "text", text: "Go." }] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm" },
          { type: "toolCall", id: "c1", name: "exec", arguments: args, params: args },
        ],
      },
      {
        role: "toolResult",
        toolCallId: "c1",
        toolName: "exec",
        content: [{ type: "text", text: "a.txt" }],
        isError: false,
      },
      { role: "assistant", content: [{ type: "text", text: "Done." }] },
    ]);
  });
});
