import { existsSync } from "node:fs";
import { systemClock } from "../../server/src/clock.ts";
import { DockerBackend, type DockerOptions } from "../../server/src/sandbox/backends/docker/index.ts";
import { dockerForTests } from "../support/docker/docker.ts";
import { SANDBOXD } from "./bubblewrap-setting.ts";
import { log } from "./setting.ts";

let backends = 0;

/** A backend on the engine of the tests. @throws Error when there is none */
export function docker(
  found: { readonly host: string; readonly image: string },
  options: Partial<DockerOptions> = {},
): DockerBackend {
  return new DockerBackend({
    serverId: `test-${++backends}`,
    log,
    clock: systemClock,
    hosts: [found.host],
    image: found.image,
    sandboxdPath: SANDBOXD,
    ...options,
  });
}

/** The engine and image of the tests, or why Docker cannot be tested here. */
export async function dockerOrMissing(): Promise<Awaited<ReturnType<typeof dockerForTests>>> {
  if (!existsSync(SANDBOXD)) return { missing: `${SANDBOXD} has not been built (make build)` };
  return await dockerForTests();
}
