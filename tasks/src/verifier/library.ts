import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TarFile } from "../archive/tar.ts";
import { byPath } from "../paths.ts";

/** The folder of the verifier helper library, in the sources and in the published package. */
export const VERIFY_LIB = fileURLToPath(new URL("../../verify-lib/", import.meta.url));

const COMPILED = fileURLToPath(new URL("../../dist/verify-lib/", import.meta.url));

let cached: readonly TarFile[] | undefined;
let compiled: readonly TarFile[] | undefined;

/** The runner and the package `clawgym_verify`, as they go into `/verifier/.clawgym`. Read once. */
export function libraryFiles(): readonly TarFile[] {
  cached ??= [
    libraryFile("run.py"),
    ...readdirSync(join(VERIFY_LIB, "clawgym_verify"))
      .filter((name) => name.endsWith(".py"))
      .map((name) => libraryFile(`clawgym_verify/${name}`)),
  ].sort(byPath);
  return cached;
}

/**
 * The package compiled by `make build`, to go beside `libraryFiles`. Empty where it was not: Python compiles it at each start
 * then. No part of what a verifier is: its hash leaves this out.
 */
export function compiledLibraryFiles(): readonly TarFile[] {
  compiled ??= (existsSync(COMPILED) ? readdirSync(COMPILED) : [])
    .filter((name) => name.endsWith(".pyc"))
    .map((name) => ({
      path: `clawgym_verify/__pycache__/${name}`,
      bytes: readFileSync(join(COMPILED, name)),
      mode: 0o600,
    }));
  return compiled;
}

/** A program of `verify-lib/imported` that runs a verifier of another layout, as it goes into `/verifier/.clawgym`. */
export function importedRunner(name: "harbor.py" | "pinchbench.py"): TarFile {
  const known = runners.get(name);
  const runner = known ?? { ...libraryFile(`imported/${name}`), path: `.clawgym/${name}` };
  runners.set(name, runner);
  return runner;
}

/** What judges an exported task without a server, beside `libraryFiles`. */
export function toolFiles(): readonly TarFile[] {
  return TOOLS.map(([path, name]) => ({ ...libraryFile(path), path: name }));
}

const TOOLS = [
  ["exported/exported.py", "exported.py"],
  ["local_runner/__init__.py", "local_runner/__init__.py"],
  ["local_runner/judge.py", "local_runner/judge.py"],
  ["local_runner/untrusted.py", "local_runner/untrusted.py"],
  ["local_runner/workspace.py", "local_runner/workspace.py"],
] as const;

/** A program that stands at the entry of an exported verifier. */
export const exportedEntry = (name: "check.py" | "test.py"): TarFile => ({
  ...libraryFile(`exported/${name}`),
  path: name,
  mode: 0o644,
});

const runners = new Map<string, TarFile>();

const libraryFile = (path: string): TarFile => ({
  path,
  bytes: readFileSync(join(VERIFY_LIB, path)),
  mode: 0o600,
});
