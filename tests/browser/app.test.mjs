// The guardian app as a family uses it, on a phone, against the demonstration's first village; counter and clinic are programs here.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { DESKTOP, overflows, PHONE, rested, speak, until } from "./browser.mjs";
import { reach } from "./console.mjs";
import { DAY, daysAfter } from "./days.mjs";
import { looked } from "./look.mjs";
import { newPhone, phoneOf, propose, showChild } from "./phone.mjs";
import { dose, measured } from "./records.mjs";
import { desk, enrolChild, enrolGuardian, prepare } from "./staff.mjs";
import { MEMBERS, stage } from "./stage.mjs";
import { step as test } from "./steps.mjs";

const SCREENS = ["", "vaccines", "growth", "consents", "consents/new", "looked", "notices", "forms", "forms/yoshinhyo-infant", "family", "export", "lost", "device", "menu"];
const MOTHER = { id: "mio", family: "山本", given: "美緒", kana: "ヤマモト　ミオ", born: "1995-02-03", gender: "female" };
const dayOf = (at) => new Date(at).toISOString().slice(0, 10);
const BORN = dayOf(Date.now() - 400 * DAY);
const SORA = { id: "sora", family: "山本", given: "空", kana: "ヤマモト　ソラ", born: BORN, gender: "female" };
const RIKU = { id: "riku", family: "山本", given: "陸", kana: "ヤマモト　リク", born: dayOf(Date.now() - 1_500 * DAY), gender: "male" };
const RECIPIENT = MEMBERS.otherClinic;
const on = stage();
let family;

const goTo = async ({ page, go }, path) => { await go(path); await rested(page); };

/** A phone that is known at the counter, with two children of whom the younger has records. */
async function registered() {
  const phone = await newPhone(on.browser, on.village);
  const guardian = await enrolGuardian(on.clerk, MOTHER, phone.pairing);
  const child = await enrolChild(on.clerk, SORA, guardian);
  await enrolChild(on.clerk, RIKU, guardian);
  const after = (days) => daysAfter(BORN, days);
  const records = [
    dose("sora", "DPT-IPV-HIB", "5種混合ワクチン", after(62), 1), dose("sora", "PCV20", "肺炎球菌ワクチン", after(62), 1), dose("sora", "DPT-IPV-HIB", "5種混合ワクチン", after(92), 2),
    measured("sora", "29463-7", "体重", 5600, "g", after(92)), measured("sora", "29463-7", "体重", 8900, "g", after(370)), measured("sora", "8302-2", "身長", 74.2, "cm", after(370)),
  ];
  for (const record of records) await on.nurse.post(`/fhir/${record.resourceType}`, record, child);
  for (const { given } of [SORA, RIKU]) await phone.page.locator(".child option", { hasText: given }).waitFor({ state: "attached" });
  return { ...phone, child, guardian };
}

test("keys are made on the phone, the counter enters them, and the app goes on by itself", async () => {
  family = await registered();
  const { page } = family;
  const kept = await page.evaluate(async () => {
    const database = await new Promise((resolve) => { const opening = indexedDB.open("musubi-app", 1); opening.onsuccess = () => resolve(opening.result); });
    const keys = await new Promise((resolve) => { const get = database.transaction("keys").objectStore("keys").get("device"); get.onsuccess = () => resolve(get.result); });
    return [keys.signing.privateKey, keys.sealing.privateKey, keys.storage].map((key) => key.extractable);
  });
  assert.deepEqual(kept, [false, false, false]);
  const names = await page.locator(".child option").allInnerTexts();
  assert.deepEqual(names, ["山本　空", "山本　陸", "山本　美緒（ご本人）"]);
});

test("what was given and what is due come from records that only this phone opened", async () => {
  const { page } = family;
  await goTo(family, "vaccines");
  const given = await page.locator("section[aria-labelledby=given] li.done").allInnerTexts();
  assert.equal(given.length, 3);
  assert.ok(given[0].includes("留寿都村"));
  const late = await page.locator("section[aria-labelledby=plan] li.overdue", { hasText: "5種混合" }).innerText();
  assert.match(late, /3 回目/);
  await goTo(family, "growth");
  await page.getByRole("button", { name: "女の子" }).click();
  await page.locator(".band.outer").waitFor();
  assert.equal(await page.locator(".own-dot").count(), 2);
  assert.equal(await page.locator("tbody tr").count(), 2);
});

test("another child is another record", async () => {
  const { page } = family;
  await goTo(family, "vaccines");
  await showChild(page, "山本　陸");
  await page.getByText("この端末で開ける接種の記録は、まだありません").waitFor();
  await showChild(page, "山本　空");
  await page.locator("li.done").first().waitFor();
});

