import { describe, expect, it } from "vitest";
import { systemClock } from "../../server/src/clock.ts";
import { imageName, type Variant } from "../../server/src/image/names.ts";
import { storedImages } from "../../server/src/image/store.ts";
import { openSandbox } from "../../server/src/sandbox/open.ts";
import type { SandboxBackend } from "../../server/src/sandbox/sandbox.ts";
import { bubblewrap, missingForBubblewrap } from "../conformance/bubblewrap-setting.ts";
import { docker, dockerOrMissing } from "../conformance/docker-setting.ts";
import { Box, call, MIB, specOf, text } from "../conformance/setting.ts";
import { docker as dockerCommand } from "../support/docker/docker.ts";
import { testImageStore } from "../support/image-store.ts";

const PATIENCE_MS = 300_000;

/** A backend that starts sandboxes from an image, or why it cannot. */
type Place = (variant: Variant) => Promise<SandboxBackend | { readonly missing: string }>;

const PLACES: Readonly<Record<string, Place>> = {
  bubblewrap: async (variant) => {
    const missing = missingForBubblewrap();
    if (missing !== null) return { missing };
    const store = testImageStore();
    const images = Object.fromEntries(storedImages(store).map(({ name, rootfs }) => [name, rootfs]));
    const image = imageName(variant);
    if (images[image] === undefined) return { missing: `the store ${store} has no ${image}` };
    return bubblewrap({ images, image });
  },
  Docker: async (variant) => {
    const engine = await dockerOrMissing();
    if ("missing" in engine) return engine;
    const image = imageName(variant);
    if ((await dockerCommand(engine.host, "image", "inspect", image)) === null) {
      return { missing: `the engine has no ${image}` };
    }
    return docker({ host: engine.host, image });
  },
};

const PROGRAMS =
  "bash bc bunzip2 curl diff file git jq less make node patch perl ps python3 rg sqlite3 tar unzip xz zip";
const OFFICE = ["openpyxl", "pandas", "docx"];

for (const [name, place] of Object.entries(PLACES)) {
  describe(`the images on ${name}`, { timeout: PATIENCE_MS }, () => {
    for (const variant of ["standard", "lean"] as const) {
      it(`${variant} has what agents work with`, async (ctx) => {
        const backend = await place(variant);
        if ("missing" in backend) return ctx.skip(`needs an image: ${backend.missing}`);
        await withSandbox(backend, async (out) => {
          expect(
            await out(`for name in ${PROGRAMS}; do command -v $name >/dev/null || echo $name; done`),
          ).toBe("");
          expect(
            await out("python3 -c 'import dateutil, sqlite3, ssl, yaml; print(yaml.safe_load(\"a: 1\"))'"),
          ).toBe("{'a': 1}\n");
          const office = OFFICE.map(
            (module) => `python3 -c 'import ${module}' 2>/dev/null && echo ${module}`,
          ).join("; ");
          const isStandard = variant === "standard";
          expect((await out(`${office}; true`)).split("\n").filter(Boolean)).toEqual(
            isStandard ? OFFICE : [],
          );
          expect(await out("command -v pdftotext || true")).toBe(isStandard ? "/usr/bin/pdftotext\n" : "");
          if (isStandard) expect(await out(SPREADSHEET)).toBe("42\n");
        });
      });

      it(`${variant} gives the agent a workspace and no privileges`, async (ctx) => {
        const backend = await place(variant);
        if ("missing" in backend) return ctx.skip(`needs an image: ${backend.missing}`);
        await withSandbox(backend, async (out) => {
          expect(await out("id -un && id -u && pwd && getent passwd agent | cut -d: -f7")).toBe(
            "agent\n1000\n/workspace\n/bin/bash\n",
          );
          expect(await out("echo note > /root/.openclaw/workspace/note && cat /workspace/note")).toBe(
            "note\n",
          );
          expect(await out("touch /usr/note /etc/note /root/note 2>/dev/null || echo refused")).toBe(
            "refused\n",
          );
          expect(
            await out("find / -xdev -perm /6000 2>/dev/null; ls /etc/machine-id 2>/dev/null; true"),
          ).toBe("");
          expect(await out("locale -a | grep -i c.utf && TZ=Europe/Berlin date -d @0 +%H:%M")).toBe(
            "C.utf8\n01:00\n",
          );
          // Compiled ahead, for a root on which nothing can be compiled later.
          expect(
            await out(
              "python3 -c 'import yaml; print(yaml.__cached__); open(yaml.__cached__)' | grep -c pyc",
            ),
          ).toBe("1\n");
        });
      });
    }
  });
}

const SPREADSHEET = `python3 - <<'END'
import docx, openpyxl, pandas
book = openpyxl.Workbook()
book.active.append(["name", "amount"])
book.active.append(["a", 40])
book.active.append(["b", 2])
book.save("book.xlsx")
letter = docx.Document()
letter.add_paragraph("text")
letter.save("letter.docx")
assert docx.Document("letter.docx").paragraphs[0].text == "text"
print(pandas.read_excel("book.xlsx")["amount"].sum())
END`;

/** Runs commands of the agent in a fresh sandbox; each must succeed. */
async function withSandbox(
  backend: SandboxBackend,
  body: (out: (line: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  const spec = specOf("agent", { memoryBytes: 512 * MIB });
  let box: Box | undefined;
  try {
    const { usable, reason } = await backend.probe();
    expect(usable, reason).toBe(true);
    await backend.prepare?.(spec.template, call(PATIENCE_MS));
    const running = await backend.launch(spec, call(PATIENCE_MS));
    const opened = new Box(await openSandbox(running, spec, { clock: systemClock }, call(PATIENCE_MS)));
    box = opened;
    await body(async (line) => {
      const { exitCode, stdout, stderr } = await opened.run(line, {}, PATIENCE_MS);
      expect(exitCode, `${line}: ${text(stderr)}`).toBe(0);
      return text(stdout);
    });
  } finally {
    await box?.sandbox.destroy();
    await backend.close();
  }
}
