import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Everything on the host that a sandbox is made of. */
export interface HostState {
  /** Processes whose label has the given run or server in it, and their children. */
  readonly processes: number;
  readonly cgroups: number;
  readonly mounts: number;
  readonly descriptors: number;
}

export function hostState(serverId: string): HostState {
  return {
    processes: labelled(serverId).length,
    cgroups: cgroupsOf(serverId).length,
    mounts: mountsOfSandboxes(),
    descriptors: readdirSync("/proc/self/fd").length,
  };
}

/** Mounts that a sandbox could have left on the host; container engines of other tests come and go meanwhile. */
function mountsOfSandboxes(): number {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.filter(
    (line) => /clawgym|newroot|oldroot/.test(line) && !/docker|engine|mmdebstrap/.test(line),
  ).length;
}

export function labelled(serverId: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith(`clawgym-bwrap:${serverId}.`);
      } catch {
        return false;
      }
    });
}

/** Folders of slots in all hierarchies. */
export function cgroupsOf(serverId: string): string[] {
  const found: string[] = [];
  for (const hierarchy of folders("/sys/fs/cgroup")) {
    const parent = join("/sys/fs/cgroup", hierarchy, "clawgym");
    for (const run of folders(parent).filter((name) => name.startsWith(`${serverId}.`))) {
      found.push(...folders(join(parent, run)).map((slot) => join(parent, run, slot)));
    }
  }
  return found;
}

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Waits until `holds`, at most `timeoutMs`; returns whether it came to hold. */
export async function eventually(holds: () => boolean, timeoutMs = 5_000): Promise<boolean> {
  for (const start = performance.now(); performance.now() - start < timeoutMs; ) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return holds();
}
