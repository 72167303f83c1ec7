import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/src/clock.ts";
import { openSandbox } from "../../server/src/sandbox/open.ts";
import { bubblewrap, missingForBubblewrap } from "../conformance/bubblewrap-setting.ts";
import { call, specOf, text } from "../conformance/setting.ts";
import { docker, dockerForTests } from "../support/docker/docker.ts";
import { importRoot, type RootKind, STATIC_PROGRAM, unpackRoot } from "../support/root-file-systems.ts";

const PATIENCE_MS = 400_000;
const engine = await dockerForTests();

/** What each can run, and what it has not. */
const EXPECTED: Readonly<
  Record<RootKind, { argv: readonly string[]; says: RegExp; lacks: readonly string[] }>
> = {
  static: { argv: [STATIC_PROGRAM, "hello"], says: /^uid 0\narguments hello$/, lacks: ["/bin/sh"] },
  busybox: { argv: ["/bin/sh", "-c", "echo $((6 * 7))"], says: /^42$/, lacks: ["/bin/bash", "python3"] },
  debian: { argv: ["/bin/bash", "-c", "cat /etc/debian_version"], says: /^12\./, lacks: ["python3"] },
};

describe("root file systems that are none of ours, imported into Docker", () => {
  for (const kind of ["static", "busybox", "debian"] as const) {
    it(`${kind} is imported, runs its own programs and has no others`, {
      timeout: PATIENCE_MS,
    }, async (ctx) => {
      if ("missing" in engine) return ctx.skip(`needs Docker: ${engine.missing}`);
      const root = await importRoot(engine.host, kind);
      if ("missing" in root) return ctx.skip(`needs a root file system: ${root.missing}`);
      const run = (argv: readonly string[]) =>
        docker(engine.host, "run", "--rm", "--network", "none", root.image, ...argv);
      const { argv, says, lacks } = EXPECTED[kind];
      try {
        expect(await run(argv)).toMatch(says);
        for (const program of lacks) expect(await run([program, "-c", ""])).toBeNull();
      } finally {
        await root.remove();
      }
      expect(await docker(engine.host, "image", "inspect", root.image)).toBeNull();
    });
  }
});

describe("root file systems that are none of ours, on bubblewrap", { timeout: PATIENCE_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), "clawgym-foreign-"));
  chmodSync(folder, 0o755);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const kind of ["static", "busybox", "debian"] as const) {
    it(`${kind} runs its own programs`, async (ctx) => {
      const missing = missingForBubblewrap() ?? (await unpackRoot(kind, join(folder, kind)))?.missing;
      if (missing !== undefined) return ctx.skip(`needs a root file system: ${missing}`);
      const backend = bubblewrap({ images: { [kind]: join(folder, kind) } });
      const base = specOf();
      const spec = { ...base, template: { ...base.template, image: kind } };
      try {
        expect((await backend.probe()).usable).toBe(true);
        const running = await backend.launch(spec, call(PATIENCE_MS));
        const sandbox = await openSandbox(running, spec, { clock: systemClock }, call(PATIENCE_MS));
        const { argv, says, lacks } = EXPECTED[kind];
        const { stdout, exitCode } = await sandbox.exec({ argv }, call(PATIENCE_MS));
        expect(text(stdout).trim().replace("uid 1000", "uid 0")).toMatch(says);
        expect(exitCode).toBe(0);
        for (const program of lacks) {
          const { exitCode: code } = await sandbox.exec({ argv: [program] }, call(PATIENCE_MS));
          expect([program, code]).toEqual([program, 127]);
        }
        await sandbox.destroy();
      } finally {
        await backend.close();
      }
    });
  }
});
