import { dockerForTests } from "../../support/docker/docker.ts";
import { type ServerProcess, startProcess } from "../../support/server-process.ts";

/** A Docker engine and an image that it has. */
export interface Engine {
  readonly host: string;
  readonly image: string;
}

/** One of our backends, as the rows call it. */
export interface Backend {
  readonly name: "bubblewrap" | "Docker";
  /** A server on it, as built. */
  start(args: readonly string[]): Promise<ServerProcess>;
}

/** What can be measured here. */
export interface Here {
  readonly backends: readonly Backend[];
  /** Null: no engine, so neither our Docker backend nor any `docker` baseline. */
  readonly engine: Engine | null;
  /** Why there is no engine, for the rows that need one. */
  readonly reason: string;
}

/** Bubblewrap, and Docker with the engine and the image that tests use (CLAWGYM_TEST_DOCKER, CLAWGYM_TEST_IMAGE). */
export async function here(): Promise<Here> {
  const found = await dockerForTests();
  const bubblewrap = backend("bubblewrap", []);
  if ("missing" in found) {
    process.stderr.write(`  without Docker: ${found.missing}\n`);
    return { backends: [bubblewrap], engine: null, reason: "not measured: no engine" };
  }
  const docker = backend("Docker", ["--docker-host", found.host, "--image", found.image]);
  return { backends: [bubblewrap, docker], engine: found, reason: "" };
}

function backend(name: Backend["name"], own: readonly string[]): Backend {
  const chosen = ["--backend", name.toLowerCase(), ...own];
  return { name, start: (args) => startProcess([...chosen, ...args], { built: true }) };
}

/** A server on each backend at the same time, so that what is compared runs in turns. */
export async function startAll(backends: readonly Backend[], args: readonly string[]): Promise<Started[]> {
  const started: Started[] = [];
  try {
    for (const { name, start } of backends) started.push({ name, server: await start(args) });
  } catch (error) {
    await stopAll(started);
    throw error;
  }
  return started;
}

export interface Started {
  readonly name: Backend["name"];
  readonly server: ServerProcess;
}

export async function stopAll(started: readonly Started[]): Promise<void> {
  await Promise.all(started.map(({ server }) => server.stop()));
}
