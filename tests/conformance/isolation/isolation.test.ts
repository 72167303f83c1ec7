import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { isolationTests } from "./isolation-setting.ts";

// What an attacker tries, on every backend: tests/security.
isolationTests("isolation: what can be seen", ({ test, open }) => {
  test("there is nothing of the host but /usr", async (box) => {
    expect((await box.out("ls -A /")).trim().split("\n").sort()).toEqual(
      expect.arrayContaining(["dev", "etc", "home", "proc", "root", "run", "tmp", "usr", "var", "workspace"]),
    );
    for (const path of [
      "/work",
      "/boot",
      "/mnt",
      "/media",
      "/srv",
      "/sys",
      "/lost+found",
      "/var/lib",
      "/var/log",
    ]) {
      expect(await box.exists(path), path).toBe(false);
    }
    expect(await box.out("ls -A /root /home /run /tmp /var")).toBe(
      "/home:\nagent\n\n/root:\n.openclaw\n\n/run:\n\n/tmp:\n\n/var:\ntmp\n",
    );
    expect(await box.out("hostname")).toBe("sandbox\n");
    expect(await box.out("cat /etc/passwd")).not.toContain("postgres");
  });

  test("every sandbox has user ids of its own on the host", async (box) => {
    if (process.getuid?.() !== 0) box.leaveOut("only root gives every sandbox its own ids");
    const other = await open();
    try {
      const idsOf = (pid: number): string =>
        /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
      expect(idsOf(box.initPid)).not.toBe(idsOf(other.initPid));
      for (const { initPid } of [box, other]) {
        const map = readFileSync(`/proc/${initPid}/uid_map`, "utf8")
          .trim()
          .split("\n")
          .map((line) => line.trim().split(/\s+/));
        expect(map.map(([inside]) => inside)).toEqual(["0", "1000", "1001"]);
        for (const [, outside] of map) expect(Number(outside)).toBeGreaterThanOrEqual(200_000);
      }
    } finally {
      await other.sandbox.destroy();
    }
  });
});
