// One family's story through the three faces at once: its phone, the village's counter, the clinic's console, the auditor's explorer. Each step is
// held against the chain's own word; each screen against what holds for all screens (look.mjs). Signing, dose and withdrawal are done by keyboard.

import assert from "node:assert/strict";
import { DESKTOP, open, PHONE, until } from "./browser.mjs";
import { SECRETS } from "./cards.mjs";
import { bindCard, enter, fillPerson, openConsole, pair, press, pseudonym, reach, readCard, scan } from "./console.mjs";
import { daysAgo } from "./days.mjs";
import { judged, magnified, withForcedColors } from "./look.mjs";
import { newPhone, showChild } from "./phone.mjs";
import { dose } from "./records.mjs";
import { MEMBERS, stage } from "./stage.mjs";
import { step as test } from "./steps.mjs";

const on = stage({ card: 0, begin });
const CHILD = { name: "田中　蒼", kana: "タナカ　アオイ", born: daysAgo(100), number: "R-7002" };
const VIAL = "(01)04987000000024(17)271231(10)PC204B";
let phone, counter, clinic;
/** Pseudonyms of the two, and what the story leaves on the chain. */
const family = {};

async function begin() {
  phone = await newPhone(on.browser, on.village);
  counter = await openConsole(on, on.village, "rusutsu", "clerk", "窓口 1番");
  clinic = await openConsole(on, on.clinic, "yotei-clinic", "doctor", "当番医");
  for (const console of [counter, clinic]) await pair(console, on.agent);
}

test("a phone makes its keys, and the counter enters its owner with the card", async () => {
  const { page } = counter;
  await judged(phone.page, "story-phone-keys");
  await readCard(counter, { kana: "タナカ　ヨウコ", number: "R-7001" });
  await page.getByLabel("アプリのコード").fill(phone.pairing);
  await judged(page, "story-counter-phone");
  await press(page, "この電話を結んで登録する");
  family.guardian = await bindCard(page);
  assert.equal(await on.chain.state("home", family.guardian), "0x0100000000");
  assert.match(await on.chain.state("active_card", family.guardian), /^0x01/);
  assert.equal(await on.chain.state("person", phone.account), `0x01${family.guardian.slice(2)}`, "the phone's key speaks for her");
});

test("her child is entered, and is on the phone without a touch", async () => {
  const { page } = counter;
  await press(page, "子どもと保護者");
  await page.locator(".pick button").click();
  await fillPerson(page, CHILD);
  await press(page, "次へ");
  await press(page, "登録して保護者と結ぶ");
  family.child = await pseudonym(page);
  await judged(page, "story-counter-child");
  assert.match(await on.chain.state("guardianship", family.guardian, family.child), /^0x01/);
  await showChild(phone.page, CHILD.name);
  await judged(phone.page, "story-phone-child");
});

test("what the village's nurse wrote is on the phone's timeline", async () => {
  await on.nurse.post("/fhir/Immunization", dose("aoi", "DPT-IPV-HIB", "5種混合ワクチン", daysAgo(7), 1), family.child);
  assert.equal((await on.chain.facts(family.child, "record-committed")).at(-1).category, "immunization");
  await phone.go("vaccines");
  await phone.page.locator("li.done", { hasText: "5種混合" }).waitFor();
  await judged(phone.page, "story-phone-timeline");
});

test("a consent is drafted on the phone, read on both screens, and signed by card with the keyboard alone", async () => {
  const { page, go } = counter;
  await phone.go("consents/new");
  for (const answer of ["ようてい医院", "子どもの診療"]) await press(phone.page, answer);
  await phone.page.getByLabel("問診", { exact: true }).check();
  await judged(phone.page, "story-phone-categories");
  for (const answer of ["次へ", "90 日間", "窓口で見せる番号を作る"]) await press(phone.page, answer);
  const code = await phone.page.locator("[data-code]").getAttribute("data-code");
  await judged(phone.page, "story-phone-code");
  await go("phone");
  await reach(page, ".phone-code");
  await page.keyboard.type(code);
  await page.keyboard.press("Enter");
  await page.locator(`[data-handed="${code}"]`).waitFor();
  for (const [which, number] of [["留寿都村", "0136-46-3131"], ["ようてい医院", "0136-00-0000"]]) {
    await reach(page, page.getByLabel(`${which} の電話番号`));
    await page.keyboard.press("Control+A");
    await page.keyboard.type(number);
  }
  await reach(page, page.getByRole("button", { name: "署名する文を作り、電話にも送る" }));
  await page.keyboard.press("Enter");
  const reference = await page.locator("[data-reference]").getAttribute("data-reference");
  await phone.page.locator(`[data-statement="${reference}"]`).waitFor();
  await judged(page, "story-counter-statement");
  await judged(phone.page, "story-phone-statement");
  await reach(page, page.getByRole("button", { name: "内容を読みました。署名に進む" }));
  await page.keyboard.press("Enter");
  await page.locator('[data-reader="reader.card"]').waitFor();
  await judged(page, "story-counter-card");
  await reach(page, "input.secret");
  await page.keyboard.type(SECRETS.password);
  await page.keyboard.press("Enter");
  family.consent = await page.locator("[data-consent]").getAttribute("data-consent");
  await judged(page, "story-counter-signed");
  assert.deepEqual(await on.chain.facts(family.child, "consent-effective"), [{ consent: family.consent }]);
  await phone.page.locator(`[data-signed="${code}"]`).waitFor();
  await phone.go("consents");
  await phone.page.locator(`section[aria-labelledby=on] [data-consent="${family.consent}"][data-state="effective"]`).waitFor();
  await judged(phone.page, "story-phone-on");
});

