import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StatisticsBuilder } from "@clawgym/trajectories";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { statisticsPage } from "../../client-ts/src/cli/trajectories/stats.ts";
import { scratchFolder } from "../client/cli.ts";
import { call, says, trajectory, user } from "./samples.ts";

const HOSTILE = `</script><img src=x onerror='document.title="pwned"'>`;

function page(): string {
  const builder = new StatisticsBuilder();
  for (let index = 0; index < 30; index++) {
    const messages = [
      user("u"),
      ...Array.from({ length: 1 + (index % 5) }, () => says(null, call("c", HOSTILE))),
    ];
    builder.add(trajectory(messages, { model: HOSTILE, reward: index / 30 }));
  }
  return statisticsPage(builder, builder.finish());
}

describe("the page of statistics", () => {
  it("holds hostile names only where no browser runs them, and at most so many points", () => {
    const html = page();
    expect(html).not.toContain("<img");
    expect(html.match(/<\/script/g)).toHaveLength(2);
    const builder = new StatisticsBuilder();
    for (let index = 0; index < 25_000; index++) builder.add(trajectory([user("u")]));
    expect(statisticsPage(builder, builder.finish()).length).toBeLessThan(500_000);
  });
});

const CHROMIUM = process.env.CLAWGYM_TEST_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];

describe("the page of statistics in a browser", () => {
  it("draws its plots, shows the paper's numbers, and runs nothing of what agents named", async (context) => {
    if (!existsSync(CHROMIUM)) context.skip(`needs chromium at ${CHROMIUM} (or CLAWGYM_TEST_CHROMIUM)`);
    const path = join(await scratchFolder(), "stats.html");
    await writeFile(path, page());
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const tab = await browser.newPage();
      await tab.goto(`file://${path}`);
      await expect.poll(() => tab.locator("svg").count(), { timeout: 30_000 }).toBe(6);
      const dom = await tab.content();
      expect(dom).toContain("<title>ClawGym trajectories</title>");
      expect(dom).toContain("paper: 18,700");
      expect(dom).toContain("paper: 3.25");
      expect(dom).not.toContain("<img");
    } finally {
      await browser.close();
    }
  });
});
