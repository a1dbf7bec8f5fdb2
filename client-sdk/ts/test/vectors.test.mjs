// The vectors that all languages share (tests/vectors/data), by the modules as browsers run them; keys stay in WebCrypto.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { loadCare } from "../dist/care.js";
import { gatewayHeaders, LightClient, MemoryCheckpoints, NotProved } from "../dist/index.js";
import { loadKeys } from "../dist/keys.js";
import { load } from "../dist/module.js";

const at = (path) => new URL(path, import.meta.url);
const module = (name) => readFile(at(`../generated/${name}/musubi_wasm_${name}_bg.wasm`));
const vectors = JSON.parse(await readFile(at("../../../tests/vectors/data/sdk.json"), "utf8"));
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));

/** A key that WebCrypto keeps and will not give away. */
async function signer(seed) {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), bytes(seed)]);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  return async (payload) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, payload));
}

test("an extrinsic is signed elsewhere and comes out to the byte", async () => {
  const keys = await loadKeys(await module("keys"));
  const { envelope, consent, seed, call, payload, extrinsic } = vectors.extrinsic;
  const made = keys.withdrawConsent(consent, undefined);
  assert.equal(hex(made), call);
  const unsigned = new keys.UnsignedExtrinsic(JSON.stringify(envelope), made);
  const toSign = unsigned.payloadToSign();
  assert.equal(hex(toSign), payload);
  assert.equal(hex(unsigned.attachSignature(await (await signer(seed))(toSign))), extrinsic);
});

test("a signature by another key is refused", async () => {
  const keys = await loadKeys();
  const { envelope, consent } = vectors.extrinsic;
  const unsigned = new keys.UnsignedExtrinsic(JSON.stringify(envelope), keys.withdrawConsent(consent, undefined));
  const stranger = await signer("06".repeat(32));
  const signature = await stranger(unsigned.payloadToSign());
  assert.throws(() => unsigned.attachSignature(signature), /not by account/);
});

test("a gateway call is signed as gateways check it", async () => {
  await load(await module("chain"));
  const { genesis, account, seed, path, time, signature } = vectors.gateway;
  const headers = await gatewayHeaders(genesis, { account, sign: await signer(seed) }, { method: "GET", path }, time);
  assert.equal(headers["musubi-signature"], signature);
});

test("a record is sealed and opened, and no altered byte goes unnoticed", async () => {
  const keys = await loadKeys();
  const record = keys.randomId();
  const sealed = new keys.SealedNow(record, Buffer.from('{"b":1,"a":"結び"}'));
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const ecdh = await crypto.subtle.importKey("pkcs8", Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), secret]), "X25519", true, ["deriveBits"]);
  const holder = Buffer.from((await crypto.subtle.exportKey("jwk", ecdh)).x, "base64url");
  const envelope = sealed.envelopeFor(holder);
  const opened = keys.openRecord(sealed.bytes(), sealed.ciphertextHash(), sealed.commitment(), keys.openEnvelope(envelope, secret));
  assert.equal(Buffer.from(opened).toString(), '{"a":"結び","b":1}');
  envelope[envelope.length - 1] ^= 1;
  assert.throws(() => keys.openEnvelope(envelope, secret));
});

test("a record that was sealed elsewhere opens", async () => {
  const keys = await loadKeys();
  const { sealed, envelope, secret, commitment, ciphertext, opened } = vectors.sealing;
  const record = keys.openRecord(bytes(sealed), ciphertext, commitment, keys.openEnvelope(bytes(envelope), bytes(secret)));
  assert.equal(Buffer.from(record).toString(), opened);
});

test("the schedule check answers as everywhere", async () => {
  const care = await loadCare(await module("care"));
  const rules = new care.Rules(await readFile(at("../../../chain-spec/presets/schedule/jp-routine-2026.json"), "utf8"));
  const { child, proposal, answer } = vectors.care;
  assert.equal(JSON.parse(rules.check(JSON.stringify(child), JSON.stringify(proposal))).answer, answer);
  assert.ok(JSON.parse(rules.forecast(JSON.stringify(child), proposal.date)).rows.length > 5);
});

test("the growth reference places as everywhere", async () => {
  const care = await loadCare();
  const reference = new care.GrowthReference(await readFile(at("../../care/data/growth-jp-2023.json"), "utf8"));
  const { between, ...measured } = vectors.growth;
  assert.deepEqual(JSON.parse(reference.evaluate(JSON.stringify(measured))).position, { between });
});

test("the light client believes nothing that is not proved", async () => {
  const header = "0x00";
  const rpc = { call: async (method) => (method === "musubi_certificate" ? { height: 1, hash: header, header, certificate: { height: 1, round: 0, block: vectors.gateway.genesis, signatures: [] }, validators: vectors.checkpoint.validators, setCommittedBy: null } : "0x1") };
  const client = await LightClient.open({ rpc, checkpoints: new MemoryCheckpoints(), genesis: vectors.checkpoint });
  await assert.rejects(client.follow(header), NotProved);
});
