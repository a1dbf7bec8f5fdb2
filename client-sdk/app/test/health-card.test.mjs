// A card of any length becomes codes that hold all of it: read back here as a verifier reads them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "uqr";
import { createServer } from "vite";

const root = new URL("../..", import.meta.url).pathname;
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const { codesOf } = await vite.ssrLoadModule("/app/src/health-card.ts");
await vite.close();

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
const card = (length) => Array.from({ length }, (_, at) => ALPHABET[(at * 7) % ALPHABET.length]).join("");
const characters = (digits) => digits.match(/\d\d/g).map((pair) => String.fromCharCode(Number(pair) + 45)).join("");

function read(codes) {
  if (codes.length === 1) return characters(/^shc:\/(\d+)$/.exec(codes[0])[1]);
  return codes.map((code, at) => {
    const [, number, count, digits] = /^shc:\/(\d+)\/(\d+)\/(\d+)$/.exec(code);
    assert.deepEqual([Number(number), Number(count)], [at + 1, codes.length]);
    return characters(digits);
  }).join("");
}

for (const length of [1, 500, 1195, 1196, 3_000, 9_001])
  test(`a card of ${length} characters is whole in its codes, and every code can be drawn`, () => {
    const codes = codesOf(card(length));
    assert.equal(codes.length === 1, length <= 1195);
    assert.equal(read(codes), card(length));
    for (const code of codes) assert.ok(encode(code, { ecc: "L" }).size > 20);
    const lengths = codes.map((code) => code.length);
    assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 2 * codes.length, "one code is much shorter than the others");
  });
