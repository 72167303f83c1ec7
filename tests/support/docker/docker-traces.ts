import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** What an engine has of one server, and the names by which to find the rest on the machine. */
export interface DockerTraces {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  /** Folders of containers and of their layers. */
  readonly directories: readonly string[];
  /** Ids of containers and names of their layers: processes, cgroups and mounts are named after them. */
  readonly marks: readonly string[];
}

interface Known {
  readonly containers: Set<string>;
  readonly layers: Set<string>;
  readonly volumes: Set<string>;
}

/** Holds one file, the same for all servers, and stays. */
const SHARED_VOLUME = "clawgym-sandboxd-";
const PATIENCE_MS = 60_000;

// What a container left when the engine has forgotten it can only be found by what was seen of it before.
const seen = new Map<string, Known>();
const roots = new Map<string, string>();

/** Containers whose `clawgym.run` contains `part`, and what there still is of all that were ever seen here. */
export function dockerTracesOf(engine: string, part: string): DockerTraces {
  const known = seen.get(engine + part) ?? { containers: new Set(), layers: new Set(), volumes: new Set() };
  seen.set(engine + part, known);
  const listed = lines(
    engine,
    "ps --all --no-trunc --filter label=clawgym.run",
    '{{.ID}} {{.State}} {{.Names}} {{.Label "clawgym.run"}}',
  ).filter((line) => line.includes(part));
  learn(
    engine,
    listed.map((line) => line.split(" ", 1)[0] ?? ""),
    known,
  );
  const volumes = known.volumes.size > 0 ? lines(engine, "volume ls", "{{.Name}}") : [];
  const root = rootOf(engine);
  return {
    containers: listed.map((line) => line.split(" ").slice(1, 3).join(" ")).sort(),
    volumes: volumes.filter((name) => known.volumes.has(name)).sort(),
    directories: [
      ...[...known.containers].map((id) => join(root, "containers", id)),
      ...[...known.layers].map((layer) => join(root, "overlay2", layer)),
    ].filter((path) => existsSync(path)),
    marks: [...known.containers, ...known.layers],
  };
}

function learn(engine: string, ids: readonly string[], known: Known): void {
  for (const id of ids.filter((id) => !known.containers.has(id))) {
    const [layer = "", ...volumes] = lines(
      engine,
      `inspect ${id}`,
      '{{index .GraphDriver.Data "MergedDir"}}{{range .Mounts}}{{if eq .Type "volume"}}{{"\\n"}}{{.Name}}{{end}}{{end}}',
    );
    known.containers.add(id);
    const name = /overlay2\/([^/]+)\/merged$/.exec(layer)?.[1];
    if (name) known.layers.add(name);
    for (const volume of volumes) if (!volume.startsWith(SHARED_VOLUME)) known.volumes.add(volume);
  }
}

function rootOf(engine: string): string {
  const root = roots.get(engine) ?? lines(engine, "info", "{{.DockerRootDir}}")[0] ?? "";
  roots.set(engine, root);
  return root;
}

/** @throws Error when the engine does not answer: nothing can be said of what it holds */
function lines(engine: string, command: string, format: string): string[] {
  try {
    const args = ["-H", engine, ...command.split(" "), "--format", format];
    const said = execFileSync("docker", args, {
      encoding: "utf8",
      timeout: PATIENCE_MS,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return said.trim().split("\n").filter(Boolean);
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    // One that went while we looked.
    if (/No such (object|container)/i.test(stderr)) return [];
    throw error;
  }
}
