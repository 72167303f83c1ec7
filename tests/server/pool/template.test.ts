import { expect, it } from "vitest";
import { templateOf, verifierTemplateOf } from "../../../server/src/episode/template.ts";
import { limits } from "../support.ts";

const sandbox = {
  image: "example/own:1",
  writableRoot: true,
  networkAllow: ["pypi.org:443"],
  setup: ["pip install --user six"],
  env: { MODE: "fast" },
  resources: { memoryBytes: 64 * 1024 * 1024 },
};

it("a verifier runs in the server's own image, with the limits of its task and nothing else of it", () => {
  expect(verifierTemplateOf({ sandbox }, limits)).toEqual(
    templateOf({ sandbox: { resources: sandbox.resources } }, limits),
  );
  expect(verifierTemplateOf({ sandbox: { image: "example/own:1" } }, limits)).toEqual(
    templateOf({ sandbox: {} }, limits),
  );
});

it("a task may say which image its verifier runs in", () => {
  const verifierImage = "example/judge:1";
  expect(verifierTemplateOf({ sandbox: { ...sandbox, verifierImage } }, limits)).toMatchObject({
    image: verifierImage,
    writableRoot: false,
  });
  expect(templateOf({ sandbox: { verifierImage } }, limits)).toEqual(templateOf({ sandbox: {} }, limits));
});

it("sandboxes with other variables are not shared", () => {
  const [fast, slow] = ["fast", "slow"].map((MODE) => templateOf({ sandbox: { env: { MODE } } }, limits));
  expect(fast).toMatchObject({ env: { MODE: "fast" } });
  expect(new Set([fast?.key, slow?.key, templateOf({ sandbox: {} }, limits).key]).size).toBe(3);
});
