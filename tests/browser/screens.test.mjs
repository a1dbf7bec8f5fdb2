// What a review of the faces found missing, as people meet it: a fresh machine without a network, a form that is sent later by itself,
// two guardians who decide jointly, a timeline that hides nothing, and a person's rows in the explorer behind an officer's signature.

import assert from "node:assert/strict";
import { DESKTOP, open, speak, until } from "./browser.mjs";
import { bindCard, fillPerson, openConsole, pair, press, pseudonym, readCard, scan, signByCard } from "./console.mjs";
import { DAY, daysAfter, daysAgo } from "./days.mjs";
import { looked, snap } from "./look.mjs";
import { newPhone, phoneOf, propose } from "./phone.mjs";
import { dose } from "./records.mjs";
import { enrolChild, enrolGuardian } from "./staff.mjs";
import { MEMBERS, stage } from "./stage.mjs";
import { step as test } from "./steps.mjs";

const BORN = daysAgo(130);
const MOTHER = { id: "rei", family: "森", given: "玲", kana: "モリ　レイ", born: "1993-05-06", gender: "female" };
const FATHER = { id: "jin", family: "森", given: "仁", kana: "モリ　ジン", born: "1992-07-08", gender: "male" };
const CHILD = { id: "ao", family: "森", given: "碧", kana: "モリ　アオ", born: BORN, gender: "female" };
const on = stage({ card: 1 });
let family, joint;

/** A console of the village, in a browser profile that was never here. */
const consoleOf = (key, label, options) => openConsole(on, on.village, "rusutsu", key, label, options);

/** A phone whose owner the counter has entered. */
async function phone(person) {
  const fresh = await newPhone(on.browser, on.village);
  return { ...fresh, pseudonym: await enrolGuardian(on.clerk, person, fresh.pairing) };
}

const kept = (page) => page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

test("the timeline keeps what a person must look at, with its reason, in the reader's language", async () => {
  const mother = await phone(MOTHER);
  const child = await enrolChild(on.clerk, CHILD, mother.pseudonym);
  for (const [code, text, given] of [["RV1", "ロタウイルス 1価", daysAfter(BORN, 60)], ["RV5", "ロタウイルス 5価", daysAfter(BORN, 95)]]) await on.nurse.post("/fhir/Immunization", dose("ao", code, text, given, 1), child);
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
  await looked(page, "screens-timeline");
  await speak(page, "en");
  await page.locator('li[data-status="needs_person"]', { hasText: "differs from the earlier doses" }).first().waitFor();
  const plan = await page.locator('section[aria-labelledby="plan"]').innerText();
  assert.doesNotMatch(plan, /[ぁ-んァ-ヶ一-龠]/);
  await speak(page, "ja");
});

test("a form that was finished without a network goes by itself when the app is next opened with one", async () => {
  const { page, context, child, go } = family;
  const written = () => on.chain.count(child, "record-committed");
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
  await looked(page, "screens-form-waits");
  await page.close();
  assert.equal(await written(), before);
  await context.setOffline(false);
  const again = await context.newPage();
  again.setDefaultTimeout(90_000);
  await again.goto(`${on.village}/app/`);
  await until(before + 1, written);
  await again.goto(`${on.village}/app/forms`);
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
  const before = await on.chain.count(family.child, "record-committed");
  await context.setOffline(true);
  await go("check-in");
  await page.getByText("前回の内容で開いています").waitFor();
  await scan(page, { child: family.child, guardian: family.pseudonym });
  await fillPerson(page, { name: "森　碧", born: BORN, number: "K-0001" });
  await press(page, "次へ");
  await page.getByRole("heading", { name: "森　碧 さんの受付" }).waitFor();
  await go(`measure?person=${family.child}`);
  await page.getByLabel("体重").fill("6.9");
  await press(page, "曲線の上で確かめる");
  await page.locator('[data-measure="weight"]').getByText("パーセンタイル").waitFor();
  await press(page, "記録する");
  await page.getByText("この端末に封をして預かりました").waitFor();
  await snap(page, "screens-offline-kept");
  await context.setOffline(false);
  await until(before + 1, () => on.chain.count(family.child, "record-committed"));
  await context.close();
});

