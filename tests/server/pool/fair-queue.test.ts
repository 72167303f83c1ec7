import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FairQueue } from "../../../server/src/pool/fair-queue.ts";

describe("FairQueue", () => {
  it("serves owners in turn, each first come first served", () => {
    const queue = new FairQueue<string>();
    for (const value of ["a1", "a2", "a3"]) queue.push("a", value);
    queue.push("b", "b1");
    queue.push("c", "c1");
    expect(queue.drain()).toEqual(["a1", "b1", "c1", "a2", "a3"]);
  });

  it("takes out a ticket that gave up, once", () => {
    const queue = new FairQueue<string>();
    const first = queue.push("a", "a1");
    queue.push("a", "a2");
    expect(queue.remove(first)).toBe(true);
    expect(queue.remove(first)).toBe(false);
    expect(queue.length).toBe(1);
    expect(queue.drain()).toEqual(["a2"]);
  });

  it("tells the position at which a ticket will be served", () => {
    const owners = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(owners, fc.nat(20), (pushed, served) => {
        const queue = new FairQueue<number>();
        const tickets = pushed.map((owner, index) => queue.push(owner, index));
        const gone = new Set<number>();
        for (let left = Math.min(served, pushed.length - 1); left > 0; left--) gone.add(queue.shift() ?? -1);
        const positions = tickets
          .filter(({ value }) => !gone.has(value))
          .map((ticket) => [ticket.value, queue.position(ticket)]);
        const order = queue.drain();
        for (const [value, position] of positions) expect(order.indexOf(value as number) + 1).toBe(position);
      }),
    );
  });
});
