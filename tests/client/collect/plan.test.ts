import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Budget } from "../../../client-ts/src/cli/collect/budget.ts";
import { planOf, takeTurns } from "../../../client-ts/src/cli/collect/plan.ts";
import {
  keyOf,
  parseTeacher,
  readTeachers,
  type Teacher,
} from "../../../client-ts/src/cli/collect/teacher.ts";
import { scratchFolder } from "../cli.ts";
import { fakeTask } from "../library/fake-gym.ts";

const teacher = (name: string, weight: number): Teacher => ({
  name,
  weight,
  url: "http://127.0.0.1:1/v1",
  model: name,
});
const counts = (list: readonly (string | number)[]) =>
  list.reduce<Record<string, number>>((all, one) => {
    all[one] = (all[one] ?? 0) + 1;
    return all;
  }, {});

describe("the mix of teachers", () => {
  it.each([
    [[2, 1], 54, { 0: 36, 1: 18 }],
    [[1, 1, 1], 10, { 0: 4, 1: 3, 2: 3 }],
    [[0.7, 0.2, 0.1], 100, { 0: 70, 1: 20, 2: 10 }],
    [[5, 3, 1], 7, { 0: 4, 1: 2, 2: 1 }],
    [[1000, 1], 3, { 0: 3 }],
    [[1], 4, { 0: 4 }],
  ])("by weights %j is exact up to rounding over %i episodes", (weights, count, expected) => {
    expect(counts(takeTurns(weights, count))).toEqual(expected);
  });

  it("is nearly exact at every moment", () => {
    const weights = [5, 3, 1, 1];
    const turns = takeTurns(weights, 997);
    for (let length = 1; length <= turns.length; length++) {
      const had = counts(turns.slice(0, length));
      weights.forEach((weight, index) => {
        expect(Math.abs((had[index] ?? 0) - (weight / 10) * length)).toBeLessThan(2);
      });
    }
  });

  it("follows from the seed, covers everything once, and does not bind tasks to teachers", () => {
    const tasks = Array.from({ length: 18 }, (_, index) => fakeTask(`t${index}`));
    const teachers = [teacher("a", 2), teacher("b", 1)];
    const keys = (seed: number) =>
      planOf(tasks, 6, teachers, seed).map((item) => `${item.key} ${item.teacher.name}`);
    expect(keys(1)).toEqual(keys(1));
    expect(keys(1)).not.toEqual(keys(2));
    const plan = planOf(tasks, 6, teachers, 1);
    expect(new Set(plan.map(({ key }) => key)).size).toBe(108);
    expect(plan.slice(0, 18).every(({ sample }) => sample === 0)).toBe(true);
    expect(counts(plan.map((item) => item.teacher.name))).toEqual({ a: 72, b: 36 });
    const pairs = new Set(plan.map((item) => `${item.task.id} ${item.teacher.name}`));
    expect(pairs.size).toBeGreaterThan(30);
  });
});

