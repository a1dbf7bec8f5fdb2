// The counter and a clinic as programs: what a clerk and a doctor do while a family looks at its phone.

import { readFile } from "node:fs/promises";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { gatewayHeaders } from "../../client-sdk/ts/dist/index.js";
import { load } from "../../client-sdk/ts/dist/module.js";

const DAY = 86_400_000;
const hex = (bytes) => `0x${Buffer.from(bytes).toString("hex")}`;

/** A member of staff, from the key file of the demonstration. */
export async function staff(folder, member, name) {
  const key = createPrivateKey(await readFile(`${folder}/members/${member}/${name}.pem`));
  const account = hex(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
  return { account, sign: async (bytes) => new Uint8Array(sign(null, bytes, key)) };
}

/** Signed calls of one member of staff to one gateway. */
export async function desk(address, signer) {
  await load(await readFile(new URL("../../client-sdk/ts/generated/chain/musubi_wasm_chain_bg.wasm", import.meta.url)));
  const genesis = (await (await fetch(`${address}/v1/chain`)).json()).genesis.genesis;
  const call = async (method, path, value, subject) => {
    const body = value === undefined ? undefined : new TextEncoder().encode(JSON.stringify(value));
    const headers = await gatewayHeaders(genesis, signer, { method, path, ...(body && { body }), ...(subject && { subject }) });
    const response = await fetch(address + path, { method, headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${text}`);
    return JSON.parse(text);
  };
  return { genesis, account: signer.account, get: (path) => call("GET", path), post: (path, value, subject) => call("POST", path, value, subject) };
}

const patient = ({ id, family, given, kana, born, gender }) => ({
  resourceType: "Patient", id, gender, birthDate: born,
  identifier: [{ system: "urn:oid:1.2.392.100495.20.3.51.10199999999", value: `P-${id}` }],
  name: [
    { use: "official", extension: [{ url: "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", valueCode: "IDE" }], text: `${family}　${given}`, family, given: [given] },
    { use: "official", extension: [{ url: "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", valueCode: "SYL" }], text: kana, family: kana.split("　")[0], given: [kana.split("　")[1]] },
  ],
});

/** Enrols a guardian with the keys that the phone shows; the pairing text is what the counter's scanner reads. */
export async function enrolGuardian(clerk, person, pairing) {
  const [, , account, sealing] = pairing.split(":");
  const device = { account: `0x${account}`, hpke: `0x${sealing}` };
  return (await clerk.post("/v1/people", { patient: patient(person), domain: "health", device })).pseudonym;
}

/** Enrols a child and attests that the guardian decides for it. */
export async function enrolChild(clerk, person, guardian) {
  const { pseudonym } = await clerk.post("/v1/people", { patient: patient(person), domain: "health" });
  await clerk.post("/v1/guardianships", { subject: pseudonym, guardian, role: "parental-authority", authority: "single", until: Date.now() + 6_000 * DAY });
  return pseudonym;
}

/** A dose, a weight and a height, as a record system writes them. */
export const dose = (id, code, text, on, number) => ({
  resourceType: "Immunization", id: `${id}-${code}-${number}`, meta: { profile: ["http://jpfhir.jp/fhir/core/StructureDefinition/JP_Immunization"] }, status: "completed",
  vaccineCode: { coding: [{ system: "https://musubi.example/CodeSystem/schedule-product", code }], text }, patient: { reference: `Patient/${id}` },
  occurrenceDateTime: `${on}T10:20:00+09:00`, primarySource: true, lotNumber: `HK${number}17A`, expirationDate: "2027-08-31",
  route: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", code: "SQ" }], text: "皮下注射" },
  doseQuantity: { value: 0.5, unit: "mL", system: "http://unitsofmeasure.org", code: "mL" }, protocolApplied: [{ targetDisease: [{ text }], doseNumberPositiveInt: number }],
});
export const measured = (id, code, text, value, unit, on) => ({
  resourceType: "Observation", id: `${id}-${code}-${on}`, status: "final",
  category: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/observation-category", code: "vital-signs" }] }],
  code: { coding: [{ system: "http://loinc.org", code }], text }, subject: { reference: `Patient/${id}` },
  effectiveDateTime: `${on}T10:05:00+09:00`, valueQuantity: { value, unit, system: "http://unitsofmeasure.org", code: unit },
});

/** The statement that a counter makes of a guardian's draft: with the village's nonce, in the wording of the language. */
export async function prepare(clerk, handed, parties) {
  const { loadConsent } = await import("../../client-sdk/ts/dist/consent.js");
  const wasm = await loadConsent(await readFile(new URL("../../client-sdk/ts/generated/consent/musubi_wasm_consent_bg.wasm", import.meta.url)));
  const { draft, guardian } = handed;
  const { nonce } = await clerk.post("/v1/nonces", { for: "document" });
  const now = Date.now();
  const statement = wasm.Statement.fromFields(JSON.stringify({
    schema: "musubi/consent-statement/1", consent: hex(crypto.getRandomValues(new Uint8Array(32))), subject: draft.subject, subject_label: draft.label, guardian,
    role: "parental-authority", authority: "single", controller: parties.controller, recipient: parties.recipient, purpose: draft.purpose, categories: draft.categories,
    actions: ["view"], retention_days: 365, transfer_abroad: false, not_before: now, not_after: now + draft.days * DAY, nonce, assurance: "card-signed", place: "counter",
    notice: "musubi-notice-2026-11", language: draft.language, wording: wasm.wordingDigest(draft.language),
  }));
  await clerk.post(`/v1/hand-overs/${handed.code}`, { statement: Buffer.from(statement.bytes()).toString("base64") });
  return { reference: statement.reference(), lines: JSON.parse(statement.lines(draft.language)) };
}

/** A signer whose key stays in the page's key store. */
export const phoneOf = (page, account) => ({
  account,
  sign: async (bytes) => Uint8Array.from(await page.evaluate(async (bytes) => {
    const database = await new Promise((resolve) => { const opening = indexedDB.open("musubi-app", 1); opening.onsuccess = () => resolve(opening.result); });
    const keys = await new Promise((resolve) => { const get = database.transaction("keys").objectStore("keys").get("device"); get.onsuccess = () => resolve(get.result); });
    database.close();
    return Array.from(new Uint8Array(await crypto.subtle.sign("Ed25519", keys.signing.privateKey, Uint8Array.from(bytes))));
  }, Array.from(bytes))),
});

/** Puts a consent forward on the chain in the name of a phone, as its app does after a card has signed; gives its number. */
export async function propose(address, phone, { subject, guardian, recipient, days = 30 }) {
  const { loadKeys } = await import("../../client-sdk/ts/dist/keys.js");
  const wasm = await loadKeys(await readFile(new URL("../../client-sdk/ts/generated/keys/musubi_wasm_keys_bg.wasm", import.meta.url)));
  const own = await desk(address, phone);
  const at = await own.get("/v1/signing-context");
  const consent = wasm.randomId();
  const terms = {
    subject, guardian, recipient, purpose: "child-care", categories: ["immunization", "growth"], not_before: Date.now(), not_after: Date.now() + days * DAY,
    statement: wasm.randomId(), nonce: Array.from(crypto.getRandomValues(new Uint8Array(32))), assurance: "card-signed", second_attester: null, account: phone.account,
  };
  const envelope = { genesis: at.genesis, specVersion: at.specVersion, transactionVersion: at.transactionVersion, account: phone.account, nonce: at.nonce, mortal: { period: 64, height: at.height, block: at.hash } };
  const unsigned = new wasm.UnsignedExtrinsic(JSON.stringify(envelope), wasm.proposeConsent(consent, JSON.stringify(terms)));
  const extrinsic = unsigned.attachSignature(await phone.sign(unsigned.payloadToSign()));
  const headers = await gatewayHeaders(own.genesis, phone, { method: "POST", path: "/v1/extrinsics", body: extrinsic });
  const response = await fetch(`${address}/v1/extrinsics`, { method: "POST", headers, body: extrinsic });
  if (!response.ok) throw new Error(`the chain did not take the consent: ${await response.text()}`);
  return consent;
}

/** What the chain itself says of a consent's end or beginning: the facts of the subject's trail that name it. */
export async function factsOf(operator, subject, consent) {
  const answer = await fetch(`${operator}/rpc`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "musubi_trail", params: [subject, 0, 500] }) });
  const rows = (await answer.json()).result;
  return rows.map(({ row }) => row.fact).filter((fact) => JSON.stringify(fact).includes(consent));
}
