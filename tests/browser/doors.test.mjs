// Who gets in where, and what a browser can be made to do: every route for everybody whom it does not concern; pages of other origins; words
// that are markup; tokens and signatures that were taken; frames; and two people acting at the same moment.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { DESKTOP, open, until } from "./browser.mjs";
import { openConsole, pair, press } from "./console.mjs";
import { DAY, daysAgo } from "./days.mjs";
import { DOORS, OPEN, TOKEN } from "./doors.mjs";
import { judged } from "./look.mjs";
import { newPhone, phoneOf, propose, showChild } from "./phone.mjs";
import { dose, measured } from "./records.mjs";
import { desk, enrolChild, enrolGuardian, keysOfPerson, patientOf } from "./staff.mjs";
import { MEMBERS, stage } from "./stage.mjs";
import { trial as test } from "./steps.mjs";

const on = stage({ card: 1, begin });
const ELSEWHERE = "https://elsewhere.example";
const BORN = daysAgo(120);
const OWNER = { id: "ren", family: "西", given: "蓮", kana: "ニシ　レン", born: "1991-02-03", gender: "female" };
const OTHER = { id: "yui", family: "東", given: "結衣", kana: "ヒガシ　ユイ", born: "1990-04-05", gender: "female" };
const CHILD = { id: "nagi", family: "西", given: "凪", kana: "ニシ　ナギ", born: BORN, gender: "female" };
/** Markup as it would be typed into a field: it asks for attention if it is ever more than text. */
const MARKUP = "<img src=x onerror=alert(1)>";
/** The same for a child's label, which has twenty characters at most. */
const LABEL = "<img src=x>";
/** The family whose doors are tried, and whoever tries them. */
let owner, others, about;

async function begin() {
  const keys = keysOfPerson();
  const guardian = await enrolGuardian(on.clerk, OWNER, keys.pairing);
  const child = await enrolChild(on.clerk, CHILD, guardian);
  owner = { keys, guardian, child, at: await desk(on.village, keys) };
  const other = keysOfPerson();
  const stranger = await enrolGuardian(on.clerk, OTHER, other.pairing);
  others = { stranger: await desk(on.village, keysOfPerson()), family: await desk(on.village, other), neighbour: await on.as("yotei-clinic", "doctor") };
  const given = dose("nagi", "DPT-IPV-HIB", "5種混合ワクチン", daysAgo(30), 1);
  const { record } = await on.nurse.post("/fhir/Immunization", given, child);
  const consent = await propose(on.village, keys, { subject: child, guardian, recipient: MEMBERS.otherClinic });
  const request = `0x${randomBytes(32).toString("hex")}`;
  await on.nurse.submit((wasm) => wasm.requestAccess({ request, subject: child, purpose: "child-care", categories: ["growth"], claim: "consent" }));
  const draft = { subject: child, label: "お子さん", recipient: MEMBERS.clinic, purpose: "child-care", categories: ["immunization"], days: 30, language: "ja" };
  const { code } = await owner.at.post("/v1/hand-overs", draft);
  const { hash } = await on.clerk.get("/v1/signing-context");
  about = {
    person: child, subject: child, record, request, consent, code, draft, stranger, paper: "statement", id: "yoshinhyo-infant", session: request, credential: "AAAA", block: hash, key: keys.sealing,
    account: others.neighbour.account, patient: patientOf(OTHER), today: daysAgo(0), dose: given, weight: measured("nagi", "29463-7", "体重", 6100, "g", daysAgo(1)),
    answers: answered("completed"), draftAnswers: answered("in-progress"), order: orderFor(child, patientOf(CHILD)),
    feedback: { feedback: [{ card: "a3f1c2d4-0000-4000-8000-000000000000", outcome: "overridden", overrideReason: { reason: { code: "clinical-judgement" }, userComment: "x" }, outcomeTimestamp: new Date().toISOString() }] },
  };
}

const answered = (status) => ({ resourceType: "QuestionnaireResponse", status, questionnaire: "https://musubi.example/Questionnaire/yoshinhyo-infant|2026.11", subject: { reference: "Patient/nagi" }, authored: new Date().toISOString(), item: [] });
const orderFor = (child, patient) => ({
  hook: "order-sign", hookInstance: crypto.randomUUID(), prefetch: { patient },
  context: { patientId: child, draftOrders: { resourceType: "Bundle", type: "collection", entry: [{ resource: dose("nagi", "PCV20", "肺炎球菌", daysAgo(0), 1) }] } },
});

