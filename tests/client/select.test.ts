import { describe, expect, it } from "vitest";
import { globPattern, selectTasks } from "../../client-ts/src/cli/select.ts";
import { findTaskFolder } from "../../client-ts/src/cli/task-folders.ts";
import { fakeTask } from "./library/fake-gym.ts";

const tasks = ["ban-ssh", "ban-smtp", "chase-actions", "rank.feedback"].map((id) => fakeTask(id));
const ids = (...patterns: string[]) => selectTasks(tasks, patterns).map((task) => task.id.slice(5));

describe("selecting tasks", () => {
  it("takes ids with and without dataset and version, patterns and lists", () => {
    expect(ids()).toHaveLength(4);
    expect(ids("chase-actions")).toEqual(["chase-actions"]);
    expect(ids("fake/chase-actions@1")).toEqual(["chase-actions"]);
    expect(ids("ban-*")).toEqual(["ban-ssh", "ban-smtp"]);
    expect(ids("ban-s??p", "rank*")).toEqual(["ban-smtp", "rank.feedback"]);
    expect(ids("{ban-ssh,rank*},chase*")).toEqual(["ban-ssh", "chase-actions", "rank.feedback"]);
    expect(ids("fake/*")).toHaveLength(4);
  });

  it("says what was meant when nothing matches", () => {
    expect(() => ids("chase-action")).toThrow("no task is named chase-action");
    try {
      ids("chase-things");
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 2, hint: "did you mean chase-actions?" });
    }
  });

  it("takes no character of an id for a regular expression", () => {
    expect(globPattern("rank.feedback").test("rankxfeedback")).toBe(false);
    expect(globPattern("a+(b)|[c]^$\\").test("a+(b)|[c]^$\\")).toBe(true);
    expect(globPattern("a}b").test("a}b")).toBe(true);
  });
});

describe("finding a task's folder", () => {
  it("never follows an id out of the folder", () => {
    for (const id of ["", "..", "../x", "a/b", "a\\b", "x..y"])
      expect(findTaskFolder(["/"], id)).toBeUndefined();
  });
});
