import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { describe, it, vi } from "vitest";
import { DEFAULT_IMAGE } from "../../server/src/image/names.ts";
import { storedImages } from "../../server/src/image/store.ts";
import { BubblewrapBackend } from "../../server/src/sandbox/backends/bubblewrap/index.ts";
import type { Probe } from "../../server/src/sandbox/sandbox.ts";
import { dockerForTests } from "../support/docker/docker.ts";
import { testImageStore } from "../support/image-store.ts";

/** Longer than anything takes on a machine that is busy with everything else: no test fails on time. */
const PATIENCE_MS = 600_000;
const SANDBOXD = fileURLToPath(new URL("../../.build/sandboxd", import.meta.url));

/** A backend that works here, and what it can do. */
export interface Here {
  readonly backend: "bubblewrap" | "docker";
  /** What a server is told to use it. */
  readonly flags: readonly string[];
  /** Where the engine is asked; null where there is none. */
  readonly engine: string | null;
  /** The limits on memory and processes hold: only then may a test try to use them up. */
  readonly boundsMemory: boolean;
  readonly boundsProcesses: boolean;
}

/** Docker, and what it starts sandboxes from. */
export interface DockerHere extends Here {
  readonly engine: string;
  readonly image: string;
}

interface Missing {
  readonly missing: string;
}

/** Tests on every real backend; where one cannot be had, a test that says why its were left out. */
export async function onEachBackend(title: string, body: (here: Here) => void): Promise<void> {
  await onBubblewrap(title, body);
  await onDocker(title, body);
}

/** Tests on bubblewrap alone. */
export async function onBubblewrap(title: string, body: (here: Here) => void): Promise<void> {
  onFound(`${title}, on bubblewrap`, await bubblewrapHere(), body);
}

/** Tests on bubblewrap with the root directory of the image that the store has, instead of the host's. */
export async function onBuiltRoot(title: string, body: (here: Here) => void): Promise<void> {
  const store = testImageStore();
  const found = await bubblewrapHere();
  const built = storedImages(store).some(({ name }) => name === DEFAULT_IMAGE);
  if (!built && process.env.CLAWGYM_REQUIRE_DOCKER === "1")
    throw new Error(`no ${DEFAULT_IMAGE} in ${store}`);
  const flags = ["--backend", "bubblewrap", "--image", DEFAULT_IMAGE, "--image-store", store];
  const here = "missing" in found ? found : { ...found, flags };
  onFound(
    `${title}, on bubblewrap with a built root`,
    built ? here : { missing: `no ${DEFAULT_IMAGE} in the image store (make image)` },
    body,
  );
}

/** Tests on Docker alone. */
export async function onDocker(title: string, body: (here: DockerHere) => void): Promise<void> {
  onFound(`${title}, on Docker`, await dockerHere(), body);
}

function onFound<T extends Here>(title: string, found: T | Missing, body: (here: T) => void): void {
  vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS });
  describe(title, () => {
    if ("missing" in found) it.skip(`left out: ${found.missing}`, () => {});
    else body(found);
  });
}

async function bubblewrapHere(): Promise<Here | Missing> {
  const { usable, reason, enforced } = await probe();
  if (!usable) return { missing: reason };
  const holds = (limit: string): boolean => enforced.some((text) => text.includes(`The ${limit} limit`));
  return {
    backend: "bubblewrap",
    flags: ["--backend", "bubblewrap"],
    engine: null,
    boundsMemory: holds("memory"),
    boundsProcesses: holds("pids"),
  };
}

async function dockerHere(): Promise<DockerHere | Missing> {
  const found = await dockerForTests();
  if ("missing" in found) return found;
  if (!existsSync(SANDBOXD)) return { missing: NOT_BUILT };
  return {
    backend: "docker",
    flags: dockerFlags(found.host, found.image),
    engine: found.host,
    image: found.image,
    boundsMemory: true,
    boundsProcesses: true,
  };
}

/** What a server is told to use an engine. */
export const dockerFlags = (host: string, image: string): string[] => [
  "--backend",
  "docker",
  "--docker-host",
  host,
  "--image",
  image,
];

const NOT_BUILT = "sandboxd has not been built (make build)";

async function probe(): Promise<Pick<Probe, "usable" | "reason" | "enforced">> {
  if (!existsSync(SANDBOXD)) return { usable: false, reason: NOT_BUILT, enforced: [] };
  const backend = new BubblewrapBackend({
    serverId: "e2e-probe",
    log: pino({ level: "silent" }),
    protectedPaths: [],
    sandboxdPath: SANDBOXD,
  });
  try {
    return await backend.probe();
  } finally {
    await backend.close();
  }
}
