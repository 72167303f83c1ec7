import { type Client, type ConnectOptions, connect } from "@clawgym/client";
import { afterEach } from "vitest";
import { FakeGym } from "./library/fake-gym.ts";
import { ScriptedServer } from "./library/scripted-server.ts";

/** Waits that are short enough for tests. */
export const FAST = { backoff: { baseMs: 5, maxMs: 20 }, handshakeTimeoutMs: 1000, graceSlackMs: 0 };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A scripted server with a fake gym, stopped after the test. */
export async function startServer(): Promise<{ server: ScriptedServer; gym: FakeGym }> {
  const server = await ScriptedServer.start();
  cleanups.push(() => server.stop());
  return { server, gym: new FakeGym(server) };
}

/** A client of it, closed after the test. */
export async function startClient(server: ScriptedServer, options: ConnectOptions = {}): Promise<Client> {
  const client = await connect(server.url, { ...options, tuning: { ...FAST, ...options.tuning } });
  cleanups.push(() => client.close());
  return client;
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error("the condition never held");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
