import { TrajectorySchema } from "@clawgym/protocol";
import { describe, expect, it } from "vitest";
import { fromBench } from "../../../client-ts/src/cli/trajectories/from-bench.ts";
import { fakeRecord } from "./records.ts";

describe("the trajectory of an episode of clawgym bench", () => {
  it("has what the episode changed in its workspace, where the record tells", () => {
    const diff = { added: ["out.csv"], changed: [], deleted: ["old.csv"] };
    const made = fromBench(fakeRecord("a", 1, { diff }), "m");
    expect(TrajectorySchema.parse(made).diff).toEqual(diff);
    expect(fromBench(fakeRecord("a", 1), "m").diff).toBeNull();
  });
});
