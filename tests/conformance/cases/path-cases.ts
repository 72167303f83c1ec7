import { expect } from "vitest";
import { bytes, call, refused, type Setting, text } from "../setting.ts";

export function pathCases({ test }: Setting): void {
  test("what is not there is ENOENT", async ({ sandbox }) => {
    await refused(sandbox.readFile("/workspace/none", {}, call()), "ENOENT");
    await refused(sandbox.stat("/workspace/none", {}, call()), "ENOENT");
    await refused(sandbox.list("/workspace/none", {}, call()), "ENOENT");
    await refused(sandbox.remove("/workspace/none", {}, call()), "ENOENT");
    await refused(sandbox.mkdir("/workspace/none/d", {}, call()), "ENOENT");
    await refused(sandbox.readFile("none", { beneath: true }, call()), "ENOENT");
  });

  test("the wrong kind is EISDIR or ENOTDIR", async (box) => {
    await box.out("mkdir d; touch f");
    await refused(box.sandbox.readFile("/workspace/d", {}, call()), "EISDIR");
    await refused(box.sandbox.writeFile("/workspace/d", bytes("x"), {}, call()), "EISDIR");
    await refused(box.sandbox.readFile("/workspace/f/x", {}, call()), "ENOTDIR");
    await refused(box.sandbox.list("/workspace/f", {}, call()), "ENOTDIR");
    await refused(box.sandbox.readFile("d", { beneath: true }, call()), "EISDIR");
  });

  test("what the mode forbids is EACCES", async (box) => {
    await box.out("touch f && chmod 000 f");
    await refused(box.sandbox.readFile("/workspace/f", {}, call()), "EACCES");
  });

  test("what belongs to another user is EACCES", async (box) => {
    await refused(box.sandbox.writeFile("/run/f", bytes("x"), {}, call()), "EACCES");
    await refused(box.sandbox.mkdir("/run/d", {}, call()), "EACCES");
    await refused(box.sandbox.writeFile("/workspace/g", bytes("x"), { user: "verifier" }, call()), "EACCES");
  });

  test("links in a circle are ELOOP", async (box) => {
    await box.out("ln -s b a; ln -s a b");
    await refused(box.sandbox.readFile("/workspace/a", {}, call()), "ELOOP");
    await refused(box.sandbox.readFile("a", { beneath: true }, call()), "ELOOP");
  });

  test("names that no file can have", async ({ sandbox }) => {
    await refused(sandbox.writeFile(`/workspace/${"n".repeat(300)}`, bytes("x"), {}, call()), "ENAMETOOLONG");
    await refused(
      sandbox.readFile(`/workspace/${"d/".repeat(4_000)}f`, {}, call()),
      "ENAMETOOLONG",
      "ENOENT",
    );
    await refused(sandbox.readFile("/workspace/a\0b", {}, call()), "EINVAL");
    await refused(
      sandbox.readFile("", { beneath: true }, call()),
      "ENOENT",
      "EINVAL",
      "BAD_REQUEST",
      "EISDIR",
    );
  });

  test("odd names are ordinary names", async ({ sandbox }) => {
    for (const name of ["a\nb", "-rf", "  ", "ünï", "日本", "a'b\"c", "*"]) {
      await sandbox.writeFile(name, bytes(name), { beneath: true }, call());
      expect(text((await sandbox.readFile(name, { beneath: true }, call())).bytes)).toBe(name);
    }
    expect((await sandbox.list("/workspace", {}, call())).entries.length).toBe(7);
  });

  test("beneath starts in the workspace", async (box) => {
    await box.sandbox.writeFile("d/f", bytes("x"), { beneath: true, parents: true }, call());
    expect(await box.out("cat /workspace/d/f")).toBe("x");
    expect((await box.sandbox.stat("d/../d/f", { beneath: true }, call())).type).toBe("file");
    expect((await box.sandbox.list(".", { beneath: true }, call())).entries.map(({ path }) => path)).toEqual([
      "d",
    ]);
  });

  test("beneath never leads out", async (box) => {
    await box.out(
      "echo secret > /tmp/s; ln -s /tmp/s out; ln -s ../tmp/s up; ln -s /tmp dir; ln -s /workspace/f abs",
    );
    for (const path of ["../tmp/s", "/tmp/s", "a/../../tmp/s", "out", "up", "dir/s", "abs"]) {
      await refused(box.sandbox.readFile(path, { beneath: true }, call()), "OUTSIDE", "ENOENT");
    }
    for (const path of ["../tmp/x", "/tmp/x", "dir/x", "out"]) {
      await refused(box.sandbox.writeFile(path, bytes("x"), { beneath: true }, call()), "OUTSIDE");
    }
    await refused(box.sandbox.mkdir("dir/x", { beneath: true }, call()), "OUTSIDE");
    await refused(box.sandbox.remove("dir/s", { beneath: true }, call()), "OUTSIDE");
    await refused(box.sandbox.rename("dir/s", "s", { beneath: true }, call()), "OUTSIDE");
    await refused(box.sandbox.list("dir", { beneath: true }, call()), "OUTSIDE");
    expect(await box.out("cat /tmp/s; ls /tmp")).toBe("secret\ns\n");
  });

  test("beneath follows links that stay", async (box) => {
    await box.out("mkdir d; echo content > d/f; ln -s d/f link; ln -s d dir");
    expect(text((await box.sandbox.readFile("link", { beneath: true }, call())).bytes)).toBe("content\n");
    expect(text((await box.sandbox.readFile("dir/f", { beneath: true }, call())).bytes)).toBe("content\n");
  });

  test("the workspace itself is not removed", async ({ sandbox }) => {
    await refused(
      sandbox.remove(".", { beneath: true, recursive: true }, call()),
      "EINVAL",
      "OUTSIDE",
      "EACCES",
      "BAD_REQUEST",
    );
    await sandbox.writeFile("f", bytes("x"), { beneath: true }, call());
  });

  test("procfs and sysfs are not files of the sandbox", async (box) => {
    await box.out("ln -s /proc/self/environ env");
    for (const path of ["/proc/self/environ", "/proc/1/environ", "/sys/kernel", "/workspace/env"]) {
      await refused(box.sandbox.readFile(path, {}, call()), "OUTSIDE", "ENOENT", "EACCES");
    }
  });

  test("only regular files are opened", async (box) => {
    await box.out("mkfifo fifo");
    await refused(box.sandbox.readFile("/workspace/fifo", {}, call()), "NOT_REGULAR");
    await refused(box.sandbox.writeFile("/workspace/fifo", bytes("x"), {}, call()), "NOT_REGULAR");
    await refused(box.sandbox.readFile("/dev/zero", {}, call()), "NOT_REGULAR");
  });

  test("names that are not UTF-8 are shown escaped", async (box) => {
    await box.out("touch \"$(printf 'a\\377b')\"");
    const { entries } = await box.sandbox.list("/workspace", {}, call());
    expect(entries.map(({ path }) => path)).toEqual(["a%FFb"]);
  });
}
