import pino from "pino";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ownCall } from "../../server/src/call.ts";
import { systemClock } from "../../server/src/clock.ts";
import { templateOf } from "../../server/src/episode/template.ts";
import { DockerBackend } from "../../server/src/sandbox/backends/docker/index.ts";
import { openSandbox } from "../../server/src/sandbox/open.ts";
import { deriveImage } from "../support/docker/derived-image.ts";
import { docker } from "../support/docker/docker.ts";
import { NOTHING, tracesOf } from "../support/machine.ts";
import { act, answer, RawClient } from "../support/raw-client.ts";
import { type ImportedRoot, importRoot, STATIC_PROGRAM } from "../support/root-file-systems.ts";
import { type ServerProcess, startProcess } from "../support/server-process.ts";
import { nativeDataset } from "./datasets.ts";
import { requireCgroupLimits } from "./limits.ts";
import { onDocker } from "./on-backend.ts";
import { play, run, said } from "./play.ts";

const MB = 1024 * 1024;
const LIMITS = { pids: 64, memoryBytes: 160 * MB };
const WORKSPACE_BYTES = 24 * MB;
const BOX = { ...LIMITS, cpus: 1, workspaceBytes: WORKSPACE_BYTES, workspaceInodes: 1_024, tmpBytes: 8 * MB };
const KINDS = ["static", "busybox", "debian"] as const;
const RIGHT = act("write", { path: "answer.txt", content: "42\n" });
const PREFIX = `clawgym-test-${process.pid}`;
const ODD = `${PREFIX}/odd:1`;
const NESTED = `${PREFIX}/nested:1`;
const OWNED = `${PREFIX}/owned:1`;
const MISSING = { foreign: `localhost:1/${PREFIX}:1`, ours: `clawgym/sandbox:none-${process.pid}` };

/** Everything an image may declare that would be in the way. */
const ODD_DECLARATIONS = [
  'ENTRYPOINT ["/bin/false"]',
  'CMD ["--nonsense"]',
  "USER 4242:4242",
  "WORKDIR /does/not/exist",
  "HEALTHCHECK --interval=1s --timeout=1s --retries=1 CMD touch /data/health /tmp/health",
  "VOLUME /data",
  "VOLUME /tmp",
  "ENV GOMEMLIMIT=1",
  "ENV HOME=/nowhere",
  "ENV GREETING=hello",
  "EXPOSE 80",
];

