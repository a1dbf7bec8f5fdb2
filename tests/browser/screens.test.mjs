// What a review of the faces found missing, as people meet it: a fresh machine without a network, a form that is sent later by itself,
// two guardians who decide jointly, a timeline that hides nothing, and a person's rows in the explorer behind an officer's signature.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before } from "node:test";
import { DESKTOP, launch, open, PHONE, until, violations } from "./browser.mjs";
import { agent as startAgent, reader as startReader, SECRETS } from "./cards.mjs";
import { start } from "./consortium.mjs";
import { desk, dose, enrolChild, enrolGuardian, phoneOf, propose, staff } from "./counter.mjs";
import { step as test } from "./steps.mjs";

const { BROWSER_BINARY: binary, BROWSER_FOLDER: folder } = process.env;
const DAY = 86_400_000;
const AT_CLINIC = 4;
const bornDaysAgo = (days) => new Date(Date.now() + 9 * 3_600_000 - days * DAY).toISOString().slice(0, 10);
const BORN = bornDaysAgo(130);
const day = (after) => new Date(Date.parse(BORN) + after * DAY).toISOString().slice(0, 10);
const MOTHER = { id: "rei", family: "森", given: "玲", kana: "モリ　レイ", born: "1993-05-06", gender: "female" };
const FATHER = { id: "jin", family: "森", given: "仁", kana: "モリ　ジン", born: "1992-07-08", gender: "male" };
const CHILD = { id: "ao", family: "森", given: "碧", kana: "モリ　アオ", born: BORN, gender: "female" };
let consortium, browser, clerk, nurse, reader, agent, family, joint;

before(async () => {
  await mkdir(`${folder}/screens`, { recursive: true });
  consortium = await start();
  browser = await launch();
  clerk = await desk(consortium.gateway, await staff(consortium.folder, "rusutsu", "clerk"));
  nurse = await desk(consortium.gateway, await staff(consortium.folder, "rusutsu", "nurse"));
});
after(async () => {
  await browser?.close();
  await agent?.stop();
  await reader?.stop();
  await consortium?.stop();
});

const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const snap = (page, name) => page.screenshot({ path: `${folder}/screens/screens-${name}.png`, fullPage: true });

const rpc = async (method, params) => {
  const answer = await (await fetch(`${consortium.address}/rpc`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) })).json();
  assert.ok(answer.result !== undefined, JSON.stringify(answer));
  return answer.result;
};
/** Facts of somebody's trail on the chain, of one kind. */
const facts = async (subject, kind) => (await rpc("musubi_trail", [subject, 0, 500])).map(({ row }) => row.fact).filter((fact) => typeof fact !== "string" && kind in fact).map((fact) => fact[kind]);

/** A console with a member of staff's keys, in a browser profile that was never here. */
async function consoleOf(key, label, options = {}) {
  const opened = await open(browser, { ...DESKTOP, serviceWorkers: "block", ...options }, consortium.gateway, "", "counter");
  await opened.page.getByLabel("呼び名").fill(label);
  await opened.page.getByLabel("鍵ファイル（PEM）").setInputFiles([`${key}.pem`, `${key}-hpke.pem`].map((name) => `${consortium.folder}/members/rusutsu/${name}`));
  await opened.page.locator(".who").waitFor();
  return { ...opened, go: (path) => opened.page.goto(`${consortium.gateway}/counter/${path}`) };
}

/** Pairs a console with the card agent. */
async function pair({ page, go }) {
  await go("reader");
  await page.getByLabel("連携コード").fill(agent.code());
  await press(page, "連携する");
  await page.locator('[data-reader="reader.card"]').waitFor();
}

/** Enters a secret at the card prompt. */
async function enter(page, secret, confirm) {
  await page.locator('[data-reader="reader.card"]').waitFor();
  await page.locator("input.secret").fill(secret);
  await press(page, confirm);
}

/** A slip of a child, as a scanner types it. */
async function scan(page, { child, guardian }) {
  await page.getByRole("searchbox").fill(`musubi:visit?home=0&subject=${child}&person=${guardian}`);
  await page.getByRole("searchbox").press("Enter");
}

