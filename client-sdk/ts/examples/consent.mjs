// Puts a consent statement together and shows it in words, from the very bytes that a card signs: node consent.mjs [ja | ja-x-easy | en]
import { loadConsent } from "../dist/consent.js";
import { loadKeys } from "../dist/keys.js";
import { module } from "./modules.mjs";

const [language = "en"] = process.argv.slice(2);
const [{ Statement, wordingDigest }, { randomId }] = await Promise.all([loadConsent(await module("consent")), loadKeys(await module("keys"))]);
const now = Date.now();
const statement = Statement.of({
  schema: "musubi/consent-statement/1",
  consent: randomId(), subject: randomId(), subject_label: "第一子", guardian: randomId(), role: "parental-authority", authority: "single",
  controller: { member: 0, name: "留寿都村", contact: "0136-46-3131" }, recipient: { member: 4, name: "ようてい医院", contact: "0136-00-0000" },
  purpose: "child-care", categories: ["immunization", "growth"], actions: ["view"], retention_days: 365, transfer_abroad: false,
  not_before: now, not_after: now + 180 * 86_400_000, nonce: randomId(), assurance: "card-signed", place: "counter",
  notice: "musubi-notice-2026-11", language, wording: wordingDigest(language),
});
for (const line of statement.lines(language)) console.log(line.is === "field" ? `${line.label}: ${line.value}` : line.is === "gap" ? "" : line.text);
console.log(`${statement.bytes().length} bytes to sign, reference ${statement.reference()}`);
