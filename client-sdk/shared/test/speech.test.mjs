// Every sentence exists in every language, with the same places to fill, and all ruby is whole: of each face, and of what they share.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { createServer } from "vite";

const root = new URL("../..", import.meta.url).pathname;
const speakers = ["shared", "explorer", "app", "counter"].filter((name) => existsSync(`${root}/${name}/src/words/index.ts`));
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const spoken = [];
for (const name of speakers) {
  const { WORDS, COMMON } = await vite.ssrLoadModule(`/${name}/src/words/index.ts`);
  spoken.push([name, WORDS ?? COMMON]);
}
await vite.close();

const places = (sentence) => [...sentence.matchAll(/\{\w+\}/g)].map(String).sort();

for (const [name, words] of spoken) {
  test(`${name}: no language lacks a sentence, and none has one of its own`, () => {
    const keys = Object.keys(words.ja).sort();
    for (const [language, sentences] of Object.entries(words)) assert.deepEqual(Object.keys(sentences).sort(), keys, language);
  });

  test(`${name}: a sentence has the same places in every language, and is not empty`, () => {
    for (const [language, sentences] of Object.entries(words))
      for (const [key, sentence] of Object.entries(sentences)) {
        assert.ok(sentence.trim(), `${language} ${key}`);
        assert.deepEqual(places(sentence), places(words.ja[key]), `${language} ${key}`);
      }
  });

  test(`${name}: in plain Japanese every kanji has its reading`, () => {
    for (const [key, sentence] of Object.entries(words["ja-Hira"])) {
      const bare = sentence.replace(/〔[^|〕]+\|[ぁ-んァ-ヶー]+〕/g, "");
      assert.doesNotMatch(bare, /[一-龠]/, key);
    }
  });
}