test("the family answers the form before the visit, on its phone", async () => {
  const { page, go } = phone;
  await go("forms/yoshinhyo-infant");
  await page.getByLabel("5種混合").check();
  await page.getByLabel("体温", { exact: false }).fill("37.8");
  await judged(page, "story-phone-form");
  while (await page.getByRole("button", { name: "次へ" }).isVisible()) {
    assert.equal(await page.getByText("医師記入欄").count(), 0, "what the physician writes at the visit is not asked at home");
    for (const question of await page.locator(".yesno").all()) await question.getByRole("button").last().click();
    await press(page, "次へ");
  }
  await judged(page, "story-phone-form-end");
  await press(page, "役場に送る");
  await page.getByText("送りました").waitFor();
  await until(1, () => on.chain.count(family.child, "record-committed", "questionnaire"));
});

test("the card opens the visit, and the clinic sees the family's answers and the village's dose; while it cannot, nobody may say that all is known", async () => {
  const { page, go, context } = clinic;
  await on.level();
  await go("check-in");
  await scan(page, family);
  await fillPerson(page, { ...CHILD, number: "K-7002" });
  await press(page, "次へ");
  await enter(page, SECRETS.pin, "受付をする");
  await page.locator('[data-outcome="done"]').waitFor();
  await judged(page, "story-clinic-visit");
  await on.level();
  assert.equal(await on.chain.count(family.child, "session-opened"), 1);
  await context.route("**/v1/vault**", (route) => route.abort());
  await press(page, "接種前の確認と記録");
  await page.locator('[data-visit="failed"]').waitFor();
  const whole = page.getByLabel("これまでの接種をすべて確かめた");
  assert.ok(await whole.isDisabled());
  await judged(page, "story-clinic-not-read");
  await context.unroute("**/v1/vault**");
  const since = Date.now();
  await press(page, "もう一度読む");
  const answers = page.locator('[data-form="yoshinhyo-infant"]');
  await answers.locator('[data-flag="F-FEVER"]').waitFor();
  console.error(`the family's answers are on the clinic's screen ${Date.now() - since} ms after they were asked for`);
  await answers.locator("summary").click();
  assert.match(await answers.innerText(), /37\.8/);
  assert.match(await page.locator("[data-doses] [data-dose]").innerText(), /5種混合[^]*留寿都村/);
  assert.ok(await whole.isEnabled());
  await judged(page, "story-clinic-answers");
  await page.setViewportSize(PHONE.viewport);
  await judged(page, "story-clinic-answers-phone");
  await page.setViewportSize(DESKTOP.viewport);
  await on.level();
  const permits = await on.chain.facts(family.child, "access-permitted");
  assert.deepEqual(permits.at(-1).categories, ["immunization", "questionnaire"]);
  assert.deepEqual([permits.at(-1).member, permits.at(-1).purpose], [MEMBERS.clinic, "child-care"]);
  // Coming back to the page asks nobody again.
  await page.getByRole("link", { name: "送信待ち" }).first().click();
  await page.goBack();
  await answers.waitFor();
  await on.level();
  assert.equal(await on.chain.count(family.child, "access-permitted"), permits.length);
});

test("the fever of the family's form and the village's dose stop the same vaccine at the clinic", async () => {
  const { page } = clinic;
  await page.getByText("母子健康手帳にだけある接種を加える").click();
  await page.getByLabel("受けた接種の種類").selectOption("HEPB");
  await page.getByLabel("受けた日").fill(daysAgo(35));
  await press(page, "加える");
  await page.locator("[data-paper]", { hasText: "B型肝炎" }).waitFor();
  await page.getByLabel("製造番号").fill("AB12");
  await page.getByLabel("有効期限").fill("2027-12-31");
  await page.getByRole("combobox", { name: "ワクチン" }).selectOption("DPT-IPV-HIB");
  assert.equal(await page.locator("[data-asked]").getAttribute("data-asked"), "FEVER", "as the family answered");
  await page.getByLabel("これまでの接種をすべて確かめた").check();
  await judged(page, "story-clinic-asked");
  await press(page, "条件を確かめる");
  const verdict = page.locator('[data-verdict="not_met"]');
  await verdict.waitFor();
  const reasons = await verdict.locator("[data-reasons]").getAttribute("data-reasons");
  assert.match(reasons, /CONTRAINDICATED_FEVER/);
  assert.match(reasons, /INTERVAL/, "the dose of the village was counted");
  await judged(page, "story-clinic-stopped");
});

