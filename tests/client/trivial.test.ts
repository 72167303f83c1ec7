import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { trivialResults } from "../../client-ts/src/cli/trivial/rows.ts";
import { clawgym, scratchFolder } from "./cli.ts";
import { type FakeEpisode, fakeScore, fakeTask } from "./library/fake-gym.ts";
import { fakeRecord } from "./results/records.ts";
import { startServer } from "./with-server.ts";

const AGENTS = ["noop", "touch", "truncate-touch", "paste", "truncate-paste", "dump", "truncate-dump"];

let stopModel: (() => void) | undefined;
afterEach(() => stopModel?.());

/** An OpenAI-compatible endpoint whose model says at once that it has finished. */
async function modelThatFinishes(): Promise<string> {
  const answer = {
    choices: [{ message: { role: "assistant", content: "Finished." }, finish_reason: "stop" }],
    usage: { prompt_tokens: 30, completion_tokens: 4 },
  };
  const model = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
  stopModel = () => model.close();
  return `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`;
}

/** The command that an episode ran, if any. */
function scriptOf(episode: FakeEpisode): string {
  return episode.messages
    .flatMap((message) => message.tool_calls ?? [])
    .map((call) => call.function.arguments)
    .join("");
}

async function trivialOf(dir: string) {
  const results = JSON.parse(await readFile(join(dir, "results.json"), "utf8"));
  return results.trivial as Record<string, unknown> & {
    rows: { agent: string; mean: number; tasks: number }[];
  };
}

describe("agents without a model", () => {
  it("play beside the policy, and are known the next time until the task changes", async () => {
    const { server, gym } = await startServer();
    const content = (name: string) => ({ contentHash: name.repeat(64) }) as object;
    gym.tasks = [fakeTask("a.csv", content("a")), fakeTask("b", content("b"))];
    gym.scorer = (episode) => (scriptOf(episode).includes("/dev/null") ? 0.2 : 0);
    const dir = await scratchFolder();
    const env = { XDG_CACHE_HOME: join(dir, "cache") };
    const play = async (name: string, ...more: string[]) => {
      const before = server.count("reset");
      const argv = [
        "bench",
        "--url",
        server.url,
        "--policy",
        "noop",
        "-q",
        "--out",
        join(dir, name),
        ...more,
      ];
      const { code, stdout } = await clawgym(argv, { env });
      expect(code).toBe(0);
      return { resets: server.count("reset") - before, stdout };
    };
    const first = await play("one", "--trivial");
    expect(first.resets).toBe(2 + 2 * AGENTS.length);
    const found = await trivialOf(join(dir, "one"));
    expect(found.rows.map(({ agent }) => agent)).toEqual(AGENTS);
    expect(found.rows.map(({ mean }) => mean)).toEqual([0, 0.1, 0.1, 0, 0, 0, 0]);
    expect(found).toMatchObject({
      best: { mean: 0.1, most: { task: "fake/a.csv", reward: 0.2 } },
      tasks: { "fake/a.csv": { noop: 0, touch: 0.2 } },
      played: 14,
      cached: 0,
    });
    expect(first.stdout).toMatch(/touch +2 +0\.100 +0\.100 +0 +a\.csv 0\.200/);

    const second = await play("two", "--trivial");
    expect(second.resets).toBe(2);
    expect(await trivialOf(join(dir, "two"))).toMatchObject({ played: 0, cached: 14, rows: found.rows });

    gym.tasks = [fakeTask("a.csv", content("a")), fakeTask("b", content("c"))];
    expect((await play("three", "--trivial")).resets).toBe(2 + AGENTS.length);
    expect((await play("four", "--trivial", "--rubric", "off")).resets).toBe(2 + 2 * AGENTS.length);

    const none = await play("five");
    expect(none.resets).toBe(2);
    expect(await trivialOf(join(dir, "five"))).toBeNull();
    expect(await readdir(join(dir, "five"))).not.toContain("trivial.json");
    const again = await clawgym(["report", join(dir, "one")], { env });
    expect(again.stdout).toContain("WITHOUT A MODEL");
  }, 180_000);

  it("play beside every model, unless that is not wanted", async () => {
    const { server } = await startServer();
    const baseUrl = await modelThatFinishes();
    const dir = await scratchFolder();
    const play = (name: string, ...more: string[]) => {
      const policy = ["--policy", "openai", "--base-url", baseUrl, "--model", "m"];
      const argv = ["bench", "--url", server.url, ...policy, "-q", "--out", join(dir, name), ...more];
      return clawgym(argv, { env: { XDG_CACHE_HOME: join(dir, "cache") } });
    };
    expect((await play("one")).code).toBe(0);
    // Without a content hash nothing can be kept, and everything is played.
    expect(await trivialOf(join(dir, "one"))).toMatchObject({ played: 14, cached: 0 });
    const results = JSON.parse(await readFile(join(dir, "one/results.json"), "utf8"));
    expect(results.usage).toMatchObject({ promptTokens: { mean: 30 }, completionTokens: { mean: 4 } });
    expect((await play("two", "--no-trivial")).code).toBe(0);
    expect(await trivialOf(join(dir, "two"))).toBeNull();
  }, 180_000);

  it("that fail are in no mean, and are not remembered", async () => {
    const { server, gym } = await startServer();
    gym.tasks = [fakeTask("a", { contentHash: "a".repeat(64) } as object)];
    const failure = { class: "task", code: "VERIFIER_FAILED", message: "crashed", retryable: false } as const;
    gym.scorer = (episode) => (scriptOf(episode) === "" ? 0 : fakeScore(null, { failure }));
    const dir = await scratchFolder();
    const play = async (name: string) => {
      const argv = [
        "bench",
        "--url",
        server.url,
        "--policy",
        "noop",
        "-q",
        "--trivial",
        "--out",
        join(dir, name),
      ];
      return clawgym(argv, { env: { XDG_CACHE_HOME: join(dir, "cache") } });
    };
    const { code, stdout } = await play("one");
    expect(code).toBe(0);
    expect(stdout).toContain("without a reward, in none of these means: VERIFIER_FAILED × 6");
    expect(await trivialOf(join(dir, "one"))).toMatchObject({
      rows: [{ agent: "noop", tasks: 1 }, { tasks: 0 }, {}, {}, {}, {}, {}],
    });
    await play("two");
    expect(await trivialOf(join(dir, "two"))).toMatchObject({ played: 6, cached: 1 });
  });

  it("are summed up over the run's own tasks, by category and by the best of each task", () => {
    const records = ["a", "b"].map((id) => fakeRecord(id, 1));
    const episode = (agent: string, task: string, reward: number) => ({
      agent,
      task: `fake/${task}`,
      contentHash: null,
      reward,
      failure: null,
      cached: false,
    });
    const found = trivialResults(
      {
        schema: "clawgym.bench.trivial/1",
        episodes: [
          episode("touch", "a", 0.1),
          episode("touch", "b", 0),
          episode("dump", "a", 0),
          episode("dump", "b", 1),
          episode("dump", "elsewhere", 1),
        ],
      },
      records,
    );
    expect(found.rows).toMatchObject([
      { agent: "touch", mean: 0.05, passed: 0 },
      { agent: "dump", mean: 0.5, passed: 1, categories: { analysis: { tasks: 2 } } },
    ]);
    expect(found.best).toMatchObject({ mean: 0.55, most: { task: "fake/b", reward: 1 } });
  });
});
