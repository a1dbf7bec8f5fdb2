// A family's phone: its keys, made in the browser and never out of it, and what they sign.

import { open, PHONE } from "./browser.mjs";
import { press } from "./console.mjs";
import { DAY } from "./days.mjs";
import { desk } from "./staff.mjs";

/** A phone that has just made its keys and shows them, for a counter to read: `musubi-device:1:<account>:<sealing key>`. */
export async function newPhone(browser, gateway) {
  const opened = await open(browser, PHONE, gateway, "", "app");
  await press(opened.page, "この電話に鍵を作る");
  const pairing = await opened.page.locator("[data-pairing]").getAttribute("data-pairing");
  const [, , account, sealing] = pairing.split(":");
  const go = (path) => opened.page.goto(`${gateway}/app/${path}`);
  return { ...opened, pairing, account: `0x${account}`, sealing: `0x${sealing}`, go };
}

/** Has the phone show a child, as soon as it knows of it; the choice is kept before the screen changes. */
export async function showChild(page, name) {
  await page.locator(".child option", { hasText: name }).waitFor({ state: "attached" });
  const [child] = await page.locator(".child").selectOption({ label: name });
  await page.locator(`.child[data-shown="${child}"]`).waitFor();
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
  const random = () => `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex")}`;
  const consent = random();
  const terms = {
    subject, guardian, recipient, purpose: "child-care", categories: ["immunization", "growth"], not_before: Date.now(), not_after: Date.now() + days * DAY,
    statement: random(), nonce: Array.from(crypto.getRandomValues(new Uint8Array(32))), assurance: "card-signed", second_attester: null, account: phone.account,
  };
  await (await desk(address, phone)).submit((wasm) => wasm.proposeConsent(consent, terms));
  return consent;
}
