// Staff as programs: what a clerk and a nurse do while a test looks at somebody else's screen.

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

/** The statement that a counter makes of a guardian's draft: with the village's nonce, in the wording of the language. */
export async function prepare(clerk, handed, parties) {
  const { loadConsent } = await import("../../client-sdk/ts/dist/consent.js");
  const wasm = await loadConsent(await readFile(new URL("../../client-sdk/ts/generated/consent/musubi_wasm_consent_bg.wasm", import.meta.url)));
  const { draft, guardian } = handed;
  const { nonce } = await clerk.post("/v1/nonces", { for: "document" });
  const now = Date.now();
  const statement = wasm.Statement.of({
    schema: "musubi/consent-statement/1", consent: hex(crypto.getRandomValues(new Uint8Array(32))), subject: draft.subject, subject_label: draft.label, guardian,
    role: "parental-authority", authority: "single", controller: parties.controller, recipient: parties.recipient, purpose: draft.purpose, categories: draft.categories,
    actions: ["view"], retention_days: 365, transfer_abroad: false, not_before: now, not_after: now + draft.days * DAY, nonce, assurance: "card-signed", place: "counter",
    notice: "musubi-notice-2026-11", language: draft.language, wording: wasm.wordingDigest(draft.language),
  });
  await clerk.post(`/v1/hand-overs/${handed.code}`, { statement: Buffer.from(statement.bytes()).toString("base64") });
  return { reference: statement.reference(), lines: statement.lines(draft.language) };
}
