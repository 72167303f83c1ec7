import type { TarFile } from "../archive/tar.ts";
import { canonicalJson, hashFiles, sha256 } from "../hash.ts";
import { type CheckSpec, VerdictError, type VerificationContext, type Verifier } from "../model.ts";
import { compiledLibraryFiles, libraryFiles } from "./library.ts";
import { parseVerdict } from "./verdict.ts";
import { weighChecks } from "./weigh.ts";

/** Where the parts of a verification stand in the verifier's sandbox. */
export const VERIFIER_PATHS = { workspace: "/workspace", inputs: "/inputs", verifier: "/verifier" } as const;

const DEFAULT_TIMEOUT_MS = 30_000;

export interface NativeVerifierOptions {
  /** `check.py` and `expected/**`, relative to the task's `verifier/`. */
  readonly files: readonly TarFile[];
  readonly checks: readonly CheckSpec[];
  /** The task's clock. */
  readonly now?: string;
  readonly timeoutMs?: number;
}

/** The verifier of a native task: `check.py` under `clawgym_verify`, its verdict read from the pipe. */
export function nativeVerifier(options: NativeVerifierOptions): Verifier {
  const { checks } = options;
  const own = options.files.map((file) => ({ ...file, mode: 0o600 }));
  const library = libraryFiles();
  const inPlace = [...library, ...compiledLibraryFiles()].map((file) => ({
    ...file,
    path: `.clawgym/${file.path}`,
  }));
  let hash: string | undefined;
  return {
    get hash() {
      hash ??= sha256(canonicalJson(["native", 1, hashFiles(own), hashFiles(library), options.now, checks]));
      return hash;
    },
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    reserved: [],
    prepare: (context) => ({
      uploads: [
        {
          root: VERIFIER_PATHS.verifier,
          files: [
            ...own,
            ...inPlace,
            jsonFile(".clawgym/context.json", contextOf(options, context)),
            jsonFile("transcript.json", context.transcript),
          ],
        },
      ],
      // Not -I: it would ignore PYTHONHASHSEED too. -S: what is installed beside the standard library is not even looked for.
      argv: ["python3", "-S", "-s", "-B", "-X", "utf8", `${VERIFIER_PATHS.verifier}/.clawgym/run.py`],
      cwd: VERIFIER_PATHS.verifier,
      env: { PYTHONHASHSEED: "0", TZ: "UTC", LC_ALL: "C.UTF-8" },
      verdictChannel: "pipe",
    }),
    read: (output) => {
      if (output.exitCode !== 0) {
        throw new VerdictError(
          `the verifier ended with ${output.exitCode === null ? "a signal" : `exit code ${output.exitCode}`}`,
        );
      }
      return weighChecks(checks, parseVerdict(output.verdict, checks));
    },
  };
}

function contextOf(options: NativeVerifierOptions, context: VerificationContext): Record<string, unknown> {
  return {
    paths: { ...VERIFIER_PATHS, transcript: `${VERIFIER_PATHS.verifier}/transcript.json` },
    diff: context.diff,
    finalMessage: context.finalMessage,
    now: options.now ?? null,
    checks: options.checks.map((check) => check.id),
  };
}

/** A value as a JSON file that its owner alone can read. */
export const jsonFile = (path: string, value: unknown): TarFile => ({
  path,
  bytes: Buffer.from(JSON.stringify(value)),
  mode: 0o600,
});
