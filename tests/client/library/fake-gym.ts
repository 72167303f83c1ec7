import type { ChatMessage, ScoreResult, TaskInfo, TaskSummary } from "@clawgym/protocol";
import { Refusal, type ScriptedServer } from "./scripted-server.ts";

type Message = ChatMessage & { tool_calls?: { id: string; function: { name: string; arguments: string } }[] };

/** One open episode of the fake gym. */
export type FakeEpisode = {
  id: string;
  task: TaskSummary;
  messages: Message[];
  files: Map<string, Uint8Array>;
  ended: boolean;
  score: ScoreResult | undefined;
  /** What `trace` tells. */
  records: Record<string, unknown>[];
};

/** What the scorer of a fake gym may return: a reward, or a whole result. */
export type Scorer = (episode: FakeEpisode) => number | ScoreResult;

const LIMITS = {
  maxSteps: 50,
  stepTimeoutMs: 1000,
  episodeTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  maxOutputBytes: 1000,
};

/** A summary of a made-up task. */
export function fakeTask(id: string, extra: Partial<TaskSummary> = {}): TaskSummary {
  return {
    id: `fake/${id}`,
    version: "1",
    title: `Task ${id}`,
    dataset: "fake",
    split: "test",
    category: "analysis",
    verification: "code",
    tags: [],
    ...extra,
  };
}

/** A score made of one check. */
export function fakeScore(reward: number | null, extra: Partial<ScoreResult> = {}): ScoreResult {
  const score = reward ?? 0;
  return {
    reward,
    trainable: reward !== null,
    exitStatus: "completed",
    code: {
      score,
      checks: [{ id: "only", score, weight: 1, kind: "correctness", message: "because" }],
      exitCode: 0,
      durationMs: 1,
      logTail: "",
      verifierHash: "0".repeat(64),
    },
    rubric: null,
    weights: { code: 1, rubric: 0 },
    failure: null,
    ...extra,
  };
}

/** Gives a scripted server tasks, episodes that run nothing, and a scorer. */
export class FakeGym {
  readonly episodes = new Map<string, FakeEpisode>();
  tasks: TaskSummary[];
  scorer: Scorer = () => 1;
  #count = 0;

