import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openDataset, packTar, type Task, TaskError } from "@clawgym/tasks";
import { describe, expect, it } from "vitest";
import { PRESENT_PACKAGES } from "../../../tasks/src/loaders/harbor/run-line.ts";
import { type Files, scratch, textOf } from "../fixtures.ts";
import { codeScore, realSandboxes, scoreAfter } from "../verifier/real-score.ts";
import { harborTask } from "./import-fixtures.ts";

const load = async (files: Files = {}): Promise<Task> => {
  const root = scratch();
  harborTask(root, "hello-world", files);
  const dataset = await openDataset(root);
  if (dataset.problems[0]) throw dataset.problems[0];
  return dataset.load("hello-world");
};

const refusal = async (files: Files): Promise<string> => {
  const error = await load(files).catch((cause: unknown) => cause);
  if (!(error instanceof TaskError)) throw new Error(`not refused: ${String(error)}`);
  return error.message;
};

const dockerfile = (...lines: string[]): Files => ({
  "environment/Dockerfile": `FROM debian:bookworm\nWORKDIR /app\n${lines.join("\n")}\n`,
});

const paths = async (...lines: string[]): Promise<string[]> =>
  (await load(dockerfile(...lines))).workspace.map(
    ({ path, type, mode }) => `${path}${type === "dir" ? "/" : mode === 0o755 ? "*" : ""}`,
  );

