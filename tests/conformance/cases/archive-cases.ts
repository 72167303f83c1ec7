import { posix } from "node:path";
import { diffArchives, manifestOf, packTar, readTar, type TarFile } from "@clawgym/tasks";
import { expect } from "vitest";
import type { ArchiveReport } from "../../../server/src/sandbox/sandbox.ts";
import { bytes, call, MIB, pause, refused, type Setting, specOf, text } from "../setting.ts";

const FILES: readonly TarFile[] = [
  { path: "empty", bytes: bytes(""), mtimeMs: 1_600_000_000_000 },
  { path: "folder", type: "dir", mode: 0o750 },
  { path: "folder/a.txt", bytes: bytes("hello"), mode: 0o640 },
  { path: "folder/run", bytes: bytes("#!/bin/sh\necho ran\n"), mode: 0o755 },
  { path: "hollow", type: "dir" },
  { path: "link", type: "symlink", target: "folder/a.txt" },
  { path: "ünïcödé/日本 x.txt", bytes: bytes("y") },
  { path: `${"d".repeat(120)}/${"e".repeat(120)}`, bytes: Buffer.alloc(100_000, 3) },
];

/** More than the limits allow: refused as a whole, or the excess left out and counted. */
async function refusedOrDropped(unpacking: Promise<ArchiveReport>): Promise<void> {
  const dropped = await unpacking.then(
    ({ droppedTotal }) => droppedTotal,
    (error: { code: string }) => {
      expect(["LIMIT", "ENOSPC"]).toContain(error.code);
      return 1;
    },
  );
  expect(dropped).toBeGreaterThan(0);
}

