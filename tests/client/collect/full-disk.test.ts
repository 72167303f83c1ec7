import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { answer } from "../../support/raw-client.ts";
import { ScriptedModel } from "../../support/scripted-model.ts";
import { clawgym, scratchFolder } from "../cli.ts";
import { fakeTask } from "../library/fake-gym.ts";
import { startServer } from "../with-server.ts";
import { collectedIn, keysOf } from "./collected.ts";

let model: ScriptedModel | undefined;
afterEach(() => model?.close());

async function startRun(tasks: number) {
  const { server, gym } = await startServer();
  gym.tasks = Array.from({ length: tasks }, (_, index) => fakeTask(`t${index}`));
  model = await ScriptedModel.start([{ message: answer("Done.".repeat(300)) }]);
  const dir = join(await scratchFolder(), "run");
  return { dir, argv: ["collect", "--url", server.url, "-c", "2"], teacher: `a=${model.baseUrl}` };
}

describe("clawgym collect on a disk without room", () => {
  it("says which file it could not write, keeps what was whole, and goes on once there is room", async () => {
    const { dir, argv, teacher } = await startRun(10);
    const full = await clawgym([...argv, "--out", dir, "--teacher", teacher], { maxFileKib: 12 });
    expect(full.stderr).toContain("trajectories.jsonl cannot be written: EFBIG");
    expect(full.code).toBe(1);
    const kept = keysOf(await collectedIn(dir));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(10);
    expect((await clawgym([...argv, "--resume", dir])).code).toBe(0);
    const all = keysOf(await collectedIn(dir));
    expect(new Set(all).size).toBe(10);
    expect(all).toHaveLength(10);
    expect(all).toEqual(expect.arrayContaining(kept));
  });

  it("shows its summary where it cannot be written, and does not call that fine", async () => {
    const { dir, argv, teacher } = await startRun(1);
    await clawgym([...argv, "--out", dir, "--teacher", teacher]);
    const path = join(dir, "summary.json");
    await rm(path);
    await mkdir(path);
    const { code, stdout, stderr } = await clawgym([...argv, "--resume", dir]);
    expect(stderr).toContain(`${path} cannot be written: `);
    expect(stdout).toContain("1/1");
    expect(code).toBe(1);
  });
});
