import { createHash } from "node:crypto";
import { expect } from "vitest";
import { bytes, call, MIB, refused, type Setting, specOf, text } from "../setting.ts";

export function fileCases({ test }: Setting): void {
  test("what is written is read", async ({ sandbox }) => {
    const content = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 256));
    expect(await sandbox.writeFile("/workspace/f", content, { mode: 0o640 }, call())).toEqual({
      bytes: 1_000,
      created: true,
    });
    const read = await sandbox.readFile("/workspace/f", {}, call());
    expect(Buffer.from(read.bytes).equals(content)).toBe(true);
    expect(read).toMatchObject({ size: 1_000, eof: true, mode: 0o640 });
    expect(Math.abs(read.mtimeMs - Date.now())).toBeLessThan(60_000);
  });

  test("writing again replaces, keeps the mode and says so", async ({ sandbox }) => {
    await sandbox.writeFile("/workspace/f", bytes("a long first content"), { mode: 0o600 }, call());
    expect(await sandbox.writeFile("/workspace/f", bytes("short"), {}, call())).toEqual({
      bytes: 5,
      created: false,
    });
    const { bytes: content, mode } = await sandbox.readFile("/workspace/f", {}, call());
    expect([text(content), mode]).toEqual(["short", 0o600]);
  });

  test("appending appends", async ({ sandbox }) => {
    await sandbox.writeFile("/workspace/f", bytes("one "), { append: true }, call());
    await sandbox.writeFile("/workspace/f", bytes("two"), { append: true }, call());
    expect(text((await sandbox.readFile("/workspace/f", {}, call())).bytes)).toBe("one two");
  });

  test("parts of a file can be read", async ({ sandbox }) => {
    await sandbox.writeFile("/workspace/f", bytes("0123456789"), {}, call());
    const middle = await sandbox.readFile("/workspace/f", { offset: 3, limit: 4 }, call());
    expect([text(middle.bytes), middle.eof, middle.size]).toEqual(["3456", false, 10]);
    const end = await sandbox.readFile("/workspace/f", { offset: 8, limit: 100 }, call());
    expect([text(end.bytes), end.eof]).toEqual(["89", true]);
    expect((await sandbox.readFile("/workspace/f", { offset: 50 }, call())).bytes.length).toBe(0);
  });

  test("megabytes go in and out", async ({ sandbox }) => {
    const content = Buffer.alloc(5 * MIB, "some content ");
    await sandbox.writeFile("/workspace/big", content, {}, call());
    const { bytes: read } = await sandbox.readFile("/workspace/big", {}, call());
    expect(Buffer.from(read).equals(content)).toBe(true);
  });

  test("several files are written and read at once", async ({ sandbox }) => {
    const contents = Array.from({ length: 8 }, (_, index) => Buffer.alloc(600_000, index));
    await Promise.all(
      contents.map((content, index) => sandbox.writeFile(`/workspace/${index}`, content, {}, call())),
    );
    const read = await Promise.all(
      contents.map((_, index) => sandbox.readFile(`/workspace/${index}`, {}, call())),
    );
    for (const [index, { bytes: content }] of read.entries()) {
      expect(Buffer.from(content).equals(contents[index] ?? Buffer.alloc(0))).toBe(true);
    }
  });

  test("folders on the way are made when asked for", async ({ sandbox }) => {
    await refused(sandbox.writeFile("/workspace/a/b/f", bytes("x"), {}, call()), "ENOENT");
    await sandbox.writeFile("/workspace/a/b/f", bytes("x"), { parents: true }, call());
    expect((await sandbox.stat("/workspace/a/b", {}, call())).type).toBe("dir");
  });

  test("commands see the files, and files are the agent's", async (box) => {
    await box.sandbox.writeFile("/workspace/script", bytes("#!/bin/sh\necho ran\n"), { mode: 0o755 }, call());
    expect(await box.out("sh ./script && echo more >> script")).toBe("ran\n");
    expect((await box.sandbox.stat("/workspace/script", {}, call())).mode).toBe(0o755);
  });

  test("an entry tells type, size, mode and target", async (box) => {
    await box.out("printf 12345 > f && chmod 640 f && mkdir d && ln -s f link");
    expect(await box.sandbox.stat("/workspace/f", {}, call())).toMatchObject({
      type: "file",
      size: 5,
      mode: 0o640,
    });
    expect(await box.sandbox.stat("/workspace/d", {}, call())).toMatchObject({ type: "dir" });
    expect(await box.sandbox.stat("/workspace/link", {}, call())).toMatchObject({
      type: "symlink",
      target: "f",
    });
    expect(await box.sandbox.stat("/workspace/link", { follow: true }, call())).toMatchObject({
      type: "file",
      size: 5,
    });
  });

  test("listings are sorted, and go as deep as asked", async (box) => {
    await box.out("mkdir -p b/c && touch b/c/deep a B b/x .hidden && ln -s a link");
    const flat = await box.sandbox.list("/workspace", {}, call());
    expect(flat.entries.map(({ path }) => path)).toEqual([".hidden", "B", "a", "b", "link"]);
    expect(flat.truncated).toBe(false);
    const deep = await box.sandbox.list("/workspace", { recursive: true }, call());
    expect(deep.entries.map(({ path }) => path).sort()).toEqual(
      [".hidden", "B", "a", "b", "b/c", "b/c/deep", "b/x", "link"].sort(),
    );
  });

  test("listings hash files when asked", async (box) => {
    await box.out("printf hello > f; mkdir d");
    const { entries } = await box.sandbox.list("/workspace", { hash: true }, call());
    const hash = createHash("sha256").update("hello").digest("hex");
    expect(entries.map(({ path, sha256 }) => [path, sha256])).toEqual([
      ["d", undefined],
      ["f", hash],
    ]);
  });

  test("long listings are cut and say so", async (box) => {
    await box.out("touch a b c d e");
    const { entries, truncated } = await box.sandbox.list("/workspace", { maxEntries: 3 }, call());
    expect([entries.length, truncated]).toEqual([3, true]);
  });

  test("folders are made and removed", async (box) => {
    const { sandbox } = box;
    await sandbox.mkdir("/workspace/d", {}, call());
    await refused(sandbox.mkdir("/workspace/d", {}, call()), "EEXIST");
    await sandbox.mkdir("/workspace/d/e/f", { parents: true }, call());
    await sandbox.mkdir("/workspace/d/e/f", { parents: true }, call());
    await refused(sandbox.remove("/workspace/d", {}, call()), "ENOTEMPTY");
    await sandbox.remove("/workspace/d", { recursive: true }, call());
    expect(await box.exists("/workspace/d")).toBe(false);
  });

  test("folders without write permission are removed too", async (box) => {
    await box.out("mkdir -p d/e && touch d/e/f && chmod 500 d/e d");
    await box.sandbox.remove("/workspace/d", { recursive: true }, call());
    expect(await box.exists("/workspace/d")).toBe(false);
  });

  test("removing a link leaves what it leads to", async (box) => {
    await box.out("mkdir d && touch d/f && ln -s d link");
    await box.sandbox.remove("/workspace/link", { recursive: true }, call());
    expect(await box.exists("/workspace/d/f")).toBe(true);
    expect(await box.exists("/workspace/link")).toBe(false);
  });

  test("renaming moves and replaces", async (box) => {
    await box.out("echo a > a; echo b > b; mkdir d");
    await box.sandbox.rename("/workspace/a", "/workspace/b", {}, call());
    expect(await box.out("cat b")).toBe("a\n");
    await box.sandbox.rename("/workspace/b", "/workspace/d/c", {}, call());
    expect(await box.out("cat d/c")).toBe("a\n");
    await refused(box.sandbox.rename("/workspace/none", "/workspace/x", {}, call()), "ENOENT");
  });

  test(
    "a full workspace is ENOSPC, and goes on after tidying up",
    async ({ sandbox }) => {
      await refused(sandbox.writeFile("/workspace/big", Buffer.alloc(5 * MIB), {}, call()), "ENOSPC");
      await sandbox.remove("/workspace/big", {}, call()).catch(() => {});
      await sandbox.writeFile("/workspace/small", Buffer.alloc(MIB), {}, call());
    },
    specOf("agent", { workspaceBytes: 4 * MIB }),
  );
}
