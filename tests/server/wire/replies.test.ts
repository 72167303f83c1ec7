import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { act, answer, RawClient } from "../../support/raw-client.ts";
import { demoDataset, fakeVerifier } from "../fixture.ts";
import { startServer, type TestServer } from "../start.ts";

const task = "demo/answer";
const MAX_FRAME = 65_536;
const FILES = 3_000;

/** A dataset of many tasks with long titles, the first of which has a very large workspace. */
async function bigDataset(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "clawgym-big-"));
  await writeFile(
    join(root, "dataset.yaml"),
    "name: big\nversion: 1.0.0\nlicence: CC0-1.0\ndescription: d\n",
  );
  for (let index = 0; index < 200; index++) {
    const folder = join(root, "tasks", `t${index}`);
    await mkdir(join(folder, "workspace"), { recursive: true });
    await mkdir(join(folder, "verifier"), { recursive: true });
    await writeFile(
      join(folder, "task.yaml"),
      `schema: 1
id: t${index}
version: 1.0.0
title: ${"Wörter ".repeat(20).trim()}
category: analysis-reasoning
difficulty: easy
verification: code
now: 2026-03-31T17:00:00Z
tags: [${Array.from({ length: 20 }, (_, tag) => `a-rather-long-tag-${tag}`).join(", ")}]
outputs:
  - {path: answer.txt, format: text}
checks:
  - {id: value, weight: 1, kind: correctness, clause: write answer.txt}
`,
    );
    await writeFile(join(folder, "instruction.md"), "Please write answer.txt.");
    await writeFile(join(folder, "verifier", "check.py"), "import clawgym_verify as cv\n");
    await writeFile(join(folder, "workspace", "a.txt"), "a");
  }
  const many = Array.from({ length: FILES }, (_, n) =>
    writeFile(join(root, "tasks/t0/workspace", `${"f".repeat(80)}-${n}.txt`), "x"),
  );
  await Promise.all(many);
  return root;
}

