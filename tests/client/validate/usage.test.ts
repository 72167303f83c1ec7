import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clawgym, scratchFolder } from "../cli.ts";
import { fakeTask } from "../library/fake-gym.ts";
import { startServer } from "../with-server.ts";
import { datasetWith } from "./bed.ts";

describe("clawgym validate", () => {
  it("needs no server for the gates that run nothing", async () => {
    const dir = await datasetWith({ "tasks/add-numbers/cases/right/padded.sh": null });
    const { code, stdout } = await clawgym(["validate", dir, "--static"]);
    expect(code).toBe(1);
    expect(stdout).toContain("cases/right: 1 scripts, at least 2 are wanted [cases]");
    expect(stdout).toContain("✗ 1 tasks, static gates only: 1 error, 0 warnings");
  });

  it("says what is wrong with the command line, and where nothing can be tried", async () => {
    const dir = await datasetWith();
    const usage = async (...argv: string[]) => {
      const { code, stderr } = await clawgym(["validate", ...argv]);
      return `${code} ${stderr}`;
    };
    expect(await usage(dir, "--tasks", "none-such")).toMatch(/^2 .*no task is named none-such/);
    expect(await usage(join(dir, "nowhere"))).toMatch(/^2 /);
    expect(await usage(dir, "--gates", "cases,magic")).toMatch(/^2 .*there is no gate magic/);
    expect(await usage(dir, "--resume", join(dir, "gone"))).toMatch(/^2 .*there is no folder/);
    await mkdir(join(dir, "run"));
    await writeFile(join(dir, "run/trials.jsonl"), "");
    expect(await usage(dir, "--out", join(dir, "run"))).toMatch(/^2 .*holds a run already/);
    const { server, gym } = await startServer();
    gym.tasks = [fakeTask("add-numbers")];
    const out = join(await scratchFolder(), "run");
    expect(await usage(dir, "--url", server.url, "--out", out)).toMatch(/^1 .*scores no workspaces/);
  });
});
