// What holds for every screen, in whatever state it is: WCAG at AA, targets that a thumb hits, letters that old eyes read, nothing beside the screen.

import assert from "node:assert/strict";
import { overflows, rested, violations } from "./browser.mjs";

const folder = process.env.BROWSER_FOLDER;
/** The smallest control, the base of all text and the smallest letters, in CSS pixels. */
const [TARGET, BASE, LETTERS] = [44, 18, 15.9];

/** A picture for whoever looks at the screens. */
export const snap = (page, name) => page.screenshot({ path: `${folder}/screens/${name}.png`, fullPage: true });

/** Takes a picture of a screen as it is at this moment, and finds nothing that WCAG forbids nor anything beside the screen. */
export async function looked(page, name) {
  await snap(page, name);
  assert.equal(await overflows(page), false, `${name} is wider than the screen`);
  assert.deepEqual(await violationsInSight(page), [], name);
}

/** Takes a picture of a screen and finds nothing to say against it. */
export async function judged(page, name) {
  await rested(page);
  await snap(page, name);
  assert.equal(await overflows(page), false, `${name} is wider than the screen`);
  assert.deepEqual(await page.evaluate(smallControls, TARGET), [], `${name}: controls below ${TARGET} px`);
  assert.deepEqual(await page.evaluate(smallLetters, { base: BASE, least: LETTERS }), [], `${name}: letters`);
  assert.deepEqual(await violationsInSight(page), [], name);
}

/** The same in the colours that a reader forced upon the page, as Windows does for high contrast. */
export async function withForcedColors(page, name) {
  await page.emulateMedia({ forcedColors: "active" });
  await judged(page, `${name}-forced`);
  const bare = await page.evaluate(borderless);
  await page.emulateMedia({ forcedColors: "none" });
  assert.deepEqual(bare, [], `${name}: buttons that nothing tells from text once backgrounds are gone`);
}

/** Letters of double size and nothing else, as a browser's text zoom gives them: nothing lies beside the screen, and nothing is cut off. */
export async function magnified(page, name) {
  await rested(page);
  await page.evaluate(() => { document.documentElement.style.fontSize = "36px"; });
  await snap(page, `${name}-letters`);
  const beside = await overflows(page);
  const cut = await page.evaluate(clipped);
  await page.evaluate(() => { document.documentElement.style.fontSize = ""; });
  assert.deepEqual([beside, cut], [false, []], `${name} with letters of double size`);
}

/** Buttons without an edge, of those that have no underline either. */
function borderless() {
  const bare = (one) => { const style = getComputedStyle(one); return style.borderStyle === "none" && !style.textDecorationLine.includes("underline"); };
  return [...document.querySelectorAll("button")].filter((one) => one.checkVisibility() && bare(one)).map((one) => one.outerHTML.slice(0, 90));
}

/** Text whose box hides a part of it. */
function clipped() {
  const hides = (one) => /hidden|clip/.test(getComputedStyle(one).overflow) && !one.matches(".sr, .sr *, rt, svg, svg *, input, select, textarea") && one.clientWidth > 1;
  return [...document.querySelectorAll("main *, header *, nav *")].filter((one) => one.checkVisibility() && hides(one) && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)).map((one) => one.outerHTML.slice(0, 90));
}

/** Violations with the whole screen in sight: what is scrolled half away counts as too small to touch. */
async function violationsInSight(page) {
  const { width, height } = page.viewportSize();
  const whole = await page.evaluate(() => Math.max(document.documentElement.scrollHeight, (document.querySelector("main")?.scrollHeight ?? 0) + 200));
  if (height < whole) await page.setViewportSize({ width, height: whole });
  const found = await violations(page);
  if (height < whole) await page.setViewportSize({ width, height });
  return found;
}

/** Controls that are too small to hit. A link within a sentence may be as high as its line (WCAG 2.5.5); a box is as large as its label. */
function smallControls(least) {
  const isShown = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !one.matches(".skip, .sr, .sr *");
  const isInSentence = (one) => one.matches("a") && getComputedStyle(one).display === "inline" && one.textContent.trim().length < one.parentElement.textContent.trim().length;
  const target = (one) => (one.matches("input[type=checkbox], input[type=radio]") ? (one.closest("label") ?? one) : one);
  const controls = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")];
  const boxes = controls.filter((one) => isShown(one) && !isInSentence(one)).map((one) => [one, target(one).getBoundingClientRect()]);
  return boxes.filter(([, { width, height }]) => width < least - 0.5 || height < least - 0.5).map(([one, { width, height }]) => `${one.outerHTML.slice(0, 90)}: ${Math.round(width)} × ${Math.round(height)}`);
}

/** Text below the least size; readings above characters and charts, which can be enlarged, are no running text. */
function smallLetters({ base, least }) {
  const size = (one) => Number.parseFloat(getComputedStyle(one).fontSize);
  const found = size(document.body) < base ? [`the base is ${size(document.body)} px`] : [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || one.closest("rt, svg, .sr, .skip, option, script, style") || !one.checkVisibility()) continue;
    if (size(one) < least) found.push(`${size(one).toFixed(1)} px: ${walker.currentNode.data.trim().slice(0, 30)}`);
  }
  return found.slice(0, 5);
}
