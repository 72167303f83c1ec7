import { appendFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Journal } from "../../client-ts/src/cli/bench/journal.ts";
import { workLeft } from "../../client-ts/src/cli/bench/run.ts";
import { scratchFolder } from "./cli.ts";
import { fakeTask } from "./library/fake-gym.ts";
import { fakeRecord } from "./results/records.ts";

async function fileWith(...ids: string[]): Promise<string> {
  const path = join(await scratchFolder(), "episodes.jsonl");
  const journal = await Journal.open(path);
  for (const id of ids) await journal.append(fakeRecord(id, 1));
  await journal.close();
  return path;
}

describe("the journal of episodes", () => {
  it("gives back what was added, also when much is added at once", async () => {
    const path = join(await scratchFolder(), "episodes.jsonl");
    const journal = await Journal.open(path);
    const records = Array.from({ length: 50 }, (_, index) => fakeRecord(`t${index}`, index / 50));
    await Promise.all(records.map((record) => journal.append(record)));
    await journal.close();
    const again = await Journal.open(path);
    expect(again.records).toEqual(records);
    await again.close();
  });

  it("drops the line that a crash tore, wherever it was torn, and goes on", async () => {
    const whole = await readFile(await fileWith("a", "b"), "utf8");
    const firstLine = whole.indexOf("\n") + 1;
    for (const length of [firstLine + 1, Math.floor((firstLine + whole.length) / 2), whole.length - 1]) {
      const path = await fileWith("a", "b");
      await truncate(path, Buffer.byteLength(whole.slice(0, length)));
      const journal = await Journal.open(path);
      expect(journal.records.map((record) => record.task.id)).toEqual(["fake/a"]);
      await journal.append(fakeRecord("c", 0));
      await journal.close();
      const again = await Journal.open(path);
      expect(again.records.map((record) => record.task.id)).toEqual(["fake/a", "fake/c"]);
      await again.close();
    }
  });

  it("refuses a file whose other lines cannot be read, and says which", async () => {
    const path = await fileWith("a");
    await appendFile(path, '{"schema": "something else"}\n');
    await appendFile(path, `${JSON.stringify(fakeRecord("b", 1))}\n`);
    await expect(Journal.open(path)).rejects.toThrow(/line 2/);
  });

  it("keeps the latest record of an episode", async () => {
    const path = await fileWith();
    await writeFile(path, "");
    const journal = await Journal.open(path);
    await journal.append(fakeRecord("a", null));
    await journal.append(fakeRecord("a", 0.5));
    expect(journal.records.map((record) => record.reward)).toEqual([0.5]);
    await journal.close();
  });
});

describe("what is left of a run", () => {
  it("is what has no record, or one without a reward, sample by sample", () => {
    const tasks = [fakeTask("a"), fakeTask("b")];
    const records = [fakeRecord("a", 0), fakeRecord("b", null), fakeRecord("b", 1, { sample: 1 })];
    const left = workLeft(tasks, 3, records).map(({ task, sample }) => `${task.id} ${sample}`);
    expect(left).toEqual(["fake/b 0", "fake/a 1", "fake/a 2", "fake/b 2"]);
  });
});
