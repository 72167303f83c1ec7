import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { packTar } from "@clawgym/tasks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dockerArchive, imageConfig } from "../../server/src/image/docker-archive.ts";
import type { ImageEngine } from "../../server/src/image/engines.ts";
import { inventory } from "../../server/src/image/inventory.ts";
import { manifestText, sha256 } from "../../server/src/image/manifest.ts";
import { folderOf } from "../../server/src/image/names.ts";
import { publish } from "../../server/src/image/store.ts";
import { findProgram } from "../../server/src/sandbox/backends/bubblewrap/choose-mode.ts";
import { docker, dockerForTests } from "../support/docker/docker.ts";
import { draftOf, manifestOf } from "./samples.ts";
import { ended, standingOn } from "./standing.ts";

const SERVER = ["--conditions=clawgym-source", "--import", "tsx", "server/src/main.ts"];
const ROOT = join(import.meta.dirname, "../..");
const NO_ENGINE = "unix:///nonexistent/docker.sock";

const folder = mkdtempSync(join(tmpdir(), "clawgym-image-cli-"));
const store = join(folder, "images");
/** A PATH without any program. */
const bare = join(folder, "bin");
beforeAll(() => mkdirSync(bare));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `clawgym-server image …` without a terminal. */
function image(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [...SERVER, "image", ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? "", HOME: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said.err += chunk;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, ...said })));
}

const inStore = ["--store", store];

describe("clawgym-server image", () => {
  it("explains each command, with examples", async () => {
    for (const command of ["build", "list", "prune"]) {
      const { code, out } = await image([command, "--help"]);
      expect([code, out.includes("Examples:"), out.includes(`clawgym-server image ${command}`)]).toEqual([
        0,
        true,
        true,
      ]);
    }
  });

  it("says what is missing, and the command that installs it", async () => {
    const { code, err } = await image(["build", ...inStore, "--no-docker"], { PATH: bare });
    expect(code).toBe(2);
    expect(err).toBe("clawgym-server: mmdebstrap is not installed\n→ sudo apt-get install mmdebstrap\n");
  });

  it("refuses what contradicts itself, before anything is built", async () => {
    const manifest = join(folder, "manifest.json");
    writeFileSync(manifest, manifestText(manifestOf("clawgym/sandbox:lean")));
    const refusals: [readonly string[], RegExp][] = [
      [["build", "--no-docker", "--no-rootfs"], /leave nothing to build/],
      [["build", "--variant", "huge"], /Allowed choices are standard, lean/],
      [["build", "--name", "Not A Name"], /a name like my\/sandbox:1/],
      [["build", "--include", "ffmpeg"], /give it a name/],
      [["build", "--include", "x; reboot", "--name", "a"], /not a name of a package/],
      [["build", "--from-manifest", manifest, "--variant", "lean"], /leave out --variant/],
      [["build", "--from-manifest", join(folder, "absent")], /no such file/],
      [["build", "--no-docker", "--snapshot", "yesterday"], /20261101T000000Z/],
      [["build", "--docker-host", NO_ENGINE], /nonexistent\/docker\.sock does not answer/],
      [["build", "--docker-host", "gopher://x"], /docker-host gopher:\/\/x/],
      [["bild"], /unknown command|too many arguments/],
    ];
    for (const [args, reason] of refusals) {
      const { code, err, out } = await image(args[0] === "build" ? [...args, ...inStore] : args);
      expect([args.join(" "), code === 0, out]).toEqual([args.join(" "), false, ""]);
      expect(err).toMatch(reason);
      expect(err).not.toMatch(/^\s+at /m);
    }
  });

  it("lists an empty store with the command that fills it, and leaves out an engine that nobody named", async () => {
    const { code, out, err } = await image(["list", ...inStore], { DOCKER_HOST: NO_ENGINE });
    expect([code, out]).toEqual([0, "no images\n"]);
    expect(err).toContain("does not answer");
    expect(err).toContain("→ clawgym-server image build");
  });
});

