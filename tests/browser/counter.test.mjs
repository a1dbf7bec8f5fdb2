// The counter and clinic console as staff use it: a real consortium, a card on a real PC/SC service, the card agent beside the browser.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { DESKTOP, overflows, PHONE, rested, speak, until } from "./browser.mjs";
import { SECRETS } from "./cards.mjs";
import { bindCard, changeTo, enter, fillPerson, openConsole, pair, press, pseudonym, reach, scan, scanVial, signByCard, takeKey } from "./console.mjs";
import { daysAgo } from "./days.mjs";
import { looked, snap as picture } from "./look.mjs";
import { newPhone, showChild } from "./phone.mjs";
import { MEMBERS, stage } from "./stage.mjs";
import { step as test } from "./steps.mjs";

const on = stage({ card: 0, begin });
let village, clinic, phone;
/** What the family's way through the desks left: pseudonyms, consent, visit, records. */
const family = {};
const snap = (page, name) => picture(page, `counter-${name}`);
const atVillage = (member, key, label) => openConsole(on, on.village, member, key, label);
const atClinic = (key, label, options) => openConsole(on, on.clinic, "yotei-clinic", key, label, options);

async function begin() {
  village = await atVillage("rusutsu", "clerk", "窓口 1番");
  clinic = await atClinic("doctor", "当番医");
}

test("the agent is paired by the code on its terminal, and says what lies on the reader", async () => {
  await village.go("reader");
  await snap(village.page, "pair");
  await village.page.getByLabel("連携コード").fill("00000000" === on.agent.code() ? "11111111" : "00000000");
  await press(village.page, "連携する");
  await village.page.getByText("コードが違います").waitFor();
  await pair(village, on.agent);
  await pair(clinic, on.agent);
  await press(village.page, "カードを確かめる");
  await village.page.getByText("あり（残り5回）").waitFor();
  on.reader.take();
  await village.page.locator('[data-reader="reader.empty"]').waitFor();
  on.reader.place();
  await village.page.locator('[data-reader="reader.card"]').waitFor();
  await snap(village.page, "reader");
});

test("a guardian is enrolled by card, and the card is bound for signing and for check-ins", async () => {
  const { page, go } = village;
  await go("enrol");
  await enter(page, "0000", "読み取る");
  await page.getByText("あと2回まちがえるとロック").waitFor();
  await snap(page, "wrong-pin");
  await press(page, "照合番号Bで読み取る");
  await enter(page, SECRETS.printed, "読み取る");
  await page.getByLabel("フリガナ").fill("タナカ　ヨウコ");
  assert.match(await page.getByLabel("氏名").inputValue(), /\p{Script=Han}/u);
  await page.getByLabel("番号", { exact: false }).last().fill("R-4711");
  await snap(page, "enrol-form");
  await press(page, "次へ");
  await snap(page, "enrol-phone");
  await press(page, "電話なしで登録する");
  family.guardian = await bindCard(page);
  await snap(page, "enrolled");
  assert.equal(await on.chain.state("home", family.guardian), "0x0100000000");
  assert.match(await on.chain.state("active_card", family.guardian), /^0x01/);
});

test("a child is enrolled and linked to the guardian, and gets a slip that names nobody", async () => {
  const { page } = village;
  await press(page, "子どもと保護者");
  await page.locator(".pick button").click();
  await fillPerson(page, { name: "田中　空", kana: "タナカ　ソラ", born: daysAgo(100), number: "R-4712" });
  await press(page, "次へ");
  await snap(page, "child-authority");
  await press(page, "登録して保護者と結ぶ");
  family.child = await pseudonym(page);
  await snap(page, "child-done");
  assert.match(await on.chain.state("guardianship", family.guardian, family.child), /^0x01/);
});

