import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { packTar, readTar } from "@clawgym/tasks";
import { afterAll, describe, expect, it } from "vitest";
import {
  dockerArchive,
  type ImageFacts,
  imageConfig,
  imageId,
} from "../../server/src/image/docker-archive.ts";
import { sha256 } from "../../server/src/image/manifest.ts";
import { docker, dockerForTests } from "../support/docker/docker.ts";

const folder = mkdtempSync(join(tmpdir(), "clawgym-archive-"));
afterAll(() => rmSync(folder, { recursive: true }));

function layer(name: string, content: string) {
  const tar = packTar([{ path: "file", bytes: Buffer.from(content), mtimeMs: 0 }]);
  const path = join(folder, `${name}.tar`);
  writeFileSync(path, tar);
  return { name, path, digest: sha256(tar), bytes: tar.length };
}

const LAYERS = [layer("debian", "of the first layer"), layer("more", "x".repeat(3_000))];
const FACTS: ImageFacts = {
  variant: "lean",
  architecture: "amd64",
  contentDigest: sha256("contents"),
  packagesDate: "2026-11-02T12:55:59.000Z",
  layers: LAYERS,
};
const hashOf = async (name: string): Promise<string> =>
  createHash("sha256")
    .update(await buffer(dockerArchive(name, imageConfig(FACTS), LAYERS)))
    .digest("hex");

describe("an image as docker load takes it", () => {
  it("is the same bytes each time, and these ones", async () => {
    expect(await hashOf("my/box:1")).toBe(await hashOf("my/box:1"));
    expect(await hashOf("my/box:2")).not.toBe(await hashOf("my/box:1"));
    // The identity of every image built so far hangs on this: a change of it has to be meant.
    expect(imageId(imageConfig({ ...FACTS, layers: [{ name: "debian", digest: sha256("layer") }] }))).toBe(
      "sha256:6ef84f0606d3f51cf4e9d2e0bfa33126e63ba44b95de7559ca659481030133ec",
    );
  });

  it("holds the layers as they are, the configuration under its own hash, and a manifest that names them", async () => {
    const config = imageConfig(FACTS);
    const entries = readTar(await buffer(dockerArchive("my/box", config, LAYERS)));
    const content = (path: string): Buffer =>
      Buffer.from(entries.find((one) => one.path === path)?.bytes ?? []);
    const manifest = JSON.parse(content("manifest.json").toString());
    expect(manifest).toHaveLength(1);
    expect(manifest[0].RepoTags).toEqual(["my/box:latest"]);
    expect(manifest[0].Config).toBe(`${imageId(config).slice(7)}.json`);
    expect(content(manifest[0].Config).equals(config)).toBe(true);
    expect(manifest[0].Layers.map((path: string) => sha256(content(path)))).toEqual(
      LAYERS.map(({ digest }) => digest),
    );
    expect(entries).toHaveLength(LAYERS.length + 2);
  });

  it("has an id that depends on packages, date and layers", () => {
    const id = (change: Partial<ImageFacts>): string => imageId(imageConfig({ ...FACTS, ...change }));
    const ids = [
      id({}),
      id({ contentDigest: sha256("other") }),
      id({ packagesDate: "2026-11-03T00:00:00.000Z" }),
      id({ layers: LAYERS.slice(1) }),
      id({ variant: "standard" }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is taken by an engine under the id that was computed for it", async (ctx) => {
    const engine = await dockerForTests();
    if ("missing" in engine) return ctx.skip(`needs Docker: ${engine.missing}`);
    const { ImageEngine } = await import("../../server/src/image/engines.ts");
    const images = new ImageEngine(engine.host);
    const name = `clawgym-test/archive:${process.pid}`;
    const said: string[] = [];
    const { signal } = new AbortController();
    try {
      await images.load(dockerArchive(name, imageConfig(FACTS), LAYERS), {
        signal,
        say: (line) => said.push(line),
      });
      expect(said.join("\n")).toContain(name);
      const ours = (await images.images()).find(({ names }) => names.includes(name));
      expect(ours).toMatchObject({ variant: "lean", packagesDate: FACTS.packagesDate, containers: 0 });
      const [inspected] = JSON.parse((await docker(engine.host, "image", "inspect", name)) ?? "[]");
      expect(inspected.RootFS.Layers).toEqual(LAYERS.map(({ digest }) => digest));
      expect(inspected.Config.WorkingDir).toBe("/workspace");
      // An engine that keeps images in containerd has ids of another kind.
      const info = await docker(engine.host, "info", "--format", "{{.DriverStatus}}");
      if (!info?.includes("containerd.snapshotter")) expect(ours?.id).toBe(imageId(imageConfig(FACTS)));
    } finally {
      await docker(engine.host, "image", "rm", name);
    }
  });

  it("that is broken off is an error that names the engine", async (ctx) => {
    const engine = await dockerForTests();
    if ("missing" in engine) return ctx.skip(`needs Docker: ${engine.missing}`);
    const { ImageEngine } = await import("../../server/src/image/engines.ts");
    const images = new ImageEngine(engine.host);
    const wrong = [{ ...layer("wrong", "one"), digest: sha256("another") }];
    const config = imageConfig({ ...FACTS, layers: wrong });
    const { signal } = new AbortController();
    const loading = images.load(dockerArchive("clawgym-test/wrong:1", config, wrong), {
      signal,
      say: () => {},
    });
    await expect(loading).rejects.toThrow(`the Docker engine at ${images.name} did not take the image`);
  });
});
