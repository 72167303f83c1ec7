import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/src/clock.ts";
import type { BubblewrapOptions } from "../../../server/src/sandbox/backends/bubblewrap/index.ts";
import { openSandbox } from "../../../server/src/sandbox/open.ts";
import type { SandboxBackend, SandboxSpec } from "../../../server/src/sandbox/sandbox.ts";
import { bubblewrap, missingForBubblewrap } from "../bubblewrap-setting.ts";
import { Box, call, specOf } from "../setting.ts";

/** A sandbox as seen from both sides. */
export class HostBox extends Box {
  /** Its first process, as the host sees it. */
  readonly initPid: number;
  /** Leaves the running test out, and says why. */
  readonly leaveOut: (reason: string) => void;

  constructor(sandbox: Box["sandbox"], initPid: number, leaveOut: (reason: string) => void) {
    super(sandbox);
    this.initPid = initPid;
    this.leaveOut = leaveOut;
  }

  /** Runs a Python program with the agent's rights. */
  python(script: string, timeoutMs = 15_000): ReturnType<Box["run"]> {
    const stdin = Buffer.from(script);
    return this.sandbox.exec({ argv: ["python3", "-"], stdin, timeoutMs }, call(timeoutMs + 5_000));
  }

  /** A file of the sandbox's cgroup, for one controller of version 1 or the unified hierarchy; null when there is none. */
  cgroupFile(controller: string, v1File: string, v2File: string): string | null {
    const cgroups = readFileSync(`/proc/${this.initPid}/cgroup`, "utf8");
    for (const line of cgroups.split("\n")) {
      const [, controllers, path = ""] = line.split(":");
      if (!path.includes("/clawgym/")) continue;
      if (controllers === controller) return readOrNull(join("/sys/fs/cgroup", controller, path, v1File));
      if (controllers === "") return readOrNull(join("/sys/fs/cgroup", path, v2File));
    }
    return null;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

export interface Isolation {
  test(name: string, use: (box: HostBox) => Promise<void>, spec?: SandboxSpec): void;
  open(spec?: SandboxSpec, leaveOut?: (reason: string) => void): Promise<HostBox>;
}

/** Declares tests on bubblewrap in the strongest mode that this user has. */
export function isolationTests(
  title: string,
  declare: (isolation: Isolation) => void,
  options: Partial<BubblewrapOptions> = {},
): void {
  describe(title, () => {
    const missing = missingForBubblewrap();
    if (missing !== null) {
      it.skip(`left out: ${missing}`, () => {});
      return;
    }
    let backend: SandboxBackend = bubblewrap(options);
    beforeAll(async () => {
      backend = bubblewrap(options);
      const { usable, reason } = await backend.probe();
      expect(usable, reason).toBe(true);
    });
    afterAll(() => backend.close());
    const open: Isolation["open"] = async (spec = specOf(), leaveOut = () => {}) => {
      const running = await backend.launch(spec, call());
      const { pids } = running as unknown as { pids: { init: number } };
      const sandbox = await openSandbox(running, spec, { clock: systemClock }, call());
      return new HostBox(sandbox, pids.init, leaveOut);
    };
    const test: Isolation["test"] = (name, use, spec) =>
      it(name, async (context) => {
        const box = await open(spec, (reason) => context.skip(`left out: ${reason}`));
        try {
          await use(box);
        } finally {
          await box.sandbox.destroy();
        }
      });
    declare({ test, open });
  });
}
