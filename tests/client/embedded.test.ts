import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { environment } from "../support/server-process.ts";
import { clawgym, scratchFolder } from "./cli.ts";
import { startServer, until } from "./with-server.ts";

/** A command that says that a server is ready, and notes with what it was started and that it was stopped. */
async function stubServer(folder: string, url: string): Promise<string> {
  const path = join(folder, "server.js");
  await writeFile(
    path,
    `const { writeFileSync } = require("node:fs");
writeFileSync(${JSON.stringify(join(folder, "argv"))}, process.argv.slice(2).join(" "));
console.error("a line of the log");
if (process.env.STUB_FAILS) process.exit(7);
process.on("SIGTERM", () => { writeFileSync(${JSON.stringify(join(folder, "stopped"))}, ""); process.exit(0); });
console.log("clawgym ready ${url}");
setInterval(() => {}, 1000);
`,
  );
  return path;
}

describe("a server that a command starts for itself", () => {
  it("serves the folder and is stopped afterwards", async () => {
    const { server } = await startServer();
    const folder = await scratchFolder();
    const env = { CLAWGYM_SERVER: await stubServer(folder, server.url) };
    const argv = ["tasks", "--serve", "--task-dir", folder, "--backend", "fake", "--json"];
    const { code, stdout } = await clawgym(argv, { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(await readFile(join(folder, "argv"), "utf8")).toBe(`--port 0 --tasks ${folder} --backend fake`);
    expect(existsSync(join(folder, "stopped"))).toBe(true);
    const one = await clawgym(["tasks", "show", "a", "--serve", "--task-dir", folder, "--json"], { env });
    expect(JSON.parse(one.stdout)).toMatchObject({ id: "fake/a", instruction: "Do fake/a" });
  });

  it("is stopped when the command is interrupted", async () => {
    const { server } = await startServer();
    server.mischief = (method) => (method === "step" ? "swallow" : undefined);
    const folder = await scratchFolder();
    const env = { CLAWGYM_SERVER: await stubServer(folder, server.url) };
    const argv = [
      "bench",
      "--policy",
      "noop",
      "--serve",
      "--task-dir",
      folder,
      "--out",
      join(folder, "run"),
      "-q",
    ];
    const { code } = await clawgym(argv, {
      env,
      during: ({ kill }) => void until(() => server.count("step") > 0, 20_000).then(() => kill("SIGTERM")),
    });
    expect(code).toBe(130);
    expect(existsSync(join(folder, "stopped"))).toBe(true);
  });

  it("that does not start is shown with its log", async () => {
    const folder = await scratchFolder();
    const env = { CLAWGYM_SERVER: await stubServer(folder, "ws://127.0.0.1:1"), STUB_FAILS: "1" };
    const { code, stderr } = await clawgym(["tasks", "--serve", "--task-dir", folder], { env });
    expect(code).toBe(3);
    expect(stderr).toContain("exited with code 7");
    expect(stderr).toContain("a line of the log");
    expect(stderr).toContain("clawgym doctor");
  });

  it("ends by itself when the command was killed and cannot stop it", async () => {
    const bin = fileURLToPath(new URL("../../server/bin/clawgym-server.js", import.meta.url));
    const child = spawn(process.execPath, [bin, "--port", "0", "--backend", "fake"], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      env: environment(),
    });
    const exit = once(child, "exit");
    await once(child.stdout as NonNullable<typeof child.stdout>, "data");
    child.disconnect();
    expect(await exit).toEqual([0, null]);
  });
});
