// A family's phone: its keys, made in the browser and never out of it, and what they sign.

import { readFile } from "node:fs/promises";
import { gatewayHeaders } from "../../client-sdk/ts/dist/index.js";
import { open, PHONE } from "./browser.mjs";
import { press } from "./console.mjs";
import { desk } from "./staff.mjs";

const DAY = 86_400_000;

/** A phone that has just made its keys and shows them, for a counter to read: `musubi-device:1:<account>:<sealing key>`. */
export async function newPhone(browser, gateway) {
  const opened = await open(browser, PHONE, gateway, "", "app");
  await press(opened.page, "この電話に鍵を作る");
  const pairing = await opened.page.locator("[data-pairing]").getAttribute("data-pairing");
  const [, , account, sealing] = pairing.split(":");
  const go = (path) => opened.page.goto(`${gateway}/app/${path}`);
  return { ...opened, pairing, account: `0x${account}`, sealing: `0x${sealing}`, go };
}

/** Waits until the phone shows a child, and shows that one. */
export async function showChild(page, name) {
  await page.locator(".child option", { hasText: name }).waitFor({ state: "attached" });
  await page.locator(".child").selectOption({ label: name });
}

/** A signer whose key stays in the page's key store. */
export const phoneOf = (page, account) => ({
  account,
  sign: async (bytes) => Uint8Array.from(await page.evaluate(async (bytes) => {
    const database = await new Promise((resolve) => { const opening = indexedDB.open("musubi-app", 1); opening.onsuccess = () => resolve(opening.result); });
    const keys = await new Promise((resolve) => { const get = database.transaction("keys").objectStore("keys").get("device"); get.onsuccess = () => resolve(get.result); });
    database.close();
    return Array.from(new Uint8Array(await crypto.subtle.sign("Ed25519", keys.signing.privateKey, Uint8Array.from(bytes))));
  }, Array.from(bytes))),
});

/** Puts a consent forward on the chain in the name of a phone, as its app does after a card has signed; gives its number. */
export async function propose(address, phone, { subject, guardian, recipient, days = 30 }) {
  const { loadKeys } = await import("../../client-sdk/ts/dist/keys.js");
  const wasm = await loadKeys(await readFile(new URL("../../client-sdk/ts/generated/keys/musubi_wasm_keys_bg.wasm", import.meta.url)));
  const own = await desk(address, phone);
  const at = await own.get("/v1/signing-context");
  const consent = wasm.randomId();
  const terms = {
    subject, guardian, recipient, purpose: "child-care", categories: ["immunization", "growth"], not_before: Date.now(), not_after: Date.now() + days * DAY,
    statement: wasm.randomId(), nonce: Array.from(crypto.getRandomValues(new Uint8Array(32))), assurance: "card-signed", second_attester: null, account: phone.account,
  };
  const envelope = { genesis: at.genesis, specVersion: at.specVersion, transactionVersion: at.transactionVersion, account: phone.account, nonce: at.nonce, mortal: { period: 64, height: at.height, block: at.hash } };
  const unsigned = new wasm.UnsignedExtrinsic(envelope, wasm.proposeConsent(consent, terms));
  const extrinsic = unsigned.attachSignature(await phone.sign(unsigned.payloadToSign()));
  const headers = await gatewayHeaders(own.genesis, phone, { method: "POST", path: "/v1/extrinsics", body: extrinsic });
  const response = await fetch(`${address}/v1/extrinsics`, { method: "POST", headers, body: extrinsic });
  if (!response.ok) throw new Error(`the chain did not take the consent: ${await response.text()}`);
  return consent;
}
