import { afterAll, beforeAll, describe } from "vitest";
import type { SandboxBackend } from "../../server/src/sandbox/sandbox.ts";
import { archiveCases } from "./cases/archive-cases.ts";
import { cancelCases } from "./cases/cancel-cases.ts";
import { execCases } from "./cases/exec-cases.ts";
import { fileCases } from "./cases/file-cases.ts";
import { hostileArchiveCases } from "./cases/hostile-archive-cases.ts";
import { lifeCases } from "./cases/life-cases.ts";
import { listenCases } from "./cases/listen-cases.ts";
import { outputCases } from "./cases/output-cases.ts";
import { pathCases } from "./cases/path-cases.ts";
import { processCases } from "./cases/process-cases.ts";
import { settingOf } from "./setting.ts";

export interface SuiteOptions {
  /** Names of tests that this backend is known to fail; one that passes after all is a failure of the suite. */
  readonly knownFailures?: readonly string[];
}

/** The contract of `Sandbox` and `SandboxBackend`, the same for every backend. */
export function conformanceSuite(
  name: string,
  makeBackend: () => SandboxBackend,
  { knownFailures = [] }: SuiteOptions = {},
): void {
  describe(`conformance: ${name}`, () => {
    let backend: SandboxBackend | null = null;
    beforeAll(async () => {
      backend = makeBackend();
      const { usable, reason } = await backend.probe();
      if (!usable) throw new Error(`the backend is not usable here: ${reason}`);
    });
    afterAll(() => backend?.close());
    const setting = settingOf(() => {
      if (backend === null) throw new Error("the backend was not made");
      return backend;
    }, knownFailures);
    describe("exec", () => execCases(setting));
    describe("output", () => outputCases(setting));
    describe("cancel and time-out", () => cancelCases(setting));
    describe("background processes", () => processCases(setting));
    describe("files", () => fileCases(setting));
    describe("paths", () => pathCases(setting));
    describe("archives", () => archiveCases(setting));
    describe("hostile archives", () => hostileArchiveCases(setting));
    describe("ports", () => listenCases(setting));
    describe("life", () => lifeCases(setting, makeBackend));
  });
}