/** A clinic's own chart of a child that it sees for the first time. */
async function chart(page, name, number) {
  await page.getByLabel("氏名").fill(name);
  await page.getByLabel("生年月日").fill(BORN);
  await page.getByLabel("番号", { exact: false }).last().fill(number);
  await page.getByLabel("女", { exact: true }).check();
  await press(page, "次へ");
}

/** A phone whose owner the counter has entered. */
async function phone(person) {
  const opened = await open(browser, PHONE, consortium.gateway, "", "app");
  await press(opened.page, "この電話に鍵を作る");
  const pairing = await opened.page.locator("[data-pairing]").getAttribute("data-pairing");
  const pseudonym = await enrolGuardian(clerk, person, pairing);
  return { ...opened, pseudonym, account: `0x${pairing.split(":")[2]}`, go: (path) => opened.page.goto(`${consortium.gateway}/app/${path}`) };
}

const kept = (page) => page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

test("the timeline keeps what a person must look at, with its reason, in the reader's language", async () => {
  const mother = await phone(MOTHER);
  const child = await enrolChild(clerk, CHILD, mother.pseudonym);
  for (const [code, text, on] of [["RV1", "ロタウイルス 1価", day(60)], ["RV5", "ロタウイルス 5価", day(95)]]) await nurse.post("/fhir/Immunization", dose("ao", code, text, on, 1), child);
  family = { ...mother, child };
  const { page, go } = mother;
  await page.locator(".child option", { hasText: CHILD.given }).waitFor({ state: "attached" });
  await go("vaccines");
  await page.locator('section[aria-labelledby="given"] li.done').nth(1).waitFor();
  const stopped = page.locator('li[data-status="needs_person"]', { hasText: "ロタ" }).first();
  await stopped.waitFor();
  assert.match(await stopped.innerText(), /これまでと異なる製品です/);
  const usual = page.locator("li:has([data-due])").first();
  const [earliest, due] = [await usual.locator("[data-earliest]").getAttribute("data-earliest"), await usual.locator("[data-due]").getAttribute("data-due")];
  assert.ok(earliest < due, `${earliest} is before ${due}`);
  await snap(page, "timeline");
  assert.deepEqual(await violations(page), []);
  await page.locator("select.language").selectOption("en");
  await page.locator('li[data-status="needs_person"]', { hasText: "differs from the earlier doses" }).first().waitFor();
  const plan = await page.locator('section[aria-labelledby="plan"]').innerText();
  assert.doesNotMatch(plan, /[ぁ-んァ-ヶ一-龠]/);
  await page.locator("select.language").selectOption("ja");
});

test("a form that was finished without a network goes by itself when the app is next opened with one", async () => {
  const { page, context, child, go } = family;
  const written = async () => (await facts(child, "record-committed")).length;
  const before = await written();
  await go("forms/checkup-3-4m-family");
  await page.locator("h1").waitFor();
  await kept(page);
  await page.reload();
  await page.locator("fieldset").first().waitFor();
  await context.setOffline(true);
  while (await page.getByRole("button", { name: "次へ" }).isVisible()) {
    await page.locator("fieldset input, fieldset button").first().click();
    await press(page, "次へ");
  }
  await press(page, "役場に送る");
  await page.locator('[data-waiting="checkup-3-4m-family"]').waitFor();
  await snap(page, "form-waits");
  assert.deepEqual(await violations(page), []);
  await page.close();
  assert.equal(await written(), before);
  await context.setOffline(false);
  const again = await context.newPage();
  again.setDefaultTimeout(90_000);
  await again.goto(`${consortium.gateway}/app/`);
  await until(before + 1, written);
  await again.goto(`${consortium.gateway}/app/forms`);
  await again.locator(".badge", { hasText: "送りました" }).waitFor({ state: "attached" });
  assert.equal(await written(), before + 1, "sent once");
  family.page = again;
});

