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