const pathOf = (path, query = "") => path.replace(/\{(\w+)\}/g, (_, name) => about[name]) + query;
const json = { "content-type": "application/json" };
const bodyOf = (body) => (body instanceof Uint8Array || body === undefined ? body : JSON.stringify(body));

/** What each caller is answered at one door. */
async function tried(door, { body, subject, query, wrong }) {
  const [method, template] = door.split(" ");
  const path = pathOf(template, query);
  const nobody = await fetch(on.village + path, { method, body: bodyOf(body), headers: body ? json : {} });
  const answers = { nobody: nobody.status };
  for (const [who, from] of Object.entries(others)) answers[who] = (await from.ask(method, path, { body, subject })).status;
  if (wrong) answers.wrong = (await (await on.as("rusutsu", wrong[0])).ask(method, path, { body, subject })).status;
  return answers;
}

const wanted = ({ open, family, neighbour, wrong }) =>
  (open ? { nobody: open, stranger: open, family: open, neighbour: open } : { nobody: 401, stranger: 403, family, neighbour, ...(wrong && { wrong: wrong[1] }) });

test("every door of the gateway is closed to whom it does not concern, and none is missing in the table", async () => {
  const { paths } = await (await fetch(`${on.village}/openapi.json`)).json();
  const documented = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  const doors = DOORS(about);
  const byToken = documented.filter((door) => / \/fhir(\/|$)/.test(door) && !doors[door] && !OPEN.includes(door));
  assert.deepEqual(documented.filter((door) => !doors[door] && !byToken.includes(door) && ![...OPEN, TOKEN].includes(door)), [], "routes that nobody said anything of");
  assert.deepEqual(Object.keys(doors).filter((door) => !documented.includes(door) && door !== "GET /v1/chain"), [], "doors that are no routes");
  const [said, expected] = [{}, {}];
  for (const [door, how] of Object.entries(doors)) [said[door], expected[door]] = [await tried(door, how), wanted(how)];
  // Record systems come by a token; a signature opens nothing there, whoever it is of.
  for (const door of byToken) {
    const { nobody, ...signed } = await tried(door, { body: /^(GET|DELETE)/.test(door) ? undefined : {} });
    const opened = Object.values(signed).filter((status) => ![401, 403, 404, 405].includes(status));
    [said[door], expected[door]] = [{ isShut: [401, 415].includes(nobody), opened }, { isShut: true, opened: [] }];
  }
  for (const door of OPEN) [said[door], expected[door]] = [{ nobody: (await fetch(on.village + door.split(" ")[1])).status }, { nobody: 200 }];
  const line = (door, answers) => `${door} ${JSON.stringify(answers)}`;
  const differing = Object.keys(expected).filter((door) => line(door, said[door]) !== line(door, expected[door]));
  assert.equal(differing.length, 0, differing.map((door) => `${line(door, said[door])} instead of ${JSON.stringify(expected[door])}`).join("\n"));
});

test("a custodian's answer to whom a request is not is a refusal, also where the call was in order", async () => {
  const answer = await others.neighbour.ask("POST", "/v1/vault?custodian=0", { body: DOORS(about)["POST /v1/vault"].body });
  assert.equal(new Uint8Array(await answer.arrayBuffer())[0], 4, "a refusal");
});

