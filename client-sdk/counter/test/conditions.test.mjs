// What is asked before an injection, against the rules that weigh it: no question that the rules do not know, no flag of a form that is not asked.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createServer } from "vite";

const root = new URL("../..", import.meta.url).pathname;
const { flags } = JSON.parse(await readFile(`${root}/../chain-spec/presets/forms/flags.json`, "utf8"));
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const { askedBefore, CONDITIONS, yesOf } = await vite.ssrLoadModule("/counter/src/conditions.ts");
const { PRODUCTS } = await vite.ssrLoadModule("/counter/src/products.ts");
const { WORDS } = await vite.ssrLoadModule("/counter/src/words/index.ts");
await vite.close();

test("every question is one that the rules know, and is asked before some product", () => {
  const asked = new Set(PRODUCTS.flatMap(({ code }) => askedBefore(code)));
  assert.deepEqual(CONDITIONS.filter((one) => !asked.has(one)), []);
});

test("fever is asked before every product; pregnancy, keloid and intussusception where they matter", () => {
  for (const { code } of PRODUCTS) assert.ok(askedBefore(code).includes("FEVER"), code);
  const before = (condition) => PRODUCTS.map(({ code }) => code).filter((code) => askedBefore(code).includes(condition)).sort();
  assert.deepEqual(before("PREGNANT"), ["MEASLES", "MR", "RUBELLA"]);
  assert.deepEqual(before("KELOID"), ["BCG"]);
  assert.deepEqual(before("INTUSSUSCEPTION"), ["RV1", "RV5"]);
});

test("whatever a family's form raises as a condition is among the questions, and every question has its words", () => {
  for (const { rule, condition } of flags) if (condition) assert.ok(CONDITIONS.includes(condition), `${rule}: ${condition}`);
  for (const words of Object.values(WORDS)) for (const one of CONDITIONS) assert.ok(words[`condition.${one}`], one);
});

test("the family's answer holds until staff say otherwise", () => {
  const raised = ["FEVER", "KELOID"];
  assert.deepEqual(yesOf({}, "PCV20", raised), ["FEVER"]);
  assert.deepEqual(yesOf({ FEVER: false }, "PCV20", raised), []);
  assert.deepEqual(yesOf({ none: true }, "PCV20", raised), []);
  assert.deepEqual(yesOf({ ALLERGY: true }, "BCG", raised), ["FEVER", "ALLERGY", "KELOID"]);
  assert.deepEqual(yesOf({}, "PCV20", []), []);
});
