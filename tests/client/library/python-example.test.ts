import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { NEEDS_WEBSOCKETS, pythonWithWebsockets } from "../../support/python.ts";
import { ROOT } from "../cli.ts";
import { startServer } from "../with-server.ts";
import { fakeScore } from "./fake-gym.ts";
import { Refusal } from "./scripted-server.ts";

const run = promisify(execFile);
const EXAMPLE = join(ROOT, "examples/python/rollout.py");

const python = pythonWithWebsockets();
const suite =
  python === null
    ? `left out: ${NEEDS_WEBSOCKETS}: examples/python/rollout.py`
    : "examples/python/rollout.py";

type Line = {
  task: string;
  rewards: (number | null)[];
  advantages: (number | null)[];
  turns: number[];
  failures: string[];
};

async function rollouts(url: string, ...argv: string[]): Promise<Line[]> {
  const { stdout } = await run(python ?? "python3", [EXAMPLE, "--url", url, ...argv], { timeout: 30_000 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

describe.skipIf(python === null)(suite, () => {
  it("plays groups of episodes and masks what the policy cannot help", async () => {
    const { server, gym } = await startServer();
    let count = 0;
    const lost = { class: "infra", code: "SANDBOX_LOST", message: "gone", retryable: false } as const;
    gym.scorer = () => {
      count++;
      if (count === 2) return fakeScore(null, { failure: lost });
      return count % 4 === 3 ? 0 : 1;
    };
    const lines = await rollouts(server.url, "--tasks", "2", "--group", "4", "--concurrency", "1");
    expect(lines.map((line) => line.task)).toEqual(["fake/a", "fake/b"]);
    expect(lines[0]?.rewards).toEqual([1, null, 0, 1]);
    expect(lines[0]?.failures).toEqual(["SANDBOX_LOST"]);
    expect(lines[0]?.advantages[1]).toBeNull();
    expect((lines[0]?.advantages[0] ?? 0) > 0 && (lines[0]?.advantages[2] ?? 0) < 0).toBe(true);
    expect(lines[0]?.turns).toEqual([2, 2, 2, 2]);
    expect(gym.episodes.size).toBe(0);
  });

  it("loses nothing when sockets are cut in the middle of steps, and runs nothing twice", async () => {
    const { server, gym } = await startServer();
    let steps = 0;
    server.mischief = (method) => {
      if (method !== "step") return undefined;
      steps++;
      return steps === 3 ? "drop-before" : steps === 9 ? "drop-after" : undefined;
    };
    const lines = await rollouts(server.url, "--tasks", "2", "--group", "8");
    expect(lines.flatMap((line) => line.rewards)).toEqual(Array(16).fill(1));
    expect(server.count("step")).toBe(32);
    expect(server.sessions.size).toBe(1);
    expect(server.upgrades.length).toBeGreaterThanOrEqual(2);
    expect(gym.episodes.size).toBe(0);
  });

  it("waits out a busy server, and gives no reward when the session is gone", async () => {
    const { server } = await startServer();
    const reset = server.handlers.get("reset");
    let refusals = 2;
    server.on("reset", (params, request) => {
      if (refusals-- > 0) throw new Refusal("POOL_EXHAUSTED", "busy", { retryAfterMs: 20 });
      return reset?.(params, request);
    });
    expect((await rollouts(server.url, "--tasks", "1", "--group", "2"))[0]?.rewards).toEqual([1, 1]);
    server.mischief = (method) => {
      if (method !== "step") return undefined;
      server.sessions.clear();
      return "drop-before";
    };
    const [line] = await rollouts(server.url, "--tasks", "1", "--group", "2");
    expect(line?.rewards).toEqual([null, null]);
    expect(line?.failures).toEqual(["SESSION_LOST", "SESSION_LOST"]);
  });
});