test("a consent is drafted here, made at the counter, and read here in the words of the very bytes", async () => {
  const { page, child, guardian } = family;
  await goTo(family, "consents/new");
  await page.getByRole("button", { name: "しりべつ医院" }).click();
  await page.getByRole("button", { name: "子どもの診療" }).click();
  await page.getByRole("button", { name: "次へ" }).click();
  await page.getByRole("button", { name: "90 日間" }).click();
  await page.getByRole("button", { name: "窓口で見せる番号を作る" }).click();
  const code = await page.locator("[data-code]").getAttribute("data-code");
  const handed = await on.clerk.get(`/v1/hand-overs/${code}`);
  assert.deepEqual([handed.guardian, handed.draft.subject, handed.draft.recipient, handed.draft.days], [guardian, child, RECIPIENT, 90]);
  const parties = { controller: { member: 0, name: "留寿都村", contact: "0136-46-3131" }, recipient: { member: RECIPIENT, name: "しりべつ医院", contact: "0136-00-0000" } };
  const other = { ...handed, draft: { ...handed.draft, purpose: "checkup" } };
  await assert.rejects(prepare(on.clerk, other, parties), /says something else/);
  const made = await prepare(on.clerk, handed, parties);
  const article = page.locator("[data-statement]");
  await article.waitFor();
  assert.equal(await article.getAttribute("data-statement"), made.reference);
  const text = await article.innerText();
  for (const line of made.lines.filter((line) => line.is === "field")) assert.ok(text.includes(line.value), line.label);
  await looked(page, "app-phone-statement");
});

test("one touch takes a consent back, and the chain has it", async () => {
  const { page, child, guardian, account } = family;
  const consent = await propose(on.village, phoneOf(page, account), { subject: child, guardian, recipient: RECIPIENT });
  await goTo(family, "consents");
  const item = page.locator(`[data-consent="${consent}"]`);
  await item.getByRole("button", { name: /取り下げる/ }).click();
  await item.getByRole("button", { name: "取り下げる", exact: true }).click();
  await page.locator(`section[aria-labelledby=off] [data-consent="${consent}"]`).waitFor();
  const facts = (await on.chain.trail(child)).filter((fact) => JSON.stringify(fact).includes(consent));
  assert.deepEqual(facts.map((fact) => Object.keys(fact)[0]), ["consent-proposed", "consent-ended"]);
});

test("who looked is proved row by row on this phone, and a row that was tampered with is not shown", async () => {
  const { page, context, child } = family;
  await goTo(family, "looked");
  await page.locator('[data-proof="whole"]').waitFor();
  await page.getByRole("button", { name: "すべて" }).click();
  const told = await on.chain.trail(child);
  await until(told.length, () => page.locator("[data-fact]").count());
  await until(told.length, () => page.locator('[data-fact] [data-proof="good"]').count());
  await context.route("**/trail?first=*", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace('"growth"', '"checkup"') });
  });
  await page.reload();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.locator("[data-fact]").count(), 0);
  await context.unroute("**/trail?first=*");
});

test("a form is kept as it is written, also over a reload", async () => {
  const { page } = family;
  await goTo(family, "forms/yoshinhyo-infant");
  await page.getByLabel("5種混合").check();
  await page.locator('[data-kept="true"]', { hasText: "この電話に保存しました" }).waitFor();
  await page.reload();
  await rested(page);
  assert.ok(await page.getByLabel("5種混合").isChecked());
});

test("a form that is filled in is sent, and becomes a record of the child", async () => {
  const { page, child } = family;
  const written = () => on.chain.count(child, "record-committed");
  const earlier = await written();
  await goTo(family, "forms/checkup-3-4m-family");
  while (await page.getByRole("button", { name: "次へ" }).isVisible()) {
    await page.locator("fieldset input, fieldset button").first().click();
    await page.getByRole("button", { name: "次へ" }).click();
  }
  await page.getByRole("button", { name: "役場に送る" }).click();
  await page.getByText("送りました").waitFor();
  await until(earlier + 1, written);
});

test("the record leaves as FHIR, and as a card that the village signed", async () => {
  const { page } = family;
  await goTo(family, "export");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "ファイルを保存" }).click()]);
  const bundle = JSON.parse(await readFile(await download.path(), "utf8"));
  const taken = bundle.entry.map(({ resource }) => resource.resourceType);
  assert.deepEqual([bundle.resourceType, taken.filter((type) => type === "Immunization").length, taken.filter((type) => type === "Observation").length], ["Bundle", 3, 3]);
  await page.getByRole("button", { name: "証明を発行する" }).click();
  await page.locator(".qr").waitFor();
  const [card] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "証明のファイルを保存" }).click()]);
  const [jws] = JSON.parse(await readFile(await card.path(), "utf8")).verifiableCredential;
  const [header, , signature] = jws.split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString());
  const { keys } = await (await fetch(`${on.village}/.well-known/jwks.json`)).json();
  const key = await crypto.subtle.importKey("jwk", keys.find((one) => one.kid === kid), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const signed = new TextEncoder().encode(jws.slice(0, jws.lastIndexOf(".")));
  assert.ok(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, Buffer.from(signature, "base64url"), signed));
});