test("a machine that opened the console once works on without the network, also where a page was never used", async () => {
  const fresh = await consoleOf("nurse", "新しい端末", { serviceWorkers: "allow" });
  const { page, context, go } = fresh;
  await kept(page);
  await page.reload();
  await page.locator(".tasks").waitFor();
  const before = (await facts(family.child, "record-committed")).length;
  await context.setOffline(true);
  await go("check-in");
  await page.getByText("前回の内容で開いています").waitFor();
  await scan(page, { child: family.child, guardian: family.pseudonym });
  await chart(page, "森　碧", "K-0001");
  await page.getByRole("heading", { name: "森　碧 さんの受付" }).waitFor();
  await go(`measure?person=${family.child}`);
  await page.getByLabel("体重").fill("6.9");
  await press(page, "曲線の上で確かめる");
  await page.locator('[data-measure="weight"]').getByText("パーセンタイル").waitFor();
  await press(page, "記録する");
  await page.getByText("この端末に封をして預かりました").waitFor();
  await snap(page, "offline-kept");
  await context.setOffline(false);
  await until(before + 1, async () => (await facts(family.child, "record-committed")).length);
  await context.close();
});

test("a consent by card is on the father's phone, whose objection pauses it, and who takes that back", async () => {
  reader = await startReader(binary, `${folder}/screens-card`, consortium.folder, 1);
  agent = await startAgent(binary, reader.env, consortium.port + 38, [consortium.gateway]);
  const counter = await consoleOf("clerk", "窓口 2番");
  const { page, go } = counter;
  await pair(counter);
  await go("enrol");
  await press(page, "照合番号Bで読み取る");
  await enter(page, SECRETS.printed, "読み取る");
  await page.getByLabel("フリガナ").fill("タナカ　ヨウコ");
  const mother = await page.getByLabel("氏名").inputValue();
  await page.getByLabel("番号", { exact: false }).last().fill("R-9001");
  await press(page, "次へ");
  await press(page, "電話なしで登録する");
  await press(page, "内容を読みました。署名に進む");
  await enter(page, SECRETS.password, "署名する");
  await page.getByRole("heading", { name: "受付に使えるようにする" }).waitFor();
  await press(page, "内容を読みました。署名に進む");
  await enter(page, SECRETS.pin, "署名する");
  await page.locator("[data-pseudonym]").waitFor();
  const guardian = await page.locator("[data-pseudonym]").getAttribute("data-pseudonym");
  await press(page, "子どもと保護者");
  await page.locator(".pick button").click();
  await page.getByLabel("氏名").fill("田中　湊");
  await page.getByLabel("生年月日").fill(BORN);
  await page.getByLabel("番号", { exact: false }).last().fill("R-9002");
  await press(page, "次へ");
  await page.getByLabel("もう一人の親権者とともに決める").check();
  await press(page, "登録して保護者と結ぶ");
  await page.locator("[data-pseudonym]").waitFor();
  const child = await page.locator("[data-pseudonym]").getAttribute("data-pseudonym");
  const father = await phone(FATHER);
  await clerk.post("/v1/guardianships", { subject: child, guardian: father.pseudonym, role: "parental-authority", authority: "joint", until: Date.now() + 6_000 * DAY });
  await go(`consent?person=${child}`);
  // The register knows of the father too, whom this machine never saw: the officer says whose card it will be.
  await page.getByLabel(`${FATHER.family}　${FATHER.given}`).waitFor();
  await snap(page, "whose-card");
  await page.getByLabel(mother).click();
  await page.getByLabel("ようてい医院", { exact: true }).check();
  await page.getByLabel("留寿都村 の電話番号").fill("0136-46-3131");
  await page.getByLabel("ようてい医院 の電話番号").fill("0136-00-0000");
  await press(page, "次へ");
  for (const purpose of ["子どもの診療", "健診", "相談", "救急", "家族との共有"]) assert.equal(await page.getByLabel(purpose, { exact: true }).first().count(), 1, purpose);
  await page.getByLabel("救急要約", { exact: true }).check();
  await press(page, "同意の文面を示す");
  await press(page, "内容を読みました。署名に進む");
  await enter(page, SECRETS.password, "署名する");
  const consent = await page.locator("[data-consent]").getAttribute("data-consent");
  joint = { child, father, guardian, mother, consent };
  await father.page.locator(".child option", { hasText: "湊" }).waitFor({ state: "attached" });
  await father.go("consents");
  const item = father.page.locator(`[data-consent="${consent}"]`);
  await item.getByRole("button", { name: /異議を言う/ }).click();
  await item.getByRole("button", { name: "異議を言う", exact: true }).click();
  await father.page.locator(`[data-consent="${consent}"][data-state="paused"]`).waitFor();
  assert.deepEqual(await facts(child, "consent-paused"), [{ consent, paused: true }]);
  await snap(father.page, "paused");
  assert.deepEqual(await violations(father.page), []);
  await item.getByRole("button", { name: /異議をやめる/ }).click();
  await item.getByRole("button", { name: "異議をやめる", exact: true }).click();
  await father.page.locator(`[data-consent="${consent}"][data-state="effective"]`).waitFor();
  assert.deepEqual((await facts(child, "consent-paused")).at(-1), { consent, paused: false });
});

