import { gunzipSync } from "node:zlib";
import type { EpisodeRecord } from "../../../client-ts/src/cli/bench/record.ts";
import { reportData } from "../../../client-ts/src/cli/report/data.ts";
import { BENCH_PAGE, renderPage } from "../../../client-ts/src/cli/report/page.ts";
import { type BenchResults, makeResults } from "../../../client-ts/src/cli/results/results.ts";
import { fakeScore } from "../library/fake-gym.ts";
import { benchConfig, fakeRecord } from "./records.ts";

/** What an agent, a task or a server might say to take over a page. */
export const HOSTILE = `</script><script>document.title="pwned"</script><img src=x onerror='document.title="pwned"'><svg onload="document.title='pwned'"><!--<script>\u2028\u2029]]>javascript:document.title="pwned"`;

/** The page of some records, with hostile facts around them. */
export function pageOf(records: EpisodeRecord[], more: Partial<BenchResults> = {}): string {
  const config = benchConfig(records, { policy: { name: "openai", model: HOSTILE }, samples: 2 });
  const server = { name: HOSTILE, version: "1", backend: HOSTILE, enforced: [], notEnforced: [HOSTILE] };
  const episodes = ["noop", HOSTILE].map((agent) => {
    return {
      agent,
      task: records[0]?.task.id ?? "",
      contentHash: null,
      reward: 0.1,
      failure: null,
      cached: true,
    };
  });
  const trivial = { schema: "clawgym.bench.trivial/1", episodes } as const;
  const results = makeResults(config, records, { server, trivial });
  const { data, blocks } = reportData({ ...results, ...more }, records);
  return renderPage(data, BENCH_PAGE, blocks);
}

/** Records in which everything that can be text is hostile. */
export function hostileRecords(): EpisodeRecord[] {
  const score = fakeScore(0.5);
  if (score.code) {
    score.code.logTail = HOSTILE;
    score.code.checks = [{ id: HOSTILE, score: 0.5, weight: 1, kind: "correctness", message: HOSTILE }];
  }
  const criteria = [{ id: HOSTILE, score: 0.5, weight: 1, reason: HOSTILE }];
  const call = {
    id: "c",
    type: "function",
    function: { name: HOSTILE, arguments: JSON.stringify({ command: HOSTILE, [HOSTILE]: 1 }) },
  };
  const info = {
    id: "c",
    name: HOSTILE,
    durationMs: 1,
    truncated: true,
    timedOut: true,
    oom: true,
    error: HOSTILE,
  };
  const first = fakeRecord("a", 0.5, {
    score: {
      ...score,
      rubric: { score: 0.5, criteria, model: HOSTILE },
      weights: { code: 0.7, rubric: 0.3 },
    },
    exitStatus: HOSTILE,
    diff: { added: [HOSTILE], changed: [HOSTILE], deleted: [HOSTILE] },
    turns: [{ policyMs: 1, stepMs: 1, calls: [info] }],
    messages: [
      { role: "user", content: HOSTILE },
      { role: "assistant", content: HOSTILE, reasoning_content: HOSTILE, tool_calls: [call] },
      { role: "tool", tool_call_id: "c", content: HOSTILE },
      { role: HOSTILE, content: HOSTILE },
    ],
  });
  const task = {
    title: HOSTILE,
    category: HOSTILE,
    difficulty: HOSTILE,
    split: HOSTILE,
    verification: "hybrid",
  };
  first.task = { ...first.task, ...task, id: `fake/${HOSTILE}`, contentHash: HOSTILE };
  const failure = { class: HOSTILE, code: HOSTILE, message: HOSTILE };
  return [
    first,
    fakeRecord("b", null, { failure, earlierFailures: [failure] }),
    fakeRecord("c", 1),
    fakeRecord("c", 0, { sample: 1 }),
  ];
}

type Block = Record<string, unknown> & { messages: { role: string; content: { text: string } | null }[] };

/** The details of each episode in a page. */
export function blocksOf(html: string): Block[] {
  const found = html.matchAll(/<script type="text\/plain" id="block-\d+">([^<]*)<\/script>/g);
  return [...found].map(([, text]) => JSON.parse(gunzipSync(Buffer.from(text ?? "", "base64")).toString()));
}

/** What a page shows at once. */
export function dataOf(html: string): {
  textLimit: number;
  episodes: { task: { title: string }; outcome: string }[];
} {
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
  return JSON.parse(data);
}