test("a page of another origin gets nothing from the gateway, and every door of the operators is closed to it", async () => {
  for (const [door, { body, open }] of Object.entries(DOORS(about))) {
    const [method, template] = door.split(" ");
    const path = pathOf(template);
    const answer = await fetch(on.village + path, { method, body: bodyOf(body), headers: { origin: ELSEWHERE, ...(body && { "content-type": "text/plain" }) } });
    assert.equal(answer.headers.get("access-control-allow-origin"), null, door);
    if (!open) assert.equal(answer.status, 401, door);
    const preflight = await fetch(on.village + path, { method: "OPTIONS", headers: { origin: ELSEWHERE, "access-control-request-method": method, "access-control-request-headers": "musubi-account" } });
    assert.equal(preflight.headers.get("access-control-allow-origin"), null, `OPTIONS ${path}`);
  }
  const source = await readFile(new URL("../../node/index/src/api.rs", import.meta.url), "utf8");
  const routes = [...source.matchAll(/\.route\("([^"]+)", (get|post)\(/g)].map(([, path, method]) => [method.toUpperCase(), path]);
  assert.ok(routes.length >= 15, "the routes were found in their source");
  for (const [method, path] of routes) {
    const address = `${on.consortium.address}/explorer/api${path.replace("{height}", "1").replace("{id}", "1-0").replace("{subject}", about.subject)}`;
    for (const headers of [{ origin: ELSEWHERE }, { "x-forwarded-for": "192.0.2.1" }, { origin: ELSEWHERE, authorization: `Bearer ${"0".repeat(64)}` }]) {
      const answer = await fetch(address, { method, headers });
      assert.equal(answer.status, 401, `${method} ${path} ${JSON.stringify(headers)}`);
      await answer.body?.cancel();
    }
  }
  const state = { jsonrpc: "2.0", id: 1, method: "musubi_trail", params: [about.subject, 0, 10] };
  for (const origin of [ELSEWHERE, "null"]) {
    const { error } = await (await fetch(`${on.consortium.address}/rpc`, { method: "POST", headers: { ...json, origin }, body: JSON.stringify(state) })).json();
    assert.match(error.message, /operators/, origin);
  }
});

test("a signed call is good for what it says and for nothing else, and a write that was taken from the wire does nothing more", async () => {
  const path = `/v1/family/${owner.child}/consents`;
  const { gatewayHeaders } = await import("../../client-sdk/ts/dist/index.js");
  const call = { method: "GET", path };
  const headers = await gatewayHeaders(owner.at.genesis, owner.keys, call);
  assert.equal((await fetch(on.village + path, { headers })).status, 200);
  const misused = {
    "another path": [`/v1/family/${owner.child}/trail?first=0`, { headers }],
    "another query": [`${path}?first=1`, { headers }],
    "another subject": [path, { headers: { ...headers, "musubi-subject": owner.guardian } }],
    "another account": [path, { headers: { ...headers, "musubi-account": others.family.account } }],
    "another time": [path, { headers: { ...headers, "musubi-time": String(Number(headers["musubi-time"]) + 1) } }],
    "another method": [path, { method: "POST", headers, body: "{}" }],
  };
  for (const [what, [where, init]] of Object.entries(misused)) assert.ok([401, 405].includes((await fetch(on.village + where, init)).status), what);
  const old = await gatewayHeaders(owner.at.genesis, owner.keys, call, Date.now() - 61_000);
  assert.equal((await fetch(on.village + path, { headers: old })).status, 401, "a minute old");
  const foreign = await gatewayHeaders(`0x${"11".repeat(32)}`, owner.keys, call);
  assert.equal((await fetch(on.village + path, { headers: foreign })).status, 401, "another chain");
  // The same write once more, byte for byte: the record is there once.
  const body = new TextEncoder().encode(JSON.stringify(about.weight));
  const write = await gatewayHeaders(on.nurse.genesis, on.nurse.signer, { method: "POST", path: "/fhir/Observation", subject: owner.child, body });
  const sent = () => fetch(`${on.village}/fhir/Observation`, { method: "POST", headers: write, body }).then((answer) => answer.json());
  const before = await on.chain.count(owner.child, "record-committed");
  const [first, second] = [await sent(), await sent()];
  assert.ok(first.record, JSON.stringify(first));
  assert.ok(second.record === undefined || second.record === first.record, "refused, or told what it did before");
  assert.equal(await on.chain.count(owner.child, "record-committed"), before + 1);
});

test("a token of the card agent is worth nothing from another origin", async () => {
  const ask = (path, origin, init = {}) => fetch(on.agent.address + path, { method: "POST", headers: { ...json, origin, ...init.headers }, body: init.body ?? "{}" });
  const { token } = await (await ask("/v1/pairings", on.village, { body: JSON.stringify({ code: on.agent.code() }) })).json();
  assert.ok(token, "the village's page is paired");
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await ask("/v1/status", on.village, { headers })).status, 200);
  for (const origin of [on.clinic, ELSEWHERE, "null"]) {
    for (const path of ["/v1/status", "/v1/face", "/v1/documents", "/v1/signatures", "/v1/check-ins", "/v1/pairings/end"]) assert.ok([401, 403].includes((await ask(path, origin, { headers })).status), `${path} from ${origin}`);
  }
  assert.ok([401, 403].includes((await fetch(`${on.agent.address}/v1/readers`, { headers })).status), "without any origin");
});

