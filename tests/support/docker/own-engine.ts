import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { docker } from "./docker.ts";

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 300_000;
const NO_NETWORK = ["--bridge=none", "--iptables=false", "--ip6tables=false"];

/**
 * A Docker engine that a test may stop, kill and freeze: nothing of it is shared with another. Its files are in a folder
 * below /tmp, since the path of a socket may be at most 107 bytes long.
 */
export class OwnEngine {
  readonly home = mkdtempSync(join(tmpdir(), "clawgym-engine-"));
  readonly host = `unix://${this.home}/docker.sock`;
  #child: ChildProcess | null = null;

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("the engine does not run");
    return pid;
  }

  /** Starts it, with these flags beside its own. Resolves when it answers. @throws Error with the end of its log */
  async start(more: readonly string[] = []): Promise<void> {
    const log = join(this.home, "dockerd.log");
    const out = openSync(log, "a");
    const places = ["--data-root", join(this.home, "data"), "--exec-root", join(this.home, "exec")];
    const own = [...places, "-H", this.host, "-p", join(this.home, "docker.pid")];
    rmSync(join(this.home, "docker.pid"), { force: true });
    const child = spawn("dockerd", [...own, ...NO_NETWORK, ...more], { stdio: ["ignore", out, out] });
    this.#child = child;
    const giveUpAt = performance.now() + PATIENCE_MS;
    while ((await docker(this.host, "version", "--format", "{{.Server.Version}}")) === null) {
      if (child.exitCode !== null || performance.now() > giveUpAt)
        throw new Error(`dockerd did not come up:\n${readFileSync(log, "utf8").slice(-2_000)}`);
      await pause();
    }
  }

  /** Ends it by a signal, SIGTERM by default, and waits until it and its containerd are gone. Containers may live on. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    await gone;
    // The kernel kills it with its parent, a little later; an engine that starts meanwhile takes it for a healthy one.
    const containerd = read(join(this.home, "exec", "containerd", "containerd.pid"));
    if (containerd) await until(() => !existsSync(`/proc/${containerd}`));
  }

  /** Sends a signal, such as SIGSTOP; does not wait. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Copies an image from another engine, without a registry. */
  async load(from: string, image: string): Promise<void> {
    const save = spawn("docker", ["-H", from, "save", image], { stdio: ["ignore", "pipe", "inherit"] });
    const load = spawn("docker", ["-H", this.host, "load", "--quiet"], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    const [[saved], [loaded]] = await Promise.all([
      once(save, "exit"),
      once(load, "exit"),
      pipeline(save.stdout, load.stdin),
    ]);
    if (saved !== 0 || loaded !== 0) throw new Error(`the image ${image} could not be copied`);
  }

  /** Ends it and removes everything of it. Idempotent. */
  async remove(): Promise<void> {
    if (this.#child) {
      this.signal("SIGCONT");
      const all = await docker(this.host, "ps", "--all", "--quiet");
      if (all) await docker(this.host, "rm", "--force", "--volumes", ...all.split("\n"));
    }
    await this.stop();
    for (const pid of this.#processes()) process.kill(pid, "SIGKILL");
    await until(() => this.#processes().length === 0);
    for (const mount of this.#mounts()) execFileSync("umount", ["--lazy", mount]);
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Its containerd and shims: each names a file below `home` in its arguments. */
  #processes(): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .filter((pid) => read(`/proc/${pid}/cmdline`).includes(`${this.home}/`))
      .map(Number);
  }

  #mounts(): string[] {
    return readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .filter((path) => path.startsWith(`${this.home}/`))
      .sort()
      .reverse();
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!isSo() && performance.now() < giveUpAt) await pause();
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));

/** Empty for what is not there. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
