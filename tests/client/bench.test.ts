import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clawgym, scratchFolder } from "./cli.ts";
import { fakeScore, fakeTask } from "./library/fake-gym.ts";
import { startServer } from "./with-server.ts";

type Results = {
  complete: boolean;
  total: {
    mean: number | null;
    scored: number;
    episodes: number;
    excluded: Record<string, number>;
    passAt: object;
  };
  failures: Record<string, Record<string, number>>;
};

async function resultsOf(dir: string): Promise<Results> {
  return JSON.parse(await readFile(join(dir, "results.json"), "utf8")) as Results;
}

async function linesOf(dir: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(dir, "episodes.jsonl"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const lost = { class: "infra", code: "SANDBOX_LOST", message: "gone", retryable: false } as const;

describe("clawgym bench", () => {
  it("plays every sample of every task and leaves results, episodes and a report", async () => {
    const { server, gym } = await startServer();
    gym.scorer = (episode) => (episode.task.id === "fake/a" ? 1 : 0.25);
    const out = join(await scratchFolder(), "run");
    const argv = ["bench", "--url", server.url, "--policy", "noop", "-n", "2", "--seed", "5", "--out", out];
    const { code, stdout } = await clawgym(argv);
    expect(code).toBe(0);
    expect(stdout).toMatch(/analysis +2 +4 +0\.625 +0\.375 +0\.500 +0\.500/);
    expect((await readdir(out)).sort()).toEqual([
      "episodes.jsonl",
      "report.html",
      "results.json",
      "run.json",
    ]);
    expect(await resultsOf(out)).toMatchObject({
      complete: true,
      total: { episodes: 4, scored: 4, mean: 0.625 },
    });
    expect(await linesOf(out)).toHaveLength(4);
    const resets = server.executed.filter((request) => request.method === "reset");
    expect(resets.map((request) => request.params.seed).sort()).toEqual([5, 5, 6, 6]);
    expect(gym.episodes.size).toBe(0);
  });

  it("tries infrastructure failures again, and never counts them as 0", async () => {
    const { server, gym } = await startServer();
    let failures = 1;
    gym.scorer = (episode) => {
      if (episode.task.id === "fake/b") return fakeScore(null, { failure: lost, exitStatus: "sandbox_lost" });
      return failures-- > 0 ? fakeScore(null, { failure: lost }) : 1;
    };
    const out = join(await scratchFolder(), "run");
    const argv = ["bench", "--url", server.url, "--policy", "noop", "--retries", "1", "-q", "--out", out];
    const { code, stdout } = await clawgym(argv);
    expect(code).toBe(1);
    expect(await resultsOf(out)).toMatchObject({
      total: { mean: 1, scored: 1, episodes: 2, excluded: { infra: 1 } },
      failures: { infra: { SANDBOX_LOST: 1 } },
    });
    expect(stdout).toContain("failures (infra, not in the mean): SANDBOX_LOST × 1");
    const [first] = (await linesOf(out)).filter((line) => line.reward === 1);
    expect(first).toMatchObject({ earlierFailures: [{ code: "SANDBOX_LOST" }] });
  });

  it("that is interrupted goes on where it stopped, and only as the same run", async () => {
    const { server, gym } = await startServer();
    gym.tasks = Array.from({ length: 12 }, (_, index) => fakeTask(`t${index}`));
    const step = server.handlers.get("step");
    let steps = 0;
    server.on("step", async (params, request) => {
      if (++steps > 6) await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
      return step?.(params, request);
    });
    const out = join(await scratchFolder(), "run");
    const base = ["bench", "--url", server.url];
    const first = await clawgym([...base, "--policy", "noop", "-c", "2", "--out", out], {
      during: ({ kill }) => {
        const timer = setInterval(() => {
          if (steps < 8) return;
          clearInterval(timer);
          kill("SIGINT");
        }, 20);
      },
    });
    expect(first.code).toBe(130);
    expect(first.stderr).toContain("clawgym bench --resume");
    expect(await resultsOf(out)).toMatchObject({ complete: false, total: { episodes: 6 } });

    steps = Number.NEGATIVE_INFINITY;
    const other = await clawgym([...base, "--resume", out, "--samples", "3"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("samples 1, not 3");
    const resets = server.count("reset");
    const second = await clawgym([...base, "--resume", out]);
    expect(second.code).toBe(0);
    expect(server.count("reset") - resets).toBe(6);
    expect(await resultsOf(out)).toMatchObject({ complete: true, total: { episodes: 12, mean: 1 } });

    gym.tasks = gym.tasks.map((task) => ({ ...task, version: "2" }));
    const changed = await clawgym([...base, "--resume", out]);
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain("fake/t0@1");
  });

  it("survives a session that is lost in the middle", async () => {
    const { server, gym } = await startServer();
    gym.tasks = Array.from({ length: 8 }, (_, index) => fakeTask(`t${index}`));
    let steps = 0;
    server.mischief = (method) => {
      if (method !== "step" || ++steps !== 4) return undefined;
      server.sessions.clear();
      return "drop-before";
    };
    const out = join(await scratchFolder(), "run");
    const argv = ["bench", "--url", server.url, "--policy", "noop", "-c", "3", "-q", "--out", out];
    const { code } = await clawgym(argv);
    expect(code).toBe(0);
    expect(await resultsOf(out)).toMatchObject({ total: { episodes: 8, scored: 8, mean: 1 } });
  });

  it("plays solutions as one command each, whatever they hold, and then answers", async () => {
    const { server, gym } = await startServer();
    const dir = await scratchFolder();
    const script = "cat <<'EOF'\n'quotes' \"and\" $dollars\nEOF\n";
    const { mkdir } = await import("node:fs/promises");
    await mkdir(join(dir, "tasks/a/solution"), { recursive: true });
    await writeFile(join(dir, "tasks/a/solution/solve.sh"), script);
    await writeFile(join(dir, "tasks/a/solution/final_message.txt"), "All four totals are in.\n");
    const seen: string[] = [];
    gym.scorer = (episode) => {
      for (const message of episode.messages) {
        if (message.role === "assistant")
          seen.push(message.tool_calls?.[0]?.function.arguments ?? String(message.content));
      }
      return 1;
    };
    const argv = [
      "bench",
      "--url",
      server.url,
      "--policy",
      "oracle",
      "--task-dir",
      dir,
      "-q",
      "--out",
      join(dir, "run"),
    ];
    const { code } = await clawgym(argv);
    // Task b has no solution there, which is this side's failure and not a 0.
    expect(code).toBe(1);
    const { command } = JSON.parse(seen[0] ?? "{}") as { command: string };
    const mark = /^bash -s <<'(\w+)'\n/.exec(command)?.[1] ?? "?";
    expect(command).toBe(`bash -s <<'${mark}'\n${script}${mark}`);
    expect(seen[1]).toBe("All four totals are in.");
    expect((await resultsOf(join(dir, "run"))).failures).toEqual({ client: { NO_SOLUTION: 1 } });
  });

  it("replays the episodes of another run", async () => {
    const { server, gym } = await startServer();
    gym.scorer = (episode) =>
      episode.messages.some((message) => message.content === "the recorded answer") ? 1 : 0;
    const dir = await scratchFolder();
    const file = join(dir, "recording.jsonl");
    const call = { id: "c", type: "function", function: { name: "exec", arguments: "{}" } };
    const messages = [
      { role: "user", content: "Do it" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c", content: "x" },
      { role: "assistant", content: "the recorded answer" },
    ];
    await writeFile(file, `${JSON.stringify({ task: { id: "fake/a" }, sample: 0, messages })}\n`);
    const base = ["bench", "--url", server.url, "--policy", "replay", "-q", "--replay"];
    const first = await clawgym([...base, file, "--tasks", "a", "--out", join(dir, "one")]);
    expect(first.code).toBe(0);
    const again = await clawgym([
      ...base,
      join(dir, "one/episodes.jsonl"),
      "--tasks",
      "a",
      "--out",
      join(dir, "two"),
    ]);
    expect(again.code).toBe(0);
    expect(await resultsOf(join(dir, "two"))).toMatchObject({ total: { mean: 1 } });
    expect(server.count("step")).toBe(4);
  });
});

describe("clawgym says what is wrong and what would fix it", () => {
  it("when nothing listens", async () => {
    const { server } = await startServer();
    await server.stop();
    const { code, stderr } = await clawgym(["status", "--url", server.url]);
    expect(code).toBe(3);
    expect(stderr).toContain("nothing listens there");
    expect(stderr).toContain("npx clawgym-server --tasks DIR");
  });

  it("when the token is refused", async () => {
    const { server } = await startServer();
    server.refuseUpgrade = 401;
    const { code, stderr } = await clawgym(["tasks"], { env: { CLAWGYM_URL: server.url } });
    expect(code).toBe(3);
    expect(stderr).toContain("--token TOKEN");
  });

  it("when the command line makes no sense", async () => {
    const { server } = await startServer();
    const attempts = [
      ["bench", "--policy", "genius"],
      ["bench", "--policy", "openai", "--url", server.url],
      ["bench", "--policy", "noop", "--url", server.url, "--tasks", "none-such"],
      ["bench", "--samples", "0"],
      ["unheard-of"],
    ];
    const results = await Promise.all(attempts.map((argv) => clawgym(argv)));
    expect(results.map((result) => result.code)).toEqual([2, 2, 2, 2, 2]);
    expect(results[1]?.stderr).toContain("--base-url");
    expect(results[2]?.stderr).toContain("no task is named none-such");
  });

  it("and shows examples in the help of every command", async () => {
    const commands = ["bench", "compare", "report", "tasks", "status", "validate", "doctor"];
    const results = await Promise.all(commands.map((command) => clawgym([command, "--help"])));
    for (const { code, stdout } of results) {
      expect(code).toBe(0);
      expect(stdout).toContain("Examples:");
    }
  });
});
