import type { ResultOf } from "@clawgym/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { nativeDataset } from "../e2e/datasets.ts";
import { type Here, onBubblewrap, onDocker } from "../e2e/on-backend.ts";
import { limited, pause, run, said } from "../e2e/play.ts";
import { type EngineHealth, engineHealth } from "../support/docker/docker-health.ts";
import { NOTHING, tracesOf } from "../support/machine.ts";
import { act, answer, RawClient } from "../support/raw-client.ts";
import { type ServerProcess, startProcess } from "../support/server-process.ts";

/** `SOAK_EPISODES=2000` is the full measure on every backend. */
const WANTED = process.env.SOAK_EPISODES;
/** Three pipes or one socket, and what a backend may watch beside them. */
const DESCRIPTORS_OF_A_SANDBOX = 6;
/** What an engine keeps for a running container, and for who asks it just now. */
const ENGINE_OF_A_SANDBOX = { descriptors: 12, goroutines: 24 };
const ENGINE_MARGIN = 200;
const NO_LIMIT_MS = 7_200_000;
const MB = 1024 * 1024;

interface Soak {
  readonly episodes: number;
  readonly atOnce: number;
  readonly recycle: boolean;
}

/** What is there while nobody plays. */
interface Level {
  readonly sandboxes: number;
  /** bwrap processes or containers. */
  readonly units: number;
  readonly slots: number;
  readonly mounts: number;
  /** Of the server; an engine's own are counted with its containers. */
  readonly directories: number;
  readonly descriptors: number;
  readonly rssBytes: number;
  readonly engine: EngineHealth | null;
}

/** One short episode, right or wrong by its number, that leaves things behind which no other may see. */
async function episode(client: RawClient, number: number): Promise<void> {
  const right = number % 2 === 0;
  const { episode } = await client.ok("reset", { task: "native/short", queueTimeoutMs: 600_000 });
  const step = async (action: object): Promise<ResultOf<"step">> => client.ok("step", { episode, action });
  await step(act("write", { path: "answer.txt", content: right ? "42\n" : `${number}.5\n` }));
  const trail = `/tmp/trail-${number}`;
  const look = await step(
    run(`ls; ls /tmp; echo ${number} > me.txt; touch ${trail}; setsid sleep 900 >/dev/null 2>&1 &`),
  );
  expect(said(look)).toBe("answer.txt\nquestion.txt");
  expect(said(await step(act("read", { path: "me.txt" }))).trim()).toBe(String(number));
  const { reward, score } = await step(answer());
  expect({ number, reward, failure: score?.failure }).toEqual({
    number,
    reward: right ? 1 : 0,
    failure: null,
  });
  await client.ok("close", { episode });
}

