// The audit explorer as an officer uses it, against the demonstration's first village.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { DESKTOP, open, overflows, PHONE, rested, speak, until } from "./browser.mjs";
import { reach } from "./console.mjs";
import { looked, snap } from "./look.mjs";
import { stage } from "./stage.mjs";
import { step as test } from "./steps.mjs";

const { BROWSER_BINARY: binary, BROWSER_FOLDER: folder } = process.env;
const PAGES = ["", "events", "break-glass", "consents", "erasures", "votes", "node", "trail"];
const on = stage({ begin });

async function begin() {
  // The index follows the chain: the last step's block must be in it before anything is counted.
  const last = Math.max(...on.consortium.steps.map((step) => step.block ?? 0));
  await until(true, async () => last <= (await (await fetch(`${on.consortium.address}/explorer/api/chain`)).json()).index.height);
}

const at = (path, options = DESKTOP) => open(on.browser, options, on.consortium.address, path);
const proved = (page) => page.locator('[data-proof="good"]');
const settled = (page) => page.waitForFunction(() => document.querySelector(".list > li") && !document.querySelector('[data-proof="checking"]'));

test("the story's events appear, in sentences, and every row is proved on this device", async () => {
  const { page, errors } = await at("events?order=oldest");
  await settled(page);
  const text = await page.locator("main").innerText();
  for (const words of ["が一人を登録しました", "同意が有効になりました", "拒否しました", "許可しました", "取り下げ"]) assert.ok(text.includes(words), words);
  const rows = await page.locator("[data-event]").count();
  assert.ok(rows >= 20, `${rows} events`);
  const unproved = await page.locator('[data-proof]:not([data-proof="good"]):not([data-proof="none"])').count();
  assert.equal(unproved, 0);
  assert.ok((await proved(page).count()) >= 20);
  assert.deepEqual(errors, []);
});

test("filters leave what they name, stay in the address, and an export honours them", async () => {
  const { page } = await at("events");
  await settled(page);
  await page.getByLabel("拒否と失敗だけ").check();
  await page.waitForFunction(() => { const kinds = [...document.querySelectorAll("[data-kind]")]; return kinds.length > 0 && kinds.every((one) => one.dataset.kind === "access-denied"); });
  assert.ok(page.url().includes("failed=true"));
  const denials = Number(await page.locator("[data-matches]").getAttribute("data-matches"));
  const told = on.consortium.steps.filter((step) => step.outcome === "denied").length;
  assert.equal(denials, told);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV で保存" }).click()]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
  assert.equal(lines.length, denials + 1);
});

test("a proof that was saved here is accepted by musubi verify", async () => {
  const { page } = await at("events?kind=access-permitted");
  await settled(page);
  await page.locator("summary", { hasText: "詳しく" }).first().click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "証明を保存" }).first().click()]);
  const bundle = `${on.folder}/proof.json`;
  await download.saveAs(bundle);
  const { stdout } = await promisify(execFile)(on.binary, ["verify", "--spec", `${on.consortium.folder}/chain-spec.json`, bundle]);
  assert.match(stdout, /proved: row/);
});

test("an answer that was tampered with turns red, and says what to do", async () => {
  const { page, context } = await at("");
  await context.route("**/explorer/api/events?*", async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace('"no-consent"', '"paused"');
    await route.fulfill({ response: answer, body });
  });
  await page.goto(`${on.consortium.address}/explorer/events?kind=access-denied`);
  await settled(page);
  assert.equal(await page.locator('[data-proof="bad"]').count(), 1);
  assert.ok((await proved(page).count()) >= 1, "the others stay proved");
  await page.locator("li", { has: page.locator('[data-proof="bad"]') }).locator("summary", { hasText: "詳しく" }).click();
  await page.getByText("この内容を信じないでください").waitFor();
  await snap(page, "explorer-tampered");
});

test("reads without grant are none, and blocks come in with their certificates checked here", async () => {
  const { page } = await at("");
  assert.match(await page.locator('[data-figure="without-grant"]').innerText(), /^0/);
  await page.getByText("この端末で証明書を確認").first().waitFor();
});

test("a number that is searched leads to what it is", async () => {
  const { page } = await at("");
  await page.getByRole("searchbox").fill("3");
  await page.getByRole("searchbox").press("Enter");
  await snap(page, "explorer-search");
  await page.getByRole("link", { name: "ブロック 3" }).click();
  await page.waitForURL("**/explorer/events?firstHeight=3&lastHeight=3");
});

