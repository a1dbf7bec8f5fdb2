// Flags on a family's answers: every operator that the rules use, and every rule raised by the answer that it names.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createServer } from "vite";

const root = new URL("../..", import.meta.url).pathname;
const { flags } = JSON.parse(await readFile(`${root}/../chain-spec/presets/forms/flags.json`, "utf8"));
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const { flagIn, flagsOf } = await vite.ssrLoadModule("/counter/src/flags.ts");
await vite.close();

const answer = (linkId, value) => ({ linkId, answer: [value] });
const response = (form, ...item) => ({ resourceType: "QuestionnaireResponse", questionnaire: `https://musubi.example/Questionnaire/${form}|2026.11`, item });
const raised = (...items) => flagsOf(response("yoshinhyo-infant", ...items)).map(({ rule }) => rule);

test("fever is flagged from 37.5 on, and not below", () => {
  assert.deepEqual(raised(answer("temperature", { valueDecimal: 37.5 })), ["F-FEVER"]);
  assert.deepEqual(raised(answer("temperature", { valueQuantity: { value: 38.1, unit: "Cel" } })), ["F-FEVER"]);
  assert.deepEqual(raised(answer("temperature", { valueDecimal: 37.4 })), []);
});

test("answers inside groups count, and another form's rules do not", () => {
  assert.deepEqual(raised({ linkId: "today", item: [answer("unwell", { valueBoolean: true })] }), ["F-UNWELL"]);
  assert.deepEqual(flagsOf(response("survey-checkup", answer("unwell", { valueBoolean: true }))), []);
  assert.deepEqual(raised(answer("unwell", { valueBoolean: false })), []);
});

test("every rule of the file is raised by the answers that it names, in three languages", () => {
  const value = (when) => {
    if (when.answerCoding) return { valueCoding: { code: when.answerCoding.code } };
    if (when.answerBoolean !== undefined) return { valueBoolean: when.answerBoolean };
    const number = when.answerDecimal ?? when.answerInteger;
    return { valueDecimal: when.operator === "<" ? number - 1 : number };
  };
  for (const { rule, forms, when } of flags) {
    const found = flagsOf(response(forms[0], ...when.map((one) => answer(one.question, value(one))))).find((flag) => flag.rule === rule);
    assert.ok(found, rule);
    for (const language of ["ja", "ja-Hira", "en"]) assert.ok(flagIn(language, found), `${rule} ${language}`);
  }
});