test("the consent is shown in three languages, signed by card, and in force on the chain", async () => {
  const { page, go } = village;
  await go(`consent?person=${family.child}`);
  await page.getByLabel("ようてい医院", { exact: true }).check();
  await page.getByLabel("留寿都村 の電話番号").fill("0136-46-3131");
  await page.getByLabel("ようてい医院 の電話番号").fill("0136-00-0000");
  await snap(page, "consent-recipient");
  await press(page, "次へ");
  await snap(page, "consent-what");
  await press(page, "同意の文面を示す");
  const words = page.locator(".document .words");
  await words.getByText("ようてい医院").first().waitFor();
  await snap(page, "statement");
  await press(page, "やさしい日本語");
  await words.locator("ruby").nth(5).waitFor();
  await snap(page, "statement-plain");
  await press(page, "English");
  await words.getByText(/withdraw/i).first().waitFor();
  await press(page, "内容を読みました。署名に進む");
  await snap(page, "consent-card");
  await enter(page, SECRETS.password, "署名する");
  const shown = page.locator("[data-consent]");
  await shown.waitFor();
  family.consent = await shown.getAttribute("data-consent");
  await snap(page, "consent-done");
  const onChain = await on.chain.state("consent", family.consent);
  assert.ok(onChain.includes(family.child.slice(2)) && onChain.includes(family.guardian.slice(2)));
  assert.match(on.agent.said(), /ようてい医院/, "what was signed stands on the agent's terminal too");
});

test("the clinic finds the child by the slip, and the card opens the visit on the chain", async () => {
  const { page, go } = clinic;
  await on.level();
  await go("check-in");
  await scan(page, family);
  await fillPerson(page, { name: "田中　空", born: daysAgo(100), number: "K-0815" });
  await snap(page, "chart");
  await press(page, "次へ");
  await snap(page, "check-in");
  await enter(page, SECRETS.pin, "受付をする");
  await page.locator('[data-outcome="done"]').waitFor();
  await snap(page, "checked-in");
  await until(1, () => on.chain.count(family.child, "session-opened"));
});

test("the vial is scanned, the conditions are met, and the dose is recorded", async () => {
  const { page } = clinic;
  await press(page, "接種前の確認と記録");
  await scanVial(page, "0104987000000017172712311" + "0HK417A");
  await page.getByText("製品番号はまだ登録がありません").waitFor();
  assert.equal(await page.getByLabel("製造番号").inputValue(), "HK417A");
  assert.equal(await page.getByLabel("有効期限").inputValue(), "2027-12-31");
  await page.getByRole("combobox", { name: "ワクチン" }).selectOption("DPT-IPV-HIB");
  await page.getByLabel("どれも当てはまりません").check();
  await page.getByLabel("これまでの接種をすべて確かめた").check();
  await snap(page, "dose");
  await press(page, "条件を確かめる");
  const verdict = page.locator("[data-verdict]");
  await verdict.waitFor();
  assert.equal(await verdict.getAttribute("data-verdict"), "conditions_met", await verdict.innerText());
  assert.doesNotMatch(await verdict.innerText(), /安全|safe/i);
  await snap(page, "verdict-met");
  await press(page, "医師が接種を決め、記録へ進む");
  await snap(page, "record");
  await press(page, "接種した。記録する");
  const shown = page.locator("[data-record]");
  await shown.waitFor();
  family.dose = await shown.getAttribute("data-record");
  await snap(page, "recorded");
  await on.level();
  assert.ok((await on.chain.state("record", family.dose)).includes(family.child.slice(2)));
});