describe("a teacher", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is read from a flag", () => {
    const text =
      "big=https://m.example/v1,model=org/m-1,weight=2.5,key-env=BIG_KEY,temperature=0,max-tokens=4096,input-price=1";
    expect(parseTeacher(text)).toEqual({
      name: "big",
      url: "https://m.example/v1",
      model: "org/m-1",
      weight: 2.5,
      keyEnv: "BIG_KEY",
      params: { temperature: 0, max_tokens: 4096 },
      inputPrice: 1,
    });
    expect(parseTeacher("a=http://h:1/v1")).toEqual({ ...teacher("a", 1), url: "http://h:1/v1" });
  });

  it.each([
    ["http://h/v1", /expected NAME=URL/],
    ["a=ftp://h/v1", /http or https/],
    ["a=http://user:secret@h/v1", /without user/],
    ["a=http://h/v1?key=secret", /without user/],
    ["a=http://h/v1,weight=0", /weight/],
    ["a=http://h/v1,weight=", /must be a number/],
    ["a=http://h/v1,temprature=1", /no setting temprature/],
    ["a b=http://h/v1", /name: letters/],
    ["a=http://h/v1,key-env=sk-123", /keyEnv: the name of a variable/],
  ])("%s is refused", (text, message) => {
    expect(() => parseTeacher(text)).toThrow(message);
  });

  it("is read from a file, YAML or JSON, and never with a key in it", async () => {
    const folder = await scratchFolder();
    const write = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const yaml = await write(
      "t.yaml",
      "teachers:\n  - {name: a, url: 'http://h/v1'}\n  - name: b\n    url: http://h/v1\n    weight: 3\n    params: {return_token_ids: true}\n",
    );
    const [a, b] = await readTeachers([], yaml);
    expect(a).toEqual({ ...teacher("a", 1), url: "http://h/v1" });
    expect(b).toMatchObject({ name: "b", weight: 3, params: { return_token_ids: true } });
    await expect(readTeachers(["a=http://h/v1"], yaml)).rejects.toThrow("two teachers are named a");
    await expect(readTeachers([], undefined)).rejects.toThrow("no teacher");
    const keyed = (fields: object) => JSON.stringify([{ name: "a", url: "http://h/v1", ...fields }]);
    await expect(readTeachers([], await write("k.json", keyed({ apiKey: "x" })))).rejects.toThrow(/apiKey/);
    await expect(
      readTeachers([], await write("p.json", keyed({ params: { api_key: "x" } }))),
    ).rejects.toThrow(/a key goes into keyEnv/);
    await expect(readTeachers([], await write("broken.yaml", "a: [1"))).rejects.toThrow(/broken.yaml/);
  });

  it("has its key from the environment, or says which variable lacks", () => {
    vi.stubEnv("A_KEY", "secret");
    expect(keyOf({ ...teacher("a", 1), keyEnv: "A_KEY" })).toBe("secret");
    expect(keyOf(teacher("a", 1))).toBeUndefined();
    expect(() => keyOf({ ...teacher("a", 1), keyEnv: "NO_SUCH_KEY" })).toThrow("NO_SUCH_KEY is not set");
  });
});

describe("a budget", () => {
  const signal = new AbortController().signal;
  const teachers = [{ ...teacher("a", 1), inputPrice: 2, outputPrice: 10 }];

  it("of episodes counts those that run, and waits for one of them to come to nothing", async () => {
    let episodes = 3;
    const spentOn = () => ({ promptTokens: 0, completionTokens: 0 });
    const budget = new Budget({ episodes: 5 }, teachers, { episodes: () => episodes, spentOn });
    expect(await budget.enter(signal)).toBe(true);
    expect(await budget.enter(signal)).toBe(true);
    const third = budget.enter(signal);
    const fourth = budget.enter(signal);
    budget.leave();
    expect(await third).toBe(true);
    expect(budget.stoppedBy).toBeNull();
    episodes = 5;
    budget.leave();
    expect(await fourth).toBe(false);
    expect(budget.stoppedBy).toBe("--max-episodes 5");
  });

  it.each([
    ["tokens", { tokens: 150 }, "--max-tokens 150"],
    ["cost", { cost: 0.0012 }, "--max-cost 0.0012"],
    ["minutes", { minutes: 2 }, "--max-minutes 2"],
  ])("of %s lets none start once it is used up", async (_, limits, name) => {
    let now = 0;
    let spent = { promptTokens: 0, completionTokens: 0 };
    const taken = { episodes: () => 0, spentOn: () => spent };
    const budget = new Budget(limits, teachers, taken, () => now);
    expect(await budget.enter(signal)).toBe(true);
    spent = { promptTokens: 99, completionTokens: 50 };
    now = 119_999;
    expect(await budget.enter(signal)).toBe(name !== "--max-cost 0.0012" || 99 * 2 + 500 < 1200);
    spent = { promptTokens: 100, completionTokens: 100 };
    now = 120_000;
    expect(await budget.enter(signal)).toBe(false);
    expect(budget.stoppedBy).toBe(name);
  });

  it("lets go of those that wait when everything ends", async () => {
    const stop = new AbortController();
    const spentOn = () => ({ promptTokens: 0, completionTokens: 0 });
    const budget = new Budget({ episodes: 1 }, teachers, { episodes: () => 0, spentOn });
    expect(await budget.enter(stop.signal)).toBe(true);
    const waiting = budget.enter(stop.signal);
    stop.abort();
    expect(await waiting).toBe(false);
  });
});
