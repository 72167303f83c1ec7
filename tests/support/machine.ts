import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultRuntimeDir } from "../../server/src/sandbox/host/runtime-folder.ts";
import { type DockerTraces, dockerTracesOf } from "./docker/docker-traces.ts";

/** What the sandboxes of one server are made of on a machine, as sorted names: a difference says what it is. */
export interface Traces {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  readonly directories: readonly string[];
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
}

/** A server that left nothing. */
export const NOTHING: Traces = {
  processes: [],
  mounts: [],
  cgroups: [],
  directories: [],
  containers: [],
  volumes: [],
};
const NO_ENGINE: DockerTraces = { containers: [], volumes: [], directories: [], marks: [] };

const CGROUPS = "/sys/fs/cgroup";

/**
 * Everything that belongs to one run of a server, named `PID.STARTTIME` (`ServerProcess.run`), on the machine and, where
 * one is given, on a Docker engine of this machine. Other servers do not count, so that tests may run side by side.
 */
export function tracesOf(run: string, engine: string | null = null): Traces {
  const runtime = defaultRuntimeDir();
  const part = `.${run}.`;
  const { containers, volumes, directories, marks } = engine ? dockerTracesOf(engine, part) : NO_ENGINE;
  return {
    processes: processesOf(part, marks),
    mounts: read("/proc/self/mountinfo")
      .split("\n")
      .filter((line) => [part, ...marks].some((mark) => line.includes(mark)))
      .sort(),
    cgroups: cgroupsOf(part, marks),
    directories: [
      ...named(join(runtime, "servers"), part),
      ...held(join(runtime, "slots"), part),
      ...named("/tmp", part),
      ...directories,
    ].sort(),
    containers,
    volumes,
  };
}

/** Labelled processes, those in the cgroups of the run, and all below either: a command may name itself anything. */
function processesOf(part: string, marks: readonly string[]): string[] {
  const all = list("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, parent: parentOf(pid), own: belongs(pid, part, marks) }));
  const found = new Set(all.filter(({ own }) => own).map(({ pid }) => pid));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found].sort().map((pid) => `${pid} ${read(`/proc/${pid}/comm`).trim()}`);
}

/** A container's shim names it in its arguments. */
function belongs(pid: string, part: string, marks: readonly string[]): boolean {
  const command = read(`/proc/${pid}/cmdline`);
  if (command.split("\0", 1)[0]?.includes(part)) return true;
  const cgroup = read(`/proc/${pid}/cgroup`);
  return cgroup.includes(part) || marks.some((mark) => command.includes(mark) || cgroup.includes(mark));
}

function parentOf(pid: string): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? "";
}

/** Folders of the run, of its slots and of its containers in every hierarchy, of either version. */
function cgroupsOf(part: string, marks: readonly string[]): string[] {
  const hierarchies = [CGROUPS, ...list(CGROUPS).map((name) => join(CGROUPS, name))];
  const own = hierarchies
    .flatMap((dir) => named(join(dir, "clawgym"), part))
    .flatMap((dir) => [
      dir,
      ...list(dir)
        .filter((name) => /^\d+$/.test(name))
        .map((slot) => join(dir, slot)),
    ]);
  const engines = hierarchies
    .flatMap((dir) => [join(dir, "docker"), join(dir, "system.slice")])
    .flatMap((dir) => list(dir).map((name) => join(dir, name)))
    .filter((path) => marks.some((mark) => path.includes(mark)));
  return [...own, ...engines].sort();
}

const named = (folder: string, part: string): string[] =>
  list(folder)
    .filter((name) => name.includes(part))
    .map((name) => join(folder, name));

const held = (folder: string, part: string): string[] =>
  list(folder)
    .map((name) => join(folder, name))
    .filter((path) => read(path).includes(part));

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Empty for what is gone meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