test("the same again is stopped in words nobody overlooks; a doctor goes on with a reason that is signed on the chain", async () => {
  const { page, go } = clinic;
  await go(`check?person=${family.child}`);
  // The box was named once, so its scan fills the whole form.
  await scanVial(page, "(01)04987000000017(17)271231(10)HK418B");
  await page.getByText("読み取りました", { exact: true }).waitFor();
  assert.equal(await page.getByRole("combobox", { name: "ワクチン" }).inputValue(), "DPT-IPV-HIB");
  await page.getByLabel("どれも当てはまりません").check();
  await page.getByLabel("これまでの接種をすべて確かめた").check();
  await press(page, "条件を確かめる");
  const verdict = page.locator('[data-verdict="not_met"]');
  await verdict.waitFor();
  assert.match(await verdict.innerText(), /条件を満たしません[^]*最も早い日/);
  await snap(page, "verdict-not-met");
  await press(page, "医師の判断で続ける");
  await page.getByLabel("医学的判断による").check();
  await page.getByLabel("医師の言葉で").fill("流行地への転居が明日に迫るため");
  await snap(page, "override");
  await press(page, "理由に署名して続ける");
  await page.getByRole("heading", { name: "接種を記録する" }).waitFor();
  await until(1, () => on.chain.count(family.child, "schedule-checked", "clinical-judgement"));
});

test("checkup values are held against the curves, a slip of the unit is caught, and the values are sent", async () => {
  const { page, go } = clinic;
  await go(`measure?person=${family.child}`);
  await page.getByLabel("体重").fill("6240");
  await press(page, "曲線の上で確かめる");
  await page.getByText("単位を確かめてください").waitFor();
  await snap(page, "measure-doubt");
  await press(page, "値を直す");
  await page.getByLabel("体重").fill("6.24");
  await page.getByLabel("身長").fill("60.5");
  await press(page, "曲線の上で確かめる");
  await page.locator('[data-measure="weight"]').getByText("パーセンタイル").waitFor();
  await snap(page, "measure");
  await press(page, "記録する");
  await page.locator('[data-outcome="done"]').waitFor();
  await until(2, () => on.chain.count(family.child, "record-committed", "growth"));
});

test("without the network a record waits, sealed and signed, and goes by itself when the network is back", async () => {
  const { page, go, context } = clinic;
  const committed = () => on.chain.count(family.child, "record-committed");
  const before = await committed();
  await go(`measure?person=${family.child}`);
  await page.getByLabel("頭囲").fill("39.5");
  await context.route("**/fhir/**", (route) => route.abort());
  await press(page, "曲線の上で確かめる");
  await press(page, "記録する");
  await page.getByText("この端末に封をして預かりました").waitFor();
  await go("queue");
  await page.locator("[data-intent]").waitFor();
  await snap(page, "queue");
  assert.equal(await committed(), before);
  // What lies on the disk tells nothing of the person.
  const kept = await page.evaluate(() => new Promise((resolve) => {
    const request = indexedDB.open("musubi-counter", 1);
    request.onsuccess = () => {
      const all = request.result.transaction("sealed").objectStore("sealed").getAll();
      all.onsuccess = () => resolve(all.result.map((one) => new TextDecoder().decode(one.bytes)).join(" "));
    };
  }));
  assert.doesNotMatch(kept, /田中|Observation/);
  await context.unroute("**/fhir/**");
  await page.getByText("当てはまるものはありません").waitFor();
  await until(before + 1, committed);
});

test("what the gateway refuses stays in the queue with its reason, and can be dropped", async () => {
  const { page, go, context } = clinic;
  await go(`measure?person=${family.child}`);
  await page.getByLabel("頭囲").fill("39.6");
  await context.route("**/fhir/**", (route) => route.abort());
  await press(page, "曲線の上で確かめる");
  await press(page, "記録する");
  await page.getByText("この端末に封をして預かりました").waitFor();
  const refusal = { status: 422, contentType: "application/problem+json", body: JSON.stringify({ detail: "the subject moved away" }) };
  // Put before the other, which it takes the place of: at no moment does anything get through.
  await context.route("**/fhir/**", (route) => route.fulfill(refusal));
  await go("queue");
  await page.getByText("the subject moved away").waitFor();
  await snap(page, "queue-conflict");
  page.once("dialog", (dialog) => void dialog.accept());
  await press(page, "取り消す");
  await page.getByText("当てはまるものはありません").waitFor();
  await context.unroute("**/fhir/**");
});

