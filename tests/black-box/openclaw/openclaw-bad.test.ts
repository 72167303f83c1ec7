import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResultOf, ScoreResult } from "@clawgym/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeMiniDataset } from "../../client/mini-dataset.ts";
import { onEachBackend } from "../../e2e/on-backend.ts";
import { settled } from "../../e2e/play.ts";
import { backendsUnderTest } from "../../security/support/backends.ts";
import { docker } from "../../support/docker/docker.ts";
import { testImageStore } from "../../support/image-store.ts";
import { NOTHING, tracesOf } from "../../support/machine.ts";
import { openclawImage } from "../../support/openclaw-image.ts";
import { RawClient } from "../../support/raw-client.ts";
import { ScriptedModel } from "../../support/scripted-model.ts";
import { type ServerProcess, startProcess } from "../../support/server-process.ts";
import {
  BAD_AGENTS,
  BAD_ANSWERS,
  type BadCase,
  type Outcome,
  SOLVE,
  TMP_BYTES,
} from "./openclaw-bad-cases.ts";

const MIB = 1_048_576;
/** What every sandbox here is held to: of memory as much as OpenClaw needs at least. */
const BOUNDS = { pids: 256, memoryBytes: 2_560 * MIB };
/** What the agent and its commands run as, as the host's /proc names them. */
const OF_AN_AGENT = /\d (openclaw|node|sleep|cat|python3)/;

const backends = await backendsUnderTest();

