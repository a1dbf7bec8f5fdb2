// Staff as programs: what a clerk and a nurse do while a test looks at somebody else's screen.

import { readFile } from "node:fs/promises";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
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

/** A person's keys outside of any browser: those that sign and those that open, as a counter reads them off a phone. */
export function keysOfPerson() {
  const [signing, sealing] = [generateKeyPairSync("ed25519"), generateKeyPairSync("x25519")];
  const raw = ({ publicKey }) => Buffer.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32)).toString("hex");
  const account = raw(signing);
  return { account: `0x${account}`, sealing: `0x${raw(sealing)}`, pairing: `musubi-device:1:${account}:${raw(sealing)}`, sign: async (bytes) => new Uint8Array(sign(null, bytes, signing.privateKey)) };
}

/** Signed calls of one key to one gateway: `ask` gives whatever is answered, the others what was asked for or an error. */
export async function desk(address, signer) {
  await load(await readFile(new URL("../../client-sdk/ts/generated/chain/musubi_wasm_chain_bg.wasm", import.meta.url)));
  const genesis = (await (await fetch(`${address}/v1/chain`)).json()).genesis.genesis;
  const ask = async (method, path, { body, subject } = {}) => {
    const bytes = body === undefined || body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body));
    const headers = await gatewayHeaders(genesis, signer, { method, path, ...(bytes && { body: bytes }), ...(subject && { subject }) });
    return fetch(address + path, { method, headers, body: bytes });
  };
  const call = async (method, path, body, subject) => {
    const response = await ask(method, path, { body, subject });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${text}`);
    return JSON.parse(text);
  };
  /** Signs what the SDK makes of a call of the chain, and has it taken in; `make` gets the SDK. */
  const submit = async (make) => {
    const { loadKeys } = await import("../../client-sdk/ts/dist/keys.js");
    const wasm = await loadKeys(await readFile(new URL("../../client-sdk/ts/generated/keys/musubi_wasm_keys_bg.wasm", import.meta.url)));
    const at = await call("GET", "/v1/signing-context");
    const envelope = { genesis: at.genesis, specVersion: at.specVersion, transactionVersion: at.transactionVersion, account: signer.account, nonce: at.nonce, mortal: { period: 64, height: at.height, block: at.hash } };
    const unsigned = new wasm.UnsignedExtrinsic(envelope, make(wasm));
    return call("POST", "/v1/extrinsics", unsigned.attachSignature(await signer.sign(unsigned.payloadToSign())));
  };
  return { address, genesis, signer, account: signer.account, ask, submit, get: (path) => call("GET", path), post: (path, value, subject) => call("POST", path, value, subject) };
}

export const patientOf = ({ id, family, given, kana, born, gender }) => ({
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
  return (await clerk.post("/v1/people", { patient: patientOf(person), domain: "health", device })).pseudonym;
}

/** Enrols a child and attests that the guardian decides for it. */
export async function enrolChild(clerk, person, guardian) {
  const { pseudonym } = await clerk.post("/v1/people", { patient: patientOf(person), domain: "health" });
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