test("the console opens without the network, as it was last", async () => {
  const rounds = await atClinic("doctor", "往診", { serviceWorkers: "allow" });
  const { page, go, context } = rounds;
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await go("");
  await page.locator(".tasks").waitFor();
  await context.setOffline(true);
  await go("measure");
  await page.getByText("前回の内容で開いています").waitFor();
  await page.getByRole("heading", { name: "だれを計測しますか" }).waitFor();
  await snap(page, "offline");
  await context.setOffline(false);
  await page.getByText("前回の内容で開いています").waitFor({ state: "detached" });
  await context.close();
});

test("the fire service opens records with role, incident and reason; the clock runs; it closes, and a second person reviews it", async () => {
  const fire = await atVillage("yotei-fire-service", "crew", "救急隊 1");
  const { page, go } = fire;
  await go("emergency");
  await page.getByLabel("だれの記録ですか").fill(family.child);
  await page.getByLabel("出動番号").fill("2026-1126-07");
  await page.getByLabel("生命の危険").check();
  await snap(page, "emergency");
  await press(page, "署名して開く");
  const running = page.locator('[data-open="true"]');
  await running.waitFor();
  const request = await running.getAttribute("data-opening");
  const first = await page.getByRole("timer").innerText();
  await page.waitForFunction((first) => document.querySelector('[role="timer"]')?.textContent !== first, first);
  await snap(page, "emergency-open");
  await until(1, () => on.chain.count(family.child, "break-glass-opened", request));
  assert.equal(await on.chain.count(family.child, "break-glass-opened", "2026-1126-07"), 0);
  const permits = await on.chain.count(family.child, "access-permitted");
  await page.getByRole("button", { name: /^記録を見る/ }).click();
  await page.locator(`[data-opened="${family.dose}"] .line`, { hasText: "HK417A" }).waitFor();
  await snap(page, "emergency-records");
  await until(permits + 1, () => on.chain.count(family.child, "access-permitted"));
  await press(page, "いま閉じる");
  await page.locator("[data-shown]").waitFor({ state: "detached" });
  await page.getByText("審査待ち").waitFor();
  await go("key");
  await takeKey(page, on.consortium.folder, "yotei-fire-service", "reviewer", "審査担当");
  await go("emergency");
  await page.getByLabel("要求の番号").fill(request);
  await page.getByLabel("正当だった", { exact: true }).check();
  await press(page, "署名して審査を残す");
  await page.getByText("審査済み").first().waitFor();
  await snap(page, "emergency-reviewed");
  await fire.context.close();
});

test("an operator registers a key that was made on this machine, which then works here", async () => {
  const office = await atVillage("rusutsu", "operator", "運用者");
  const { page, go } = office;
  await go("key");
  await page.getByLabel("この端末で新しく作る").check();
  await page.getByLabel("呼び名").fill("新しい窓口");
  await press(page, "鍵を作る");
  const line = page.locator("li", { hasText: "新しい窓口" });
  await line.waitFor();
  const keys = (await line.innerText()).match(/0x[0-9a-f]{64} 0x[0-9a-f]{64}/)[0];
  await snap(page, "keys");
  await changeTo(page, "運用者");
  await go("staff");
  await page.getByLabel("職員の公開鍵", { exact: false }).first().fill(keys);
  await page.getByLabel("いつまで").fill("2027-03-31");
  await snap(page, "staff");
  await press(page, "登録する");
  await page.getByText("職員の鍵を登録しました").waitFor();
  assert.match(await on.chain.state("actor", keys.split(" ")[0]), /^0x01/);
  await go("key");
  await changeTo(page, "新しい窓口");
  await go("");
  await page.locator(".who").getByText("窓口・事務").waitFor();
  await office.context.close();
});