test("another vaccine is checked, given and recorded with the keyboard alone, and the phone shows it", async () => {
  const { page } = clinic;
  const act = async (name) => { await reach(page, page.getByRole("button", { name, exact: true })); await page.keyboard.press("Enter"); };
  const tick = async (box) => { await reach(page, box); await page.keyboard.press("Space"); };
  await act("ワクチンや日を見直す");
  await reach(page, page.getByLabel("バーコード"));
  await page.keyboard.type(VIAL);
  await page.keyboard.press("Enter");
  const product = page.getByRole("combobox", { name: "ワクチン" });
  await reach(page, product);
  await page.keyboard.press("Home");
  for (let turn = 0; turn < 40 && (await product.inputValue()) !== "PCV20"; turn++) await page.keyboard.press("ArrowDown");
  // The temperature was taken again at the clinic: the physician says that nothing applies.
  await tick(page.getByLabel("どれも当てはまりません"));
  await act("条件を確かめる");
  await page.locator('[data-verdict="conditions_met"]').waitFor();
  await judged(page, "story-clinic-met");
  await act("医師が接種を決め、記録へ進む");
  await judged(page, "story-clinic-record");
  await act("接種した。記録する");
  family.dose = await page.locator("[data-record]").getAttribute("data-record");
  await judged(page, "story-clinic-recorded");
  await on.level();
  assert.ok((await on.chain.state("record", family.dose)).includes(family.child.slice(2)));
  assert.deepEqual((await on.chain.facts(family.child, "record-committed", family.dose)).map(({ author, category }) => [author, category]), [[MEMBERS.clinic, "immunization"]]);
  await phone.go("vaccines");
  await phone.page.locator("li.done", { hasText: "肺炎球菌" }).filter({ hasText: "ようてい医院" }).waitFor();
  await judged(phone.page, "story-phone-given");
});

test("the phone takes the consent back with the keyboard alone, and the clinic's next read is denied", async () => {
  await phone.go("consents");
  const item = phone.page.locator(`[data-consent="${family.consent}"]`);
  await reach(phone.page, item.getByRole("button", { name: /取り下げる/ }));
  await phone.page.keyboard.press("Enter");
  await judged(phone.page, "story-phone-sure");
  await reach(phone.page, item.getByRole("button", { name: "取り下げる", exact: true }));
  await phone.page.keyboard.press("Enter");
  await phone.page.locator(`section[aria-labelledby=off] [data-consent="${family.consent}"]`).waitFor();
  await judged(phone.page, "story-phone-off");
  assert.deepEqual(await on.chain.facts(family.child, "consent-ended"), [{ consent: family.consent, ending: "withdrawn" }]);
  const { page, go } = clinic;
  await on.level();
  await go(`check?person=${family.child}`);
  await press(page, "もう一度読む");
  await page.locator('[data-answers="denied"]').waitFor();
  assert.equal(await page.locator("[data-dose]").count(), 0);
  await judged(page, "story-clinic-denied");
  await on.level();
  const [denied] = (await on.chain.facts(family.child, "access-denied")).slice(-1);
  assert.deepEqual([denied.member, denied.reason], [MEMBERS.clinic, "withdrawn"]);
});

test("the phone shows who was denied, proved; the explorer finds the same, green", async () => {
  await phone.go("looked");
  const row = phone.page.locator('li[data-fact="access-denied"]', { hasText: "ようてい医院" }).first();
  await row.locator('[data-proof="good"]').waitFor();
  assert.match(await row.innerText(), /取り下げられたため断られました/);
  await judged(phone.page, "story-phone-looked");
  const denials = async () => (await (await fetch(`${on.consortium.address}/explorer/api/events?kind=access-denied&limit=50`)).json()).events;
  await until(true, async () => (await denials()).some(({ subject }) => subject === family.child));
  const explorer = await open(on.browser, DESKTOP, on.consortium.address, "events?kind=access-denied");
  const event = explorer.page.locator("[data-event]", { has: explorer.page.locator(`a[href*="${family.child}"]`) }).first();
  await event.locator('[data-proof="good"]').waitFor();
  assert.match(await event.innerText(), /ようてい医院[^]*拒否しました/);
  await event.locator("summary").click();
  await judged(explorer.page, "story-explorer-denial");
  await explorer.page.setViewportSize(PHONE.viewport);
  await judged(explorer.page, "story-explorer-denial-phone");
  await magnified(explorer.page, "story-explorer-denial-phone");
  await withForcedColors(explorer.page, "story-explorer-denial-phone");
  assert.deepEqual(explorer.errors, []);
  await explorer.context.close();
});

test("forced colours and letters of double size leave every face whole", async () => {
  for (const [face, path] of [[phone, ""], [phone, "consents"], [phone, "looked"], [counter, "consent"], [clinic, `check?person=${family.child}`], [clinic, "check-in"]]) {
    await face.go(path);
    const name = `story-${face === phone ? "phone" : face === counter ? "counter" : "clinic"}-${path.split("?")[0] || "today"}`;
    await withForcedColors(face.page, name);
    await magnified(face.page, name);
  }
  for (const { errors } of [phone, counter, clinic]) assert.deepEqual(errors, []);
});