describe("a Harbor task", () => {
  it("is read: message, files, limits, metadata", async () => {
    const task = await load();
    expect(task).toMatchObject({
      id: "hello-world",
      layout: "harbor",
      instruction: "Write `hello world` into /app/greeting.txt, as in greetings/.",
      category: "greetings",
      difficulty: "easy",
      tags: ["short", "from:python:3.13-slim"],
      limits: { episodeTimeoutMs: 120_000 },
      sandbox: {},
    });
    expect(task.verifier.timeoutMs).toBe(60_000);
    expect(textOf(task.workspace, "greetings/old.txt")).toBe("good day\n");
  });

  it("gives the tests their time, as far as a server can wait", async () => {
    expect((await load({ "task.toml": "" })).verifier.timeoutMs).toBe(110_000);
  });

  it("asks its sandbox for what is not in every task.toml, and sets up what needs no root", async () => {
    const toml = '[environment]\ncpus = 2\nmemory = "4G"\n';
    const files = dockerfile("COPY greetings greetings", 'RUN git config --global user.name "A B"');
    expect((await load({ ...files, "task.toml": toml })).sandbox).toEqual({
      setup: ['git config --global user.name "A B"'],
      resources: { memoryBytes: 4096 * 1_048_576, cpus: 2 },
    });
  });

  it("may install what the sandbox's image has, and no more", async () => {
    const install = "apt-get install -y --no-install-recommends python3 jq";
    expect(
      await paths(
        `RUN apt-get update \\\n  && ${install} && rm -rf /var/lib/apt/lists/*`,
        "COPY greetings .",
      ),
    ).toEqual(["old.txt"]);
    const lean = readFileSync(
      new URL("../../../sandbox-image/packages/lean.txt", import.meta.url),
      "utf8",
    ).split("\n");
    const essential =
      "bash coreutils dash findutils grep gzip hostname perl python3-minimal sed tar util-linux".split(" ");
    expect([...PRESENT_PACKAGES].filter((name) => !lean.includes(name) && !essential.includes(name))).toEqual(
      [],
    );
  });

  it("does what a Dockerfile without a build does to the work directory", async () => {
    expect(await paths("COPY greetings /app/")).toEqual(["old.txt"]);
    expect(await paths("COPY greetings/old.txt new.txt")).toEqual(["new.txt"]);
    expect(await paths('COPY ["greetings/old.txt", "in/"]')).toEqual(["in/old.txt"]);
    expect(await paths("COPY greetings/*.txt \\\n  # a comment\n  texts/")).toEqual(["texts/old.txt"]);
    expect(await paths("COPY --chmod=755 greetings/old.txt run.sh")).toEqual(["run.sh*"]);
    expect(await paths("COPY . ./")).toEqual(["Dockerfile", "greetings/old.txt"]);
    expect(await paths("WORKDIR /app/deep", "COPY greetings/old.txt .", "WORKDIR /app")).toEqual([
      "deep/old.txt",
    ]);
    expect(
      await paths("COPY greetings/old.txt run.sh", "RUN mkdir -p out/a && chmod +x run.sh && touch empty"),
    ).toEqual(["empty", "out/a/", "run.sh*"]);
  });

  it.each<[string, Files, string]>([
    ["compose", { "environment/docker-compose.yaml": "services: {}\n" }, "several containers (compose)"],
    ["several steps", { "task.toml": '[[steps]]\nname = "a"\n' }, "several steps"],
    ["a GPU", { "task.toml": "[environment]\ngpus = 1\n" }, "no GPU"],
    ["broken TOML", { "task.toml": "[environment\n" }, "line 1, column"],
    ["secrets", { "task.toml": `[verifier.env]\nKEY = "\${API_KEY}"\n` }, "a variable of the host"],
    [
      "a verifier's own image",
      { "task.toml": '[verifier]\nenvironment_mode = "separate"\n' },
      "needs Docker",
    ],
    ["an odd image", { "environment/Dockerfile": "FROM node:20\nWORKDIR /app\n" }, "needs the image node:20"],
    [
      "another work directory",
      { "environment/Dockerfile": "FROM debian\nWORKDIR /srv\n" },
      "the work directory is /srv",
    ],
    ["stages", dockerfile("FROM debian AS two"), "several stages"],
    [
      "installing",
      dockerfile("RUN apt-get update && apt-get install -y jq nginx"),
      "installs software: apt-get install",
    ],
    ["pip", dockerfile("RUN pip install pytest"), "installs software: pip install"],
    ["fetching", dockerfile("RUN curl -O https://x.example/y"), "fetches or builds something"],
    ["building", dockerfile("RUN make all"), "needs a build: make all"],
    ["what the shell expands", dockerfile("RUN mkdir -p $HOME/x"), "needs a build"],
    ["a here-document", dockerfile("RUN <<EOF\nls\nEOF"), "a here-document"],
    ["files elsewhere", dockerfile("COPY greetings /etc/"), "/etc lies outside the work directory"],
    ["a way out", dockerfile("COPY ../../secret ."), "leads out of its folder"],
    ["a missing source", dockerfile("COPY nothing ."), "environment/nothing: no such file"],
    ["variables", dockerfile("ENV PATH=/opt/x"), "ENV PATH: a variable that sandboxes have for themselves"],
    [
      "network in the tests",
      { "tests/test.sh": "#!/bin/bash\n# fine\nuvx pytest /tests\n" },
      "test.sh (line 3): runs uv",
    ],
    ["no tests", { "tests/test.sh": null }, "tests/test.sh: no such file"],
    ["no Dockerfile", { "environment/Dockerfile": null }, "environment/Dockerfile: no such file"],
  ])("is refused with the reason: %s", async (_what, files, reason) => {
    expect(await refusal(files)).toContain(reason);
  });

  it("is refused for links that lead out, and does not stop the others", async () => {
    const root = scratch();
    harborTask(root, "sound");
    symlinkSync("/etc/passwd", join(harborTask(root, "linked"), "environment/greetings/passwd"));
    harborTask(root, "broken", { "task.toml": "x = \n" });
    const dataset = await openDataset(root);
    expect(dataset.entries.map(({ id }) => id)).toEqual(["linked", "sound"]);
    expect(dataset.problems.map(({ path }) => path)).toEqual(["broken/task.toml"]);
    await expect(dataset.load("linked")).rejects.toThrow("greetings/passwd: a symbolic link");
    expect((await dataset.load("sound")).id).toBe("sound");
  });

  it("unpacks a plain archive of ADD, and refuses one with links, ways out or broken bytes", async () => {
    const inArchive = (tar: Uint8Array): Files => ({
      ...dockerfile("ADD files.tar in/"),
      "environment/files.tar": tar,
    });
    const text = { path: "a.txt", bytes: Buffer.from("hi"), mode: 0o755 };
    const { workspace } = await load(inArchive(packTar([text, { path: "empty", type: "dir" }])));
    expect(workspace.map(({ path, mode }) => [path, mode])).toEqual([
      ["in/a.txt", 0o755],
      ["in/empty", 0o755],
    ]);
    const link = packTar([{ path: "l", type: "symlink", target: "/etc" }]);
    expect(await refusal(inArchive(link))).toContain("environment/files.tar: l is a link or a special file");
    const out = packTar([text]);
    out.write("../b\0", 0, "latin1");
    expect(await refusal(inArchive(out))).toContain("not a sound archive");
    expect(await refusal(inArchive(packTar([text]).subarray(0, 513)))).toContain("not a sound archive");
    expect(await refusal(dockerfile("ADD https://x.example/y /app/"))).toContain(
      "ADD fetches https://x.example/y",
    );
    expect(await refusal({ ...dockerfile("ADD x.tgz in/"), "environment/x.tgz": "x" })).toContain(
      "x.tgz is compressed",
    );
  });

  it("offers its solution as one script, with what lies beside it", async () => {
    const root = scratch();
    harborTask(root);
    const two = harborTask(root, "two", {
      "solution/solve.sh": 'cat /solution/words.txt > greeting.txt; echo "$MORE" >> greeting.txt\n',
      "solution/words.txt": "hello\n",
      "task.toml": '[solution.env]\nMORE = "it\'s"\n',
    });
    const dataset = await openDataset(root);
    expect((await dataset.solution("hello-world"))?.script).toContain("echo 'hello world'");
    expect((await dataset.solution("two"))?.script).toContain("base64 -d");
    expect(two).toContain("two");
  });
});

