import { type BenchConfig, CONFIG_SCHEMA, taskRef } from "../../../client-ts/src/cli/bench/config.ts";
import { type EpisodeRecord, RECORD_SCHEMA } from "../../../client-ts/src/cli/bench/record.ts";
import { fakeScore } from "../library/fake-gym.ts";

/** A made-up record of an episode. */
export function fakeRecord(
  id: string,
  reward: number | null,
  extra: Partial<EpisodeRecord> = {},
): EpisodeRecord {
  return {
    schema: RECORD_SCHEMA,
    task: { id: `fake/${id}`, version: "1", title: `Task ${id}`, category: "analysis", verification: "code" },
    sample: 0,
    startedAt: "2026-11-20T12:00:00.000Z",
    wallMs: 1200,
    policyMs: 1000,
    stepMs: 150,
    steps: 2,
    reward,
    trainable: reward !== null,
    terminated: true,
    truncated: false,
    truncationReason: null,
    exitStatus: "completed",
    score: reward === null ? null : fakeScore(reward),
    failure: reward === null ? { class: "infra", code: "SANDBOX_LOST", message: "gone" } : null,
    earlierFailures: [],
    usage: null,
    finishReason: null,
    messages: [
      { role: "user", content: "Do it" },
      { role: "assistant", content: "Finished" },
    ],
    ...extra,
  };
}

/** The configuration of a run that these are the records of. */
export function benchConfig(
  records: readonly EpisodeRecord[],
  extra: Partial<BenchConfig> = {},
): BenchConfig {
  return {
    schema: CONFIG_SCHEMA,
    createdAt: "2026-11-20T12:00:00.000Z",
    policy: { name: "openai", model: "m" },
    samples: 1,
    rubric: "auto",
    limits: {},
    tasks: [...new Set(records.map(({ task }) => taskRef(task)))],
    ...extra,
  };
}
