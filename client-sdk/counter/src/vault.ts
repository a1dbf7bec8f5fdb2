// What an open break-glass lets its opener read, and a consent a clinic during a visit: a permit of the chain, the custodian's challenge
// signed by this key, and each record opened here and held against what the chain has. The messages are those of
// node/vault/src/exchange.rs, in SCALE.

import { fromHex, toHex } from "musubi-shared";
import { type Gateway } from "musubi-shared/gateway";
import { type Category, type Id, type Purpose, Refused } from "musubi-sdk";
import type { AccessRequest } from "musubi-sdk/keys";
import { read } from "./database";
import type { Desk } from "./desk";
import { signerOf } from "./staff-key";

/** A record as it was written, with its class. */
export interface Opened { record: Id; category: string; author: number; resource: Record<string, unknown> & { resourceType?: string } }

/** The chain said no, and why. */
export class Denied extends Error {}
/** This key came without the one that opens what is sealed to it. */
export class NoOpeningKey extends Error {}

/** What an ambulance needs to know; the most delicate classes stay shut whatever is asked. */
const CATEGORIES: Category[] = ["emergency-summary", "immunization", "questionnaire", "growth", "checkup"];
/** Classes by their number on the wire. */
const NAMES = ["immunization", "checkup", "questionnaire", "growth", "scale", "survey", "emergency-summary", "schedule-verdict", "sensitive", "document"];
/** Records that one ticket releases at most. */
const RELEASED = 64;
/** HPKE ciphertext of data key and salt, in bytes. */
const WRAPPED = 80;
const TICKET = new TextEncoder().encode("musubi/vault/ticket/v1\0");
/** Refusals after which the same is asked again: the custodian's own node lags behind; it forgot its challenge. */
const [STATE_TOO_OLD, BAD_CHALLENGE] = [1, 4];
const TRIES = 240;
const PAUSE = 250;

class Again extends Error {}

const join = (...parts: (Uint8Array | number[])[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => Array.from(part)));
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
/** A length in SCALE's compact form; lists here stay below 2^14. */
const length = (count: number): number[] => (count < 64 ? [count << 2] : [((count << 2) | 1) & 0xff, count >> 6]);

