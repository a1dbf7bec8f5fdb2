// Vaccines, programmes and reasons have names in every language: held against the rule file and the checker's own list.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createServer } from "vite";

const root = new URL("../..", import.meta.url).pathname;
const rules = JSON.parse(await readFile(`${root}/../chain-spec/presets/schedule/jp-routine-2026.json`, "utf8"));
const source = (name) => readFile(`${root}/care/src/${name}.rs`, "utf8");
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const words = await vite.ssrLoadModule("/shared/src/care-words.ts");
await vite.close();

/** `AgeTooYoung` is `AGE_TOO_YOUNG` in answers. */
const coded = (variant) => variant.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase();
const sentences = (table) => Object.entries(table).flatMap(([code, said]) => Object.entries(said).map(([language, sentence]) => [code, language, sentence]));

test("every vaccine and programme of the rules has its name in plain Japanese and English", () => {
  assert.deepEqual(Object.keys(words.VACCINES).sort(), rules.vaccines.map((one) => one.code).sort());
  assert.deepEqual(Object.keys(words.PROGRAMMES).sort(), rules.programmes.map((one) => one.rule).sort());
});

test("every reason of the checker has its sentence in three languages, and the Japanese is the checker's own", async () => {
  const body = /pub enum Reason \{([^]*?)\n\}/.exec(await source("reason"))[1];
  const variants = [...body.matchAll(/^ {4}([A-Z]\w+),$/gm)].map(([, variant]) => variant);
  assert.ok(variants.length > 30, "the checker's list was not read");
  assert.deepEqual(Object.keys(words.REASONS).sort(), variants.map(coded).sort());
  const japanese = Object.fromEntries([...(await source("wording")).matchAll(/Reason::(\w+) => (?:\{\s*)?"([^"]+)"/g)].map(([, variant, sentence]) => [coded(variant), sentence]));
  for (const [code, { ja }] of Object.entries(words.REASONS)) assert.equal(ja, japanese[code], code);
});

test("English has no Japanese in it, and plain Japanese no kanji without its reading", () => {
  for (const [code, language, sentence] of [...sentences(words.VACCINES), ...sentences(words.PROGRAMMES), ...sentences(words.REASONS)]) {
    assert.ok(sentence.trim(), `${code} ${language}`);
    if (language === "en") assert.doesNotMatch(sentence, /[ぁ-んァ-ヶ一-龠]/, code);
    if (language === "easy") assert.doesNotMatch(sentence.replace(/〔[^|〕]+\|[ぁ-んァ-ヶー]+〕/g, ""), /[一-龠]/, code);
  }
});
