// The counter's console as staff use it: a key, the card reader, a person found by a slip.

import { DESKTOP, open } from "./browser.mjs";
import { SECRETS } from "./cards.mjs";

export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** A console with a member of staff's keys, in a browser profile that was never here. */
export async function openConsole({ browser, consortium }, origin, member, key, label, options = {}) {
  // A service worker would answer where a test wants to see what the page asks; who tests it says so.
  const opened = await open(browser, { ...DESKTOP, serviceWorkers: "block", ...options }, origin, "", "counter");
  await takeKey(opened.page, consortium.folder, member, key, label);
  return { ...opened, go: (path) => opened.page.goto(`${origin}/counter/${path}`) };
}

/** Puts the key files of the demonstration's staff into the browser's key store, until the console works with them; an operator has none that opens records. */
export async function takeKey(page, folder, member, key, label) {
  await page.getByLabel("呼び名").fill(label);
  const files = (key === "operator" ? [""] : ["", "-hpke"]).map((kind) => `${folder}/members/${member}/${key}${kind}.pem`);
  await page.getByLabel("鍵ファイル（PEM）").setInputFiles(files);
  await worksAs(page, label);
}

/** Has another of this machine's keys work here. */
export async function changeTo(page, label) {
  await press(page, `${label} に替わる`);
  await worksAs(page, label);
}

/**
 * The key store is written and read between two drawings: whoever leaves the page before the console says so goes on as before. A desk says it in
 * its head, the page of the keys by a mark beside the key.
 */
const worksAs = (page, label) => {
  const desk = page.locator(".who").getByRole("link", { name: label, exact: true });
  const key = page.locator("main li", { has: page.locator("strong").getByText(label, { exact: true }) }).locator(".badge.good");
  return desk.or(key).first().waitFor();
};

/** Pairs a console with the card agent, by the code on the agent's terminal. */
export async function pair({ page, go }, agent) {
  await go("reader");
  await page.getByLabel("連携コード").fill(agent.code());
  await press(page, "連携する");
  await page.locator('[data-reader="reader.card"]').waitFor();
}

/** Enters a secret at the card prompt. */
export async function enter(page, secret, confirm) {
  await page.locator('[data-reader="reader.card"]').waitFor();
  await page.locator("input.secret").fill(secret);
  await press(page, confirm);
}

/** Has the words that are shown signed by the card: with the password, or with the short number where a check-in is meant. */
export async function signByCard(page, secret = SECRETS.password) {
  await press(page, "内容を読みました。署名に進む");
  await enter(page, secret, "署名する");
}

/** Reads face and name off the card, as an adult is enrolled; the form's next page asks for a phone. */
export async function readCard({ page, go }, { kana, number }) {
  await go("enrol");
  await press(page, "照合番号Bで読み取る");
  await enter(page, SECRETS.printed, "読み取る");
  await page.getByLabel("フリガナ").fill(kana);
  await page.getByLabel("番号", { exact: false }).last().fill(number);
  const name = await page.getByLabel("氏名").inputValue();
  await press(page, "次へ");
  return name;
}

/** Binds the card for signatures and for check-ins, to whoever has just been enrolled; gives the pseudonym. */
export async function bindCard(page) {
  await page.getByRole("heading", { name: "このカードを本人のカードにする" }).waitFor();
  await signByCard(page);
  await page.getByRole("heading", { name: "受付に使えるようにする" }).waitFor();
  await signByCard(page, SECRETS.pin);
  return pseudonym(page);
}

/** The pseudonym that a page shows at the end of an enrolment. */
export async function pseudonym(page) {
  const shown = page.locator("[data-pseudonym]");
  await shown.waitFor();
  return shown.getAttribute("data-pseudonym");
}

/** Whoever the page asks for: name, birth date, number and sex of a chart or register. */
export async function fillPerson(page, { name, kana, born, number }) {
  await page.getByLabel("氏名").fill(name);
  if (kana) await page.getByLabel("フリガナ").fill(kana);
  await page.getByLabel("生年月日").fill(born);
  await page.getByLabel("番号", { exact: false }).last().fill(number);
  await page.getByLabel("女", { exact: true }).check();
}

/** A slip of a child, as a scanner types it. */
export async function scan(page, { child, guardian, home = 0 }) {
  await page.getByRole("searchbox").fill(`musubi:visit?home=${home}&subject=${child}&person=${guardian}`);
  await page.getByRole("searchbox").press("Enter");
}

/** The scanner at a vial: a GS1 label. */
export async function scanVial(page, label) {
  await page.getByLabel("バーコード").fill(label);
  await page.getByLabel("バーコード").press("Enter");
}

/** Presses Tab until something has the focus, by selector or locator; says what was never reached. */
export async function reach(page, wanted) {
  const target = typeof wanted === "string" ? page.locator(wanted) : wanted;
  await target.first().waitFor();
  const TURNS = 120;
  for (let turn = 0; turn < TURNS; turn++) {
    if (await target.evaluateAll((all) => all.includes(document.activeElement))) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${wanted} is not reached by ${TURNS} tabs on ${page.url()}`);
}