/** Reads an answer from its first byte on; what is too short is refused. */
class Answer {
  #at = 0;
  constructor(private readonly bytes: Uint8Array) {}
  take(count: number): Uint8Array {
    if (this.bytes.length < this.#at + count) throw new Refused("the custodian's answer is cut off", 502);
    return this.bytes.slice(this.#at, (this.#at += count));
  }
  byte = (): number => this.take(1)[0]!;
  number = (): number => new DataView(this.take(4).buffer).getUint32(0, true);
  id = (): Id => `0x${toHex(this.take(32))}`;
  length(): number {
    const first = this.byte();
    if ((first & 3) === 0) return first >> 2;
    if ((first & 3) === 1) return (first | (this.byte() << 8)) >> 2;
    return new DataView(join([first], this.take(3)).buffer).getUint32(0, true) >>> 2;
  }
  list = <T>(one: () => T): T[] => Array.from({ length: this.length() }, one);
}

/** One custodian's vault, asked by one key. */
class Vault {
  constructor(private readonly gateway: Gateway, private readonly custodian: number) {}

  /** Asks, and expects an answer of this kind. */
  async ask(message: Uint8Array, kind: number): Promise<Answer> {
    const answer = new Answer(await this.gateway.postBytes(`/v1/vault?custodian=${this.custodian}`, message));
    const is = answer.byte();
    if (is === kind) return answer;
    const refusal = is === 4 ? answer.byte() : undefined;
    if (refusal === STATE_TOO_OLD || refusal === BAD_CHALLENGE) throw new Again();
    throw new Refused(`the custodian refuses (${refusal ?? `answer ${is}`})`, 409);
  }

  async ciphertext(record: Id, bytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let offset = 0; offset < bytes; ) {
      const answer = await this.ask(join([3], fromHex(record), u32(offset)), 3);
      answer.number();
      const part = answer.take(answer.length());
      if (part.length === 0) throw new Refused("the custodian gives no more of a record", 502);
      parts.push(part);
      offset += part.length;
    }
    return join(...parts);
  }
}

/** Does it, and again while the custodian only asks for patience. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Again)) throw error;
      if (left === 0) throw new Refused("the custodian is still catching up: try again in a minute", 503);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

/** What is asked for, and on which ground. */
type Asked = Omit<AccessRequest, "request" | "subject">;

/** Every record about a person that an open break-glass opens at a custodian. */
export const readInEmergency = (desk: Desk, custodian: number, subject: Id, opening: Id): Promise<Opened[]> =>
  readWith(desk, desk.gatewayOf(custodian), custodian, subject, { purpose: "emergency", categories: CATEGORIES, claim: { "break-glass": opening }, session: null });

/** The records of these classes that the person's consent opens at a custodian, for the visit that the card opened; asked by this desk's own node. */
export const readAtVisit = (desk: Desk, custodian: number, subject: Id, visit: { session: Id; purpose: string }, categories: Category[]): Promise<Opened[]> =>
  readWith(desk, desk.own, custodian, subject, { purpose: visit.purpose as Purpose, categories, claim: "consent", session: visit.session });

/** Reads page by page; each permit stands on the person's trail. */
async function readWith(desk: Desk, gateway: Gateway, custodian: number, subject: Id, asked: Asked): Promise<Opened[]> {
  const secret = await read<CryptoKey>("meta", `opening ${desk.key.account}`);
  if (!secret) throw new NoOpeningKey();
  const vault = new Vault(gateway, custodian);
  const opened: Opened[] = [];
  for (let after: Id | undefined; ; ) {
    const request = await permit(gateway, subject, asked);
    const held = await patiently(() => recordsOf(vault, request, after));
    if (held.length > 0) {
      const keys = await patiently(() => release(desk, vault, custodian, request, held.map((one) => one.record)));
      for (const [at, one] of held.entries()) opened.push(await open(gateway, vault, secret, one, keys[at]!));
    }
    after = held.at(-1)?.record;
    if (held.length < RELEASED || !after) return opened;
  }
}

/** Asks the chain; what it decides is final before anybody reads. */
async function permit(gateway: Gateway, subject: Id, asked: Asked): Promise<Id> {
  const { loadKeys } = await import("musubi-sdk/keys");
  const keys = await loadKeys();
  const request = keys.randomId();
  await gateway.submit(keys.requestAccess({ request, subject, ...asked }));
  const decision = await gateway.get<{ permit?: unknown; deny?: string }>(`/v1/requests/${request}`);
  if (!decision.permit) throw new Denied(decision.deny ?? "not-available");
  return request;
}

interface Held { record: Id; category: string; author: number }
interface Key { envelope: Uint8Array; commitment: Id; bytes: number }

async function recordsOf(vault: Vault, request: Id, after: Id | undefined): Promise<Held[]> {
  const answer = await vault.ask(join([4], fromHex(request), after ? join([1], fromHex(after)) : [0]), 5);
  return answer.list(() => ({ record: answer.id(), category: NAMES[answer.byte()] ?? "document", author: answer.number() }));
}

/** Signs the custodian's challenge for these very records, and gets a key to each. */
async function release(desk: Desk, vault: Vault, custodian: number, request: Id, records: Id[]): Promise<Key[]> {
  const challenge = (await vault.ask(join([1], fromHex(request)), 1)).take(32);
  const list = join(length(records.length), ...records.map(fromHex));
  const signature = await signerOf(desk.key).sign(join(TICKET, fromHex(desk.genesis), u32(custodian), fromHex(request), list, challenge));
  const answer = await vault.ask(join([2], fromHex(request), list, challenge, signature), 2);
  return answer.list(() => {
    const fixed = answer.take(64);
    const flag = answer.byte();
    const ticket = flag === 1 ? answer.take(32) : new Uint8Array();
    const envelope = join(fixed, [flag], ticket, answer.take(32 + WRAPPED));
    return { envelope, commitment: answer.id(), bytes: answer.number() };
  });
}

async function open(gateway: Gateway, vault: Vault, secret: CryptoKey, held: Held, key: Key): Promise<Opened> {
  const { loadKeys } = await import("musubi-sdk/keys");
  const wasm = await loadKeys();
  const [onChain, ciphertext] = await Promise.all([gateway.get<{ ciphertext: Id; commitment: Id }>(`/v1/records/${held.record}`), vault.ciphertext(held.record, key.bytes)]);
  const { encapsulated } = wasm.envelopeToOpen(key.envelope);
  const other = await crypto.subtle.importKey("raw", fromHex(encapsulated) as BufferSource, "X25519", false, []);
  const agreed = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: other }, secret, 256));
  const size = ciphertext.length;
  const compact = size < 1 << 14 ? length(size) : Array.from(u32(((size << 2) | 2) >>> 0));
  const sealed = join(fromHex(held.record), fromHex(key.commitment), compact, ciphertext);
  const bytes = wasm.openRecord(sealed, onChain.ciphertext, onChain.commitment, wasm.openAgreed(key.envelope, agreed));
  return { ...held, resource: JSON.parse(new TextDecoder().decode(bytes)) as Opened["resource"] };
}
