// `./dev browser`: one demonstration consortium for all faces, their tests one after another, a line for each, and a verdict at the end.
//
// What is waited for has a bound: the story, each test (steps.mjs), the whole. Whatever happens, the consortium is stopped.

import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { begin } from "./consortium.mjs";

/** The explorer counts what the demonstration did, so nobody acts before it. */
const FACES = ["explorer", "app", "counter", "screens", "doors"];
/** Played only where they are named; `languages` looks at every screen in each language, and takes as long as all others. */
const NAMED = ["story", "languages"];
/** The longest that all may take, in milliseconds: several times what they need on two cores that do nothing else. */
const WHOLE = 45 * 60_000;

const { BROWSER_BINARY: binary, BROWSER_FOLDER: folder } = process.env;
const chosen = process.argv.slice(2);
const faces = chosen.length > 0 ? chosen : FACES;
const unknown = faces.filter((face) => ![...FACES, ...NAMED].includes(face));
if (!binary || !folder || unknown.length > 0) {
  console.error(`usage: ./dev browser [${[...FACES, ...NAMED].join("] [")}]${unknown.length > 0 ? `; there is no face ${unknown.join(", ")}` : ""}`);
  process.exit(2);
}

const started = Date.now();
const seconds = (since) => `${((Date.now() - since) / 1_000).toFixed(1)} s`;
const say = (line) => console.log(line);
const stopping = new AbortController();
const counts = { passed: 0, skipped: 0, failed: [] };
let running = "the consortium's start";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
const whole = setTimeout(() => stopping.abort(new Error(`nothing ended after ${WHOLE / 60_000} minutes, in: ${running}`)), WHOLE);

/** What a test's error says, without the test runner's own words around it. */
const reason = (error) => String(error?.cause?.stack ?? error?.cause ?? error?.message ?? error).split("\n").slice(0, 12).join("\n    ");

/** Runs the tests of one face; each line is said as soon as its test ends. */
async function play(face) {
  const file = fileURLToPath(new URL(`${face}.test.mjs`, import.meta.url));
  const tests = run({ files: [file], concurrency: 1, signal: stopping.signal });
  for await (const { type, data } of tests) {
    if (type === "test:stderr") process.stderr.write(data.message);
    if (type === "test:dequeue") running = `${face}: ${data.name}`;
    if (type === "test:pass" && data.skip !== undefined) counts.skipped++;
    else if (type === "test:pass") {
      counts.passed++;
      say(`  ok ${(data.details.duration_ms / 1_000).toFixed(1).padStart(6)} s  ${data.name}`);
    }
    if (type === "test:fail") {
      counts.failed.push({ face, name: data.name, why: reason(data.details.error) });
      say(`  FAILED      ${data.name}`);
    }
  }
}

async function all() {
  say("browser: a consortium starts, and its story is told");
  const consortium = await begin(binary, `${folder}/demo`, { signal: stopping.signal, onStep: (step) => { running = `the story: ${step}`; } });
  say(`  ok ${seconds(started).padStart(8)}  ${consortium.steps.length} steps of the story, nodes at ${consortium.address}`);
  try {
    process.env.BROWSER_CONSORTIUM = JSON.stringify({ steps: consortium.steps, folder: consortium.folder, port: consortium.port });
    for (const face of faces) {
      const since = Date.now();
      say(`browser: ${face}`);
      await play(face);
      say(`  ${face} took ${seconds(since)}`);
      stopping.signal.throwIfAborted();
    }
  } finally {
    await consortium.stop();
  }
}

await all().catch((error) => counts.failed.push({ face: "browser", name: running, why: String(stopping.signal.reason?.message ?? error.message ?? error) }));
clearTimeout(whole);
for (const { face, name, why } of counts.failed) console.error(`\n${face}: ${name}\n    ${why}`);
const tests = counts.passed + counts.skipped + counts.failed.length;
const skipped = counts.skipped > 0 ? `, ${counts.skipped} not begun after a failure` : "";
say(`\nbrowser: ${counts.passed} of ${tests} passed, ${counts.failed.length} failed${skipped}, in ${seconds(started)}; screenshots lie in ${folder}/screens`);
process.exit(counts.failed.length > 0 || counts.passed === 0 ? 1 : 0);
