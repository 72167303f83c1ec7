import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { exportDataset, openDataset } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { benchDataset, type Files, scratch, textOf } from "../fixtures.ts";
import { hasBubblewrap } from "../verifier/verifier-sandbox.ts";

/** A small task as a Harbor folder. */
async function exported(files: Files = {}): Promise<string> {
  const out = join(scratch(), "harbor");
  const report = await exportDataset(await openDataset(benchDataset(files)), "harbor", out);
  expect(report.refused).toEqual([]);
  return join(out, "sum-sales");
}

/** What Harbor does: the build context in place, a script of the agent's, `tests/` to `/tests`, `/tests/test.sh`. */
function playAsHarbor(task: string, script: string): { logs: string; status: number | null; said: string } {
  const root = scratch();
  for (const name of ["logs", "logs/verifier"]) mkdirSync(join(root, name));
  cpSync(join(task, "environment/workspace"), join(root, "workspace"), { recursive: true });
  cpSync(join(task, "tests"), join(root, "tests"), { recursive: true });
  const base = [
    "--unshare-all",
    "--die-with-parent",
    "--ro-bind",
    "/usr",
    "/usr",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
  ];
  const links = ["lib", "lib64", "bin"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]);
  const binds = ["workspace", "tests", "logs"].flatMap((name) => ["--bind", join(root, name), `/${name}`]);
  const inside = (...command: string[]) =>
    spawnSync(
      "bwrap",
      [...base, ...links, "--tmpfs", "/tmp", ...binds, "--chdir", "/workspace", ...command],
      {
        env: { PATH: "/usr/bin:/bin" },
        encoding: "utf8",
      },
    );
  expect(inside("bash", "-c", script).stderr).toBe("");
  const { status, stdout, stderr } = inside("/tests/test.sh");
  return { logs: join(root, "logs/verifier"), status, said: stdout + stderr };
}

const rewardOf = (logs: string): number => Number(readFileSync(join(logs, "reward.txt"), "utf8"));

describe("a task exported to Harbor", () => {
  it("has the parts that Harbor wants, and nothing of the verifier where the agent sees it", async () => {
    const task = await exported();
    expect(readFileSync(join(task, "instruction.md"), "utf8")).toContain("Please sum `data/sales.csv`");
    expect(readFileSync(join(task, "environment/Dockerfile"), "utf8")).toMatch(
      /^#.*\nFROM python:3\.11-bookworm\nWORKDIR \/workspace\nCOPY workspace\/ \/workspace\/\n$/,
    );
    expect(readFileSync(join(task, "task.toml"), "utf8")).toContain('now = "2026-03-02T09:00:00Z"');
    expect(statSync(join(task, "tests/test.sh")).mode & 0o111).toBe(0o111);
    expect(statSync(join(task, "environment/workspace/data/sales.csv")).mtimeMs).toBe(
      Date.parse("2026-03-02T09:00:00Z"),
    );
    expect(existsSync(join(task, "environment/workspace/verifier"))).toBe(false);
    expect(existsSync(join(task, "../README.md"))).toBe(true);
  });

  it.skipIf(!hasBubblewrap)("is judged by plain bash and Python, as Harbor starts its tests", async () => {
    const task = await exported();
    const solve = readFileSync(join(task, "solution/solve.sh"), "utf8");
    const right = playAsHarbor(task, solve);
    expect(right.status, right.said).toBe(0);
    expect(rewardOf(right.logs)).toBe(1);
    expect(JSON.parse(readFileSync(join(right.logs, "reward.json"), "utf8"))).toEqual({ reward: 1 });
    expect(JSON.parse(readFileSync(join(right.logs, "checks.json"), "utf8")).checks).toEqual({
      totals: 1,
      columns: 1,
      "sales-kept": 1,
    });
    expect(rewardOf(playAsHarbor(task, "true").logs)).toBe(0);
    // Half of the totals (0.4), the columns (0.1), and half of what leaving the sales alone gives (0.05).
    expect(rewardOf(playAsHarbor(task, solve.replace("4.0", "3.0")).logs)).toBeCloseTo(0.55);
  });

  it.skipIf(!hasBubblewrap)(
    "imports nothing that the agent left, and takes no reward of the agent's",
    async () => {
      const task = await exported();
      const planted =
        "for m in json os tarfile clawgym_verify sitecustomize; do echo 'raise SystemExit(0)' > $m.py; done\n";
      const reward =
        "echo 1 > /logs/verifier/reward.txt; echo '{\"reward\": 1}' > /logs/verifier/reward.json\n";
      const wide = "mkfifo pipe; truncate -s 4G sparse; ln -s /etc/passwd link; ln -s . loop\n";
      expect(rewardOf(playAsHarbor(task, planted + reward + wide).logs)).toBe(0);
    },
  );

  it.skipIf(!hasBubblewrap)("gives no reward when its verifier breaks", async () => {
    const task = await exported({ "verifier/check.py": "raise ValueError('broken')\n" });
    const { logs, status, said } = playAsHarbor(task, "echo 1 > /logs/verifier/reward.txt");
    expect(status).toBe(1);
    expect(said).toContain("ValueError: broken");
    expect(said).toContain("no verdict: check.py ended with 1");
    expect(existsSync(join(logs, "reward.txt"))).toBe(false);
  });

  it("keeps empty folders and repositories in an archive that Docker unpacks", async () => {
    const files = { "workspace/.github/workflow.yml": "on: push\n" };
    const task = await exported(files);
    expect(readFileSync(join(task, "environment/Dockerfile"), "utf8")).toContain(
      "ADD workspace.tar /workspace/",
    );
    const again = await (await openDataset(task)).load("sum-sales");
    expect(textOf(again.workspace, ".github/workflow.yml")).toBe("on: push\n");
  });

  it("is refused when its verifier reads what Harbor's tests are not told", async () => {
    const check = "import clawgym_verify as cv\nctx = cv.context()\nprint(ctx.final_message)\n";
    const dataset = await openDataset(benchDataset({ "verifier/check.py": check }));
    const report = await exportDataset(dataset, "harbor", join(scratch(), "out"));
    expect(report.refused[0]?.reason).toContain("reads the final message, which Harbor does not pass on");
  });
});