test("a new phone takes the lost one's place after a touch of the card, and opens what was sealed before it was known", async () => {
  phone = await newPhone(on.browser, on.village);
  const officer = await atVillage("rusutsu", "officer", "決裁");
  await pair(officer, on.agent);
  const { page, go } = officer;
  const former = await on.chain.state("active_card", family.guardian);
  await go("phone");
  await page.getByLabel("電話のコード", { exact: false }).fill(phone.pairing);
  await press(page, "受け取る");
  await page.getByRole("button", { name: /^登録済みの方の新しい電話/ }).click();
  await page.getByRole("searchbox").fill(family.guardian);
  await page.getByRole("searchbox").press("Enter");
  await page.locator(".document .words").waitFor();
  await snap(page, "card-bind");
  await signByCard(page);
  await page.getByRole("heading", { name: "受付に使えるようにする" }).waitFor();
  await signByCard(page, SECRETS.pin);
  await page.getByRole("button", { name: "この電話に替える" }).waitFor();
  assert.notEqual(await on.chain.state("active_card", family.guardian), former, "the binding was renewed");
  await snap(page, "phone-replace");
  await press(page, "この電話に替える");
  await page.locator('[data-outcome="done"]').waitFor();
  await officer.context.close();
  await showChild(phone.page, "田中　空");
  await phone.go("vaccines");
  await phone.page.locator("li.done", { hasText: "5種混合" }).first().waitFor();
});

test("a consent that was put together on the phone is taken over by its code, read on both screens, and signed by card", async () => {
  await phone.go("consents/new");
  for (const answer of ["しりべつ医院", "子どもの診療", "次へ", "90 日間", "窓口で見せる番号を作る"]) await press(phone.page, answer);
  const code = await phone.page.locator("[data-code]").getAttribute("data-code");
  const { page, go } = village;
  await go("phone");
  await page.getByLabel("電話のコード", { exact: false }).fill(`${code.slice(0, 4)} ${code.slice(4)}`);
  await snap(page, "phone");
  await press(page, "受け取る");
  const handed = page.locator(`[data-handed="${code}"]`);
  await handed.waitFor();
  for (const words of ["田中　空", "しりべつ医院", "子どもの診療", "予防接種", "90日間"]) assert.ok((await handed.innerText()).includes(words), words);
  await page.getByLabel("しりべつ医院 の電話番号").fill("0136-22-0000");
  await snap(page, "phone-handed");
  await press(page, "署名する文を作り、電話にも送る");
  const reference = await page.locator("[data-reference]").getAttribute("data-reference");
  await phone.page.locator(`[data-statement="${reference}"]`).waitFor();
  await snap(page, "phone-statement");
  await signByCard(page);
  const consent = await page.locator("[data-consent]").getAttribute("data-consent");
  await phone.page.locator(`[data-signed="${code}"]`).waitFor();
  await looked(phone.page, "app-phone-signed");
  const onChain = await on.chain.state("consent", consent);
  assert.ok(onChain.includes(family.child.slice(2)) && onChain.includes(family.guardian.slice(2)));
  await phone.go("consents");
  await phone.page.locator(`section[aria-labelledby=on] [data-consent="${consent}"]`).waitFor();
  assert.deepEqual(phone.errors, []);
  await phone.context.close();
});

test("a code that leads to nothing says what to do", async () => {
  const { page, go } = village;
  await go("phone");
  await page.getByLabel("電話のコード", { exact: false }).fill("0000 0000");
  await press(page, "受け取る");
  await page.getByText("電話で新しい番号を出してもらってください").waitFor();
});

test("one touch withdraws the consent, and the chain has it", async () => {
  const { page, go } = village;
  await go(`withdraw?person=${family.child}`);
  await page.locator(".pick button", { hasText: "ようてい医院" }).click();
  await signByCard(page);
  await page.getByText("同意を取り下げました").waitFor();
  await snap(page, "withdrawn");
  const covering = await on.chain.state("covering_consent", family.child, MEMBERS.clinic, "0x00", "0x0000");
  assert.match(covering, /^0x01/, "no consent covers any more: the answer is the error's variant");
});

