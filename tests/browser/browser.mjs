// Debian's Chromium, and what every test asks of a page.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const executablePath = process.env.BROWSER_CHROMIUM ?? "/usr/bin/chromium";

/** The longest that a page may take for what is waited for, in milliseconds: blocks, cards and pages share one machine here. */
const PATIENCE = 90_000;
export const PHONE = { viewport: { width: 390, height: 844 } };
export const DESKTOP = { viewport: { width: 1280, height: 900 } };

// So that whatever was started here ends with this process (the listeners of "exit"), also when it is told to stop.
process.once("SIGTERM", () => process.exit(143));

export function launch() {
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is missing: apt-get install chromium, or set BROWSER_CHROMIUM`);
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], timeout: PATIENCE });
}

/** Rules of WCAG 2.2 at AA that a program can judge; the answer names each violation and where it is. */
export async function violations(page) {
  // By the debugger and not by a script element, which the page's policy forbids.
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const found = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags, resultTypes: ["violations"] }), tags);
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).slice(0, 3).join(" | ")}`);
}

/** Whether anything lies beside the screen that could only be reached by scrolling sideways. */
export const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);

/** Waits until a page has come to rest: a heading, nothing that loads, no proof that is being checked. */
export const rested = (page) => page.waitForFunction(() => {
  const loads = /読み込んでいます|ってください…|Loading…|[探さが]しています…|Looking for/;
  return document.querySelector("h1, h2") && !document.querySelector('[data-proof="checking"]') && !loads.test(document.body.innerText);
});

/** Has a face speak another language, until it does. */
export async function speak(page, language) {
  await page.locator("select.language").selectOption(language);
  await page.locator(`html[lang="${language}"]`).waitFor({ state: "attached" });
}

/** Asks until the answer is what is wanted; says what it was last when that does not come. */
export async function until(wanted, ask) {
  for (const end = Date.now() + PATIENCE; ; ) {
    const said = await ask();
    if (said === wanted) return;
    if (end <= Date.now()) throw new Error(`${said} after ${PATIENCE / 1_000} s, expected ${wanted}: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const pages = new Set();

/** A page of a face whose errors and forbidden requests are remembered. */
export async function open(browser, options, address, path, face = "explorer") {
  const context = await browser.newContext({ locale: "ja-JP", timezoneId: "Asia/Tokyo", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  pages.add(page);
  page.once("close", () => pages.delete(page));
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.text().includes("Content Security Policy") && errors.push(message.text()));
  await page.goto(`${address}/${face}/${path}`);
  return { page, context, errors };
}

/** Pictures of all open pages as they are, for whoever looks why a step failed. */
export async function picture() {
  for (const [at, page] of [...pages].entries()) {
    const path = `${process.env.BROWSER_FOLDER}/screens/failed-${at + 1}.png`;
    await page.screenshot({ path, timeout: 5_000 }).then(() => console.error(`${page.url()} as it was: ${path}`), () => undefined);
  }
}
