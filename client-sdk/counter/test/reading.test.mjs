// What scanners and pastes bring: vials, visit slips, an app's two keys. A wrong one is no reading at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer } from "vite";

const root = new URL("..", import.meta.url).pathname;
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const { readLabel } = await vite.ssrLoadModule("/src/gs1.ts");
const { readSlip } = await vite.ssrLoadModule("/src/people.ts");
const { readDevice, readPhone } = await vite.ssrLoadModule("/src/codes.ts");
await vite.close();

const GTIN = "04987000000017";
const [ONE, TWO] = ["11".repeat(32), "ab".repeat(32)];

test("a label is read with brackets, with a separator, and with a scanner's prefix", () => {
  const wanted = { gtin: GTIN, expiry: "2027-12-31", lot: "HK417A" };
  for (const scanned of [`(01)${GTIN}(17)271231(10)HK417A`, `01${GTIN}1727123110HK417A`, `]d201${GTIN}1727123110HK417A`]) assert.deepEqual(readLabel(scanned), wanted, scanned);
  assert.deepEqual(readLabel(`01${GTIN}10HK417A\u001d1727123121S1`), { ...wanted, serial: "S1" });
});

test("day 00 is the last of its month, also in a leap year", () => {
  assert.equal(readLabel("17280200").expiry, "2028-02-29");
  assert.equal(readLabel("17270200").expiry, "2027-02-28");
});

test("a wrong check digit, a day that does not exist, an unknown identifier and rubbish are no reading", () => {
  for (const scanned of [`01${GTIN.slice(0, 13)}8`, "17270230", "17271301", "99ABC", "0104987", "", "hello", "(17)27", "(10)", "(01)x"]) assert.equal(readLabel(scanned), undefined, scanned);
});

test("a lot is at most twenty characters", () => {
  assert.ok(readLabel(`10${"A".repeat(20)}`));
  assert.equal(readLabel(`10${"A".repeat(21)}`), undefined);
});

test("a slip names child and guardians by pseudonym only", () => {
  assert.deepEqual(readSlip(`musubi:visit?home=3&subject=0x${ONE}&person=0x${TWO}`), { home: 3, subject: `0x${ONE}`, persons: [`0x${TWO}`] });
  assert.deepEqual(readSlip(`0x${ONE}`), { home: 0, subject: `0x${ONE}`, persons: [] });
  for (const text of ["", "田中", `musubi:visit?subject=${ONE}`, `musubi:visit?subject=0x${ONE}&person=x`]) assert.equal(readSlip(text), undefined, text);
});

test("an app's two keys are found in whatever they are wrapped in, signing first", () => {
  const keys = { account: `0x${ONE}`, hpke: `0x${TWO}` };
  for (const text of [`0x${ONE} 0x${TWO}`, `${ONE}\n${TWO}`, JSON.stringify({ hpke: `0x${TWO}`, account: `0x${ONE}` }), `musubi-device:1:${ONE}:${TWO}`]) assert.deepEqual(readDevice(text), keys, text);
  for (const text of ["", `0x${ONE}`, `0x${ONE} 0x${ONE}`, `0x${ONE}ff 0x${TWO}`]) assert.equal(readDevice(text), undefined, text);
});

test("a phone's code is read as it is scanned, typed or said", () => {
  for (const text of ["musubi-consent:1:12345678", "1234 5678", "1234-5678", "１２３４５６７８", " 12345678 "]) assert.deepEqual(readPhone(text), { is: "consent", code: "12345678" }, text);
  assert.deepEqual(readPhone(`musubi-device:1:${ONE}:${TWO}`), { is: "device", device: { account: `0x${ONE}`, hpke: `0x${TWO}` } });
  for (const text of ["", "1234567", "123456789", "musubi-consent:2:12345678", "musubi:visit?home=3"]) assert.equal(readPhone(text), undefined, text);
});
