// Debian's Chromium, and what every test asks of a page.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const launch = () => chromium.launch({ executablePath: process.env.BROWSER_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** Rules of WCAG 2.2 at AA that a program can judge; the answer names each violation and where it is. */
export async function violations(page) {
  // By the debugger and not by a script element, which the page's policy forbids.
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const found = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags }), tags);
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).slice(0, 3).join(" | ")}`);
}

/** Whether anything lies beside the screen that could only be reached by scrolling sideways. */
export const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);

/** A page of a face whose errors and forbidden requests are remembered. */
export async function open(browser, options, address, path, face = "explorer") {
  const context = await browser.newContext({ locale: "ja-JP", timezoneId: "Asia/Tokyo", ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.text().includes("Content Security Policy") && errors.push(message.text()));
  await page.goto(`${address}/${face}/${path}`);
  return { page, context, errors };
}
