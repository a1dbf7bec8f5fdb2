// One implementation guide: its sources copied to a scratch folder, without dependencies that would have to be fetched, and built by SUSHI.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUSHI = fileURLToPath(new URL('node_modules/fsh-sushi/dist/app.js', import.meta.url));

/** Folders with SUSHI projects, in `folder` itself or right below it. */
export function guidesIn(folder) {
  const here = [folder, ...readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name))];
  return here.filter((path) => existsSync(join(path, 'sushi-config.yaml')));
}

/** Builds a guide; its resources, and how many errors SUSHI told of. */
export function build(guide, scratch, home) {
  const name = basename(guide);
  const work = join(scratch, name);
  rmSync(work, { recursive: true, force: true });
  cpSync(join(guide, 'input'), join(work, 'input'), { recursive: true });
  writeFileSync(join(work, 'sushi-config.yaml'), withoutDependencies(readFileSync(join(guide, 'sushi-config.yaml'), 'utf8')));
  const ran = spawnSync(process.execPath, [SUSHI, 'build', work, '--snapshot'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // A registry that refuses at once: everything needed is in the home folder.
    env: { ...process.env, HOME: home, FHIR_REGISTRY: 'http://127.0.0.1:9' },
  });
  const made = join(work, 'fsh-generated', 'resources');
  if (!existsSync(made)) throw new Error(`${name}: SUSHI made nothing\n${ran.stdout}\n${ran.stderr}`);
  const resources = readdirSync(made).filter((file) => file.endsWith('.json')).map((file) => JSON.parse(readFileSync(join(made, file), 'utf8')));
  const errors = /(\d+) Errors?\b/.exec(ran.stdout)?.[1] ?? '?';
  return { name, resources, errors };
}

/** The configuration without its top-level `dependencies`. */
export function withoutDependencies(yaml) {
  const kept = [];
  let skipping = false;
  for (const line of yaml.split('\n')) {
    if (/^\S/.test(line)) skipping = line.startsWith('dependencies:');
    if (!skipping) kept.push(line);
  }
  return kept.join('\n');
}
