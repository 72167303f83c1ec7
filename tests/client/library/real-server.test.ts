import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, connect, type Episode, rollout } from "@clawgym/client";
import { readTar } from "@clawgym/tasks";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { NEEDS_WEBSOCKETS, pythonWithWebsockets } from "../../support/python.ts";
import { type ServerProcess, startProcess } from "../../support/server-process.ts";
import { clawgym, ROOT, scratchFolder } from "../cli.ts";
import { CuttingProxy } from "./cutting-proxy.ts";

const TASKS = join(ROOT, "bench-data/clawgym-bench");
const TASK = "clawgym-bench/ban-ssh-bruteforce";

const trial = ["--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "true"];
const canSandbox = existsSync(join(ROOT, ".build/sandboxd")) && spawnSync("bwrap", trial).status === 0;
if (!canSandbox) {
  process.stderr.write(
    "SKIPPED: the real server needs bubblewrap and .build/sandboxd (see: clawgym doctor)\n",
  );
}

const python = pythonWithWebsockets();

function exec(command: string) {
  const call = {
    id: "c1",
    type: "function" as const,
    function: { name: "exec", arguments: JSON.stringify({ command }) },
  };
  return { role: "assistant" as const, content: null, tool_calls: [call] };
}

function output(episode: Episode): string {
  return String(episode.messages.at(-1)?.content);
}

describe.skipIf(!canSandbox)("with the real server", () => {
  let server: ServerProcess;
  const clients: Client[] = [];
  beforeAll(async () => {
    server = await startProcess(["--tasks", TASKS, "--backend", "bubblewrap", "--pool-max", "8"]);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });
  afterAll(async () => {
    await server?.stop();
  });

  async function open(url = server.url, codec: "json" | "msgpack" = "msgpack"): Promise<Client> {
    const client = await connect(url, { codec });
    clients.push(client);
    return client;
  }

  it.each(["msgpack", "json"] as const)("an episode is played and looked into over %s", async (codec) => {
    const client = await open(server.url, codec);
    const episode = await client.reset({ task: TASK, rubric: "off" });
    expect(episode.tools.map((tool) => tool.function.name)).toContain("exec");
    await episode.step(
      exec("printf 'caf\\303\\251\\000' > new.bin; mkdir -p sub; seq 200000 > sub/big.txt; echo said"),
    );
    expect(output(episode)).toBe("said");
    expect(await episode.workspace.diff()).toMatchObject({ added: ["new.bin", "sub/big.txt"], changed: [] });
    expect(Buffer.from(await episode.workspace.read("new.bin")).toString("latin1")).toBe("caf\u00c3\u00a9\0");
    const lines = (await episode.workspace.readText("sub/big.txt")).trimEnd().split("\n");
    expect(lines.length).toBe(200_000);
    const entries: string[] = [];
    for await (const entry of episode.workspace.list(".", { recursive: true })) entries.push(entry.path);
    expect(entries).toContain("sub/big.txt");
    const files = readTar(await episode.workspace.export());
    expect(files.find((file) => file.path === "sub/big.txt")?.bytes?.byteLength).toBe(
      lines.join("\n").length + 1,
    );
    expect((await episode.score({ peek: true })).exitStatus).toBeNull();
    const result = await episode.step("I give up.");
    expect(result).toMatchObject({ terminated: true, reward: 0 });
    const types: string[] = [];
    for await (const record of episode.trace()) types.push(record.type);
    expect(types.length).toBeGreaterThan(2);
    await episode.close();
    await expect(episode.step("again")).rejects.toMatchObject({ code: "UNKNOWN_EPISODE" });
  });

  it("a step that is cut in the middle runs once, and its reply arrives", async () => {
    const proxy = await CuttingProxy.to(server.url);
    const client = await open(proxy.url);
    const episode = await client.reset({ task: TASK, rubric: "off" });
    const step = episode.step(exec("echo once >> log.txt; sleep 1; cat log.txt"));
    await new Promise((resolve) => setTimeout(resolve, 400));
    proxy.cut();
    await step;
    expect(output(episode)).toBe("once");
    await episode.step(exec("cat log.txt"));
    expect(output(episode)).toBe("once");
    expect(proxy.connections).toBe(2);
    await client.close();
    await proxy.close();
  });

  it("a step that is aborted is cancelled", async () => {
    const client = await open();
    const episode = await client.reset({ task: TASK, rubric: "off" });
    const abort = new AbortController();
    const step = episode.step(exec("sleep 30; echo late > late.txt"), { signal: abort.signal });
    setTimeout(() => abort.abort(), 300);
    await expect(step).rejects.toMatchObject({ code: "ABORTED" });
    const closing = performance.now();
    await episode.close();
    expect(performance.now() - closing).toBeLessThan(10_000);
  });

  it("rollouts run side by side, and forks go their own ways", async () => {
    const client = await open();
    const policy = ({ turn }: { turn: number }) => (turn === 0 ? exec("ls") : "Nothing more.");
    const played = await Promise.all(
      Array.from({ length: 6 }, (_, seed) => rollout(client, { task: TASK, seed, rubric: "off", policy })),
    );
    expect(played.map((trajectory) => trajectory.reward)).toEqual([0, 0, 0, 0, 0, 0]);
    if (!client.capabilities.includes("fork")) return;
    const episode = await client.reset({ task: TASK, rubric: "off" });
    await episode.step(exec("echo shared > a.txt"));
    const [left, right] = await episode.fork(2);
    await left?.step(exec("echo left >> a.txt"));
    await right?.step(exec("cat a.txt"));
    expect(right && output(right)).toBe("shared");
  });

  it("clawgym bench earns 1 with the oracle and 0 with a no-op", async () => {
    const dir = await scratchFolder();
    const base = ["bench", "--url", server.url, "--tasks", "ban-ssh-bruteforce", "--task-dir", TASKS, "-q"];
    const oracle = await clawgym([
      ...base,
      "--policy",
      "oracle",
      "--min-reward",
      "1",
      "--out",
      join(dir, "oracle"),
    ]);
    expect(oracle).toMatchObject({ code: 0 });
    const noop = await clawgym([...base, "--policy", "noop", "--out", join(dir, "noop")]);
    expect(noop).toMatchObject({ code: 0 });
    const results = JSON.parse(await readFile(join(dir, "noop/results.json"), "utf8"));
    expect(results.total.mean).toBe(0);
  });

  it("the Python example plays groups", (context) => {
    if (python === null) return context.skip(NEEDS_WEBSOCKETS);
    const example = join(ROOT, "examples/python/rollout.py");
    const text = execFileSync(python, [example, "--url", server.url, "--tasks", "1", "--group", "4"], {
      encoding: "utf8",
    });
    expect(JSON.parse(text)).toMatchObject({ rewards: [0, 0, 0, 0], failures: [] });
  });
});
