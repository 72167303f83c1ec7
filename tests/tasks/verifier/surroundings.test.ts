import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { inSurroundings, SURROUNDINGS_COUNT, type VerifierRun } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { VERIFY_LIB } from "../../../tasks/src/verifier/library.ts";

const RUN: VerifierRun = {
  uploads: [],
  argv: ["python3"],
  cwd: "/verifier",
  env: { PYTHONHASHSEED: "0", OWN: "kept" },
  verdictChannel: "pipe",
};

const DAYS = 1000;
const SHIFTED = `
import datetime, json, time
plain = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
print(json.dumps({
    "times": [time.time(), time.time_ns() / 1e9, datetime.datetime.now().timestamp(), datetime.datetime.today().timestamp(),
              datetime.datetime.now(datetime.timezone.utc).timestamp(), time.mktime(time.localtime()), time.mktime(time.strptime(time.ctime()))],
    "days": [datetime.date.today().isoformat(), time.strftime("%Y-%m-%d"), datetime.datetime.utcnow().date().isoformat()],
    "still": [plain.isoformat(), time.strftime("%Y", time.gmtime(0)), datetime.datetime.strptime("2026-05-06", "%Y-%m-%d").isoformat(),
              (datetime.date(2026, 3, 1) - datetime.date(2026, 2, 1)).days, isinstance(plain, datetime.date), isinstance(datetime.date.today(), datetime.date),
              isinstance(datetime.date(2026, 1, 1), datetime.datetime), isinstance(5, datetime.date)],
}))
`;

describe("other surroundings", () => {
  it("change nothing at 0, and each of the others in its own way", () => {
    expect(SURROUNDINGS_COUNT).toBe(5);
    expect(inSurroundings(RUN, 0)).toBe(RUN);
    const others = [1, 2, 3, 4].map((number) => inSurroundings(RUN, number));
    for (const name of ["PYTHONHASHSEED", "TZ", "LC_ALL", "CLAWGYM_CLOCK_SHIFT_S"]) {
      expect(new Set(others.map(({ env }) => env[name])).size, name).toBe(4);
    }
    expect(others[0]).toMatchObject({ argv: RUN.argv, cwd: RUN.cwd, env: { OWN: "kept" } });
    expect(others[0]?.uploads[0]).toMatchObject({ root: "/verifier" });
    expect(() => inSurroundings(RUN, 5)).toThrow(RangeError);
  });

  it("move every clock of a Python program, and nothing else", () => {
    const env = {
      ...process.env,
      PYTHONPATH: join(VERIFY_LIB, "surroundings"),
      CLAWGYM_CLOCK_SHIFT_S: String(DAYS * 86_400),
      TZ: "UTC",
    };
    const before = Date.now() / 1000 + DAYS * 86_400;
    const told = JSON.parse(execFileSync("python3", ["-B", "-c", SHIFTED], { env, encoding: "utf8" }));
    const after = Date.now() / 1000 + DAYS * 86_400;
    for (const time of told.times) {
      // Some of them are whole seconds.
      expect(time).toBeGreaterThanOrEqual(Math.floor(before));
      expect(time).toBeLessThanOrEqual(after);
    }
    const days = [before, after].map((time) => new Date(time * 1000).toISOString().slice(0, 10));
    for (const day of told.days) expect(days).toContain(day);
    expect(told.still).toEqual([
      "2026-01-02T03:04:05+00:00",
      "1970",
      "2026-05-06T00:00:00",
      28,
      true,
      true,
      false,
      false,
    ]);
  });
});
