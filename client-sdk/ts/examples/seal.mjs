// Seals a record to a phone and opens it there with a key that never leaves WebCrypto: node seal.mjs
import { loadKeys } from "../dist/keys.js";
import { module } from "./modules.mjs";

const keys = await loadKeys(await module("keys"));
const phone = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
const holder = new Uint8Array(await crypto.subtle.exportKey("raw", phone.publicKey));

// The writer: one sealed record, and one envelope for each who may open it.
const written = { resourceType: "Immunization", status: "completed", occurrenceDateTime: "2026-05-01" };
const sealed = new keys.SealedNow(keys.randomId(), new TextEncoder().encode(JSON.stringify(written)));
const onChain = { commitment: sealed.commitment(), ciphertext: sealed.ciphertextHash() };
const envelope = sealed.envelopeFor(holder);
console.log(`sealed in ${sealed.bytes().length} bytes; the chain gets ${Object.keys(onChain).join(" and ")}`);

// The reader: what the key store agrees upon opens the envelope; the record must be what the chain has.
const { encapsulated } = keys.envelopeToOpen(envelope);
const other = await crypto.subtle.importKey("raw", Buffer.from(encapsulated, "hex"), "X25519", false, []);
const agreed = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: other }, phone.privateKey, 256));
const opened = keys.openRecord(sealed.bytes(), onChain.ciphertext, onChain.commitment, keys.openAgreed(envelope, agreed));
console.log(`opened: ${new TextDecoder().decode(opened)}`);
