// The vectors that all languages share (tests/vectors/data), by the modules as browsers run them; keys stay in WebCrypto.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { loadCare } from "../dist/care.js";
import { loadConsent } from "../dist/consent.js";
import { gatewayHeaders, LightClient, MemoryCheckpoints, NotProved, TooOld } from "../dist/index.js";
import { loadKeys } from "../dist/keys.js";
import { load } from "../dist/module.js";

const at = (path) => new URL(path, import.meta.url);
const module = (name) => readFile(at(`../generated/${name}/musubi_wasm_${name}_bg.wasm`));
const data = async (name) => JSON.parse(await readFile(at(`../../../tests/vectors/data/${name}.json`), "utf8"));
const [vectors, { statements }, shared] = await Promise.all(["sdk", "statements", "bundle"].map(data));
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
  const unsigned = new keys.UnsignedExtrinsic(envelope, made);
  const toSign = unsigned.payloadToSign();
  assert.equal(hex(toSign), payload);
  assert.equal(hex(unsigned.attachSignature(await (await signer(seed))(toSign))), extrinsic);
});

test("a signature by another key is refused", async () => {
  const keys = await loadKeys();
  const { envelope, consent } = vectors.extrinsic;
  const unsigned = new keys.UnsignedExtrinsic(envelope, keys.withdrawConsent(consent, undefined));
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
  assert.equal(rules.check(child, proposal).answer, answer);
  assert.ok(rules.forecast(child, proposal.date).rows.length > 5);
});

test("the growth reference places as everywhere", async () => {
  const care = await loadCare();
  const reference = new care.GrowthReference(await readFile(at("../../care/data/growth-jp-2023.json"), "utf8"));
  const { between, ...measured } = vectors.growth;
  assert.deepEqual(reference.evaluate(measured).position, { between });
});

test("the light client believes nothing that is not proved", async () => {
  const header = "0x00";
  const rpc = { call: async (method) => (method === "musubi_certificate" ? { height: 1, hash: header, header, certificate: { height: 1, round: 0, block: vectors.gateway.genesis, signatures: [] }, validators: vectors.checkpoint.validators, setCommittedBy: null } : "0x1") };
  const client = await LightClient.open({ rpc, checkpoints: new MemoryCheckpoints(), genesis: vectors.checkpoint });
  await assert.rejects(client.follow(header), NotProved);
});

test("a statement is worded to the letter in every language", async () => {
  const { Statement, wordingDigest } = await loadConsent(await module("consent"));
  for (const { document, reference, text } of statements) {
    const statement = new Statement(new TextEncoder().encode(document));
    assert.equal(statement.reference(), reference);
    assert.equal(new TextDecoder().decode(statement.bytes()), document);
    const fields = statement.fields();
    assert.equal(fields.wording, wordingDigest(fields.language));
    assert.equal(Statement.of({ schema: "musubi/consent-statement/1", ...fields }).reference(), reference);
    const plain = (line) => (line.is === "gap" ? "" : line.is === "field" ? `${line.label}: ${line.value}` : line.text);
    for (const [language, said] of Object.entries(text)) assert.equal(statement.lines(language).map((line) => `${plain(line)}\n`).join(""), said, language);
  }
  assert.throws(() => new Statement(new TextEncoder().encode(statements[0].document.replace("365", "364.5"))));
});

test("a bundle is accepted to the byte, and refused with any byte altered", async () => {
  const wasm = await load();
  const client = new wasm.LightClient(JSON.stringify(shared.checkpoint));
  const report = JSON.parse(client.verify(shared.text));
  assert.deepEqual(report, { checkpoint: shared.newest, asOf: shared.asOf, statements: shared.statements });
  for (const place of shared.alteredAt) {
    const altered = new TextEncoder().encode(shared.text);
    altered[place] ^= 1;
    assert.throws(() => client.verify(new TextDecoder().decode(altered)), `byte ${place}`);
  }
});

/** A node that answers out of the shared bundle, and knows no other block than its newest. */
function nodeOf({ text, newest, checkpoint }) {
  const { steps, states } = JSON.parse(text);
  const answers = {
    chain_getFinalizedHead: () => newest.block,
    chain_getHeader: () => ({ number: `0x${newest.height.toString(16)}` }),
    chain_getBlockHash: (height) => (height === newest.height ? newest.block : `0x${String(height).padStart(64, "0")}`),
    musubi_certificate: (hash) => {
      const step = steps[hash === newest.block ? 1 : 0];
      return { height: step.certificate.height, hash, ...step, setCommittedBy: step.namedBy && { header: step.namedBy.header, proof: { encoded: step.namedBy.proof } } };
    },
    state_getReadProof: () => ({ proof: states.find(({ height }) => height === newest.height).nodes }),
  };
  return { options: { rpc: { call: async (method, ...params) => answers[method](...params) }, checkpoints: new MemoryCheckpoints(), genesis: checkpoint }, answers };
}

test("one value is read through its proof, and nothing that the proof does not show", async () => {
  const record = shared.statements.find(({ kind }) => kind === "record-existed");
  const { options, answers } = nodeOf(shared);
  const client = await LightClient.open({ ...options, now: () => shared.asOf });
  await assert.rejects(client.record(record.record), NotProved, "the proof shows the trail's head too, which was not asked for");
  const head = client.storageKey("Trail", "Heads", bytes(record.subject.slice(2)));
  const { value, height, asOf } = await client.value(head);
  assert.deepEqual([height, asOf], [shared.newest.height, shared.asOf]);
  assert.match(value, /^0x[0-9a-f]{80}$/);
  const late = await LightClient.open({ ...options, checkpoints: new MemoryCheckpoints() });
  await assert.rejects(late.value(head), TooOld);
  answers.state_getReadProof = () => ({ proof: [] });
  await assert.rejects((await LightClient.open({ ...options, checkpoints: new MemoryCheckpoints(), now: () => shared.asOf })).value(head), NotProved);
});
