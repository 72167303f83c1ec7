import type { ScoreResult } from "@clawgym/protocol";
import { diffArchives, type Task } from "@clawgym/tasks";
import { templateOf } from "../../../server/src/episode/template.ts";
import type { RubricJudge } from "../../../server/src/verify/rubric.ts";
import { callFor, template } from "../../harness/episode.ts";
import { agentSandbox, type RealBackend, realBackend } from "../../harness/real.ts";
import { inputsTar, PlainPool, scorerOn } from "../../verify/gym.ts";

/** For a machine that has much else to do. */
const PATIENCE_MS = 600_000;

let found: Promise<RealBackend | null> | undefined;

/** Sandboxes that isolate for real, or null where this machine has none; the same for all tests of a file. */
export const realSandboxes = (): Promise<RealBackend | null> => {
  found ??= realBackend("import-export");
  return found;
};

/** Lets a script solve a task in a real sandbox, and has what it leaves scored in another, as the server does. */
export async function scoreAfter(
  real: RealBackend,
  task: Task,
  script: string,
  episode: {
    readonly transcript?: readonly Record<string, unknown>[];
    readonly rubric?: "auto" | "off";
    readonly judge?: RubricJudge;
  } = {},
): Promise<ScoreResult> {
  const workspace = await leftBy(real, task, script);
  const submission = {
    task,
    workspace,
    diff: diffArchives(inputsTar(task), workspace),
    finalMessage: "Done.",
    transcript: episode.transcript ?? [],
    exitStatus: "completed",
    rubric: episode.rubric ?? "off",
    owner: "test",
  } as const;
  const deps = episode.judge === undefined ? {} : { judge: episode.judge };
  return scorerOn(new PlainPool(real.backend), deps).score(submission, callFor(PATIENCE_MS));
}

/** The workspace that a script leaves in a sandbox of an agent. */
async function leftBy(real: RealBackend, task: Task, script: string): Promise<Uint8Array> {
  const call = callFor(PATIENCE_MS);
  const sandbox = await agentSandbox(real, templateOf(task, template.limits));
  try {
    await sandbox.unpack(inputsTar(task), { replace: true }, call);
    await sandbox.exec({ shell: script, cwd: "/workspace", merge: true, timeoutMs: PATIENCE_MS }, call);
    return (await sandbox.pack({ processes: "kill", reserved: task.verifier.reserved }, call)).tar;
  } finally {
    await sandbox.destroy();
  }
}

/** The code score of what a script leaves. @throws Error when there is none */
export async function codeScore(real: RealBackend, task: Task, script: string): Promise<number> {
  const { code, failure } = await scoreAfter(real, task, script);
  if (failure !== null || code === null)
    throw new Error(`no score: ${JSON.stringify(failure)} ${code?.logTail}`);
  return code.score;
}
