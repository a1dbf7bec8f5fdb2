// Every form that a family can be asked to fill in is there in English without a Japanese letter, and in やさしい日本語 without a kanji.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../../chain-spec/presets/forms/", import.meta.url);
const inLanguage = (more, language) => more?.extension?.map((one) => one.extension).find((parts) => parts.some((part) => part.url === "lang" && part.valueCode === language))?.find((part) => part.url === "content")?.valueString;

/** Every text of a form with its translations, by where it stands. */
function* texts(item, where) {
  if (item.text) yield [`${where} ${item.linkId}`, item._text];
  for (const { valueCoding } of item.answerOption ?? []) yield [`${where} ${item.linkId}=${valueCoding.code}`, valueCoding._display];
  for (const inner of item.item ?? []) yield* texts(inner, where);
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const form = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  if (form.resourceType !== "Questionnaire") continue;
  test(`${file} is whole in each language`, () => {
    for (const [where, more] of [[`${file} title`, form._title], ...form.item.flatMap((item) => [...texts(item, file)])]) {
      const [easy, en] = ["ja-x-easy", "en"].map((language) => inLanguage(more, language));
      assert.ok(easy && en, `${where} lacks a translation`);
      assert.doesNotMatch(easy, /[一-龠]/, where);
      assert.doesNotMatch(en, /[ぁ-んァ-ヶ一-龠]/, where);
    }
  });
}
