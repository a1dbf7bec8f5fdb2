// The timeline keeps a line for every programme: by the checker itself, over histories that no day can be told for.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createServer } from "vite";
import { loadCare } from "../../ts/dist/care.js";

const root = new URL("../..", import.meta.url).pathname;
const care = await loadCare(await readFile(`${root}/ts/generated/care/musubi_wasm_care_bg.wasm`));
const text = await readFile(`${root}/../chain-spec/presets/schedule/jp-routine-2026.json`, "utf8");
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const { isOpen, itemsOf } = await vite.ssrLoadModule("/app/src/plan.ts");
await vite.close();

const BORN = "2026-01-10";
const names = Object.fromEntries(JSON.parse(text).programmes.map(({ rule, name }) => [rule, name]));
const plan = (asOf, doses, { born = BORN, language = "ja", circumstances } = {}) => {
  const asked = { subject: { birth: born, sex: "female" }, history: { completeness: "confirmed", doses }, ...(circumstances && { circumstances }) };
  const { rows } = new care.Rules(text).forecast(asked, asOf);
  return { rows, items: itemsOf(rows, language, (rule) => names[rule]) };
};
const line = (items, status) => items.find((item) => item.status === status);

test("no line of the forecast is left out but doses that rest on one that is itself only forecast", () => {
  const { rows, items } = plan("2026-04-01", []);
  assert.equal(items.length, rows.filter(({ dose }) => !dose?.assumed).length);
  assert.ok(new Set(rows.map(({ programme }) => programme)).size <= items.length);
});

test("a series that was begun with two products says that a person must look, and why, in each language", () => {
  const mixed = [{ vaccine: "RV1", date: "2026-03-10" }, { vaccine: "RV5", date: "2026-04-10" }];
  const stopped = line(plan("2026-04-20", mixed).items, "needs_person");
  assert.match(stopped.name, /ロタ/);
  assert.equal(stopped.why, "これまでと異なる製品です");
  assert.match(line(plan("2026-04-20", mixed, { language: "en" }).items, "needs_person").why, /differs from the earlier doses/);
  assert.match(line(plan("2026-04-20", mixed, { language: "ja-Hira" }).items, "needs_person").why, /ちがう ワクチン/);
});

test("what is contraindicated stays, with its reason", () => {
  const { rows, items } = plan("2026-06-01", [], { circumstances: { conditions: ["KELOID"], short_interval_needed: false, measures: [], recovery: null } });
  assert.equal(items.filter(({ status }) => status === "contraindicated").length, rows.filter(({ status }) => status === "contraindicated").length);
  for (const item of items.filter(({ status }) => status === "contraindicated")) assert.ok(item.why);
  assert.ok(line(items, "contraindicated"));
});

test("what is complete and what has ended stay, last and without days", () => {
  const { items } = plan("2028-06-01", [{ vaccine: "BCG", date: "2026-06-15" }]);
  assert.match(line(items, "complete").name, /BCG/);
  assert.match(items.filter(({ status }) => status === "ended").map(({ name }) => name).join(), /ロタ/);
  const open = items.map(isOpen);
  assert.deepEqual(open, [...open].sort((a, b) => Number(b) - Number(a)));
});

test("the first permitted day and the usual one are both there", () => {
  const item = plan("2026-02-01", []).items.find(({ dose }) => dose && dose.due > dose.earliest);
  assert.ok(item, "some dose is permitted before its usual time");
  assert.ok(item.dose.earliest < item.dose.due && item.dose.due <= item.dose.latest);
});