describe("clawgym-server image list and prune", () => {
  const places = ["--store", join(folder, "full")];
  const quiet = { DOCKER_HOST: NO_ENGINE };
  let first = "";

  beforeAll(() => {
    first = draftOf(join(folder, "full"), "my/box:1", "one");
    publish(join(folder, "full"), first);
    publish(join(folder, "full"), draftOf(join(folder, "full"), "my/box:1", "two"));
  });

  it("show what was replaced apart from what is current", async () => {
    const { out } = await image(["list", ...places], quiet);
    const [titles, ...rows] = out.trim().split("\n");
    expect(titles).toMatch(/^NAME +WHERE +ID +SIZE +PACKAGES OF +IN USE$/);
    expect(rows.map((row) => row.split(/ {2,}/).filter((_, column) => column !== 1 && column !== 2))).toEqual(
      [
        ["my/box:1", "5.0 MB", "2026-11-02", "no"],
        ["(lean, replaced)", "5.0 MB", "2026-11-02", "no"],
      ],
    );
    const json = JSON.parse((await image(["list", "--json", ...places], quiet)).out);
    expect(json.map(({ name, replaced, kind }: Record<string, unknown>) => [name, replaced, kind])).toEqual([
      ["my/box:1", false, "store"],
      [null, true, "store"],
    ]);
  });

  it("remove nothing unasked, and the replaced one alone when told to", async () => {
    const asked = await image(["prune", ...places], quiet);
    expect([asked.code, asked.err.includes("→ add --yes, or --dry-run")]).toEqual([2, true]);
    const dry = await image(["prune", "--dry-run", ...places], quiet);
    expect([dry.code, dry.out.includes("would remove 1, 5.0 MB")]).toEqual([0, true]);
    const builds = async () => JSON.parse((await image(["list", "--json", ...places], quiet)).out).length;
    expect(await builds()).toBe(2);
    const pruned = await image(["prune", "--yes", ...places], quiet);
    expect([pruned.code, pruned.out.includes("removed 1, 5.0 MB")]).toEqual([0, true]);
    expect(await builds()).toBe(1);
    expect(readlinkSync(join(folder, "full", folderOf("my/box:1")))).not.toContain(basename(first));
    expect((await image(["prune", "--yes", ...places], quiet)).out).toBe("nothing to remove\n");
  });

  it("keep what a sandbox stands on", async (ctx) => {
    if (findProgram("bwrap") === null) return ctx.skip("needs bubblewrap");
    const at = join(folder, "used");
    const used = draftOf(at, "my/box:1", "one");
    publish(at, used);
    const sandbox = await standingOn(join(used, "rootfs/usr"));
    if (sandbox === null) return ctx.skip("needs user name spaces");
    try {
      publish(at, draftOf(at, "my/box:1", "two"));
      const { code, out, err } = await image(["prune", "--yes", "--store", at], quiet);
      expect([code, out, existsSync(used)]).toEqual([0, "nothing to remove\n", true]);
      expect(err).toContain("kept, because it is in use: (lean, replaced)");
    } finally {
      await ended(sandbox);
    }
  });
});

describe("an image without a name in an engine", () => {
  it("may be removed, but not while a container was made from it", async (ctx) => {
    const engine = await dockerForTests();
    if ("missing" in engine) return ctx.skip(`needs Docker: ${engine.missing}`);
    const { ImageEngine } = await import("../../server/src/image/engines.ts");
    const images = new ImageEngine(engine.host);
    const name = `clawgym-test/nameless:${process.pid}`;
    const used = await load(images, name, "used");
    const unused = await load(images, name, "unused");
    await load(images, name, "current");
    const container = await docker(engine.host, "create", used, "/none");
    try {
      const rows = await inventory(join(folder, "none"), [images]);
      const row = (id: string | null) => rows.find((one) => one.id === id);
      expect([row(used)?.name, row(used)?.users, row(unused)?.name, row(unused)?.users]).toEqual([
        null,
        1,
        null,
        0,
      ]);
      expect(rows.find((one) => one.name === name)?.remove).toBeUndefined();
      await row(unused)?.remove?.();
      await expect(row(used)?.remove?.()).rejects.toThrow(/did not remove .*container/);
      const left = (await images.images()).map(({ id }) => id);
      expect([left.includes(used), left.includes(unused)]).toEqual([true, false]);
    } finally {
      await docker(engine.host, "rm", container ?? "");
      for (const id of [used, unused, name]) await docker(engine.host, "image", "rm", id);
    }
  });
});

/** Loads an image with one small file. Returns its id. */
async function load(images: ImageEngine, name: string, mark: string): Promise<string> {
  const tar = packTar([{ path: mark, bytes: Buffer.from(mark), mtimeMs: 0 }]);
  const path = join(folder, `${mark}.tar`);
  writeFileSync(path, tar);
  const layers = [{ name: mark, path, digest: sha256(tar), bytes: tar.length }];
  const { contentDigest, packagesDate } = manifestOf(name);
  const config = imageConfig({ variant: "lean", architecture: "amd64", contentDigest, packagesDate, layers });
  const { signal } = new AbortController();
  await images.load(dockerArchive(name, config, layers), { signal, say: () => {} });
  const loaded = (await images.images()).find(({ names }) => names.includes(name));
  return loaded?.id ?? "";
}
