import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChatMessage, Trajectory } from "@clawgym/protocol";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import { clawgym, scratchFolder } from "../client/cli.ts";
import { fakeRecord } from "../client/results/records.ts";
import { call, result, SHORT, says, system, tool, trajectory, user } from "./samples.ts";
import { byteLevelBpe, TEMPLATES } from "./tokenizers.ts";

const jsonl = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");
const parsed = <T>(text: string) =>
  text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as T]));
const tokens = { prompt: [1, 2], completion: [3], logprobs: [-0.5] };
const good = trajectory(SHORT, { id: "good", episode: "good" });
const bad = trajectory(SHORT, { id: "bad", episode: "bad", reward: 0, trainable: false });
const rl = trajectory([user("u"), says("x")], { id: "rl", turns: [{ message: 1, tokens }] });

async function folderWith(files: Record<string, string>): Promise<(name: string) => string> {
  const folder = await scratchFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return (name) => join(folder, name);
}
const trajectories = (...argv: string[]) => clawgym(["trajectories", ...argv]);

describe("clawgym trajectories stats", () => {
  it("prints the table beside the paper's numbers, JSON, and a page", async () => {
    const at = await folderWith({ "a.jsonl": jsonl([good, bad]) });
    const table = await trajectories("stats", at("a.jsonl"), "--html", at("a.html"));
    expect(table.code).toBe(0);
    expect(table.stdout).toContain("2 trajectories of 1 tasks");
    expect(table.stdout).toMatch(/per trajectory +mean +p10 +median +p90 +max +paper/);
    expect(table.stdout).toMatch(/rounds +2 +2 +2 +2 +2 +13\n/);
    expect(table.stdout).toMatch(/tokens +.* 18,700\n/);
    expect(table.stdout).toMatch(/tool kinds +1 +1 +1 +1 +1 +3\.25\n/);
    expect(table.stdout).toContain("estimated 2");
    const page = await readFile(at("a.html"), "utf8");
    expect(page).toContain("<title>ClawGym trajectories</title>");
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<\w+[^>]*\s(?:src|href)=/);
    const json = JSON.parse((await trajectories("stats", at("a.jsonl"), "--json")).stdout) as object;
    expect(json).toMatchObject({
      format: "clawgym.trajectory-stats/1",
      trajectories: 2,
      measures: { rounds: { mean: 2 } },
    });
  });

  it("reads what servers and clawgym bench recorded, and a torn last line", async () => {
    const at = await folderWith({
      "run.json": JSON.stringify({ policy: { name: "openai", model: "teacher" } }),
      "episodes.jsonl": jsonl([fakeRecord("a", 1, { tools: [tool("exec")] })]),
      "server.jsonl": `${jsonl([
        {
          type: "reset",
          v: 1,
          at: 1,
          episode: "ep_1",
          task: "d/t",
          version: "1",
          harness: { kind: "tools" },
          observation: { messages: [user("u")] },
        },
        { type: "step", step: 1, action: says("Done."), finishReason: null, observation: { messages: [] } },
        { type: "end", exitStatus: "max_steps", diff: null },
      ])}{"type":"sco`,
    });
    const { code, stdout, stderr } = await trajectories("stats", at("."), "--json");
    expect(code).toBe(0);
    expect(stderr).toContain("line 4: the last line is torn");
    expect(JSON.parse(stdout)).toMatchObject({
      trajectories: 2,
      models: { teacher: 1, unknown: 1 },
      exitStatuses: { completed: 1, max_steps: 1 },
    });
  });

  it("holds no tools of earlier episodes in memory", async () => {
    const description = "d".repeat(1_000_000);
    const tools = [{ type: "function", function: { name: "exec", description, parameters: {} } }];
    const observation = { messages: [user("u")], tools };
    const at = await folderWith({});
    for (let number = 0; number < 300; number++) {
      const reset = { type: "reset", v: 1, at: 1, episode: `ep_${number}`, task: "d/t", observation };
      await appendFile(at("server.jsonl"), jsonl([reset]));
    }
    const env = { NODE_OPTIONS: "--max-old-space-size=160" };
    const { code, stdout } = await clawgym(["trajectories", "stats", at("server.jsonl")], { env });
    expect(stdout).toContain("300 trajectories");
    expect(code).toBe(0);
  });

  it("steers no terminal, whatever a line says", async () => {
    const at = await folderWith({ "a.jsonl": jsonl([{ ...good, labels: { "\u001b[2J\u009b": 5 } }]) });
    const { code, stderr } = await trajectories("stats", at("a.jsonl"));
    expect(code).toBe(1);
    expect(stderr).toContain("line 1: labels. [2J : Invalid input");
    expect(stderr).toMatch(/^[ -~\n]*$/);
  });

  it("says in which file and line something is wrong", async () => {
    const at = await folderWith({
      "a.jsonl": `${jsonl([good])}{oops\n${jsonl([good])}`,
      "b.jsonl": jsonl([good, { ...good, turns: [{ message: 0 }] }]),
      "c.jsonl": jsonl([{ type: "step" }]),
      "d.jsonl": jsonl([{ ...fakeRecord("a", 1), sample: -1 }]),
    });
    const errorOf = async (name: string) => (await trajectories("stats", at(name))).stderr;
    expect(await errorOf("a.jsonl")).toContain(`${at("a.jsonl")}, line 2: not JSON`);
    expect(await errorOf("b.jsonl")).toContain(
      "line 2: turns.0.message: no assistant message is there (BAD_TRAJECTORY)",
    );
    expect(await errorOf("c.jsonl")).toContain("line 1: a record before the reset of its episode");
    expect(await errorOf("d.jsonl")).toContain("line 1: sample");
    const missing = await trajectories("stats", at("none.jsonl"));
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("there is no")]);
  });
});