test("the counter ends any consent that the chain has, also one that this browser never saw", async () => {
  const { child, father, guardian, mother, consent } = joint;
  const other = await propose(consortium.gateway, phoneOf(father.page, father.account), { subject: child, guardian: father.pseudonym, recipient: AT_CLINIC });
  const elsewhere = await consoleOf("clerk", "窓口 3番");
  const { page, go } = elsewhere;
  await pair(elsewhere);
  await go("withdraw");
  await scan(page, { child, guardian });
  await page.locator(`[data-consent="${other}"]`).waitFor();
  assert.match(await page.locator(`[data-consent="${other}"]`).innerText(), new RegExp(`${FATHER.family}　${FATHER.given}`));
  assert.ok((await page.locator(`[data-consent="${consent}"]`).innerText()).includes(mother));
  await snap(page, "withdraw-list");
  assert.deepEqual(await violations(page), []);
  await page.locator(`[data-consent="${consent}"]`).click();
  await page.getByText("のカードが要ります").waitFor();
  await press(page, "内容を読みました。署名に進む");
  await enter(page, SECRETS.password, "署名する");
  await page.getByText("同意を取り下げました").waitFor();
  assert.deepEqual(await facts(child, "consent-ended"), [{ consent, ending: "withdrawn" }]);
});

test("a person's rows need an officer's signature in the explorer, whichever way they are asked for", async () => {
  const api = `${consortium.address}/explorer/api`;
  for (const path of [`/events?about=${family.child}`, `/events/export?about=${family.child}`, `/events?kind=record-committed&about=${family.child.toUpperCase().replace("0X", "0x")}`]) assert.equal((await fetch(api + path)).status, 403, path);
  assert.deepEqual(await (await fetch(`${api}/search?q=${family.child}`)).json(), [{ is: "subject", subject: family.child }]);
  const { page, errors } = await open(browser, DESKTOP, consortium.address, `events?about=${family.child}`);
  await page.locator(`[data-person="${family.child}"]`).waitFor();
  await page.getByRole("alert").getByRole("link").click();
  await page.waitForURL(`**/explorer/trail?subject=${family.child}`);
  await page.getByLabel("鍵ファイル（PEM）").setInputFiles(`${consortium.folder}/members/rusutsu/officer.pem`);
  await press(page, "署名して見る");
  await page.locator('[data-proof="whole"]').waitFor();
  assert.match(await page.locator('[data-proof="whole"]').innerText(), /許可のない閲覧 0 件/);
  assert.deepEqual(errors, []);
});

test("validators are those of the newest block that was followed to, and the overview says whose number it shows", async () => {
  const { page } = await open(browser, DESKTOP, consortium.address, "votes");
  await page.locator("[data-validators]").waitFor();
  assert.ok(Number(await page.locator("[data-validators]").getAttribute("data-validators")) > 0, "not genesis");
  assert.ok((await page.locator("[data-validators] .badge").count()) >= 3);
  await page.goto(`${consortium.address}/explorer/`);
  assert.match(await page.locator('[data-source="index"]').innerText(), /索引が数えた/);
});
