import { packTar } from "@clawgym/tasks";
import { expect } from "vitest";
import { OperationError } from "../../../server/src/sandbox/sandbox.ts";
import { type Box, bytes, call, type Setting } from "../setting.ts";

/** A one-entry tar whose name, type and target are not what `packTar` would write. */
function rawEntry(name: string, typeflag = "0", target = "", content = "planted"): Buffer {
  const tar = packTar([{ path: "x", bytes: typeflag === "0" ? bytes(content) : new Uint8Array() }]);
  tar.fill(0, 0, 100);
  tar.write(name, 0, "latin1");
  tar.write(typeflag, 156, "latin1");
  tar.write(target, 157, "latin1");
  tar.fill(0x20, 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return tar;
}

/** Several archives as one. */
const joined = (...tars: Buffer[]): Buffer =>
  Buffer.concat(
    tars.map((tar, index) => (index === tars.length - 1 ? tar : tar.subarray(0, tar.length - 1_024))),
  );

/** Unpacks what may be refused as a whole or entry by entry; never more than that may happen. */
async function unpack(box: Box, tar: Buffer): Promise<number> {
  try {
    return (await box.sandbox.unpack(tar, {}, call())).droppedTotal;
  } catch (error) {
    expect(error).toBeInstanceOf(OperationError);
    return 1;
  }
}

export function hostileArchiveCases({ test }: Setting): void {
  test("names that lead out plant nothing", async (box) => {
    for (const name of ["../tmp/planted", "/tmp/planted", "a/../../tmp/planted"]) {
      await unpack(box, rawEntry(name));
      expect(await box.exists("/tmp/planted")).toBe(false);
    }
    expect(await box.out("echo alive")).toBe("alive\n");
  });

  test("a link that leads out is not followed by a later entry", async (box) => {
    const tar = joined(packTar([{ path: "d", type: "symlink", target: "/tmp" }]), rawEntry("d/planted"));
    await unpack(box, tar);
    expect(await box.exists("/tmp/planted")).toBe(false);
  });

  test("a link by steps upwards is not followed either", async (box) => {
    const tar = joined(
      packTar([
        { path: "a", type: "symlink", target: "." },
        { path: "a/b", type: "symlink", target: ".." },
      ]),
      rawEntry("b/tmp/planted"),
    );
    await unpack(box, tar);
    expect(await box.exists("/tmp/planted")).toBe(false);
  });

  test("a hard link to a file outside is not made", async (box) => {
    await box.out("echo secret > /tmp/s");
    expect(await unpack(box, rawEntry("h", "1", "/tmp/s"))).toBeGreaterThan(0);
    expect((await box.run("cat h")).exitCode).not.toBe(0);
  });

  test("devices and pipes are not made", async (box) => {
    for (const typeflag of ["3", "4", "6"]) {
      expect(await unpack(box, rawEntry("special", typeflag))).toBeGreaterThan(0);
      expect(await box.exists("/workspace/special")).toBe(false);
    }
  });

  test("noise, truncation and emptiness are refused or empty", async (box) => {
    const whole = packTar([{ path: "f", bytes: Buffer.alloc(10_000) }]);
    expect(await unpack(box, whole.subarray(0, 5_000))).toBeGreaterThan(0);
    expect(await unpack(box, Buffer.alloc(4_096, 0x41))).toBeGreaterThan(0);
    await unpack(box, Buffer.alloc(0));
    await unpack(box, Buffer.alloc(100));
    expect(await box.out("echo alive")).toBe("alive\n");
  });

  test("a size that is a lie is refused", async (box) => {
    const tar = rawEntry("f");
    tar.write("77777777777", 124, "latin1");
    tar.fill(0x20, 148, 156);
    const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    expect(await unpack(box, tar)).toBeGreaterThan(0);
    expect(await box.out("echo alive")).toBe("alive\n");
  });

  test("set-id bits do not come out of an archive", async (box) => {
    await unpack(box, packTar([{ path: "f", bytes: bytes("x"), mode: 0o6755 }]));
    expect((await box.sandbox.stat("/workspace/f", {}, call())).mode & 0o6000).toBe(0);
  });
}