await onEachBackend("an episode of the real OpenClaw that goes wrong", (here) => {
  let folder = "";
  let server: ServerProcess;
  let client: RawClient;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "clawgym-bad-"));
    await writeMiniDataset(join(folder, "mini"));
    const flags = {
      tasks: join(folder, "mini"),
      "image-store": testImageStore(),
      "policy-endpoint": "http://127.0.0.1:*",
      "pool-min-idle": 0,
      // None but the episode's own: whatever else is found of one was left behind.
      "warm-agents": 0,
      "sandbox-pids": BOUNDS.pids,
      "sandbox-memory-bytes": BOUNDS.memoryBytes,
      "sandbox-tmp-bytes": TMP_BYTES,
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    server = await startProcess([...here.flags, ...args]);
    client = await RawClient.connect(server.url);
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
    if (server) expect(tracesOf(server.run, here.engine)).toEqual(NOTHING);
    await rm(folder, { recursive: true, force: true });
  });

  const processes = (): readonly string[] => tracesOf(server.run, here.engine).processes;
  const pidsOf = (name: RegExp): number[] =>
    processes()
      .filter((line) => name.test(line))
      .map((line) => Number.parseInt(line, 10));

  /** With its agent at its first request. */
  const reset = (harness: object, limits: object = {}): Promise<ResultOf<"reset">> =>
    client.ok("reset", {
      task: "mini/add-numbers",
      harness: { kind: "openclaw", ...harness },
      limits,
      queueTimeoutMs: 300_000,
    });

  /** The score is final and says the same when it is asked for again; closed, nothing of the agent runs any more. */
  const expectOutcome = async (episode: string, wanted: Outcome, known?: ScoreResult): Promise<void> => {
    const score = await client.ok("score", { episode });
    const { exitStatus, reward, trainable, failure } = score;
    expect({ exitStatus, reward, trainable, failure: failure?.class ?? null }, JSON.stringify(score)).toEqual(
      wanted,
    );
    if (known) expect(known).toEqual(score);
    await client.ok("close", { episode });
    const left = () => processes().filter((line) => OF_AN_AGENT.test(line));
    expect(await settled(left, (lines) => lines.length === 0)).toEqual([]);
  };

  /** A bomb starts only in a sandbox whose limits the kernel has, and says that it has. */
  const requireBounds = async (): Promise<void> => {
    const found = backends.find(({ name }) => name === here.backend);
    if (!found || "missing" in found) throw new Error("no bomb: nothing can read the limits back");
    await found.requireBounds(server.run, BOUNDS);
  };

  const cases = here.backend === "bubblewrap" ? { ...BAD_ANSWERS, ...BAD_AGENTS } : BAD_AGENTS;
  it.for(Object.keys(cases))("%s", async (name, context) => {
    await openclawImage(here, context);
    const { script, outcome, told, agent, limits, requestTimeoutMs, isBomb } = cases[name] as BadCase;
    if (isBomb && !(here.boundsMemory && here.boundsProcesses))
      context.skip("left out: there are no cgroups that limit memory and processes");
    const model = await ScriptedModel.start(script);
    try {
      const timeout = requestTimeoutMs === undefined ? {} : { requestTimeoutMs };
      const policy = { kind: "endpoint", baseUrl: model.baseUrl, model: "scripted", ...timeout };
      const { episode } = await reset({ policy }, limits);
      if (isBomb) await requireBounds();
      const last = await client.ok("step", { episode });
      if (told) expect(toolResults(model)).toContainEqual(expect.stringMatching(told));
      if (agent) expect(last.info.agent).toMatchObject(agent);
      expect(last.reward).toBe(outcome.reward);
      await expectOutcome(episode, outcome, last.score);
    } finally {
      await model.close();
    }
  });

  it("an OpenClaw that somebody outside kills", async (context) => {
    await openclawImage(here, context);
    const { episode } = await reset({});
    await client.ok("step", { episode, action: SOLVE });
    const agents = pidsOf(/\d openclaw/);
    expect(agents).not.toEqual([]);
    for (const pid of agents) process.kill(pid, "SIGKILL");
    const last = await client.ok("step", { episode, action: SOLVE });
    expect(last).toMatchObject({ terminated: true, info: { agent: { exitCode: null, signal: "SIGKILL" } } });
    // Nobody in here can tell it from one that its own command killed.
    await expectOutcome(episode, { exitStatus: "agent_failed", reward: 1, trainable: true, failure: null });
  });

  it("an OpenClaw that somebody outside stops, and a client that gives up on it", async (context) => {
    await openclawImage(here, context);
    const { episode } = await reset({});
    const agents = pidsOf(/\d openclaw/);
    expect(agents).not.toEqual([]);
    for (const pid of agents) process.kill(pid, "SIGSTOP");
    const stuck = client.request("step", { episode, action: SOLVE });
    await client.ok("close", { episode });
    expect((await stuck).error?.data.code).toBe("CANCELLED");
    const left = () => pidsOf(OF_AN_AGENT);
    expect(await settled(left, (pids) => pids.length === 0)).toEqual([]);
  });

  it("a client that never answers", async (context) => {
    await openclawImage(here, context);
    const { episode } = await reset({}, { idleTimeoutMs: 1_000 });
    const ended = () =>
      client.events.some(({ params }) => params.episode === episode && "exitStatus" in params);
    expect(await settled(ended, Boolean)).toBe(true);
    await expectOutcome(episode, {
      exitStatus: "client_idle",
      reward: null,
      trainable: false,
      failure: null,
    });
  });

  it("a sandbox that somebody outside kills", async (context) => {
    await openclawImage(here, context);
    const { episode } = await reset({});
    await client.ok("step", { episode, action: SOLVE });
    if (here.engine === null) for (const pid of pidsOf(/\d /)) process.kill(pid, "SIGKILL");
    else {
      // Each as its state and its name.
      const containers = tracesOf(server.run, here.engine).containers.map((line) => line.split(" "));
      const running = containers.filter(([state]) => state === "running").map(([, name = ""]) => name);
      expect(await docker(here.engine, "kill", ...running)).not.toBe(null);
    }
    expect((await client.fails("step", { episode, action: SOLVE })).code).toBe("SANDBOX_LOST");
    await expectOutcome(episode, {
      exitStatus: "sandbox_lost",
      reward: null,
      trainable: false,
      failure: "infra",
    });
  });
});

/** What the model was told its calls came to, in the last conversation that it had. */
function toolResults({ requests }: ScriptedModel): string[] {
  const messages = (requests.at(-1)?.body.messages ?? []) as { role: string; content: string }[];
  return messages.filter(({ role }) => role === "tool").map(({ content }) => content);
}
