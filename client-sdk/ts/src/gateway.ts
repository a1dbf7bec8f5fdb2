// Calls to a gateway, signed by a key that may never leave its store.

import { load } from "./module.js";
import type { Id, Moment } from "./types.js";

/** A key: its account, and a way to have bytes signed (Ed25519). WebCrypto keys need not be extractable. */
export interface Signer {
  account: Id;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** What a call consists of. */
export interface GatewayCall {
  method: "GET" | "POST";
  /** Path and query, as they stand in the request line. */
  path: string;
  subject?: Id;
  body?: Uint8Array;
}

/** The headers that say who calls. */
export async function gatewayHeaders(genesis: Id, signer: Signer, call: GatewayCall, now: Moment = Date.now()): Promise<Record<string, string>> {
  const wasm = await load();
  const { method, path, subject = "", body = new Uint8Array() } = call;
  const signature = await signer.sign(wasm.gatewayCallToSign(genesis, method, path, subject, BigInt(now), body));
  const hex = Array.from(signature, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const headers: Record<string, string> = { "musubi-account": signer.account, "musubi-time": String(now), "musubi-signature": hex };
  if (subject) headers["musubi-subject"] = subject;
  return headers;
}