describe("a Harbor verifier in a real sandbox", () => {
  it("runs at /tests from the work directory and is read from /logs/verifier", async (ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const root = scratch();
    harborTask(root);
    const dataset = await openDataset(root);
    const task = await dataset.load("hello-world");
    expect(await codeScore(real, task, (await dataset.solution(task.id))?.script ?? "")).toBe(1);
    expect(await codeScore(real, task, "printf 'hello world' > /app/greeting.txt")).toBe(1);
    expect(await codeScore(real, task, "echo hello > greeting.txt")).toBe(0);
  });

  it("gives the agent and the tests the variables of the image", async (ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const task = await load({
      ...dockerfile('ENV MODE="fast and good" PYTHONUNBUFFERED=1'),
      "task.toml": '[environment.env]\nLEVEL = "3"\n',
      "tests/test.sh":
        '[ "$(cat out)" = "$MODE$LEVEL" ] && [ "$MODE" = "fast and good" ] && echo 1 > /logs/verifier/reward.txt\n',
    });
    expect(task.sandbox).toEqual({ env: { MODE: "fast and good", LEVEL: "3" } });
    expect(await codeScore(real, task, 'printf "%s" "$MODE$LEVEL" > out')).toBe(1);
  });

  it("runs a solution with files and variables of its own", async (ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const root = scratch();
    harborTask(root, "hello-world", {
      "solution/solve.sh": 'cat /solution/words.txt > greeting.txt; printf "%s" "$MORE" >> greeting.txt\n',
      "solution/words.txt": "hello ",
      "task.toml": '[solution.env]\nMORE = "world"\n',
    });
    const dataset = await openDataset(root);
    const script = (await dataset.solution("hello-world"))?.script ?? "";
    expect(await codeScore(real, await dataset.load("hello-world"), script)).toBe(1);
  });

  it.for<[string, string, object]>([
    [
      "reward.json before reward.txt",
      `echo '{"reward": 0.25}' > $V/reward.json; echo 1 > $V/reward.txt`,
      { reward: 0.25 },
    ],
    ["the mean of shares", `echo '{"a": 1, "b": 0.5}' > $V/reward.json`, { reward: 0.75 }],
    ["more than 1, cut", "echo 7 > $V/reward.txt", { reward: 1, code: { official: 7 } }],
    ["no reward", "true", { reward: null, failure: { class: "task", code: "VERIFIER_FAILED" } }],
    ["no number", "echo nan > $V/reward.txt", { reward: null, failure: { class: "task" } }],
    ["no share", `echo '{"seconds": 12}' > $V/reward.json`, { reward: null, failure: { class: "task" } }],
    [
      "a link as the reward",
      "ln -s /etc/hostname $V/reward.txt",
      { reward: null, failure: { class: "task" } },
    ],
  ])("takes or refuses what the tests leave: %s", async ([_what, script, expected], ctx) => {
    const real = await realSandboxes();
    if (real === null) return ctx.skip("needs bubblewrap and sandboxd");
    const task = await load({ "tests/test.sh": `V=/logs/verifier\n${script}\n` });
    expect(await scoreAfter(real, task, "true")).toMatchObject(expected);
  });
});