describe("clawgym trajectories filter", () => {
  it("writes what was chosen as it was, and tells why the others were not", async () => {
    const at = await folderWith({ "a.jsonl": jsonl([bad, good, { ...good, id: "again" }]) });
    const flags = ["--trainable", "--min-reward", "1", "--unique", "--format", "-o", at("out.jsonl")];
    const { code, stderr, stdout } = await trajectories("filter", at("a.jsonl"), ...flags);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe("kept 1 of 3; left out: not-trainable 1, duplicate 1\n");
    expect(parsed(await readFile(at("out.jsonl"), "utf8"))).toEqual([good]);
    const best = await trajectories("filter", at("a.jsonl"), "--best-of", "1");
    expect(parsed<Trajectory>(best.stdout).map(({ id }) => id)).toEqual(["good"]);
  });

  it("leaves nothing behind when it fails, and overwrites no input", async () => {
    const at = await folderWith({
      "a.jsonl": `${jsonl([good])}{oops\n\n`,
      "b.jsonl": jsonl([good]),
      "old.jsonl": "old",
    });
    expect((await trajectories("filter", at("a.jsonl"), "-o", at("old.jsonl"))).code).toBe(1);
    expect(await readFile(at("old.jsonl"), "utf8")).toBe("old");
    const same = await trajectories("filter", at("b.jsonl"), "-o", at("b.jsonl"));
    expect([same.code, same.stderr]).toEqual([2, expect.stringContaining("is one of the files to read")]);
    expect((await readdir(at("."))).sort()).toEqual(["a.jsonl", "b.jsonl", "old.jsonl"]);
    expect((await trajectories("filter", at("b.jsonl"), "--thread", "side")).code).toBe(2);
  });

  it("says which file has no room, and leaves no part of it, small or large", async () => {
    const large = trajectory([user("x".repeat(3_000_000)), says("Done.")]);
    const at = await folderWith({ "a.jsonl": jsonl([good]), "b.jsonl": jsonl([large]) });
    for (const name of ["a.jsonl", "b.jsonl"]) {
      const { code, stderr } = await clawgym(["trajectories", "filter", at(name), "-o", at("out.jsonl")], {
        maxFileKib: 0,
      });
      expect(stderr).toContain(`clawgym: ${at("out.jsonl")} cannot be written: EFBIG`);
      expect(code).toBe(1);
      expect((await readdir(at("."))).sort()).toEqual(["a.jsonl", "b.jsonl"]);
    }
  });
});

