import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A Docker engine with an image that tests may start sandboxes from, or what is missing for that. */
export type DockerForTests = { readonly host: string; readonly image: string } | { readonly missing: string };

const DEFAULT_HOST = "unix:///var/run/docker.sock";
const DEFAULT_IMAGE = "clawgym/sandbox:standard";
const PATIENCE_MS = 20_000;

let asked: Promise<DockerForTests> | undefined;

/**
 * The engine that `CLAWGYM_TEST_DOCKER` names (default: the machine's) and the image `CLAWGYM_TEST_IMAGE` (default: the
 * standard one). @throws Error when one of them is missing and `CLAWGYM_REQUIRE_DOCKER=1` says that it must not be
 */
export function dockerForTests(): Promise<DockerForTests> {
  asked ??= find();
  return asked;
}

async function find(): Promise<DockerForTests> {
  const host = process.env.CLAWGYM_TEST_DOCKER ?? DEFAULT_HOST;
  const image = process.env.CLAWGYM_TEST_IMAGE ?? DEFAULT_IMAGE;
  const missing = await whatIsMissing(host, image);
  if (missing === null) return { host, image };
  if (process.env.CLAWGYM_REQUIRE_DOCKER === "1") throw new Error(`CLAWGYM_REQUIRE_DOCKER=1, but ${missing}`);
  return { missing };
}

async function whatIsMissing(host: string, image: string): Promise<string | null> {
  if ((await docker(host, "version", "--format", "{{.Server.Version}}")) === null) {
    return "no Docker engine answers (scripts/docker-daemon start makes one for tests)";
  }
  if ((await docker(host, "image", "inspect", "--format", "{{.Id}}", image)) === null) {
    return `the engine has no image ${image} (make image)`;
  }
  return null;
}

/** Output of a Docker command on an engine, or null when it failed. */
export async function docker(host: string, ...args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)("docker", ["-H", host, ...args], {
      timeout: PATIENCE_MS,
      maxBuffer: 64 * 1_048_576,
    });
    return stdout.trim();
  } catch {
    return null;
  }
}
