import { join } from "node:path";
import { openDataset } from "@clawgym/tasks";
import { expect, it } from "vitest";
import { clawGymFolder, jsonlFile, jsonlTask, scratch, writeFiles } from "../fixtures.ts";

const COUNT = 2200;
const FILLER = "a,b\n".repeat(2500);

it("opens 2,200 published folders without reading their files", async () => {
  const root = scratch();
  for (let n = 0; n < COUNT; n++) {
    const entry = { task_id: `task_${n}`, user_query: `Do number ${n}.`, metadata: {} };
    writeFiles(join(root, `task_${n}`), {
      "data_entry.json": JSON.stringify(entry),
      "reward/reward.sh": "echo 1\n",
    });
  }
  // A body that cannot be loaded shows that opening does not look at bodies.
  clawGymFolder(root, "task_7", { "input_files/a": FILLER }, { input_mount_dir: "../out" });
  const started = performance.now();
  const dataset = await openDataset(root);
  const elapsedMs = performance.now() - started;
  expect(dataset.entries).toHaveLength(COUNT);
  expect(dataset.problems).toEqual([]);
  await expect(dataset.load("task_7")).rejects.toThrow("input_mount_dir");
  expect(elapsedMs, "a second is the aim; the bound leaves room for a busy machine").toBeLessThan(5000);
});

it("opens 2,200 lines of 20 kB and keeps none of their files", async () => {
  const path = jsonlFile(
    Array.from({ length: COUNT }, (_, n) =>
      jsonlTask({
        origin_template: `---\nid: t-${n}\n---\n`,
        input_files: [
          { file_path: "reward/test.py", content: FILLER },
          { file_path: "a.csv", content: FILLER },
        ],
      }),
    ),
  );
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  const dataset = await openDataset(path);
  const elapsedMs = performance.now() - started;
  expect(dataset.entries).toHaveLength(COUNT);
  expect((await dataset.load("t-2199")).workspace).toHaveLength(1);
  expect(elapsedMs).toBeLessThan(5000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(120e6);
});
