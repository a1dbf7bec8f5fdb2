// Each screen in each language: in English no Japanese letter stands in it, and in やさしい日本語 no kanji without its reading, but for what
// people and places are called; and the paper that leaves the app.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { DESKTOP, open, rested, speak, until } from "./browser.mjs";
import { openConsole } from "./console.mjs";
import { daysAfter, daysAgo } from "./days.mjs";
import { judged, snap } from "./look.mjs";
import { newPhone } from "./phone.mjs";
import { dose, measured } from "./records.mjs";
import { enrolChild, enrolGuardian } from "./staff.mjs";
import { stage } from "./stage.mjs";
import { step as test } from "./steps.mjs";

const BORN = daysAgo(130);
const MOTHER = { id: "yuki", family: "林", given: "雪", kana: "ハヤシ　ユキ", born: "1992-03-04", gender: "female" };
const CHILD = { id: "sora", family: "林", given: "空", kana: "ハヤシ　ソラ", born: BORN, gender: "male" };
const APP = ["", "vaccines", "growth", "consents", "consents/new", "looked", "notices", "forms", "forms/yoshinhyo-infant", "family", "export", "lost", "device", "menu"];
const COUNTER = { village: ["", "enrol", "child", "consent", "withdraw", "phone", "card", "figures", "queue", "reader", "key", "slip"], clinic: ["", "check-in", "check", "measure", "form"] };
const EXPLORER = ["", "events", "break-glass", "consents", "erasures", "votes", "node", "trail"];
const on = stage({ begin });
let phone, names;

async function begin() {
  const { members } = await (await fetch(`${on.village}/v1/chain`)).json();
  names = [...members.map(({ name }) => name).filter(Boolean), MOTHER.family, MOTHER.given, CHILD.given];
}

/** What a reader sees in the main part: readings in the place of what they stand above, and without what people and places are called. */
const seen = (page) => page.evaluate((names) => {
  const main = document.querySelector("#main").cloneNode(true);
  document.body.append(main);
  for (const ruby of main.querySelectorAll("ruby")) ruby.replaceWith(ruby.querySelector("rt").textContent);
  // What another language than the screen's is marked with is meant to be read in that one.
  for (const foreign of main.querySelectorAll("[lang], pre")) foreign.remove();
  const text = main.innerText;
  main.remove();
  return names.reduce((left, name) => left.replaceAll(name, ""), text);
}, names);

const LETTERS = { en: /[^\n]*[ぁ-んァ-ヶ一-龠][^\n]*/, "ja-Hira": /[^\n]*[一-龠][^\n]*/ };

/** Goes to each screen and has it speak both languages; what is worked out anew in another language may come a moment later. */
async function everywhere(page, address, face, pages, snaps = []) {
  for (const path of pages) {
    await page.goto(`${address}/${face}/${path}`);
    await rested(page);
    for (const language of ["en", "ja-Hira"]) {
      await speak(page, language);
      await until("", async () => { const found = LETTERS[language].exec(await seen(page)); return found ? `/${face}/${path} in ${language}: ${found[0]}` : ""; });
      if (snaps.includes(path)) await snap(page, `languages-${face}-${path.replace("/", "-") || "first"}-${language}`);
    }
  }
  await speak(page, "ja");
}

test("a family's phone says everything in the reader's language", async () => {
  phone = await newPhone(on.browser, on.village);
  const { page, pairing, go } = phone;
  const mother = await enrolGuardian(on.clerk, MOTHER, pairing);
  const child = await enrolChild(on.clerk, CHILD, mother);
  const day = daysAfter(BORN, 60);
  await on.nurse.post("/fhir/Immunization", dose("sora", "PCV20", "沈降20価肺炎球菌結合型ワクチン", day, 1), child);
  await on.nurse.post("/fhir/Observation", measured("sora", "29463-7", "体重", 5400, "g", day), child);
  await page.locator(".child option", { hasText: CHILD.given }).waitFor({ state: "attached" });
  await go("vaccines");
  await page.locator('section[aria-labelledby="given"] li.done').first().waitFor();
  await everywhere(page, on.village, "app", APP, ["", "notices", "export"]);
});

test("the record leaves as paper and as FHIR, made by the municipality's node, and as a printed page", async () => {
  const { page, go } = phone;
  await go("export");
  await page.locator("[data-measured]").waitFor();
  await judged(page, "languages-export");
  const save = async (form) => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(`[data-copy="${form}"] button`).click()]);
    return readFile(await file.path());
  };
  const pdf = await save("pdf");
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  const bundle = JSON.parse(await save("fhir"));
  const kinds = bundle.entry.map(({ resource }) => resource.resourceType);
  assert.deepEqual(kinds, ["Patient", "Immunization", "Observation"]);
  const [{ resource: patient }, ...records] = bundle.entry;
  assert.equal(patient.birthDate, CHILD.born);
  for (const { resource } of records) assert.equal((resource.patient ?? resource.subject).reference, `Patient/${patient.id}`);
  // On paper there is the record, and nothing to press.
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("main button:visible, nav:visible, select:visible").count(), 0);
  assert.ok(await page.locator("[data-measured]").isVisible());
  const printed = await page.pdf({ format: "A4" });
  assert.equal(printed.subarray(0, 5).toString(), "%PDF-");
  await page.emulateMedia({ media: null });
});

test("the explorer says everything in the reader's language, shows the node, and proves the chain's settings", async () => {
  const { page, errors } = await open(on.browser, DESKTOP, on.consortium.address, "node");
  await page.locator("[data-settings]").waitFor();
  await page.locator("[data-node]").waitFor();
  assert.match(await page.locator("[data-settings]").innerText(), /閲覧の切符の寿命\s+60 秒/);
  assert.equal(await page.locator('[data-proof="good"]').count(), 1);
  await judged(page, "languages-node");
  assert.deepEqual(errors, []);
  await everywhere(page, on.consortium.address, "explorer", EXPLORER, ["", "node"]);
});

test("the console says everything in the reader's language, at a village's counter and at a clinic", async () => {
  for (const [where, member, key] of [["village", "rusutsu", "officer"], ["clinic", "yotei-clinic", "doctor"]]) {
    const { page, context, errors } = await openConsole(on, on[where], member, key, "desk");
    await everywhere(page, on[where], "counter", COUNTER[where], [""]);
    assert.deepEqual(errors, []);
    await context.close();
  }
});

test("another chain at the same address is not taken for the one that was met first", async () => {
  const { page } = await open(on.browser, DESKTOP, on.consortium.address, "");
  await rested(page);
  await page.evaluate(() => {
    const kept = JSON.parse(localStorage.getItem("musubi-explorer-genesis"));
    localStorage.setItem("musubi-explorer-genesis", JSON.stringify({ ...kept, genesis: `0x${"11".repeat(32)}` }));
  });
  await page.goto(`${on.consortium.address}/explorer/events`);
  await page.locator('[data-state="other-chain"]').waitFor();
  assert.equal(await page.locator("[data-event]").count(), 0);
});
