import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { EpisodeRecord } from "../../../client-ts/src/cli/bench/record.ts";
import { reportData } from "../../../client-ts/src/cli/report/data.ts";
import {
  BENCH_PAGE,
  jsonInScript,
  renderPage,
  STATISTICS_PAGE,
} from "../../../client-ts/src/cli/report/page.ts";
import { cut } from "../../../client-ts/src/cli/report/text.ts";
import { makeResults } from "../../../client-ts/src/cli/results/results.ts";
import { benchConfig, fakeRecord } from "./records.ts";
import { blocksOf, dataOf, HOSTILE, hostileRecords, pageOf } from "./report-bed.ts";

describe("the report", () => {
  it("holds hostile text only where no browser runs it", () => {
    const records = hostileRecords();
    const html = pageOf(records);
    expect(html).not.toContain("<img");
    expect(html).not.toContain("\u2028");
    // One for the data, one for the script, and one for each episode.
    expect(html.match(/<script/g)).toHaveLength(2 + records.length);
    expect(html.match(/<\/script/g)).toHaveLength(2 + records.length);
    expect(html).not.toContain("<!--");
    const { episodes } = dataOf(html);
    expect(episodes.some(({ task }) => task.title === HOSTILE)).toBe(true);
    const said = blocksOf(html).flatMap(({ messages }) => messages);
    expect(said.filter(({ content }) => content?.text === HOSTILE)).toHaveLength(4);
  });

  it("allows its own script and style by their hashes and nothing else", () => {
    const html = pageOf([fakeRecord("a", 1)]);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
    const sha = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? "";
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? "";
    expect(policy).toBe(
      `default-src 'none'; script-src ${sha(script)}; style-src ${sha(style)}; base-uri 'none'; form-action 'none'`,
    );
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/);
    expect(html).not.toMatch(/<\w+[^>]*\s(?:src|href)=/);
    expect(script).not.toMatch(/^import |^export /m);
  });

  it("is made of scripts that do not take each other's names", () => {
    for (const parts of [BENCH_PAGE, STATISTICS_PAGE]) {
      const script = /<script>([\s\S]*?)<\/script>/.exec(renderPage({}, parts))?.[1] ?? "";
      const pattern = /^(?:async )?(?:function|const|let|class) (\w+)/gm;
      const names = [...script.matchAll(pattern)].map((match) => match[1]);
      expect(names.length).toBeGreaterThan(20);
      expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    }
  });

  it("packs what is only read when an episode is opened", () => {
    const call = { id: "c", type: "function", function: { name: "exec", arguments: '{"command":"ls"}' } };
    const info = { durationMs: 7, truncated: false, timedOut: false, oom: false, exitCode: 3 };
    const record = fakeRecord("a", 0.5, {
      messages: [
        { role: "user", content: "Do it" },
        { role: "assistant", content: null, reasoning_content: "hm", tool_calls: [call] },
        { role: "tool", tool_call_id: "c", content: [{ type: "text", text: "in parts" }] },
        { role: "assistant", content: "Finished" },
      ],
      turns: [
        {
          policyMs: 1,
          stepMs: 1,
          usage: { promptTokens: 5, completionTokens: 6 },
          calls: [{ id: "c", name: "exec", ...info }],
        },
        { policyMs: 2, stepMs: 1, calls: [] },
      ],
      diff: { added: ["out.csv"], changed: [], deleted: ["old"] },
    });
    const html = pageOf([record, fakeRecord("b", 1)]);
    expect(html).not.toContain("Finished");
    const [first] = blocksOf(html);
    expect(first).toMatchObject({
      code: { checks: [{ id: "only", message: "because" }] },
      diff: { added: { count: 1, paths: ["out.csv"] }, changed: { count: 0 }, deleted: { paths: ["old"] } },
      messages: [
        { role: "user", content: { text: "Do it", characters: 5, left: 0 } },
        {
          role: "assistant",
          content: null,
          reasoning: { text: "hm" },
          calls: [{ name: "exec" }],
          usage: { promptTokens: 5 },
        },
        {
          role: "tool",
          result: { name: "exec", info },
          content: { text: expect.stringContaining("in parts") },
        },
        { role: "assistant", policyMs: 2 },
      ],
    });
    expect(dataOf(html).episodes[0]).toMatchObject({
      toolCalls: 1,
      checks: { passed: 0, all: 1 },
      outcome: "partial",
    });
  });

  it("keeps to a size that a browser can show", () => {
    // Random text cannot be packed, so that it is the lengths that must give way.
    const noise = (seed: string) =>
      Array.from({ length: 150 }, (_, index) =>
        createHash("sha512").update(`${seed}${index}`).digest("base64"),
      ).join("");
    const messages = Array.from({ length: 10 }, (_, index) => ({
      role: "tool",
      content: noise(String(index)),
    }));
    const records = Array.from({ length: 4 }, (_, index) => fakeRecord(`t${index}`, 1, { messages }));
    const results = makeResults(benchConfig(records), records, { server: null });
    const { data, blocks } = reportData(results, records, 100_000);
    expect(blocks.join("").length).toBeLessThan(100_000);
    expect(blocks.join("").length).toBeGreaterThan(30_000);
    const html = renderPage(data, BENCH_PAGE, blocks);
    expect(dataOf(html).textLimit).toBeLessThan(5000);
    expect(JSON.stringify(blocksOf(html).at(-1))).toContain("characters left out here");
    expect(reportData(results, records).blocks.join("").length).toBeGreaterThan(400_000);
  });

  it("cuts a text in the middle, and says how much of how much is missing", () => {
    const found = cut(`${"a".repeat(700)}${"b".repeat(1300)}${"c".repeat(300)}`, 1000);
    expect(found).toMatchObject({ characters: 2300, left: 1300 });
    expect(found.text).toBe(
      `${"a".repeat(700)}\n[… 1,300 of 2,300 characters left out here …]\n${"c".repeat(300)}`,
    );
    expect(cut("short", 5)).toEqual({ text: "short", characters: 5, left: 0 });
  });

  it("spells JSON so that it says the same", () => {
    const value = { text: HOSTILE, more: ["&lt;", "\u2029"] };
    expect(JSON.parse(jsonInScript(value))).toEqual(value);
  });

  it("takes no block that is not base64", () => {
    expect(() => renderPage({}, BENCH_PAGE, ["</script>"])).toThrow("block 0 is not base64");
  });

  it("shows episodes of runs that told less", () => {
    const { turns: _turns, diff: _diff, ...old }: EpisodeRecord = fakeRecord("a", 1);
    const [block] = blocksOf(pageOf([old]));
    expect(block?.messages).toHaveLength(2);
    expect(block).not.toHaveProperty("diff");
  });
});
