import type { TestContext } from "vitest";
import { buildCommand } from "../../server/src/image/names.ts";
import { storedImages } from "../../server/src/image/store.ts";
import { docker } from "./docker/docker.ts";
import { testImageStore } from "./image-store.ts";

/**
 * The image's name where `engine` (null: bubblewrap, which takes it from the store) has it; otherwise the test is skipped,
 * with the command that builds it as the reason. @throws Error instead, when `requiredBy` names who asks for it
 */
export async function neededImage(
  { engine }: { readonly engine: string | null },
  context: Pick<TestContext, "skip">,
  image: string,
  requiredBy: string | null,
): Promise<string> {
  if (await hasImage(engine, image)) return image;
  const missing = `no ${image} in ${engine ?? testImageStore()} (${buildCommand(image)})`;
  if (requiredBy !== null) throw new Error(`${requiredBy} asks for it, but ${missing}`);
  return context.skip(missing);
}

/** Whether an engine (null: the store) has an image. */
export const hasImage = async (engine: string | null, image: string): Promise<boolean> =>
  engine === null ? isStored(image) : await isLoaded(engine, image);

const isStored = (image: string): boolean =>
  storedImages(testImageStore()).some(({ name }) => name === image);

const isLoaded = async (engine: string, image: string): Promise<boolean> =>
  (await docker(engine, "image", "inspect", "--format", "{{.Id}}", image)) !== null;
