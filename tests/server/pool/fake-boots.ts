import type { AgentBoots } from "../../../server/src/pool/agent-boots.ts";
import type { Sandbox } from "../../../server/src/sandbox/sandbox.ts";

type Options = Parameters<AgentBoots["boot"]>[1];

/** Boots that end when a test says so. What it keeps of each sandbox is what a pool may ask. */
export class FakeBoots implements AgentBoots {
  /** Sandboxes in the order in which their boots began, with what ends them. */
  readonly begun: {
    readonly sandbox: Sandbox;
    readonly park: () => void;
    readonly fail: (message: string) => void;
    readonly die: () => void;
  }[] = [];
  readonly evicted: string[] = [];
  readonly #states = new Map<Sandbox, "booting" | "parked">();

  boot(sandbox: Sandbox, { signal, onGone }: Options): Promise<void> {
    this.#states.set(sandbox, "booting");
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        this.#states.delete(sandbox);
        reject(error);
      };
      signal.addEventListener("abort", () => fail(new Error("given up")));
      this.begun.push({
        sandbox,
        park: () => {
          if (this.#states.has(sandbox)) this.#states.set(sandbox, "parked");
          resolve();
        },
        fail: (message) => fail(new Error(message)),
        die: () => {
          this.#states.delete(sandbox);
          onGone("exit code 1");
        },
      });
    });
  }

  stateOf(sandbox: Sandbox): "none" | "booting" | "parked" {
    return this.#states.get(sandbox) ?? "none";
  }

  /** As an episode does that goes on with it. */
  take(sandbox: Sandbox): void {
    this.#states.delete(sandbox);
  }

  async evict(sandbox: Sandbox): Promise<void> {
    if (this.#states.delete(sandbox)) this.evicted.push(sandbox.id);
  }

  abandon(sandbox: Sandbox): void {
    this.#states.delete(sandbox);
  }
}