test("one person's trail needs an officer's key, and is proved to be whole", async () => {
  const subject = JSON.parse(await (await fetch(`${on.consortium.address}/explorer/api/events?kind=access-permitted&limit=1`)).text()).events[0].subject;
  const unsigned = await fetch(`${on.consortium.address}/explorer/api/subjects/${subject}`);
  assert.equal(unsigned.status, 401);
  const { page } = await at(`trail?subject=${subject}`);
  const show = async (key) => {
    await page.getByLabel("鍵ファイル（PEM）").setInputFiles(`${on.consortium.folder}/members/rusutsu/${key}.pem`);
    await page.getByRole("button", { name: "署名して見る" }).click();
  };
  await show("clerk");
  await page.getByRole("alert").waitFor();
  await show("officer");
  const whole = page.locator('[data-proof="whole"]');
  await whole.waitFor();
  assert.match(await whole.innerText(), /許可のない閲覧 0 件/);
  await snap(page, "explorer-trail-whole");
});

test("the keyboard alone is enough", async () => {
  const { page } = await at("events");
  await settled(page);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
  await page.keyboard.press("Enter");
  await reach(page, "[data-event] summary");
  await page.keyboard.press("Enter");
  assert.ok(await page.evaluate(() => document.activeElement.parentElement.open));
});

for (const [name, options] of [["phone", PHONE], ["desktop", DESKTOP], ["dark", { ...DESKTOP, colorScheme: "dark" }]]) {
  test(`every page at ${name} size keeps WCAG AA and needs no sideways scrolling`, async () => {
    const { page, errors } = await at("", options);
    for (const path of PAGES) {
      await page.goto(`${on.consortium.address}/explorer/${path}`);
      await rested(page);
      await looked(page, `explorer-${name}-${path || "overview"}`);
    }
    assert.deepEqual(errors, []);
  });
}

test("200 % and 400 % zoom leave everything in reach", async () => {
  for (const width of [640, 320]) {
    const { page, context } = await at("events", { viewport: { width, height: 512 } });
    await settled(page);
    assert.equal(await overflows(page), false, `${width} px`);
    await context.close();
  }
});

test("all three languages are there, with ruby in the plain one", async () => {
  const { page } = await at("events");
  await settled(page);
  await speak(page, "ja-Hira");
  await page.locator("main ruby").nth(10).waitFor();
  await snap(page, "explorer-plain-events");
  await speak(page, "en");
  await page.locator(".sentence", { hasText: "was denied to read" }).first().waitFor();
});

test("a node that is away is told, and the page goes on by itself", async () => {
  const { page, context } = await at("");
  await context.route("**/explorer/api/**", (route) => route.abort());
  await page.goto(`${on.consortium.address}/explorer/events`);
  await page.getByText("つながりません。").waitFor();
  await snap(page, "explorer-desktop-offline");
  await context.unroute("**/explorer/api/**");
  await settled(page);
});

test("a page from elsewhere cannot ask the explorer", async () => {
  const answer = await fetch(`${on.consortium.address}/explorer/api/events`, { headers: { origin: "https://example.org" } });
  assert.equal(answer.status, 401);
  const page = await fetch(`${on.consortium.address}/explorer/`);
  assert.match(page.headers.get("content-security-policy"), /frame-ancestors 'none'/);
  assert.doesNotMatch(page.headers.get("content-security-policy"), /unsafe-inline/);
});

test("the SDK's example for Node reads a whole trail and proves it", async () => {
  const page = await (await fetch(`${on.consortium.address}/explorer/api/events?kind=access-permitted&limit=1`)).json();
  const example = new URL("../../client-sdk/ts/examples/read-trail.mjs", import.meta.url).pathname;
  const genesis = `${folder}/genesis.json`;
  await writeFile(genesis, (await promisify(execFile)(binary, ["spec", "genesis", `${on.consortium.folder}/chain-spec.json`])).stdout);
  const { stdout } = await promisify(execFile)(process.execPath, [example, on.consortium.address, genesis, page.events[0].subject]);
  assert.match(stdout, /rows, none missing/);
  assert.match(stdout, /record 0x[0-9a-f]{64} is (pending|stored|erased) as of block \d+/);
  assert.match(stdout, /no consent has the number zero, as of block \d+: true/);
});
