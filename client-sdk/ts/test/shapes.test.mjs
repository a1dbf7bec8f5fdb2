// The types of this package against the Rust types: the compiler takes every value that those write (tests/vectors/data/shapes.json), with no
// field too many, and each list of codes names them all and no other.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import ts from "typescript";

const shapes = JSON.parse(await readFile(new URL("../../../tests/vectors/data/shapes.json", import.meta.url), "utf8"));
const source = new URL("../src/", import.meta.url).pathname;
const FILE = `${source}shapes.check.ts`;

const HEAD = `import type * as sdk from "./index.js"; import type * as care from "./care.js"; import type * as consent from "./consent.js"; import type * as keys from "./keys.js";
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
`;
/** Where a type of this name is declared. */
const IN_CARE = ["Reason", "Status", "Sex", "Measure", "Child", "Proposal", "Verdict", "Forecast", "Evaluation", "Doubt", "Change", "Position"];
const IN_CONSENT = ["SignerRole", "StatementLanguage"];
const named = (name) => `${IN_CARE.includes(name) ? "care" : IN_CONSENT.includes(name) ? "consent" : "sdk"}.${name}`;

const values = (type, list) => list.map((value) => `{ const value: ${type} = ${JSON.stringify(value)}; void value; }`);
const union = (codes) => codes.map((code) => JSON.stringify(code)).join(" | ");
const same = (type, codes) => `{ const same: Same<${type}, ${union(codes)}> = true; void same; }`;
const kinds = (list) => [...new Set(list.map((value) => (typeof value === "string" ? value : Object.keys(value)[0])))];

/** A program that compiles exactly when the types fit the values. */
function program({ codes, fields, asked, care, chain, terms, statements }) {
  return HEAD + [
    ...Object.entries(codes).map(([name, list]) => same(named(name), list)),
    same('consent.StatementFields["actions"][number]', fields.actions), same('consent.StatementFields["place"]', fields.place), same('consent.StatementFields["authority"]', fields.authority),
    same("sdk.FactKind", kinds(chain.TrailRow.map((row) => row.fact))), same('sdk.Statement["kind"]', kinds(chain.Statement.map(({ kind }) => kind))),
    ...[asked, care, chain].flatMap((group) => Object.entries(group).flatMap(([name, list]) => values(named(name), list))),
    ...values("keys.Terms", terms), ...values('Omit<consent.StatementFields, "schema">', statements),
  ].join("\n");
}

/** What the compiler says of a program beside this package's own files. */
function complaints(text) {
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(`${source}../tsconfig.json`, ts.sys.readFile).config, ts.sys, `${source}..`);
  const host = ts.createCompilerHost(options);
  const own = { getSourceFile: host.getSourceFile, fileExists: host.fileExists, readFile: host.readFile };
  host.getSourceFile = (name, ...more) => (name === FILE ? ts.createSourceFile(name, text, options.target) : own.getSourceFile(name, ...more));
  host.fileExists = (name) => name === FILE || own.fileExists(name);
  host.readFile = (name) => (name === FILE ? text : own.readFile(name));
  const made = ts.createProgram([FILE], { ...options, noEmit: true }, host);
  const file = made.getSourceFile(FILE);
  return [...made.getSyntacticDiagnostics(file), ...made.getSemanticDiagnostics(file)].map((one) => {
    const line = file.getLineAndCharacterOfPosition(one.start).line;
    return `${text.split("\n")[line].slice(0, 160)}: ${ts.flattenDiagnosticMessageText(one.messageText, " ")}`;
  });
}

test("the types fit every value that the Rust types write, and know every code", () => {
  assert.deepEqual(complaints(program(shapes)), []);
});

test("a code that is missing, one too many, and a field that was renamed are found", () => {
  const changed = (change) => { const copy = structuredClone(shapes); change(copy); return complaints(program(copy)).length; };
  assert.ok(changed(({ codes }) => codes.Reason.pop()) > 0);
  assert.ok(changed(({ codes }) => codes.Purpose.push("research")) > 0);
  assert.ok(changed(({ care }) => { care.Forecast[0].rows[0].vaccin = care.Forecast[0].rows[0].vaccine; }) > 0);
  assert.ok(changed(({ chain }) => { delete chain.TrailRow[0].fact.enrolled.home; }) > 0);
});
