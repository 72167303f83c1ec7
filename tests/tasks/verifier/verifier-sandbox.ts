import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { packTar, type Task, type Verdict, type VerifierOutput } from "@clawgym/tasks";
import { scratch } from "../fixtures.ts";

const BASE = [
  "--unshare-user",
  "--unshare-pid",
  "--unshare-net",
  "--die-with-parent",
  "--ro-bind",
  "/usr",
  "/usr",
];
const LINKS = ["lib", "lib64", "bin"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]);
const KERNEL = ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"];

/** Whether bubblewrap works here: without it these paths cannot be had at `/workspace` and `/verifier`. */
export const hasBubblewrap = spawnSync("bwrap", [...BASE, ...LINKS, ...KERNEL, "true"]).status === 0;

/** Runs a task's verifier, as prepared, on what a script leaves in a fresh workspace. The server does this for real. */
export async function judge(
  task: Task,
  script = "",
): Promise<{ output: VerifierOutput; verdict: () => Verdict }> {
  const root = scratch();
  const folder = (name: string): string => join(root, name.replaceAll("/", "_"));
  for (const name of ["/workspace", "/inputs", "/verifier"]) mkdirSync(folder(name));
  unpack(folder("/workspace"), packTar(task.workspace));
  unpack(folder("/inputs"), packTar(task.workspace));
  const done = spawnSync("bash", ["-c", script], { cwd: folder("/workspace") });
  if (done.status !== 0) throw new Error(`the script failed: ${done.stderr}`);
  const run = task.verifier.prepare({
    finalMessage: null,
    transcript: [],
    diff: { added: [], changed: [], deleted: [] },
  });
  for (const upload of run.uploads) {
    for (const name of upload.remove ?? [])
      rmSync(join(folder(upload.root), name), { recursive: true, force: true });
    unpack(folder(upload.root), packTar(upload.files));
  }
  const binds = ["/workspace", "/inputs", "/verifier"].flatMap((name) => ["--bind", folder(name), name]);
  const home = ["--dir", "/root/.openclaw", "--symlink", "/workspace", "/root/.openclaw/workspace"];
  const env = { PATH: "/usr/bin:/bin", HOME: "/root", ...run.env };
  const argv = [...BASE, ...LINKS, ...KERNEL, ...binds, ...home, "--chdir", run.cwd, ...run.argv];
  const output = await collect(argv, env);
  return { output, verdict: () => task.verifier.read(output) };
}

async function collect(argv: readonly string[], env: Record<string, string>): Promise<VerifierOutput> {
  // In Node a pipe is a socket pair, which is what descriptor 4 has to be.
  const child = spawn("bwrap", argv, { env, stdio: ["ignore", "pipe", "inherit", "pipe", "pipe"] });
  const [stdout, verdict, exitCode] = await Promise.all([
    bytesOf(child.stdio[1] as Readable),
    bytesOf(child.stdio[3] as Readable),
    new Promise<number | null>((resolve) => child.on("close", resolve)),
  ]);
  return { exitCode, stdout: stdout.toString(), verdict: verdict.length === 0 ? null : verdict };
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function unpack(folder: string, tar: Buffer): void {
  const done = spawnSync("tar", ["-xf", "-", "-C", folder], { input: tar });
  if (done.status !== 0) throw new Error(String(done.stderr));
}
