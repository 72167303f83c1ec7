import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXPORT_KINDS, IMPORT_KINDS } from "@clawgym/tasks";
import { expect, it } from "vitest";
import { clawgym, scratchFolder } from "../cli.ts";
import { writeMiniDataset } from "../mini-dataset.ts";

it("exports tasks and imports them again, with a report and an exit code", async () => {
  const root = await scratchFolder();
  await writeMiniDataset(join(root, "mini"));
  const exported = await clawgym(["export", "harbor", join(root, "mini"), "--out", join(root, "harbor")]);
  expect(exported).toMatchObject({ code: 0, stderr: "" });
  expect(exported.stdout).toContain("✓ 1 tasks exported as harbor");
  const imported = await clawgym([
    "import",
    "auto",
    join(root, "harbor"),
    "--out",
    join(root, "again"),
    "--json",
  ]);
  expect(imported.code).toBe(0);
  expect(JSON.parse(imported.stdout)).toMatchObject({
    layout: "harbor",
    taken: [{ id: "add-numbers" }],
    refused: [],
  });
  expect(existsSync(join(root, "again/add-numbers/tests/test.sh"))).toBe(true);
});

it("tells what was refused and why, and exits with 1", async () => {
  const root = await scratchFolder();
  await writeMiniDataset(join(root, "mini"));
  writeFileSync(join(root, "mini/tasks/add-numbers/workspace/logo.png"), Buffer.from([0x89, 0xff]));
  const out = join(root, "tasks.jsonl");
  const { code, stdout } = await clawgym(["export", "clawgym-jsonl", join(root, "mini"), "--out", out]);
  expect(code).toBe(1);
  expect(stdout).toContain("refused  add-numbers (logo.png): a binary file, and JSON Lines hold text alone");
  expect(stdout).toContain("nothing was written");
  expect(existsSync(out)).toBe(false);
});

it("takes a wrong call for what it is", async () => {
  const root = await scratchFolder();
  await writeMiniDataset(join(root, "mini"));
  const code = async (...argv: string[]): Promise<[number | null, string]> => {
    const result = await clawgym(argv);
    return [result.code, result.stderr];
  };
  expect(await code("import", "harbor", join(root, "nowhere"), "--out", join(root, "x"))).toEqual([
    2,
    expect.stringContaining("there is no"),
  ]);
  expect(await code("export", "harbor", join(root, "mini"), "--out", root)).toEqual([
    2,
    expect.stringContaining("is there already"),
  ]);
  expect(
    await code("export", "harbor", join(root, "mini"), "--task", "other", "--out", join(root, "x")),
  ).toEqual([2, expect.stringContaining("mini has no task other")]);
  expect((await code("export", "zip", join(root, "mini"), "--out", join(root, "x")))[0]).toBe(2);
});

it("offers in its help every kind that there is", async () => {
  const imports = await clawgym(["import", "--help"]);
  const exports = await clawgym(["export", "--help"]);
  for (const kind of IMPORT_KINDS) expect(imports.stdout).toContain(`"${kind}"`);
  for (const kind of EXPORT_KINDS) expect(exports.stdout).toContain(`"${kind}"`);
  expect(imports.stdout.match(/"[a-z-]+"/g)).toHaveLength(IMPORT_KINDS.length);
  expect(exports.stdout.match(/"[a-z-]+"/g)).toHaveLength(EXPORT_KINDS.length);
});
