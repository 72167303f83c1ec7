import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SSHD = "/usr/sbin/sshd";
const SSH = "/usr/bin/ssh";
const LOOK_EVERY_MS = 50;
const TRIES = 600;

/** What is missing for `startSshServer`, or null. */
export function missingForSsh(): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  return existsSync(SSHD) && existsSync(SSH) ? null : "openssh-server is not installed";
}

/** An SSH server on loopback whose only key is held by an agent of its own, as a user's key is. */
export interface SshServer {
  readonly port: number;
  /** Variables by which `ssh` finds the agent and knows the server: nothing of the user's is touched. */
  readonly env: Readonly<Record<string, string>>;
  stop(): void;
}

/** Starts one for which the machine's Docker engine is `dockerHost`. */
export async function startSshServer(dockerHost: string): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), "clawgym-ssh-"));
  const at = (name: string): string => join(folder, name);
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  const port = await freePort();
  chmodSync(folder, 0o755);
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  writeFileSync(
    at("sshd_config"),
    [
      ...["ListenAddress 127.0.0.1", `Port ${port}`, `HostKey ${at("host")}`, `PidFile ${at("sshd.pid")}`],
      ...["PermitRootLogin yes", "PasswordAuthentication no", "UsePAM no", "StrictModes no"],
      ...[`AuthorizedKeysFile ${at("user.pub")}`, `SetEnv DOCKER_HOST=${dockerHost}`, ""],
    ].join("\n"),
  );
  const daemon = spawn(SSHD, ["-D", "-e", "-f", at("sshd_config")], { stdio: "ignore" });
  const agent = spawn("ssh-agent", ["-D", "-a", at("agent.sock")], { stdio: "ignore" });
  await until(() => answers(port));
  await until(async () => existsSync(at("agent.sock")));
  const agentEnv = { SSH_AUTH_SOCK: at("agent.sock") };
  execFileSync("ssh-add", ["-q", at("user")], { env: { ...process.env, ...agentEnv }, stdio: "ignore" });
  rmSync(at("user"));
  return { port, env: { ...agentEnv, PATH: `${knowing(folder, port)}:${process.env.PATH}` }, stop };

  function stop(): void {
    for (const child of [daemon, agent] as ChildProcess[]) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder with an `ssh` that reads a configuration of the test's: OpenSSH finds the user's by the password file alone. */
function knowing(folder: string, port: number): string {
  const hostKey = readFileSync(join(folder, "host.pub"), "utf8").split(" ").slice(0, 2).join(" ");
  writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${port} ${hostKey}\n`);
  writeFileSync(join(folder, "config"), `UserKnownHostsFile ${join(folder, "known_hosts")}\n`);
  mkdirSync(join(folder, "bin"));
  const program = join(folder, "bin", "ssh");
  writeFileSync(program, `#!/bin/sh\nexec ${SSH} -F ${join(folder, "config")} "$@"\n`);
  chmodSync(program, 0o755);
  return join(folder, "bin");
}

/** A port of loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = TRIES; tries > 0 && !(await isSo()); tries--)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}