test("no face lets itself be shown in a frame of another page", async () => {
  const faces = [`${on.village}/app/`, `${on.village}/counter/`, `${on.consortium.address}/explorer/`];
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(faces.map((face) => `<iframe src="${face}"></iframe>`).join("")));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const context = await on.browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const frames = page.frames().filter((frame) => frame !== page.mainFrame());
  assert.equal(frames.length, faces.length);
  for (const frame of frames) assert.equal(await frame.locator("#face").count(), 0, frame.url());
  // The same page shows what does let itself be framed, so that the trial can fail.
  await page.setContent(`<iframe srcdoc="<div id=face></div>"></iframe>`);
  await page.frames().at(-1).locator("#face").waitFor({ state: "attached" });
  await context.close();
  server.close();
});

/** Fails if a page ever asks for attention, or has an element that only markup could have made. */
function watched({ page }) {
  const asked = [];
  page.on("dialog", (dialog) => { asked.push(dialog.message()); void dialog.dismiss(); });
  return async (where) => {
    assert.deepEqual(asked, [], where);
    assert.equal(await page.locator("img[src='x'], [onerror]").count(), 0, where);
    assert.ok((await page.locator("body").innerText()).includes(MARKUP), `${where} shows what was written`);
  };
}

test("markup is shown as it was written, wherever people can write", async () => {
  const phone = await newPhone(on.browser, on.village);
  const guardian = await enrolGuardian(on.clerk, { ...OWNER, id: "hana", given: "花" }, phone.pairing);
  const child = await enrolChild(on.clerk, { ...CHILD, id: "tsumugi", given: MARKUP }, guardian);
  const marked = { ...dose("tsumugi", "HIB", "ヒブ", daysAgo(20), 1), lotNumber: MARKUP };
  await on.nurse.post("/fhir/Immunization", marked, child);
  const onPhone = watched(phone);
  // Names of members come from an operator's file: the phone gets them with the chain's particulars.
  await phone.context.route("**/v1/chain", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    await route.fulfill({ response: answer, json: { ...body, members: body.members.map((one) => ({ ...one, title: MARKUP, name: MARKUP })) } });
  });
  await showChild(phone.page, `西　${MARKUP}`);
  await phone.go("vaccines");
  await phone.page.locator("li.done").first().waitFor();
  await onPhone("the phone's timeline");
  await judged(phone.page, "doors-phone-markup");
  const at = await desk(on.village, phoneOf(phone.page, phone.account));
  const { code } = await at.post("/v1/hand-overs", { ...about.draft, subject: child, label: LABEL });
  const counter = await openConsole(on, on.village, "rusutsu", "clerk", MARKUP);
  const atCounter = watched(counter);
  await atCounter("the name of a key");
  await pair(counter, on.agent);
  await counter.go("phone");
  await counter.page.getByLabel("電話のコード", { exact: false }).fill(code);
  await press(counter.page, "受け取る");
  await counter.page.locator("[data-handed]").waitFor();
  await atCounter("a child's name at the counter");
  await counter.page.getByLabel("ようてい医院 の電話番号").fill("0136-00-0000");
  await counter.page.getByLabel("留寿都村 の電話番号").fill("0136-46-3131");
  await press(counter.page, "署名する文を作り、電話にも送る");
  await counter.page.locator("[data-reference]").waitFor();
  assert.ok((await counter.page.locator(".document .words").innerText()).includes(LABEL), "the label in the statement");
  await atCounter("the statement");
  await judged(counter.page, "doors-counter-markup");
  const fire = await openConsole(on, on.village, "yotei-fire-service", "crew", "救急隊");
  await fire.go("emergency");
  await fire.page.getByLabel("だれの記録ですか").fill(child);
  await fire.page.getByLabel("出動番号").fill(MARKUP);
  await fire.page.getByLabel("生命の危険").check();
  await press(fire.page, "署名して開く");
  const atFire = watched(fire);
  await fire.page.getByRole("button", { name: /^記録を見る/ }).click();
  await fire.page.locator("[data-opened]").first().waitFor();
  await atFire("records that an ambulance reads");
  assert.ok((await fire.page.locator("[data-opened]").first().innerText()).includes(MARKUP), "the lot");
  await press(fire.page, "いま閉じる");
  await fire.page.locator("[data-opened]").first().waitFor({ state: "detached" });
  const explorer = await open(on.browser, DESKTOP, on.consortium.address, "");
  await explorer.context.route("**/explorer/api/chain", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    await route.fulfill({ response: answer, json: { ...body, members: body.members.map((one) => ({ ...one, name: MARKUP })) } });
  });
  const atExplorer = watched(explorer);
  await explorer.page.goto(`${on.consortium.address}/explorer/events`);
  await explorer.page.locator("[data-event]").first().waitFor();
  await atExplorer("names of members");
  await explorer.page.goto(`${on.consortium.address}/explorer/search?q=${encodeURIComponent(MARKUP)}`);
  await explorer.page.locator("h1, h2").first().waitFor();
  assert.equal(await explorer.page.locator("img[src='x']").count(), 0);
  for (const { context } of [phone, counter, fire, explorer]) await context.close();
});

