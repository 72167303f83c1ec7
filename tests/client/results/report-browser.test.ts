import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, describe, expect, it, type TestContext } from "vitest";
import { type Comparison, compareRuns } from "../../../client-ts/src/cli/compare/comparison.ts";
import { scratchFolder } from "../cli.ts";
import { benchConfig, fakeRecord } from "./records.ts";
import { HOSTILE, hostileRecords, pageOf } from "./report-bed.ts";

const CHROMIUM = process.env.CLAWGYM_TEST_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];

let browser: Browser | undefined;
afterAll(() => browser?.close());

type Opened = { page: Page; complaints: string[]; requests: string[] };

/** Opens a page from a file, as people do, and notes what it complains of and asks for. */
async function open(html: string): Promise<Opened> {
  const path = join(await scratchFolder(), "report.html");
  await writeFile(path, html);
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const page = await browser.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("dialog", (dialog) => complaints.push(dialog.message()));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(`file://${path}`);
  await page.waitForSelector(".episodes .episode");
  return { page, complaints, requests };
}

function needsBrowser(context: TestContext): void {
  if (!existsSync(CHROMIUM)) context.skip(`needs chromium at ${CHROMIUM} (or CLAWGYM_TEST_CHROMIUM)`);
}

/** What no page of ours has, whatever it shows; and its scripts: its data, its own, and a block for each episode. */
const STRANGE = `({
  elements: document.querySelectorAll("img, iframe, object, embed, a, form, link, [src], [href]").length,
  scripts: document.scripts.length,
  listeners: [...document.querySelectorAll("*")].filter((element) =>
    element.getAttributeNames().some((name) => name.startsWith("on")),
  ).length,
})`;

// The page's own policy forbids the evaluation by which the browser would wait for it.
const until = (look: () => Promise<unknown>, wanted: unknown) =>
  expect.poll(look, { timeout: 60_000 }).toEqual(wanted);
const titles = (page: Page) => page.locator(".episode .task-title").allTextContents();

describe("the report in a browser", () => {
  it("shows everything that is hostile, runs none of it, and asks for nothing", async (context) => {
    needsBrowser(context);
    const records = hostileRecords();
    const comparison = comparisonWith(records);
    const { page, complaints, requests } = await open(pageOf(records, { comparison }));
    for (const button of await page.locator(".episode .open-button").all()) await button.click();
    await until(() => page.locator(".details:not([aria-busy])").count(), 4);
    for (const chip of await page.locator(".card > .chips .chip").all()) await chip.click();
    await page.locator(".search input[type=search]").fill("<script>");
    await page.locator(".search input[type=checkbox]").check();
    await until(() => page.locator(".search .faint").textContent(), "");
    expect(await page.title()).toBe("ClawGym bench");
    expect(await page.locator("body").textContent()).toContain("<img src=x onerror=");
    const shown = await page.locator(".message").first().textContent();
    expect(shown).toContain('<svg onload="document.title=');
    const strange = await page.evaluate(STRANGE);
    expect(strange).toEqual({ elements: 0, scripts: 2 + records.length, listeners: 0 });
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
  }, 120_000);

  it("sorts, filters and searches episodes, in conversations too", async (context) => {
    needsBrowser(context);
    const said = (content: string) => ({ messages: [{ role: "user", content }] });
    const records = [
      fakeRecord("a", 0.25, { ...said("look for the heron"), steps: 3 }),
      fakeRecord("b", 1, { ...said("nothing"), steps: 9 }),
      fakeRecord("c", null, { ...said("nothing"), steps: 5 }),
    ];
    const { page, complaints } = await open(pageOf(records));
    expect(await titles(page)).toEqual(["Task a", "Task b", "Task c"]);
    await page.getByRole("button", { name: "Rounds", exact: true }).last().click();
    expect(await titles(page)).toEqual(["Task b", "Task c", "Task a"]);
    expect(await page.locator("th[aria-sort=descending]").textContent()).toContain("Rounds");
    await page.getByRole("button", { name: /^Not scored/ }).click();
    expect(await titles(page)).toEqual(["Task c"]);
    await page.getByRole("button", { name: /^Not scored/ }).click();
    await page.locator(".search input[type=search]").fill("heron");
    await until(() => page.locator(".episode").count(), 0);
    await page.locator(".search input[type=checkbox]").check();
    await page.waitForSelector(".episode");
    expect(await titles(page)).toEqual(["Task a"]);
    await page.locator(".search input[type=search]").fill("sandbox_lost");
    await until(() => titles(page), ["Task c"]);
    expect(complaints).toEqual([]);
  }, 120_000);

  it("is used with the keyboard alone, light and dark", async (context) => {
    needsBrowser(context);
    const long = Array.from({ length: 60 }, (_, index) => `line ${index}`).join("\n");
    const record = fakeRecord("a", 0.5, {
      messages: [
        { role: "system", content: "Be good." },
        { role: "user", content: long },
      ],
      diff: { added: ["new.txt"], changed: [], deleted: [] },
    });
    const { page } = await open(pageOf([record]));
    const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const before = await background();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await background()).not.toBe(before);

    await page.locator(".episode .open-button").focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector(".details:not([aria-busy])");
    expect(await page.locator(".open-button").getAttribute("aria-expanded")).toBe("true");
    expect(await page.locator(".files").textContent()).toContain("new.txt");
    expect(await page.locator(".check-list").textContent()).toContain("because");
    // What everybody knows is closed until it is asked for.
    expect(await page.getByText("Be good.").isVisible()).toBe(false);
    await page.locator(".message.system summary").focus();
    await page.keyboard.press("Enter");
    expect(await page.getByText("Be good.").isVisible()).toBe(true);
    const more = page.getByRole("button", { name: `Show all ${long.length} characters` });
    await more.focus();
    await page.keyboard.press("Enter");
    expect(await page.locator("pre.clipped").count()).toBe(0);
  }, 120_000);

  it("stays quick with two hundred tasks of five samples", async (context) => {
    needsBrowser(context);
    const messages = Array.from({ length: 30 }, (_, index) => ({
      role: "user",
      content: `${index} `.repeat(600),
    }));
    const records = Array.from({ length: 1000 }, (_, index) =>
      fakeRecord(`t${index % 200}`, (index % 5) / 4, { sample: Math.floor(index / 200), messages }),
    );
    const { page } = await open(pageOf(records));
    // A hundred rows, and no conversation, until somebody asks for more.
    expect(await page.locator(".episode").count()).toBe(100);
    expect(await page.locator("pre").count()).toBe(0);
    await page.getByRole("button", { name: "Show 100 more" }).click();
    expect(await page.locator(".episode").count()).toBe(200);
    await page.locator(".episode .open-button").last().click();
    await page.waitForSelector(".details:not([aria-busy])");
    expect(await page.locator(".message").count()).toBe(30);
  }, 120_000);
});

/** A comparison in which all names are hostile. */
function comparisonWith(records: ReturnType<typeof hostileRecords>): Comparison {
  const config = benchConfig(records, { policy: { name: HOSTILE } });
  const other = records.map((record) => ({ ...record, reward: record.reward === null ? null : 0 }));
  const [a, b] = [
    { dir: HOSTILE, config, records: [...other, fakeRecord(HOSTILE, 1)] },
    { dir: HOSTILE, config, records },
  ];
  const found = compareRuns(a, b, { resamples: 200, seed: 0 });
  if (found.reward === null) throw new Error("nothing was compared");
  return found;
}
