// Reads without a grant are found whatever way the grant is missing, and no read that had one is blamed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer } from "vite";

const root = new URL("../..", import.meta.url).pathname;
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const { audit } = await vite.ssrLoadModule("/explorer/src/audit.ts");
await vite.close();

const trail = (...facts) => facts.map((fact, index) => ({ subject: "0x01", index, at: index, fact }));
const proposed = { "consent-proposed": { consent: "c", recipient: 5, purpose: "child-care", categories: ["immunization", "growth"] } };
const effective = { "consent-effective": { consent: "c" } };
const read = (change = {}) => ({ "access-permitted": { request: "r", member: 5, role: "doctor", purpose: "child-care", categories: ["immunization"], basis: { consent: "c" }, ...change } });
const without = (...facts) => audit(trail(...facts)).withoutGrant;

test("a read under a consent in force has its grant, and so has the delivery", () => {
  assert.deepEqual(audit(trail("retired", proposed, effective, read(), { delivered: { request: "r", custodian: 0 } })), { permits: 1, withoutGrant: [] });
});

test("a read is blamed before the consent, after it, while it is paused, by another, for another purpose, and beyond its categories", () => {
  assert.deepEqual(without(proposed, read()), [1]);
  assert.deepEqual(without(proposed, effective, { "consent-ended": { consent: "c", ending: "withdrawn" } }, read()), [3]);
  const pause = (paused) => ({ "consent-paused": { consent: "c", paused } });
  assert.deepEqual(without(proposed, effective, pause(true), read(), pause(false), read()), [3]);
  for (const change of [{ member: 4 }, { purpose: "checkup" }, { categories: ["immunization", "checkup"] }, { basis: { consent: "d" } }]) assert.deepEqual(without(proposed, effective, read(change)), [2], JSON.stringify(change));
});

test("break-glass counts for whoever opened it, while it is open; a statute by itself; a delivery only after its permit", () => {
  const opened = { "break-glass-opened": { request: "b", member: 7, reason: "life-at-risk" } };
  const urgent = (member) => read({ member, basis: { "break-glass": "b" } });
  assert.deepEqual(without(opened, urgent(7), urgent(5), { "break-glass-closed": { request: "b" } }, urgent(7)), [2, 4]);
  assert.deepEqual(without(read({ basis: { statute: "mch-10" } })), []);
  assert.deepEqual(without({ delivered: { request: "r", custodian: 0 } }, read({ basis: { statute: "mch-10" } })), [0]);
});