test("a page of another origin can neither pair with the agent nor use it", async () => {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html><title>elsewhere</title>"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const context = await on.browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const tried = await page.evaluate(async ([address, code]) => {
    const attempt = (path, body) => fetch(address + path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }).then((response) => response.status, (error) => error.name);
    return [await attempt("/v1/pairings", { code }), await attempt("/v1/status", {})];
  }, [on.agent.address, on.agent.code()]);
  assert.deepEqual(tried, ["TypeError", "TypeError"]);
  const answer = await fetch(`${on.agent.address}/v1/pairings`, { method: "POST", body: "{}", headers: { origin: "https://elsewhere.example" } });
  assert.equal(answer.status, 403);
  assert.equal(answer.headers.get("access-control-allow-origin"), null);
  await context.close();
  server.close();
});

test("the page's policy names its gateway, its neighbours and the agent, and nobody else", async () => {
  const policy = (await fetch(`${on.village}/counter/`)).headers.get("content-security-policy");
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline|\*/);
  const connect = /connect-src ([^;]+);/.exec(policy)[1].split(" ");
  assert.deepEqual(connect.filter((one) => one !== "'self'" && !/^http:\/\/127\.0\.0\.1:\d+$/.test(one)), []);
  assert.ok(connect.includes(on.agent.address) && connect.includes(on.clinic));
});

test("the keyboard alone is enough to check a child in", async () => {
  const { page, go } = clinic;
  await go("");
  await page.locator("[data-person]").first().waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
  await reach(page, '.list a[href*="check-in"]');
  await page.keyboard.press("Enter");
  await page.locator('[data-reader="reader.card"]').waitFor();
  await reach(page, "input.secret");
  await page.keyboard.type(SECRETS.pin);
  await page.keyboard.press("Enter");
  // The consent was withdrawn before: the desk says so, in words that say what to do.
  await page.getByText("同意がありません").waitFor();
  await snap(page, "check-in-refused");
});

const SCREENS = ["", "check-in", "check", "measure", "queue", "reader", "key", "slip"];
const AT_VILLAGE = ["", "enrol", "child", "consent", "withdraw", "phone", "card"];
for (const [name, options] of [["phone", PHONE], ["desktop", DESKTOP], ["dark", { ...DESKTOP, colorScheme: "dark" }], ["contrast", { ...DESKTOP, contrast: "more" }]]) {
  test(`every screen at ${name} size keeps WCAG AA and needs no sideways scrolling`, async () => {
    for (const [desk, paths] of [[village, AT_VILLAGE], [clinic, SCREENS]]) {
      const { page, go } = desk;
      await page.setViewportSize(options.viewport);
      await page.emulateMedia({ colorScheme: options.colorScheme ?? "light", contrast: options.contrast ?? "no-preference" });
      for (const path of paths) {
        await go(path);
        await rested(page);
        await looked(page, `counter-${name}-${desk === village ? "village" : "clinic"}-${path || "today"}`);
      }
      assert.deepEqual(desk.errors, []);
    }
  });
}

test("200 % and 400 % zoom leave everything in reach", async () => {
  const { page, go } = village;
  for (const width of [640, 320]) {
    await page.setViewportSize({ width, height: 512 });
    for (const path of ["", "enrol", `consent?person=${family.child}`]) {
      await go(path);
      await page.locator("h1").waitFor();
      assert.equal(await overflows(page), false, `${path} at ${width} px`);
    }
  }
});

test("plain Japanese has its readings, and English is whole", async () => {
  const { page, go } = village;
  await page.setViewportSize(DESKTOP.viewport);
  await go("");
  await page.locator(".tasks").waitFor();
  await speak(page, "ja-Hira");
  await page.locator("main ruby").nth(10).waitFor();
  await snap(page, "plain");
  await speak(page, "en");
  await page.getByText("Ask for consent").first().waitFor();
  await snap(page, "english");
  await speak(page, "ja");
});
