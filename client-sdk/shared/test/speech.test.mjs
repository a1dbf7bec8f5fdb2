// Every sentence exists in every language, with the same places to fill, and all ruby is whole.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer } from "vite";

const vite = await createServer({ root: new URL("../../explorer", import.meta.url).pathname, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const { WORDS } = await vite.ssrLoadModule("/src/words/index.ts");
await vite.close();

const places = (sentence) => [...sentence.matchAll(/\{\w+\}/g)].map(String).sort();

test("no language lacks a sentence, and none has one of its own", () => {
  const keys = Object.keys(WORDS.ja).sort();
  for (const [language, words] of Object.entries(WORDS)) assert.deepEqual(Object.keys(words).sort(), keys, language);
});

test("a sentence has the same places in every language, and is not empty", () => {
  for (const [language, words] of Object.entries(WORDS))
    for (const [key, sentence] of Object.entries(words)) {
      assert.ok(sentence.trim(), `${language} ${key}`);
      assert.deepEqual(places(sentence), places(WORDS.ja[key]), `${language} ${key}`);
    }
});

test("in plain Japanese every kanji has its reading", () => {
  for (const [key, sentence] of Object.entries(WORDS["ja-Hira"])) {
    const bare = sentence.replace(/〔[^|〕]+\|[ぁ-ん]+〕/g, "");
    assert.doesNotMatch(bare, /[一-龠]/, key);
  }
});