  constructor(server: ScriptedServer, tasks: TaskSummary[] = [fakeTask("a"), fakeTask("b")]) {
    this.tasks = tasks;
    server.on("tasks.list", (params) => this.#list(params));
    server.on("tasks.get", ({ task }) => ({ task: this.#info(this.#task(String(task))) }));
    server.on("reset", (params) => this.#reset(params));
    server.on("trace", ({ episode }) => ({ records: this.#episode(episode).records }));
    server.on("step", (params) => this.#step(params));
    server.on("score", (params) => this.#score(this.#episode(params.episode)));
    server.on("close", ({ episode }) => {
      this.episodes.delete(String(episode));
      return { episode, closed: true };
    });
    server.on("fork", (params) => ({
      episodes: Array.from({ length: Number(params.count) }, () => this.#fork(this.#episode(params.episode))),
    }));
    server.on("server.status", () => STATUS);
  }

  #list(params: Record<string, unknown>) {
    const { category, dataset, limit, cursor } = params;
    const matching = this.tasks.filter(
      (task) => (!category || task.category === category) && (!dataset || task.dataset === dataset),
    );
    const start = Number(cursor ?? 0);
    const end = start + Number(limit);
    const next = end < matching.length ? { nextCursor: String(end) } : {};
    return { tasks: matching.slice(start, end), total: matching.length, ...next };
  }

  #task(id: string): TaskSummary {
    const task = this.tasks.find((each) => id === each.id || id === `${each.id}@${each.version}`);
    if (!task) throw new Refusal("UNKNOWN_TASK", `no task ${id}`);
    return task;
  }

  #info(task: TaskSummary): TaskInfo {
    return { ...task, instruction: `Do ${task.id}`, files: [], limits: {}, harnesses: ["tools"] };
  }

  #reset({ task: id, seed, labels, harness = { kind: "tools" } }: Record<string, unknown>) {
    const task = this.#task(String(id));
    const messages: Message[] = [
      { role: "system", content: "You are tested." },
      { role: "user", content: `Do ${task.id}` },
    ];
    const episode = this.#add({ task, messages: [...messages], files: new Map() });
    const observation = { messages, tools: [EXEC] };
    const head = { type: "reset", v: 1, at: 1e12, episode, task: task.id, version: task.version };
    this.#episode(episode).records.push({ ...head, seed, labels, harness, observation });
    return {
      episode,
      task: this.#info(task),
      observation,
      info: {
        sandbox: { backend: "scripted", reused: false },
        timings: { queueMs: 0, acquireMs: 0, setupMs: 0 },
        limits: LIMITS,
      },
    };
  }

  #fork(parent: FakeEpisode): string {
    return this.#add({
      task: parent.task,
      messages: [...parent.messages],
      files: new Map(parent.files),
    });
  }

  #add(start: Pick<FakeEpisode, "task" | "messages" | "files">): string {
    const id = `ep-${++this.#count}`;
    this.episodes.set(id, { ...start, id, ended: false, score: undefined, records: [] });
    return id;
  }

  #step(params: Record<string, unknown>) {
    const episode = this.#episode(params.episode);
    if (episode.ended) throw new Refusal("RESET_NEEDED");
    const action = params.action as Message;
    episode.messages.push(action);
    const calls = params.finishReason === "length" ? [] : (action.tool_calls ?? []);
    const messages = calls.map((call) => ({
      role: "tool" as const,
      tool_call_id: call.id,
      content: `ran ${call.function.arguments}`,
    }));
    episode.messages.push(...messages);
    const cut = params.finishReason === "length";
    const over = cut || calls.length === 0;
    const info = {
      step: episode.messages.filter((message) => message.role === "assistant").length,
      calls: calls.map((call) => ({
        id: call.id,
        name: call.function.name,
        exitCode: 0,
        durationMs: 1,
        truncated: false,
        timedOut: false,
        oom: false,
      })),
      timings: { totalMs: 1, actMs: 1 },
    };
    const { finishReason = null } = params;
    const observation = { messages };
    episode.records.push({
      type: "step",
      step: info.step,
      action,
      finishReason,
      observation,
      calls: info.calls,
    });
    const base = { observation, reward: null, terminated: false, truncated: false, info };
    if (!over) return base;
    const score = this.#score(episode);
    const truncation = cut ? { truncationReason: "context" } : {};
    return { ...base, reward: score.reward, terminated: !cut, truncated: cut, ...truncation, score };
  }

  #score(episode: FakeEpisode): ScoreResult {
    episode.ended = true;
    if (episode.score && !episode.score.failure?.retryable) return episode.score;
    const made = this.scorer(episode);
    episode.score = typeof made === "number" ? fakeScore(made) : made;
    const { exitStatus } = episode.score;
    episode.records.push({ type: "end", exitStatus, diff: { added: [], changed: [], deleted: [] } });
    episode.records.push({ type: "score", rubric: "auto", score: episode.score });
    return episode.score;
  }

  #episode(id: unknown): FakeEpisode {
    const episode = this.episodes.get(String(id));
    if (!episode) throw new Refusal("UNKNOWN_EPISODE", `no episode ${String(id)}`);
    return episode;
  }
}

const EXEC = {
  type: "function",
  function: {
    name: "exec",
    description: "Runs a command.",
    parameters: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
  },
};

const STATUS = {
  uptimeMs: 1234,
  backend: "scripted",
  enforced: ["user namespaces"],
  notEnforced: ["memory limits"],
  pools: [{ template: "default", idle: 2, leased: 1, starting: 0, max: 8 }],
  queue: 0,
  episodes: 1,
  sessions: 1,
};
