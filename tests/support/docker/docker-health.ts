import { readdirSync, readFileSync } from "node:fs";
import { docker } from "./docker.ts";

/** How an engine is doing. Counts of the whole engine, whoever uses it. */
export interface EngineHealth {
  readonly containers: number;
  readonly goroutines: number;
  readonly descriptors: number;
  /** Of dockerd; 0 where it is not a process of this machine. */
  readonly rssBytes: number;
  /** How long it takes to say so, the command's start included. */
  readonly answerMs: number;
}

/** @throws Error when it does not answer */
export async function engineHealth(engine: string): Promise<EngineHealth> {
  const started = performance.now();
  const said = await docker(engine, "info", "--format", "{{.Containers}} {{.NGoroutines}} {{.NFd}}");
  if (said === null) throw new Error(`the engine ${engine} does not answer`);
  const [containers = 0, goroutines = 0, descriptors = 0] = said.split(" ").map(Number);
  const answerMs = performance.now() - started;
  return { containers, goroutines, descriptors, rssBytes: rssOf(engine), answerMs };
}

function rssOf(engine: string): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (!argv[0]?.endsWith("dockerd") || !argv.includes(engine)) continue;
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    } catch {}
  }
  return 0;
}
