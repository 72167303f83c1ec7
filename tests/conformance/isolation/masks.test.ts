import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { rootArgs } from "../../../server/src/sandbox/backends/bubblewrap/mounts.ts";
import { call } from "../setting.ts";
import { isolationTests } from "./isolation-setting.ts";

const isRoot = process.getuid?.() === 0;
/** Below the host's /usr, which every sandbox sees: as an installation by a package manager would be. */
const INSTALLED = `/usr/local/share/clawgym-test-${process.pid}`;
const LINK = mkdtempSync(join(realpathSync(tmpdir()), "clawgym-masks-"));

if (isRoot) {
  mkdirSync(join(INSTALLED, "tasks/secret"), { recursive: true });
  writeFileSync(join(INSTALLED, "tasks/secret/verifier.py"), "canary-solution");
  writeFileSync(join(INSTALLED, "key"), "canary-key");
  writeFileSync(join(INSTALLED, "public"), "seen by all");
  symlinkSync(join(INSTALLED, "tasks"), join(LINK, "link"));
}
afterAll(() => {
  if (isRoot) rmSync(INSTALLED, { recursive: true });
  rmSync(LINK, { recursive: true });
});

if (!isRoot) {
  it.skip("left out: only root can put a canary below /usr", () => {});
} else {
  isolationTests(
    "masks",
    ({ test }) => {
      test("protected folders below /usr are empty", async (box) => {
        expect(await box.out(`ls -A ${INSTALLED}/tasks`)).toBe("");
        expect(await box.out(`cat ${INSTALLED}/key`)).toBe("");
        expect((await box.run(`grep -r canary ${INSTALLED}`)).exitCode).toBe(1);
        expect(await box.out(`cat ${INSTALLED}/public`)).toBe("seen by all");
      });

      test("the mask cannot be taken off or filled", async (box) => {
        expect((await box.run(`umount ${INSTALLED}/tasks`)).exitCode).not.toBe(0);
        expect((await box.run(`touch ${INSTALLED}/tasks/x`)).exitCode).not.toBe(0);
        await box.sandbox.recycle(call());
        expect(await box.out(`ls -A ${INSTALLED}/tasks`)).toBe("");
      });
    },
    { protectedPaths: [join(LINK, "link"), join(INSTALLED, "key"), "/nowhere/at/all"] },
  );
}

it("a protected path that holds what sandboxes need is refused", () => {
  const plan = { etc: "/e", etcBinds: [], program: "/p", emptyFile: "/n", mountPoints: [] };
  expect(() => rootArgs({ ...plan, protectedPaths: ["/usr"] })).toThrow(/cannot be hidden/);
  expect(() => rootArgs({ ...plan, protectedPaths: ["/"] })).toThrow(/cannot be hidden/);
});

it("a root directory inside a protected folder may be used; a protected folder itself, or inside the root, is no less hidden", () => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "clawgym-root-"));
  try {
    mkdirSync(join(folder, "store/root/usr/share/tasks"), { recursive: true });
    const rootfs = join(folder, "store/root");
    const plan = { etc: "/e", etcBinds: [], program: "/p", emptyFile: "/n", mountPoints: [], rootfs };
    expect(rootArgs({ ...plan, protectedPaths: [folder] })).toContain(join(rootfs, "usr"));
    expect(() => rootArgs({ ...plan, protectedPaths: [rootfs] })).toThrow(/cannot be hidden/);
    expect(() => rootArgs({ ...plan, protectedPaths: [join(rootfs, "usr")] })).toThrow(/cannot be hidden/);
    const inside = rootArgs({ ...plan, protectedPaths: [join(rootfs, "usr/share/tasks")] });
    expect(inside[inside.indexOf("/usr/share/tasks") - 1]).toBe("--tmpfs");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