await onDocker("images that tasks name", ({ engine, image, flags }) => {
  let server: ServerProcess;
  let client: RawClient;
  const made = [ODD, NESTED, OWNED];
  const roots = new Map<string, ImportedRoot>();
  /** An imported root, or the test is left out. */
  const rootOf = (kind: string, skip: (why: string) => void): string => {
    const root = roots.get(kind);
    if (root && "image" in root) return root.image;
    skip(`needs a root file system: ${root?.missing}`);
    return "";
  };

  beforeAll(async () => {
    for (const kind of KINDS) roots.set(kind, await importRoot(engine, kind));
    const imported = [...roots].flatMap(([kind, root]) =>
      "image" in root ? [[kind, { image: root.image }]] : [],
    );
    deriveImage(
      engine,
      image,
      ODD,
      "mkdir /data && chmod 777 /data && echo declared > /data/file",
      ODD_DECLARATIONS,
    );
    deriveImage(
      engine,
      image,
      OWNED,
      "chown -R 1000:1000 /usr/local/share && echo built > /usr/local/share/built",
    );
    deriveImage(engine, image, NESTED, "true", ["VOLUME /workspace/inner"]);
    const tasks = nativeDataset({
      ...Object.fromEntries(imported),
      odd: { image: ODD },
      nested: { image: NESTED },
      owned: { image: OWNED },
      writable: { image: OWNED, writableRoot: true, resources: { workspaceBytes: WORKSPACE_BYTES } },
      "missing-foreign": { image: MISSING.foreign },
      "missing-ours": { image: MISSING.ours },
    });
    const limits = [
      "--sandbox-pids",
      String(LIMITS.pids),
      "--sandbox-memory-bytes",
      String(LIMITS.memoryBytes),
    ];
    const sizes = [
      "--sandbox-workspace-bytes",
      String(WORKSPACE_BYTES),
      "--sandbox-tmp-bytes",
      String(16 * MB),
    ];
    server = await startProcess(["--tasks", tasks, ...flags, "--pool-min-idle", "1", ...limits, ...sizes], {
      log: true,
    });
    client = await RawClient.connect(server.url);
  });
  afterAll(async () => {
    await client?.close();
    if (server) expect(await server.end("SIGTERM")).toBe(0);
    if (server) expect(tracesOf(server.run, engine)).toEqual(NOTHING);
    for (const root of roots.values()) if ("image" in root) await root.remove();
    for (const reference of made) await docker(engine, "image", "rm", "--force", reference);
  });

  afterEach(({ task }) => {
    if (task.result?.state === "fail") console.log(server.log.slice(-5).join("\n"));
  });

  const reset = (task: string) => client.ok("reset", { task, queueTimeoutMs: 300_000 });

  it.for(KINDS)(
    "may be any: %s, worked in and judged by a verifier that has an interpreter",
    async (kind, ctx) => {
      rootOf(kind, ctx.skip);
      for (const [round, reused] of [false, true].entries()) {
        const { episode, info } = await reset(`native/${kind}`);
        const step = async (action: object): Promise<string> =>
          said(await client.ok("step", { episode, action }));
        expect(info.sandbox.reused).toBe(reused);
        expect(await step(act("read", { path: "question.txt" }))).toContain("6*7");
        const shell = await step(
          run("echo it is $(id -u); ls; test -e /tmp/canary && echo stale; touch /tmp/canary"),
        );
        expect(shell).toContain(kind === "static" ? "not be started" : "it is 1000\nquestion.txt");
        expect(shell).not.toContain("stale");
        await step(act("write", { path: "answer.txt", content: round === 0 ? "41\n" : "42\n" }));
        expect(await client.ok("step", { episode, action: answer() })).toMatchObject({
          reward: round,
          score: { failure: null },
        });
        await client.ok("close", { episode });
      }
    },
  );

  it("may have one static program and no shell: it runs, with its files and limits", async (ctx) => {
    const root = rootOf("static", ctx.skip);
    const log = pino({ level: "silent" });
    const call = () => ownCall(log, systemClock.now() + 120_000);
    const backend = new DockerBackend({ serverId: "e2e-static", log, image: root, hosts: [engine] });
    try {
      expect(await backend.probe()).toMatchObject({ usable: true });
      const spec = { role: "agent", template: templateOf({ sandbox: {} }, BOX) } as const;
      const sandbox = await openSandbox(
        await backend.launch(spec, call()),
        spec,
        { clock: systemClock },
        call(),
      );
      for (const text of ["one", "two"]) {
        expect((await sandbox.list("/workspace", {}, call())).entries).toEqual([]);
        const command = { argv: [STATIC_PROGRAM, "write", "/workspace/said.txt", text], cwd: "/workspace" };
        const { exitCode, stdout } = await sandbox.exec(command, call());
        expect([exitCode, String(Buffer.from(stdout))]).toEqual([0, expect.stringContaining("uid 1000\n")]);
        const { bytes } = await sandbox.readFile("said.txt", { beneath: true }, call());
        expect(String(Buffer.from(bytes))).toBe(text);
        const { tar, files } = await sandbox.pack({ processes: "kill" }, call());
        expect(files).toBe(1);
        await sandbox.recycle(call());
        await sandbox.unpack(tar, {}, call());
        expect((await sandbox.stat("said.txt", { beneath: true }, call())).size).toBe(text.length);
        await sandbox.recycle(call());
      }
    } finally {
      await backend.close();
    }
  });

  it("may declare what they like: neither the sandbox nor the next episode in it is disturbed", async () => {
    const write = "for at in /data /tmp; do echo mine > $at/mine; done";
    for (const reused of [false, true]) {
      const { episode, info } = await reset("native/odd");
      expect(info.sandbox.reused).toBe(reused);
      const step = async (action: object): Promise<string> =>
        said(await client.ok("step", { episode, action }));
      const look = await step(run("pwd; echo $GREETING; id -u; ls -A /workspace /data /tmp"));
      expect(look.split("\n")).toEqual(
        expect.arrayContaining(["/workspace", "hello", "1000", "question.txt"]),
      );
      expect(look).not.toMatch(/mine|health/);
      // Where it may write is emptied; what the image declares as a volume is not among it.
      expect(await step(run(`${write} 2>&1; cat /data/mine 2>/dev/null`))).not.toMatch(/^mine/m);
      await step(RIGHT);
      expect(await client.ok("step", { episode, action: answer() })).toMatchObject({
        reward: 1,
        score: { failure: null },
      });
      await client.ok("close", { episode });
    }
    const { containers, volumes } = tracesOf(server.run, engine);
    expect(containers.length).toBeGreaterThan(0);
    expect(volumes).toEqual([]);
  });

  it("may declare a volume inside a folder of ours: nothing is written there, nor seen by the next episode", async () => {
    for (let round = 0; round < 2; round++) {
      const { steps, ...score } = await play(client, "native/nested", [
        run("ls -A /workspace; ls -A /workspace/inner; echo mine > /workspace/inner/mine"),
        RIGHT,
      ]);
      expect(steps.map(said)[0]).toMatch(/^inner\nquestion.txt\n.*read-only file system/is);
      expect(score).toMatchObject({ reward: 1, failure: null });
    }
  });

  it("are read-only, also where the agent's user owns the files", async () => {
    const { episode } = await reset("native/owned");
    const wrote = await client.ok("step", {
      episode,
      action: run("cat /usr/local/share/built; touch /usr/local/share/x"),
    });
    expect(said(wrote)).toMatch(/^built\n.*read-only file system/is);
    await client.ok("close", { episode });
  });

  it("are written to where a task asks for it, as far as its user may, by one episode each", async () => {
    const seen: string[] = [];
    for (let round = 0; round < 2; round++) {
      const { episode, info } = await reset("native/writable");
      expect(info.sandbox.reused).toBe(false);
      const look = await client.ok("step", {
        episode,
        action: run(
          "ls /usr/local/share | grep -c canary; touch /usr/local/share/canary && echo could; touch /etc/x",
        ),
      });
      seen.push(said(look));
      await client.ok("step", { episode, action: RIGHT });
      expect(await client.ok("step", { episode, action: answer() })).toMatchObject({ reward: 1 });
      await client.ok("close", { episode });
    }
    for (const text of seen) expect(text).toMatch(/^0\ncould\n.*permission denied/is);
  });

  it("that are filled up end the episode at its limit and cost nobody else", async () => {
    const { episode } = await reset("native/writable");
    requireCgroupLimits(server.run, LIMITS);
    // Bounded by itself too: a test must not fill the machine's disk when the limit does not hold.
    const fill = "dd if=/dev/zero of=/usr/local/share/fill bs=1M count=200 2>&1; sync; sleep 900";
    const filled = await client.fails("step", { episode, action: run(fill) });
    expect(filled).toMatchObject({ code: "SANDBOX_LOST" });
    expect(await client.ok("score", { episode })).toMatchObject({
      reward: 0,
      trainable: true,
      failure: { class: "policy", code: "SANDBOX_LOST" },
    });
    expect(await play(client, "native/short", [RIGHT])).toMatchObject({ reward: 1 });
  });

  it.each([
    ["foreign", "cannot be fetched"],
    ["ours", "clawgym-server image build"],
  ] as const)(
    "that are not there (%s) are named in the log, with what to do, and hold up no other task",
    async (which, saying) => {
      const refused = await Promise.all(
        Array.from({ length: 3 }, () =>
          client.fails("reset", { task: `native/missing-${which}`, queueTimeoutMs: 60_000 }),
        ),
      );
      for (const { code, message } of refused) {
        expect(code).toBe("SANDBOX_START_FAILED");
        expect(message).not.toContain(MISSING[which]);
      }
      const told = server.log.filter((line) => line.includes(MISSING[which])).join("\n");
      expect(told).toContain(saying);
      expect(await play(client, "native/short", [RIGHT])).toMatchObject({ reward: 1 });
    },
  );
});
