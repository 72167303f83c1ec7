import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { docker } from "./docker/docker.ts";

/**
 * Root file systems that are none of ours: `static`, one program and nothing else, no shell and no C library; `busybox`, a
 * shell and small tools, laid out as Alpine is; `debian`, Debian's smallest set of packages, without Python.
 */
export type RootKind = "static" | "busybox" | "debian";

/** The only program of `static`. It says its arguments, `uid N` and, with `write PATH TEXT` or `read PATH`, does that. */
export const STATIC_PROGRAM = "/program";

const PROGRAM = `package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	args := os.Args[1:]
	fmt.Println("uid", os.Getuid())
	fmt.Println("arguments", strings.Join(args, " "))
	var err error
	switch {
	case len(args) == 3 && args[0] == "write":
		err = os.WriteFile(args[1], []byte(args[2]), 0o644)
	case len(args) == 2 && args[0] == "read":
		var content []byte
		content, err = os.ReadFile(args[1])
		fmt.Print(string(content))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}
`;

const PATIENCE_MS = 300_000;
const KEPT = resolve(import.meta.dirname, "../../.build/test-roots");

/** An imported image, or what it would take to make it. */
export type ImportedRoot =
  | { readonly image: string; readonly remove: () => Promise<void> }
  | { readonly missing: string };

/** Makes a root file system and imports it into the engine at `host`, under a name of this process's own. */
export async function importRoot(host: string, kind: RootKind): Promise<ImportedRoot> {
  const tar = await tarOf(kind);
  if ("missing" in tar) return tar;
  const image = `clawgym-test/root-${kind}:${process.pid}-${Date.now()}`;
  await run("docker", ["-H", host, "import", tar.path, image]);
  await tar.drop();
  return { image, remove: async () => void (await docker(host, "image", "rm", image)) };
}

/** The same as a folder, for backends without images. */
export async function unpackRoot(
  kind: RootKind,
  folder: string,
): Promise<{ readonly missing: string } | null> {
  const tar = await tarOf(kind);
  if ("missing" in tar) return tar;
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  await run("tar", ["-xpf", tar.path, "-C", folder, "--numeric-owner"]);
  await tar.drop();
  return null;
}

type Tar = { readonly path: string; readonly drop: () => Promise<void> } | { readonly missing: string };

async function tarOf(kind: RootKind): Promise<Tar> {
  if (kind === "debian") return await debianTar();
  const work = await mkdtemp(join(tmpdir(), "clawgym-root-"));
  const drop = (): Promise<void> => rm(work, { recursive: true, force: true });
  const root = join(work, "root");
  await mkdir(root);
  await chmod(root, 0o755);
  const missing = kind === "static" ? await layOutStatic(work, root) : await layOutBusybox(root);
  if (missing !== null) {
    await drop();
    return { missing };
  }
  const path = join(work, "root.tar");
  await run("tar", ["-cf", path, "-C", root, "--numeric-owner", "--owner=0", "--group=0", "."]);
  return { path, drop };
}

async function layOutStatic(work: string, root: string): Promise<string | null> {
  const go = program("go") ?? ["/usr/local/go/bin/go"].find(existsSync);
  if (go === undefined) return "Go is not installed (apt-get install golang-go)";
  await writeFile(join(work, "main.go"), PROGRAM);
  const env = {
    ...process.env,
    CGO_ENABLED: "0",
    GOFLAGS: "-buildvcs=false",
    GOTOOLCHAIN: "local",
    GO111MODULE: "off",
  };
  await run(go, ["build", "-ldflags", "-s -w", "-o", join(root, STATIC_PROGRAM), join(work, "main.go")], env);
  return null;
}

async function layOutBusybox(root: string): Promise<string | null> {
  if (!existsSync("/bin/busybox")) return "busybox is not installed (apt-get install busybox-static)";
  for (const folder of ["bin", "etc", "lib", "tmp", "usr/bin", "var"]) {
    await mkdir(join(root, folder), { recursive: true });
    await chmod(join(root, folder), 0o755);
  }
  await copyFile("/bin/busybox", join(root, "bin/busybox"));
  await chmod(join(root, "bin/busybox"), 0o755);
  const { stdout } = await run("/bin/busybox", ["--list"]);
  for (const applet of stdout
    .trim()
    .split("\n")
    .filter((name) => name !== "busybox")) {
    await symlink("/bin/busybox", join(root, "bin", applet));
  }
  await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  return null;
}

/** Takes half a minute and the network, so it is kept from one test to the next. */
async function debianTar(): Promise<Tar> {
  const path = join(KEPT, "debian.tar");
  const drop = async (): Promise<void> => {};
  if (existsSync(path)) return { path, drop };
  if (process.getuid?.() !== 0) return { missing: "making a Debian root needs root" };
  if (program("mmdebstrap") === undefined)
    return { missing: "mmdebstrap is not installed (apt-get install mmdebstrap)" };
  await mkdir(KEPT, { recursive: true });
  const draft = `${path}.${process.pid}`;
  const options = ["--variant=essential", "--format=tar", "--skip=output/dev", "bookworm", draft];
  try {
    await run("mmdebstrap", [...options, "http://deb.debian.org/debian"]);
  } catch (error) {
    await rm(draft, { force: true });
    return { missing: `mmdebstrap failed: ${error instanceof Error ? error.message.slice(-300) : error}` };
  }
  await rename(draft, path);
  return { path, drop };
}

const program = (name: string): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync);

const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  promisify(execFile)(file, [...args], { env, timeout: PATIENCE_MS, maxBuffer: 64 * 1_048_576 });
