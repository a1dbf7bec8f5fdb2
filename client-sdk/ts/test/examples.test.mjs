// The examples that need no node run, and say what they are for. The one that reads a node runs in tests/browser.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = async (name, ...more) => (await promisify(execFile)(process.execPath, [new URL(`../examples/${name}.mjs`, import.meta.url).pathname, ...more], { timeout: 60_000 })).stdout;

test("sign.mjs signs a transaction and a call", async () => {
  const said = await run("sign");
  assert.match(said, /extrinsic of 1\d\d bytes/);
  assert.match(said, /musubi-account, musubi-time, musubi-signature/);
});

test("seal.mjs opens what it sealed", async () => {
  assert.match(await run("seal"), /opened: \{"occurrenceDateTime":"2026-05-01","resourceType":"Immunization","status":"completed"\}/);
});

test("consent.mjs words the same statement in each language", async () => {
  const [ja, easy, en] = await Promise.all(["ja", "ja-x-easy", "en"].map((language) => run("consent", language)));
  for (const said of [ja, easy, en]) assert.match(said, /bytes to sign, reference [0-9a-f]{16}/);
  assert.match(ja, /ようてい医院/);
  assert.notEqual(ja.split("\n")[0], easy.split("\n")[0]);
  assert.match(en.split("\n")[0], /consent/i);
});

test("care.mjs stops a dose that is too early, and doubts a value in grams", async () => {
  const said = await run("care");
  assert.match(said, /PCV20 on 2025-09-01: not_met, INTERVAL_TOO_SHORT_SAME; from 2025-09-17/);
  assert.match(said, /7\.25 kg at six months: \{"between":\[/);
  assert.match(said, /7250 in the same field: "smaller_unit"/);
});