test("one key at two machines, at the same moment: both of its calls go through, one after the other", async () => {
  const fresh = async () => {
    const office = await openConsole(on, on.village, "rusutsu", "operator", "運用者");
    await office.go("staff");
    const keys = keysOfPerson();
    await office.page.getByLabel("職員の公開鍵", { exact: false }).first().fill(`${keys.account} ${keys.sealing}`);
    await office.page.getByLabel("いつまで").fill("2027-03-31");
    return { ...office, keys };
  };
  const offices = [await fresh(), await fresh()];
  await Promise.all(offices.map(({ page }) => press(page, "登録する")));
  for (const { page, keys, context } of offices) {
    await page.getByText("職員の鍵を登録しました").waitFor();
    assert.match(await on.chain.state("actor", keys.account), /^0x01/);
    await context.close();
  }
});

test("two clerks enter one person at the same moment: there is one, by one pseudonym", async () => {
  const twin = { ...OTHER, id: "once", given: "一度" };
  const [one, two] = await Promise.all([0, 1].map(() => enrolGuardian(on.clerk, twin, keysOfPerson().pairing).then((pseudonym) => ({ pseudonym }), (error) => ({ error: error.message }))));
  const known = [one, two].filter(({ pseudonym }) => pseudonym);
  assert.ok(known.length >= 1, JSON.stringify([one, two]));
  assert.equal(new Set(known.map(({ pseudonym }) => pseudonym)).size, 1);
  assert.equal(await on.chain.count(known[0].pseudonym, "enrolled"), 1);
});

test("both guardians withdraw one consent at the same moment: it is over, once, and both phones say so", async () => {
  const parents = [];
  for (const person of [{ ...OWNER, id: "asa", given: "朝" }, { ...OTHER, id: "yoru", given: "夜" }]) {
    const phone = await newPhone(on.browser, on.village);
    parents.push({ ...phone, guardian: await enrolGuardian(on.clerk, person, phone.pairing) });
  }
  const { pseudonym: child } = await on.clerk.post("/v1/people", { patient: patientOf({ ...CHILD, id: "futari", given: "双葉" }), domain: "health" });
  for (const { guardian } of parents) await on.clerk.post("/v1/guardianships", { subject: child, guardian, role: "parental-authority", authority: "joint", until: Date.now() + 6_000 * DAY });
  const [mother, father] = parents;
  const consent = await propose(on.village, phoneOf(mother.page, mother.account), { subject: child, guardian: mother.guardian, recipient: MEMBERS.clinic });
  const items = [];
  for (const { page, go } of parents) {
    await showChild(page, "西　双葉");
    await go("consents");
    const item = page.locator(`[data-consent="${consent}"]`);
    await item.getByRole("button", { name: /取り下げる/ }).click();
    items.push(item.getByRole("button", { name: "取り下げる", exact: true }));
  }
  await Promise.all(items.map((button) => button.click()));
  await until(1, () => on.chain.count(child, "consent-ended", consent));
  for (const { page, go } of [mother, father]) {
    // Whoever was second may be told that the chain had nothing left to take back; the page then shows it as over.
    await page.waitForFunction(() => !document.body.innerText.includes("鎖に書いています"));
    await go("consents");
    await page.locator(`section[aria-labelledby=off] [data-consent="${consent}"]`).waitFor();
  }
  // Nothing had vouched for it yet: a proposal that is taken back counts as refused.
  assert.deepEqual(await on.chain.facts(child, "consent-ended", consent), [{ consent, ending: "refused" }]);
  await judged(father.page, "doors-phone-over");
  for (const { errors, context } of parents) {
    assert.deepEqual(errors, []);
    await context.close();
  }
});
