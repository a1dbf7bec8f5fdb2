// A member of staff's key from its file, held so that no script can read it out again.

import type { Id, Signer } from "musubi-sdk";

/** PKCS#8 version 1 with an Ed25519 seed (RFC 8410): all but the 32 bytes of the seed. */
const PREFIX = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/** Where the seed's octet string stands in either version of PKCS#8: after version and algorithm. */
const SEED = [0x04, 0x22, 0x04, 0x20];

/** A key in the browser's key store: it signs, and nobody reads it out. */
export interface KeptKey { account: Id; key: CryptoKey }

/** The last byte of either algorithm's identifier (RFC 8410). */
const [X25519, ED25519] = [0x6e, 0x70];
const ALGORITHM = PREFIX.slice(5, 11);

/** The 32 secret bytes in a PEM file, and whose algorithm's they are. */
function secretOf(pem: string): { algorithm: number; secret: Uint8Array } {
  const body = /-----BEGIN PRIVATE KEY-----([^-]+)-----END/.exec(pem)?.[1];
  if (!body) throw new Error("no private key in PEM");
  const der = Uint8Array.from(atob(body.replace(/\s/g, "")), (char) => char.charCodeAt(0));
  const from = (wanted: number[]) => der.findIndex((_, from) => wanted.every((byte, offset) => der[from + offset] === byte));
  const [named, at] = [from(ALGORITHM), from(SEED)];
  if (named < 0 || at < 0) throw new Error("no Ed25519 or X25519 secret");
  return { algorithm: der[named + ALGORITHM.length]!, secret: der.slice(at + 4, at + 36) };
}

/** Whether a PEM file holds a key that opens (X25519), and not one that signs. */
export const isOpeningKey = (pem: string): boolean => secretOf(pem).algorithm === X25519;

/** Takes a key that opens into the key store, where it agrees on secrets and nobody reads it out. */
export function importOpeningKey(pem: string): Promise<CryptoKey> {
  const { algorithm, secret } = secretOf(pem);
  if (algorithm !== X25519) throw new Error("no X25519 secret");
  const pkcs8 = Uint8Array.from([...PREFIX.slice(0, 11), X25519, ...PREFIX.slice(12), ...secret]);
  return crypto.subtle.importKey("pkcs8", pkcs8, { name: "X25519" }, false, ["deriveBits"]);
}

/** Takes the key of a PEM file into the key store; rejects if it is no Ed25519 key without passphrase. */
export async function importKey(pem: string): Promise<KeptKey> {
  const { algorithm, secret } = secretOf(pem);
  if (algorithm !== ED25519) throw new Error("no Ed25519 secret");
  const pkcs8 = Uint8Array.from([...PREFIX, ...secret]);
  const readable = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const jwk = await crypto.subtle.exportKey("jwk", readable);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  const publicBytes = atob((jwk.x ?? "").replace(/-/g, "+").replace(/_/g, "/"));
  const account = `0x${Array.from(publicBytes, (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("")}`;
  return { account, key };
}

/** As {@link importKey}, ready to sign. */
export async function readKey(pem: string): Promise<Signer> {
  const { account, key } = await importKey(pem);
  return { account, sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes as BufferSource)) };
}