describe("clawgym trajectories export", () => {
  it("writes chat, ShareGPT and captured ids as JSON Lines, without what is not trainable", async () => {
    const at = await folderWith({ "a.jsonl": jsonl([good, bad]), "rl.jsonl": jsonl([rl]) });
    const chat = await trajectories("export", at("a.jsonl"), "--format", "chat");
    expect(parsed(chat.stdout)).toMatchObject([{ trajectory: "good", messages: SHORT }]);
    expect(chat.stderr).toBe("1 samples of 2 trajectories; left out: 1 not trainable\n");
    const both = await trajectories("export", at("a.jsonl"), "--format", "sharegpt", "--include-untrainable");
    expect(parsed(both.stdout)).toMatchObject([{ trajectory: "good" }, { trajectory: "bad" }]);
    const captured = await trajectories("export", at("rl.jsonl"), "--format", "rl");
    expect(parsed(captured.stdout)).toMatchObject([{ prompt_ids: [1, 2], response_ids: [3] }]);
  });

  it("writes no half of a surrogate pair, and leaves text that looks like one alone", async () => {
    const torn = trajectory([user("cut \ud83d"), says("\udc00\\ud800 \\\ud800 😀")]);
    const at = await folderWith({ "a.jsonl": jsonl([torn]) });
    const whole = ["cut \ufffd", "\ufffd\\ud800 \\\ufffd 😀"];
    for (const command of [["filter"], ["export", "--format", "chat"]]) {
      const { stdout } = await trajectories(...command, at("a.jsonl"));
      const [made] = parsed<{ messages: ChatMessage[] }>(stdout);
      expect(made?.messages.map(({ content }) => content)).toEqual(whole);
    }
  });

  it("stops at what has no token ids, or leaves it out when told to", async () => {
    const at = await folderWith({ "a.jsonl": jsonl([rl, good]) });
    const argv = ["export", at("a.jsonl"), "--format", "rl", "-o", at("out.jsonl")];
    const stopped = await trajectories(...argv);
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(
      /a\.jsonl, line 2: good: the turn of message 2 has no token ids at all \(NO_TOKEN_IDS\)/,
    );
    expect(stopped.stderr).toContain("→ leave it out: --skip-errors");
    expect(await readdir(at("."))).toEqual(["a.jsonl"]);
    const skipped = await trajectories(...argv, "--skip-errors");
    expect([skipped.code, skipped.stderr]).toEqual([0, expect.stringContaining("left out: 1 with errors")]);
    expect(parsed(await readFile(at("out.jsonl"), "utf8"))).toHaveLength(1);
  });

  it("tokenises with a model's folder, to JSON Lines and to Parquet", async () => {
    const at = await folderWith({ "a.jsonl": jsonl([good]) });
    await mkdir(at("model"));
    await writeFile(at("model/tokenizer.json"), JSON.stringify(byteLevelBpe()));
    await writeFile(at("model/tokenizer_config.json"), JSON.stringify({ chat_template: TEMPLATES.plain }));
    const argv = ["export", at("a.jsonl"), "--format", "tokenized", "--tokenizer", at("model"), "--labels"];
    const { stdout, stderr, code } = await trajectories(...argv);
    expect([code, stderr]).toEqual([0, "1 samples of 1 trajectories\n"]);
    const [sample] = parsed<{ input_ids: number[]; loss_mask: number[]; labels: number[] }>(stdout);
    expect(sample?.loss_mask).toHaveLength(sample?.input_ids.length ?? 0);
    expect(sample?.loss_mask).toContain(1);
    expect((await trajectories(...argv, "-o", at("out.parquet"))).code).toBe(0);
    const bytes = await readFile(at("out.parquet"));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    expect(await parquetReadObjects({ file })).toEqual([expect.objectContaining({ ...sample })]);
    const short = await trajectories(...argv, "--max-tokens", "10");
    expect(short.stderr).toContain("2 turns too long");
    expect((await trajectories(...argv.slice(0, 4))).stderr).toContain("needs --tokenizer");
    await writeFile(at("silent.jinja"), TEMPLATES.silent);
    const silent = await trajectories(...argv, "--chat-template", at("silent.jinja"));
    expect(silent.stderr).toMatch(/line 1: the chat template does not show tool calls \(BAD_TEMPLATE\)/);
  });

  it("writes whole trajectories as Parquet", async () => {
    const at = await folderWith({ "a.jsonl": jsonl([good, bad]) });
    expect(
      (await trajectories("export", at("a.jsonl"), "--format", "parquet", "-o", at("a.parquet"))).code,
    ).toBe(0);
    const bytes = await readFile(at("a.parquet"));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    expect(rows.map(({ trajectory: line }) => JSON.parse(line as string))).toEqual([good, bad]);
    expect((await trajectories("export", at("a.jsonl"), "--format", "parquet")).code).toBe(2);
  });
});

