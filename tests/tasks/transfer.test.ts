import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import {
  EXPORT_KINDS,
  exportDataset,
  IMPORT_KINDS,
  importDataset,
  openDataset,
  TaskError,
} from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { benchDataset, clawGymFolder, jsonlFile, jsonlTask, scratch, writeFiles } from "./fixtures.ts";
import { harborTask, pinchBenchFolder, pinchBenchText } from "./layouts/import-fixtures.ts";

const failure = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => new Error("nothing was thrown"),
    (cause: unknown) => cause,
  );
  return error instanceof TaskError ? error.message : `no TaskError: ${String(error)}`;
};

describe("an import", () => {
  it("copies what can run, names the rest by file and reason, and leaves nothing else behind", async () => {
    const root = scratch();
    harborTask(root, "sound");
    harborTask(root, "compose", { "environment/docker-compose.yaml": "services: {}\n" });
    symlinkSync("/etc/passwd", join(harborTask(root, "linked"), "environment/greetings/passwd"));
    const place = scratch();
    const seen: [number, number][] = [];
    const onTask = (done: number, total: number) => seen.push([done, total]);
    const report = await importDataset("harbor", root, join(place, "out"), { onTask });
    expect(report).toMatchObject({
      layout: "harbor",
      out: join(place, "out"),
      taken: [{ id: "sound", verification: "code", files: 6 }],
      refused: [
        {
          path: "compose/environment/docker-compose.yaml",
          reason: "several containers (compose) are not supported",
        },
        {
          path: "linked/environment/greetings/passwd",
          reason: "a symbolic link where only files and folders may be",
        },
      ],
    });
    expect(seen.at(-1)).toEqual([2, 2]);
    expect(readdirSync(place)).toEqual(["out"]);
    expect(readdirSync(join(place, "out"))).toEqual(["sound"]);
    expect((await openDataset(join(place, "out"))).entries.map(({ id }) => id)).toEqual(["sound"]);
  });

  it("gives PinchBench its assets and a manifest, JSON Lines their ids", async () => {
    const place = scratch();
    const texts = { z: pinchBenchText({ id: "first" }), a: pinchBenchText({ id: "second" }) };
    const pinch = pinchBenchFolder(texts, {
      "manifest.yaml": "categories: {office: [z], other: [a]}\n",
      "assets/unused": "x",
    });
    await importDataset("auto", pinch, join(place, "pinch"));
    const again = await openDataset(join(place, "pinch"));
    expect(again.entries.map(({ id, category }) => [id, category])).toEqual([
      ["first", "office"],
      ["second", "other"],
    ]);
    expect((await again.load("second")).workspace).toHaveLength(2);
    expect(existsSync(join(place, "pinch/assets/unused"))).toBe(false);
    const lines = jsonlFile([jsonlTask({ origin_template: null }), "{", jsonlTask({ hook_code: "" })]);
    const report = await importDataset("clawgym-jsonl", lines, join(place, "lines.jsonl"));
    expect(report.refused.map(({ where }) => where)).toEqual(["line 2", "line 3"]);
    const kept = readFileSync(join(place, "lines.jsonl"), "utf8").trimEnd().split("\n");
    expect(kept.map((line) => JSON.parse(line).task_id)).toEqual(["line-1"]);
  });

  it("writes nothing when nothing can be taken, and never over anything", async () => {
    const root = scratch();
    harborTask(root, "compose", { "environment/docker-compose.yaml": "services: {}\n" });
    const place = scratch();
    expect(await importDataset("harbor", root, join(place, "out"))).toMatchObject({ out: null, taken: [] });
    expect(readdirSync(place)).toEqual([]);
    mkdirSync(join(place, "out"));
    expect(await failure(importDataset("harbor", root, join(place, "out")))).toContain("is there already");
  });

  it("is of the kind that was asked for", async () => {
    const root = scratch();
    clawGymFolder(root);
    const out = join(scratch(), "out");
    expect(await failure(importDataset("pinchbench", root, out))).toContain(
      "the kind clawgym-folder, not pinchbench",
    );
    expect(await failure(importDataset("auto", benchDataset(), out))).toContain("need no import");
  });

  it("leaves nothing when it is interrupted", async () => {
    const root = scratch();
    for (const name of ["a", "b", "c"]) harborTask(root, name);
    const place = scratch();
    const stop = new AbortController();
    const options = { signal: stop.signal, onTask: () => stop.abort(new Error("stopped")) };
    await expect(importDataset("harbor", root, join(place, "out"), options)).rejects.toThrow("stopped");
    expect(readdirSync(place)).toEqual([]);
  });

  it("refuses names that are one on other machines, without touching the first", async () => {
    const root = scratch();
    harborTask(root, "Hello");
    harborTask(root, "hello");
    harborTask(root, "twice", { "environment/greetings/OLD.txt": "x" });
    const out = join(scratch(), "out");
    const { taken, refused } = await importDataset("harbor", root, out);
    expect(taken.map(({ id }) => id)).toEqual(["Hello"]);
    expect(refused.map(({ where, reason }) => `${where}: ${reason}`)).toEqual([
      "hello: differs from Hello in case alone",
      "twice/environment/greetings/old.txt: differs from twice/environment/greetings/OLD.txt in case alone",
    ]);
    expect(readdirSync(out)).toEqual(["Hello"]);
  });

  it("refuses a special file and what is too large, and goes on", async () => {
    const root = scratch();
    harborTask(root, "sound");
    const large = harborTask(root, "large");
    writeFiles(large, { "environment/greetings/huge.bin": "" });
    truncateSync(join(large, "environment/greetings/huge.bin"), 200 * 1_048_576);
    spawnSync("mkfifo", [join(harborTask(root, "piped"), "tests/pipe")]);
    const { taken, refused } = await importDataset("harbor", root, join(scratch(), "out"));
    expect(taken.map(({ id }) => id)).toEqual(["sound"]);
    expect(refused.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      "large/environment: more than 134217728 bytes",
      "piped/tests/pipe: a special file where only files and folders may be",
    ]);
  });
});

describe("an export", () => {
  it("takes the tasks that were named, and is gone when the disk is full", async () => {
    const dataset = await openDataset(benchDataset());
    const place = scratch();
    expect((await exportDataset(dataset, "harbor", join(place, "none"), { ids: [] })).taken).toEqual([]);
    const out = join(writeFiles(place, { "a-file": "x" }), "a-file/out");
    await expect(exportDataset(dataset, "harbor", out)).rejects.toThrow(/ENOTDIR|EEXIST/);
    expect(readdirSync(place)).toEqual(["a-file"]);
  });

  it("knows every kind", () => {
    expect(EXPORT_KINDS).toEqual(["harbor", "clawgym-folder", "clawgym-jsonl"]);
    expect(IMPORT_KINDS).toEqual(["auto", "pinchbench", ...EXPORT_KINDS]);
  });
});
