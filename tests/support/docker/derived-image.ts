import { execFileSync } from "node:child_process";

/** Makes an image from another by a command that root runs in it, and changes of what it declares. */
export function deriveImage(
  engine: string,
  from: string,
  name: string,
  command: string,
  changes: readonly string[] = [],
): void {
  const ask = (...args: string[]): string =>
    execFileSync("docker", ["-H", engine, ...args], { encoding: "utf8", timeout: 300_000 }).trim();
  const id = ask(
    "create",
    "--network",
    "none",
    "--user",
    "0",
    "--entrypoint",
    "/bin/sh",
    from,
    "-c",
    command,
  );
  try {
    ask("start", "--attach", id);
    ask("commit", ...changes.flatMap((change) => ["--change", change]), id, name);
  } finally {
    ask("rm", "--force", "--volumes", id);
  }
}