describe("clawgym trajectories reconstruct", () => {
  const ask = says(null, call("call_1", "exec", { command: "ls" }));
  const task = [system("s"), user("Do it.")];
  const line = (messages: object[], message: object) => ({
    request: { messages, tools: [tool("exec")] },
    response: { choices: [{ message }] },
  });
  const log = [
    line(task, says("lost")),
    line(task, ask),
    { request: { messages: task }, response: { error: "overloaded" } },
    { unrelated: true },
    line(
      [...task, says(null, call("call1", "exec", { command: "ls" })), result("call1", "a b")],
      says("Done."),
    ),
  ];

  it("makes trajectories that the other commands read, and tells what it left out", async () => {
    const at = await folderWith({ "raw.jsonl": jsonl(log) });
    const { code, stderr } = await trajectories("reconstruct", at("raw.jsonl"), "-o", at("out.jsonl"));
    expect(code).toBe(0);
    expect(stderr.split("\n")).toEqual([
      "1 trajectories (main 1) from 4 requests",
      "left out  unanswered: 1 (line 3)",
      "left out  unreadable: no messages of a request: 1 (line 4)",
      "left out  retry: 1 (line 1)",
      "",
    ]);
    const [made] = parsed<Trajectory>(await readFile(at("out.jsonl"), "utf8"));
    expect(made?.messages).toEqual([...task, ask, result("call_1", "a b"), says("Done.")]);
    expect((await trajectories("stats", at("out.jsonl"))).stdout).toContain("1 trajectories");
  });

  it("counts lines of several files, fails when nothing comes of them, and at what is no JSON", async () => {
    const at = await folderWith({
      "a.jsonl": jsonl(log),
      "b.jsonl": `${jsonl([{ x: 1 }])}`,
      "c.jsonl": "{\n{\n",
    });
    const both = await trajectories("reconstruct", at("a.jsonl"), at("b.jsonl"));
    expect(both.stderr).toContain(`(line ${at("a.jsonl")}:4, ${at("b.jsonl")}:1)`);
    expect(parsed(both.stdout)).toHaveLength(1);
    expect((await trajectories("reconstruct", at("b.jsonl"))).code).toBe(1);
    expect((await trajectories("reconstruct", at("c.jsonl"))).stderr).toContain("line 1: not JSON");
    expect((await trajectories("reconstruct", at("a.jsonl"), "--heartbeat", "(")).code).toBe(2);
    const none = await trajectories("reconstruct", at("a.jsonl"), "--supported-tools", "read, write");
    expect(none.stderr).toContain("left out  unsupported-tool: exec: 1 (line 2, 5)");
  });
});

describe("the help of clawgym trajectories", () => {
  it.each([[], ["stats"], ["filter"], ["export"], ["reconstruct"]])(
    "has examples: %s",
    async (...command) => {
      const { code, stdout } = await trajectories(...command, "--help");
      expect(code).toBe(0);
      expect(stdout).toContain("Examples:\n  clawgym trajectories");
    },
  );
});