test("a consent by card is on the father's phone, whose objection pauses it, and who takes that back", async () => {
  const counter = await consoleOf("clerk", "窓口 2番");
  const { page, go } = counter;
  await pair(counter, on.agent);
  const mother = await readCard(counter, { kana: "タナカ　ヨウコ", number: "R-9001" });
  await press(page, "電話なしで登録する");
  const guardian = await bindCard(page);
  await press(page, "子どもと保護者");
  await page.locator(".pick button").click();
  await fillPerson(page, { name: "田中　湊", born: BORN, number: "R-9002" });
  await press(page, "次へ");
  await page.getByLabel("もう一人の親権者とともに決める").check();
  await press(page, "登録して保護者と結ぶ");
  const child = await pseudonym(page);
  const father = await phone(FATHER);
  await on.clerk.post("/v1/guardianships", { subject: child, guardian: father.pseudonym, role: "parental-authority", authority: "joint", until: Date.now() + 6_000 * DAY });
  await go(`consent?person=${child}`);
  // The register knows of the father too, whom this machine never saw: the officer says whose card it will be.
  await page.getByLabel(`${FATHER.family}　${FATHER.given}`).waitFor();
  await snap(page, "screens-whose-card");
  await page.getByLabel(mother).click();
  await page.getByLabel("ようてい医院", { exact: true }).check();
  await page.getByLabel("留寿都村 の電話番号").fill("0136-46-3131");
  await page.getByLabel("ようてい医院 の電話番号").fill("0136-00-0000");
  await press(page, "次へ");
  for (const purpose of ["子どもの診療", "健診", "相談", "救急"]) assert.equal(await page.getByLabel(purpose, { exact: true }).first().count(), 1, purpose);
  await page.getByLabel("救急要約", { exact: true }).check();
  await press(page, "同意の文面を示す");
  await signByCard(page);
  const consent = await page.locator("[data-consent]").getAttribute("data-consent");
  joint = { child, father, guardian, mother, consent };
  await father.page.locator(".child option", { hasText: "湊" }).waitFor({ state: "attached" });
  await father.go("consents");
  const item = father.page.locator(`[data-consent="${consent}"]`);
  await item.getByRole("button", { name: /異議を言う/ }).click();
  await item.getByRole("button", { name: "異議を言う", exact: true }).click();
  await father.page.locator(`[data-consent="${consent}"][data-state="paused"]`).waitFor();
  assert.deepEqual(await on.chain.facts(child, "consent-paused"), [{ consent, paused: true }]);
  await looked(father.page, "screens-paused");
  await item.getByRole("button", { name: /異議をやめる/ }).click();
  await item.getByRole("button", { name: "異議をやめる", exact: true }).click();
  await father.page.locator(`[data-consent="${consent}"][data-state="effective"]`).waitFor();
  assert.deepEqual((await on.chain.facts(child, "consent-paused")).at(-1), { consent, paused: false });
});

test("the counter ends any consent that the chain has, also one that this browser never saw", async () => {
  const { child, father, guardian, mother, consent } = joint;
  const other = await propose(on.village, phoneOf(father.page, father.account), { subject: child, guardian: father.pseudonym, recipient: MEMBERS.clinic });
  const elsewhere = await consoleOf("clerk", "窓口 3番");
  const { page, go } = elsewhere;
  await pair(elsewhere, on.agent);
  await go("withdraw");
  await scan(page, { child, guardian });
  await page.locator(`[data-consent="${other}"]`).waitFor();
  assert.match(await page.locator(`[data-consent="${other}"]`).innerText(), new RegExp(`${FATHER.family}　${FATHER.given}`));
  assert.ok((await page.locator(`[data-consent="${consent}"]`).innerText()).includes(mother));
  await looked(page, "screens-withdraw-list");
  await page.locator(`[data-consent="${consent}"]`).click();
  await page.getByText("のカードが要ります").waitFor();
  await signByCard(page);
  await page.getByText("同意を取り下げました").waitFor();
  assert.deepEqual(await on.chain.facts(child, "consent-ended"), [{ consent, ending: "withdrawn" }]);
});

test("a person's rows need an officer's signature in the explorer, whichever way they are asked for", async () => {
  const api = `${on.consortium.address}/explorer/api`;
  for (const path of [`/events?about=${family.child}`, `/events/export?about=${family.child}`, `/events?kind=record-committed&about=${family.child.toUpperCase().replace("0X", "0x")}`]) assert.equal((await fetch(api + path)).status, 403, path);
  assert.deepEqual(await (await fetch(`${api}/search?q=${family.child}`)).json(), [{ is: "subject", subject: family.child }]);
  const { page, errors } = await open(on.browser, DESKTOP, on.consortium.address, `events?about=${family.child}`);
  await page.locator(`[data-person="${family.child}"]`).waitFor();
  await page.getByRole("alert").getByRole("link").click();
  await page.waitForURL(`**/explorer/trail?subject=${family.child}`);
  await page.getByLabel("鍵ファイル（PEM）").setInputFiles(`${on.consortium.folder}/members/rusutsu/officer.pem`);
  await press(page, "署名して見る");
  await page.locator('[data-proof="whole"]').waitFor();
  assert.match(await page.locator('[data-proof="whole"]').innerText(), /許可のない閲覧 0 件/);
  assert.deepEqual(errors, []);
});

test("validators are those of the newest block that was followed to, and the overview says whose number it shows", async () => {
  const { page } = await open(on.browser, DESKTOP, on.consortium.address, "votes");
  await page.locator("[data-validators]").waitFor();
  assert.ok(Number(await page.locator("[data-validators]").getAttribute("data-validators")) > 0, "not genesis");
  assert.ok((await page.locator("[data-validators] .badge").count()) >= 3);
  await page.goto(`${on.consortium.address}/explorer/`);
  assert.match(await page.locator('[data-source="index"]').innerText(), /索引が数えた/);
});