describe.each(["clawgym.v1.json", "clawgym.v1.msgpack"])("replies over %s fit a frame", (protocol) => {
  let server: TestServer;
  let client: RawClient;
  let largest = 0;

  beforeAll(async () => {
    const settings = { tasks: [await demoDataset(), await bigDataset()], "max-frame-bytes": MAX_FRAME };
    server = await startServer(settings, { fake: { commands: { python3: fakeVerifier } } });
    client = await RawClient.connect(server.url, { protocol });
    client.socket.on("message", (data: Buffer) => {
      largest = Math.max(largest, data.length);
    });
  });
  afterAll(() => server.stop());

  it("lists tasks in pages that fit, none of them twice and none left out", async () => {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.ok("tasks.list", {
        dataset: "big",
        limit: 1000,
        ...(cursor ? { cursor } : {}),
      });
      expect(page.total).toBe(200);
      ids.push(...page.tasks.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(new Set(ids).size).toBe(200);
    expect(ids).toHaveLength(200);
  });

  it("cuts a long list of a task's files and says so", async () => {
    const { task: info } = await client.ok("tasks.get", { task: "big/t0" });
    expect(info.filesTruncated).toBe(true);
    expect(info.files.length).toBeGreaterThan(10);
    expect(info.files.length).toBeLessThan(FILES);
    const { episode, task: shown } = await client.ok("reset", { task: "big/t0" });
    expect(shown.filesTruncated).toBe(true);
    const paths = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await client.ok("workspace.list", { episode, ...(cursor ? { cursor } : {}) });
      for (const { path } of page.entries) paths.add(path);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(paths.size).toBe(FILES + 1);
    await client.ok("close", { episode });
    const small = await client.ok("tasks.get", { task: "big/t1" });
    expect(small.task).not.toHaveProperty("filesTruncated");
  });

  it("cuts the observations of a step so that all of them fit, and says which", async () => {
    const { episode } = await client.ok("reset", { task });
    const line = "\\u0001".repeat(3_000);
    const big = { path: "big.txt", content: JSON.parse(`"${line}"`) as string };
    await client.ok("step", { episode, action: act("write", big) });
    const reads = Array.from({ length: 12 }, (_, n) => ({
      id: `c${n}`,
      type: "function",
      function: { name: "read", arguments: JSON.stringify({ path: n === 3 ? "notes.txt" : "big.txt" }) },
    }));
    const action = { role: "assistant", content: null, tool_calls: reads };
    const { observation, info } = await client.ok("step", { episode, action });
    expect(observation.messages).toHaveLength(12);
    expect(observation.messages[3]?.content).toContain("six times seven");
    expect(info.calls[3]?.truncated).toBe(false);
    expect(info.calls[4]?.truncated).toBe(true);
    expect(observation.messages[4]?.content).toMatch(/more characters truncated/);
  });

  it("refuses an action whose answers cannot fit before anything of it runs", async () => {
    const { episode } = await client.ok("reset", { task });
    const calls = Array.from({ length: 400 }, () => ({
      id: "c",
      function: { name: "exec", arguments: '{"command":"echo x >> ran"}' },
    }));
    const error = await client.fails("step", {
      episode,
      action: { role: "assistant", content: null, tool_calls: calls.slice(0, 300) },
    });
    expect(error).toMatchObject({ code: "INVALID_PARAMS", details: [{ path: "action.tool_calls" }] });
    const long = await client.fails("step", {
      episode,
      action: act("exec", { command: "echo x >> ran" }, "i".repeat(30_000)),
    });
    expect(long.code).toBe("INVALID_PARAMS");
    const { entries } = await client.ok("workspace.list", { episode });
    expect(entries.map(({ path }) => path)).not.toContain("ran");
    expect(await client.ok("step", { episode, action: answer() })).toMatchObject({ info: { step: 1 } });
  });

  it("gives a trace in pages, and a record that is larger than a frame with a flag", async () => {
    const { episode } = await client.ok("reset", { task, limits: { maxSteps: 20 } });
    for (let n = 0; n < 3; n++) {
      const content = "\u0002".repeat(7_000) + n;
      await client.ok("step", { episode, action: act("write", { path: "a.txt", content }) });
    }
    const types: string[] = [];
    const flagged: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.ok("trace", { episode, ...(cursor ? { cursor } : {}) });
      types.push(...page.records.map(({ type }) => type));
      flagged.push(...page.records.filter(({ truncated }) => truncated));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(types).toEqual(["reset", "step", "step", "step"]);
    if (protocol.endsWith("json")) expect(flagged).toHaveLength(3);
    await client.ok("close", { episode });
  });

  it("splits live output, and keeps it whole", async () => {
    const { episode } = await client.ok("reset", { task, stream: true });
    const content = "ä\u0003".repeat(3_000);
    await client.ok("step", { episode, action: act("write", { path: "big.txt", content }) });
    await client.ok("step", {
      episode,
      action: act("exec", { command: "cat big.txt big.txt big.txt big.txt" }),
    });
    const chunks = client.events.filter(({ method }) => method === "episode.output");
    expect(chunks.map(({ params }) => params.chunk).join("")).toContain(content.slice(0, 2_000));
    await client.ok("close", { episode });
  });

  it("answers a first observation that is too large with an error, and keeps no sandbox for it", async () => {
    const open = server.server.parts.registry.size;
    const inline = {
      instruction: "x".repeat(30_000),
      checks: [{ id: "value", weight: 1 }],
      verifier: { check_py: "pass" },
    };
    const error = await client.fails("reset", { task: { inline } });
    expect(error.code).toBe("INVALID_PARAMS");
    expect(server.server.parts.registry.size).toBe(open);
  });

  it("answers a request of a hundred thousand wrong values at once, and shortly", async () => {
    const wrong = Array.from({ length: 15_000 }, () => ({}));
    const action = { role: "assistant", tool_calls: wrong };
    const error = await client.fails("step", { episode: "ep_x", action });
    expect(error.code).toBe("INVALID_PARAMS");
    expect((error.details as unknown[]).length).toBeLessThanOrEqual(100);
    const keys = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`k${n}`, n]));
    expect((await client.fails("server.status", keys)).code).toBe("INVALID_PARAMS");
    expect((await client.fails("server.status", { ["k".repeat(60_000)]: 1 })).code).toBe("INVALID_PARAMS");
  });

  it("never sent more than the limit", () => {
    expect(largest).toBeGreaterThan(10_000);
    expect(largest).toBeLessThanOrEqual(MAX_FRAME);
  });
});