function soak({ flags: backend, engine }: Here, { episodes: count, atOnce, recycle }: Soak): void {
  let server: ServerProcess;
  let clients: RawClient[] = [];
  beforeAll(async () => {
    const limits = ["--pool-max", String(atOnce), "--queue-timeout-ms", "600000"];
    const flags = ["--tasks", nativeDataset(), ...backend, ...limits];
    server = await startProcess([...flags, ...(recycle ? [] : ["--pool-recycle", "off"])], { log: true });
    clients = await Promise.all(
      ["json", "msgpack", "json", "msgpack"].map((codec) =>
        RawClient.connect(server.url, { protocol: `clawgym.v1.${codec}` }),
      ),
    );
  });
  afterAll(async () => {
    await server?.end("SIGKILL");
  });

  async function play(count: number): Promise<number> {
    const started = performance.now();
    const numbers = Array.from({ length: count }, (_, number) => number);
    const playing = limited(numbers, atOnce, (number) =>
      episode(clients[number % clients.length] as RawClient, number),
    );
    const failed = (await Promise.allSettled(playing)).filter(({ status }) => status === "rejected");
    expect(failed.slice(0, 3)).toEqual([]);
    return performance.now() - started;
  }

  /** Waits until every sandbox is idle and what was to be removed is, then counts. */
  async function level(): Promise<Level> {
    const [client] = clients as [RawClient];
    for (;;) {
      const { pools, episodes } = await client.ok("server.status");
      const busy = pools.reduce((sum, { leased, starting }) => sum + leased + starting, 0);
      const sandboxes = pools.reduce((sum, { idle }) => sum + idle, 0);
      if (busy === 0 && episodes === 0) {
        const { processes, mounts, cgroups, directories, containers } = tracesOf(server.run, engine);
        const bwraps = processes.filter((process) => process.endsWith(" bwrap")).length;
        const units = engine === null ? bwraps : containers.length;
        const now = {
          sandboxes,
          units,
          slots: cgroups.filter((path) => /\/\d+$/.test(path)).length,
          mounts: mounts.length,
          directories: directories.filter((path) => !/\/(overlay2|containers)\/[0-9a-f]+$/.test(path)).length,
          descriptors: server.fds(),
          rssBytes: server.rssBytes(),
          engine: engine === null ? null : await engineHealth(engine),
        };
        if (units === sandboxes || --patience < 0) return now;
      }
      await pause(100);
    }
  }
  let patience = 600;

  it("are all scored right, and leave nothing", { timeout: NO_LIMIT_MS }, async () => {
    await play(2 * atOnce);
    const before = await level();
    const ms = await play(count);
    const after = await level();
    const rate = (count * 1000) / ms;
    console.log(
      `soak: ${count} episodes in ${(ms / 1000).toFixed(1)} s, ${rate.toFixed(1)} episodes/s, ${atOnce} at once; ` +
        `${after.sandboxes} sandboxes, ${after.descriptors} descriptors (${before.descriptors} before), ` +
        `${inMb(after.rssBytes)} MB resident (${inMb(before.rssBytes)} before)${ofEngine(before, after)}`,
    );
    expect(after.sandboxes).toBeLessThanOrEqual(2 * atOnce);
    // As many as the pool says it has; each has what each had before; and the server has the same few folders.
    expect(after.units).toBe(after.sandboxes);
    expect(each(after.slots, after)).toBe(each(before.slots, before));
    expect(each(after.mounts, after)).toBe(each(before.mounts, before));
    expect(after.directories).toBe(before.directories);
    const more = Math.max(0, after.sandboxes - before.sandboxes);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + more * DESCRIPTORS_OF_A_SANDBOX);
    if (before.engine && after.engine) {
      for (const what of ["descriptors", "goroutines"] as const)
        expect(after.engine[what], what).toBeLessThanOrEqual(
          before.engine[what] + more * ENGINE_OF_A_SANDBOX[what] + ENGINE_MARGIN,
        );
    }

    for (const client of clients) await client.close();
    expect(await server.end("SIGTERM")).toBe(0);
    expect(tracesOf(server.run, engine)).toEqual(NOTHING);
    // Not one error, and no warning of Node's.
    expect(server.log).toEqual([]);
  });
}

const inMb = (bytes: number): string => (bytes / MB).toFixed(0);
const each = (count: number, { sandboxes }: Level): number => count / Math.max(1, sandboxes);

function ofEngine({ engine: before }: Level, { engine: after }: Level): string {
  if (!before || !after) return "";
  const change = (what: "containers" | "goroutines" | "descriptors"): string =>
    `${after[what]} ${what} (${before[what]})`;
  return (
    `; engine: ${change("containers")}, ${change("goroutines")}, ${change("descriptors")}, ` +
    `${inMb(after.rssBytes)} MB resident (${inMb(before.rssBytes)}), ` +
    `answers in ${after.answerMs.toFixed(0)} ms (${before.answerMs.toFixed(0)})`
  );
}

const full = (fallback: number): number => Number(WANTED ?? fallback);
const title = ({ episodes, atOnce }: Soak): string => `${episodes} episodes, ${atOnce} at once`;

const fast: Soak = { episodes: full(400), atOnce: 64, recycle: true };
await onBubblewrap(title(fast), (here) => soak(here, fast));
const recycled: Soak = { episodes: full(400), atOnce: 32, recycle: true };
await onDocker(title(recycled), (here) => soak(here, recycled));
const fresh: Soak = { episodes: full(60), atOnce: 8, recycle: false };
await onDocker(`${title(fresh)}, each in sandboxes of its own`, (here) => soak(here, fresh));