export function archiveCases({ test }: Setting): void {
  test("what is unpacked is packed again", async ({ sandbox }) => {
    const tar = packTar(FILES);
    const report = await sandbox.unpack(tar, {}, call());
    expect(report).toMatchObject({ dropped: [], droppedTotal: 0 });
    const packed = await sandbox.pack({ processes: "kill" }, call());
    expect(diffArchives(tar, packed.tar)).toEqual({ added: [], changed: [], deleted: [] });
    const manifest = manifestOf(packed.tar);
    expect(manifest.get("hollow")?.type).toBe("dir");
    expect(manifest.get("folder")?.mode).toBe(0o750);
    expect(packed.dropped).toEqual([]);
  });

  test("a packed workspace unpacks elsewhere", async (box) => {
    await box.out("mkdir d; echo content > d/f; ln -s d/f link; touch -d @1000000000 d/f");
    const { tar } = await box.sandbox.pack({ processes: "leave" }, call());
    const file = readTar(tar).find(({ path }) => path === "d/f");
    expect(text(file?.bytes ?? new Uint8Array())).toBe("content\n");
    await box.sandbox.unpack(tar, { root: "/tmp", replace: true }, call());
    expect(await box.out("cat /tmp/link")).toBe("content\n");
  });

  test("an unpacked file is the agent's, and programs run", async (box) => {
    await box.sandbox.unpack(packTar(FILES), {}, call());
    expect(await box.out("sh folder/run && cat link && echo more >> folder/a.txt && rm empty")).toBe(
      "ran\nhello",
    );
  });

  test("replacing empties the folder first", async (box) => {
    await box.out("mkdir -p old/deep && touch old/deep/f .hidden && chmod 500 old/deep old");
    await box.sandbox.unpack(packTar([{ path: "new", bytes: bytes("x") }]), { replace: true }, call());
    expect(await box.out("ls -A")).toBe("new\n");
  });

  test("without replacing, the rest stays", async (box) => {
    await box.out("echo old > f; echo stays > g");
    await box.sandbox.unpack(packTar([{ path: "f", bytes: bytes("new\n") }]), {}, call());
    expect(await box.out("cat f g")).toBe("new\nstays\n");
  });

  test("names are removed before unpacking", async (box) => {
    await box.out("mkdir -p tests/deep; touch tests/deep/planted; ln -s /tmp reward; touch keep");
    await box.sandbox.unpack(packTar([]), { remove: ["tests", "reward", "absent"] }, call());
    expect(await box.out("ls")).toBe("keep\n");
  });

  test("a file gives way to a folder, and a link is replaced, not followed", async (box) => {
    await box.out("echo precious > /tmp/target; ln -s /tmp/target f");
    await box.sandbox.unpack(packTar([{ path: "f", bytes: bytes("mine") }]), {}, call());
    expect(await box.out("cat /tmp/target f")).toBe("precious\nmine");
  });

  test("links that lead out or to reserved names are dropped and reported", async (box) => {
    await box.out(
      "mkdir -p d tests; touch ok; ln -s /etc/passwd out; ln -s ../../x d/up; ln -s tests/t res; ln -s ok in",
    );
    const { tar, dropped, droppedTotal } = await box.sandbox.pack(
      { processes: "kill", reserved: ["tests"] },
      call(),
    );
    expect(dropped.map(({ path }) => path).sort()).toEqual(["d/up", "out", "res"]);
    expect(droppedTotal).toBe(3);
    const paths = readTar(tar).map(({ path }) => path);
    expect(paths).toContain("in");
    expect(paths).not.toContain("out");
  });

  test("a link by its absolute path inside is packed as a relative one", async (box) => {
    await box.out("mkdir -p a/b; echo content > a/f; ln -s /workspace/a/f a/b/link");
    const { tar, dropped } = await box.sandbox.pack({ processes: "leave" }, call());
    expect(dropped).toEqual([]);
    const target = readTar(tar).find(({ path }) => path === "a/b/link")?.target ?? "/";
    expect(posix.isAbsolute(target)).toBe(false);
    expect(posix.join("a/b", target)).toBe("a/f");
  });

  test("an archive of a folder that is not there is ENOENT", async ({ sandbox }) => {
    await refused(sandbox.pack({ root: "/workspace/none", processes: "leave" }, call()), "ENOENT");
  });

  test("an empty workspace is an empty archive", async ({ sandbox }) => {
    const { tar, files } = await sandbox.pack({ processes: "leave" }, call());
    expect(readTar(tar)).toEqual([]);
    expect(files).toBe(0);
  });

  test("packing kills what runs, when told to", async ({ sandbox }) => {
    const { id } = await sandbox.spawn({ shell: "sleep 30" }, 0, call());
    await sandbox.pack({ processes: "kill" }, call());
    const after = await sandbox.poll(id, 1_000, call()).catch((error: { code: string }) => error);
    expect(after).toSatisfy(
      (state: { running?: boolean; code?: string }) =>
        state.code === "UNKNOWN_PROCESS" || state.running === false,
    );
  });

  test("packing freezes what runs, and lets it go on", async ({ sandbox }) => {
    const { id } = await sandbox.spawn({ shell: "sleep 0.7; echo went on" }, 0, call());
    await sandbox.pack({ processes: "freeze" }, call());
    await sandbox.pack({ processes: "leave" }, call());
    expect(text((await sandbox.poll(id, 5_000, call())).output)).toBe("went on\n");
  });

  test("a large workspace goes in and out", async ({ sandbox }) => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      path: `d${index % 10}/f${index}`,
      bytes: Buffer.alloc(20_000, index),
    }));
    const tar = packTar(many);
    expect(await sandbox.unpack(tar, { replace: true }, call())).toMatchObject({ droppedTotal: 0 });
    const packed = await sandbox.pack({ processes: "kill" }, call());
    expect(packed.bytes).toBeGreaterThanOrEqual(10_000_000);
    expect(diffArchives(tar, packed.tar)).toEqual({ added: [], changed: [], deleted: [] });
  });

  test(
    "what is beyond the limits is refused or dropped and reported",
    async (box) => {
      const large = packTar([{ path: "f", bytes: Buffer.alloc(5 * MIB) }]);
      await refusedOrDropped(box.sandbox.unpack(large, {}, call()));
      const many = packTar(Array.from({ length: 400 }, (_, index) => ({ path: `f${index}` })));
      await refusedOrDropped(box.sandbox.unpack(many, { replace: true }, call()));
      expect(await box.out("echo fine")).toBe("fine\n");
    },
    specOf("agent", { workspaceBytes: 4 * MIB, workspaceInodes: 256 }),
  );

  test("archives while a writer is busy are readable", async (box) => {
    const { id } = await box.sandbox.spawn({ shell: "yes > grow" }, 0, call());
    while (!(await box.exists("/workspace/grow"))) await pause(10);
    const { tar } = await box.sandbox.pack({ processes: "freeze" }, call());
    expect(readTar(tar).map(({ path }) => path)).toEqual(["grow"]);
    await box.sandbox.kill(id, call());
  });
}
