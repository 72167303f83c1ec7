import { type CheckSpec, nativeVerifier, VerdictError } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { textOf } from "../fixtures.ts";

const CHECKS: CheckSpec[] = [
  { id: "a", weight: 0.9, kind: "correctness", clause: "" },
  { id: "b", weight: 0.1, kind: "safety", clause: "" },
];
const FILES = [
  { path: "check.py", bytes: Buffer.from("pass") },
  { path: "expected/a.json", bytes: Buffer.from("{}") },
];
const verifier = nativeVerifier({ files: FILES, checks: CHECKS, now: "2026-03-02T09:00:00Z" });
const read = (verdict: string | Uint8Array | null, exitCode: number | null = 0) =>
  verifier.read({
    exitCode,
    stdout: "",
    verdict: typeof verdict === "string" ? Buffer.from(verdict) : verdict,
  });

describe("preparing a native verifier", () => {
  const run = verifier.prepare({
    finalMessage: "Done.",
    transcript: [{ role: "user", content: "Go." }],
    diff: { added: ["x"], changed: [], deleted: [] },
  });
  const files = run.uploads[0]?.files ?? [];

  it("uploads check.py, the expected values, the library and the context", () => {
    expect(run.uploads).toHaveLength(1);
    expect(run.uploads[0]?.root).toBe("/verifier");
    const paths = files.map((file) => file.path);
    expect(paths.slice(0, 2)).toEqual(["check.py", "expected/a.json"]);
    expect(paths).toContain(".clawgym/run.py");
    expect(paths).toContain(".clawgym/clawgym_verify/__init__.py");
    expect(paths.some((path) => path.includes("local_runner") || path.includes("tests"))).toBe(false);
    expect(files.every((file) => file.mode === 0o600)).toBe(true);
    expect(JSON.parse(textOf(files, "transcript.json") ?? "")).toEqual([{ role: "user", content: "Go." }]);
    expect(JSON.parse(textOf(files, ".clawgym/context.json") ?? "")).toEqual({
      paths: {
        workspace: "/workspace",
        inputs: "/inputs",
        verifier: "/verifier",
        transcript: "/verifier/transcript.json",
      },
      diff: { added: ["x"], changed: [], deleted: [] },
      finalMessage: "Done.",
      now: "2026-03-02T09:00:00Z",
      checks: ["a", "b"],
    });
  });

  it("runs Python without the user's or the current folder's modules, with a fixed seed and zone", () => {
    expect(run.argv).toEqual(["python3", "-S", "-s", "-B", "-X", "utf8", "/verifier/.clawgym/run.py"]);
    expect(run.env).toEqual({ PYTHONHASHSEED: "0", TZ: "UTC", LC_ALL: "C.UTF-8" });
    expect(run).toMatchObject({ cwd: "/verifier", verdictChannel: "pipe" });
  });

  it("has a hash over its files and checks", () => {
    const hash = (changes: object): string =>
      nativeVerifier({ files: FILES, checks: CHECKS, ...changes }).hash;
    expect(hash({})).toMatch(/^[0-9a-f]{64}$/);
    expect(hash({})).toBe(hash({ files: [...FILES].reverse() }));
    expect(hash({ files: FILES.slice(0, 1) })).not.toBe(hash({}));
    expect(hash({ checks: CHECKS.slice(0, 1) })).not.toBe(hash({}));
  });
});

describe("reading a verdict", () => {
  it("weighs numbers and objects", () => {
    const verdict = read('{"checks": {"b": 1, "a": {"score": 0.5, "message": "half"}}}');
    expect(verdict.score).toBeCloseTo(0.5);
    expect(verdict.checks.map(({ id, score, message }) => [id, score, message])).toEqual([
      ["a", 0.5, "half"],
      ["b", 1, undefined],
    ]);
    expect(verdict.official).toBeUndefined();
  });

  it("cuts messages at 500 characters, never inside one", () => {
    const message = read(JSON.stringify({ checks: { a: { score: 0, message: "🦞".repeat(400) }, b: 0 } }))
      .checks[0]?.message;
    expect(message).toHaveLength(500);
    expect(message?.isWellFormed()).toBe(true);
  });

  it.each<[string, string | Uint8Array | null]>([
    ["nothing", null],
    ["an empty text", ""],
    ["no JSON", "checks: 1"],
    ["two documents", '{"checks": {"a": 1, "b": 1}} {}'],
    ["bad UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["a byte-order mark", '\ufeff{"checks": {"a": 1, "b": 1}}'],
    ["a list", "[]"],
    ["null", "null"],
    ["no checks", "{}"],
    ["checks that are a list", '{"checks": [1, 1]}'],
    ["more than checks", '{"checks": {"a": 1, "b": 1}, "score": 1}'],
    ["a missing check", '{"checks": {"a": 1}}'],
    ["an inherited check", '{"checks": {"a": 1, "__proto__": {"b": 1}}}'],
    ["an unknown check", '{"checks": {"a": 1, "b": 1, "c": 1}}'],
    ["a check twice", '{"checks": {"a": 0, "b": 1, "a": 1}}'],
    ["a check twice, spelt in two ways", '{"checks": {"a": 0, "b": 1, "\\u0061": 1}}'],
    ["checks twice", '{"checks": {"a": 0, "b": 0}, "checks": {"a": 1, "b": 1}}'],
    ["NaN", '{"checks": {"a": NaN, "b": 1}}'],
    ["Infinity", '{"checks": {"a": Infinity, "b": 1}}'],
    ["a number too large", '{"checks": {"a": 1e999, "b": 1}}'],
    ["more than 1", '{"checks": {"a": 1.0001, "b": 1}}'],
    ["less than 0", '{"checks": {"a": -0.1, "b": 1}}'],
    ["a text for a number", '{"checks": {"a": "1", "b": 1}}'],
    ["true", '{"checks": {"a": true, "b": 1}}'],
    ["null for a number", '{"checks": {"a": null, "b": 1}}'],
    ["an object without a score", '{"checks": {"a": {"message": "x"}, "b": 1}}'],
    ["an object with more keys", '{"checks": {"a": {"score": 1, "weight": 9}, "b": 1}}'],
    ["a message that is no text", '{"checks": {"a": {"score": 1, "message": 5}, "b": 1}}'],
    ["more than a megabyte", `{"checks": {"a": 1, "b": {"score": 1, "message": "${"x".repeat(1 << 20)}"}}}`],
  ])("refuses %s", (_name, verdict) => {
    expect(() => read(verdict)).toThrow(VerdictError);
  });

  it("refuses any verdict of a verifier that crashed", () => {
    expect(() => read('{"checks": {"a": 1, "b": 1}}', 1)).toThrow("exit code 1");
    expect(() => read('{"checks": {"a": 1, "b": 1}}', null)).toThrow("a signal");
  });
});