for (const [name, options] of [["phone", PHONE], ["desktop", DESKTOP]]) {
  test(`every screen at ${name} size keeps WCAG AA and needs no sideways scrolling`, async () => {
    const { page, errors } = family;
    await page.setViewportSize(options.viewport);
    for (const path of SCREENS) {
      await goTo(family, path);
      await looked(page, `app-${name}-${path.replace("/", "-") || "today"}`);
    }
    await page.setViewportSize(PHONE.viewport);
    assert.deepEqual(errors, []);
  });
}

test("dark, plain Japanese and English keep WCAG AA", async () => {
  const { page } = family;
  await page.emulateMedia({ colorScheme: "dark" });
  for (const path of ["", "consents", "looked"]) {
    await goTo(family, path);
    await looked(page, `app-dark-${path || "today"}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await speak(page, "ja-Hira");
  await page.locator("main ruby").nth(2).waitFor();
  await looked(page, "app-plain-looked");
  await speak(page, "en");
  await page.getByRole("heading", { name: "Who looked" }).waitFor();
  await speak(page, "ja");
});

test("the keyboard alone is enough", async () => {
  const { page } = family;
  await goTo(family, "");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
  await reach(page, '.bar a[href="/app/consents"]');
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "同意", exact: true }).waitFor();
  await reach(page, 'a[href="/app/consents/new"]');
  await page.keyboard.press("Enter");
  await reach(page, ".choices button");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "何のためですか" }).waitFor();
});

test("200 % and 400 % zoom leave everything in reach", async () => {
  const { page } = family;
  for (const width of [640, 320]) {
    await page.setViewportSize({ width, height: 512 });
    for (const path of ["", "vaccines", "growth", "consents"]) {
      await goTo(family, path);
      assert.equal(await overflows(page), false, `${path} at ${width} px`);
    }
  }
  await page.setViewportSize(PHONE.viewport);
});

test("without a network the app opens, shows what it knows and since when, and goes on by itself", async () => {
  const { page, context, child, guardian, account } = family;
  const consent = await propose(on.village, phoneOf(page, account), { subject: child, guardian, recipient: RECIPIENT });
  await goTo(family, "consents");
  await page.locator(`[data-consent="${consent}"]`).waitFor();
  await goTo(family, "vaccines");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await rested(page);
  await context.setOffline(true);
  await page.reload();
  await page.locator('[data-state="offline"]').first().waitFor();
  await page.locator("li.done").first().waitFor();
  await looked(page, "app-phone-offline");
  await family.go("consents");
  await page.locator('[data-state="offline"]').first().waitFor();
  const item = page.locator(`[data-consent="${consent}"]`);
  await item.getByText("取り下げには通信が要ります").waitFor();
  assert.ok(await item.getByRole("button", { name: /取り下げる/ }).isDisabled());
  await context.setOffline(false);
  await page.waitForFunction(() => !document.querySelector('[data-state="offline"]'));
});

test("nobody else reads: a stranger's key, another family's phone and staff are all refused", async () => {
  const { child } = family;
  const stranger = await newPhone(on.browser, on.village);
  const own = await desk(on.village, phoneOf(stranger.page, stranger.account));
  const paths = [`/v1/family/${child}/trail`, `/v1/family/${child}/consents`, `/v1/family/${child}/records?key=${stranger.sealing}`];
  for (const path of paths) await assert.rejects(own.get(path), /answers 403/, path);
  await enrolGuardian(on.clerk, { ...MOTHER, id: "other", given: "葵", kana: "ヤマモト　アオイ" }, stranger.pairing);
  for (const path of paths) await assert.rejects(own.get(path), /answers 404/, path);
  const doctor = await on.as("yotei-clinic", "doctor");
  for (const path of paths) await assert.rejects(doctor.get(path), /answers 403/, path);
  // The home municipality's own counter ends consents for whoever comes with the card; all else of a family's is not its affair.
  const [trail, consents, records] = paths;
  for (const path of [trail, records]) await assert.rejects(on.nurse.get(path), /answers 403/, path);
  assert.ok(await on.nurse.get(consents));
  for (const other of [own, doctor]) await assert.rejects(other.get(`/v1/desk/residents/${child}`), /answers 403/);
  assert.equal((await on.clerk.get(`/v1/desk/residents/${child}`)).guardians[0].person, family.guardian);
  await stranger.context.close();
});

test("the page's policy lets it talk to its own node and nobody else, and a guest's JSON-RPC shows no state", async () => {
  const page = await fetch(`${on.village}/app/`);
  const policy = page.headers.get("content-security-policy");
  assert.match(policy, /connect-src 'self';/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline/);
  const ask = (method, params) => fetch(`${on.village}/rpc`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) }).then((answer) => answer.json());
  assert.ok((await ask("chain_getFinalizedHead", [])).result);
  assert.match((await ask("musubi_trail", [family.child, 0, 10])).error.message, /operators/);
  assert.match((await ask("state_getStorage", ["0x00"])).error.message, /operators/);
});
