import { connect } from "@clawgym/client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CuttingProxy } from "../client/library/cutting-proxy.ts";
import { NOTHING, tracesOf } from "../support/machine.ts";
import { answer, RawClient } from "../support/raw-client.ts";
import { type ServerProcess, startProcess } from "../support/server-process.ts";
import { nativeDataset, RIGHT } from "./datasets.ts";
import { onBubblewrap } from "./on-backend.ts";
import { run, said, settled } from "./play.ts";

const ONCE = run("echo started; echo once >> log.txt; sleep 1; cat log.txt");

await onBubblewrap("a socket that is cut in the middle of a step", () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startProcess(["--tasks", nativeDataset(), "--backend", "bubblewrap"]);
  });
  afterAll(async () => {
    await server?.stop();
    if (server) expect(tracesOf(server.run)).toEqual(NOTHING);
  });

  const started = (client: RawClient): boolean =>
    client.events.some(
      ({ method, params }) => method === "episode.output" && String(params.chunk).includes("started"),
    );

  /** A session, an episode in it, and a step that has begun to run. */
  async function stepping() {
    const client = await RawClient.connect(server.url);
    const { session } = await client.ok("hello");
    const { episode } = await client.ok("reset", { task: "native/answer", stream: true });
    const params = { episode, action: ONCE };
    void client.request("step", params, "the-step");
    expect(await settled(() => started(client), Boolean)).toBe(true);
    return { client, resume: { id: session.id, token: session.token }, episode, params };
  }

  it("ran once, and the reply arrives on the next socket", async () => {
    const { client, resume, episode, params } = await stepping();
    client.cut();
    const again = await RawClient.connect(server.url);
    await again.ok("hello", { resume });
    const reply = await again.ok("step", params, "the-step");
    expect(said(reply)).toBe("started\nonce");
    // Asked once more, after it is long over.
    expect(await again.ok("step", params, "the-step")).toEqual(reply);
    const other = { ...params, action: answer() };
    expect(await again.fails("step", other, "the-step")).toMatchObject({ code: "INVALID_REQUEST" });
    expect(said(await again.ok("step", { episode, action: run("cat log.txt") }))).toBe("once");
    expect((await again.ok("score", { episode, peek: true })).reward).toBe(0);
    await again.ok("close", { episode });
    await again.close();
  });

  it("goes on by itself when the client only comes back later", async () => {
    const { client, resume, params, episode } = await stepping();
    client.cut();
    await client.closed;
    const other = await RawClient.connect(server.url);
    const stolen = { ...resume, token: "x".repeat(resume.token.length) };
    expect(await other.fails("hello", { resume: stolen })).toMatchObject({ code: "UNKNOWN_SESSION" });
    expect(await other.fails("step", params)).toMatchObject({ code: "FORBIDDEN" });
    await other.close();
    const again = await RawClient.connect(server.url);
    await again.ok("hello", { resume });
    await settled(
      () => again.events.length,
      () => false,
      1_500,
    );
    expect(said(await again.ok("step", params, "the-step"))).toBe("started\nonce");
    await again.ok("close", { episode });
    await again.close();
  });

  it("is taken over while it still looks open", async () => {
    const { client, resume, params, episode } = await stepping();
    const again = await RawClient.connect(server.url);
    await again.ok("hello", { resume });
    expect(await client.closed).toBe(4001);
    expect(said(await again.ok("step", params, "the-step"))).toBe("started\nonce");
    await again.ok("close", { episode });
    await again.close();
  });

  it("costs the TypeScript client nothing, however often it happens", async () => {
    const proxy = await CuttingProxy.to(server.url);
    const client = await connect(proxy.url);
    try {
      const episodes = await Promise.all(
        Array.from({ length: 6 }, () => client.reset({ task: "native/answer" })),
      );
      let playing = true;
      const played = Promise.all(
        episodes.map(async (episode) => {
          for (let turn = 0; turn < 3; turn++) await episode.step(run("echo once >> log.txt; sleep 0.3"));
          await episode.step(run(`${RIGHT}; cat log.txt`));
          const log = episode.messages.at(-1)?.content;
          const { reward } = await episode.step("Finished.");
          return { log, reward };
        }),
      ).finally(() => {
        playing = false;
      });
      for (let cuts = 0; playing && cuts < 6; cuts++) {
        await Promise.race([played, new Promise((resolve) => setTimeout(resolve, 250))]);
        proxy.cut();
      }
      expect(await played).toEqual(episodes.map(() => ({ log: "once\nonce\nonce", reward: 1 })));
      expect(proxy.connections).toBeGreaterThan(1);
    } finally {
      await client.close();
      await proxy.close();
    }
  });
});
