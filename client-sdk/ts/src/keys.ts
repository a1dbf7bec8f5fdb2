/** Extrinsics that are signed elsewhere, and records that are sealed and opened; a module of its own. */
import init, * as wasm from "../generated/keys/musubi_wasm_keys.js";
import type { AssuranceLevel, BreakGlassReason, Category, Claim, OverrideReason, Purpose, Role, VerdictCode } from "./facts.js";
import type { Id, Moment } from "./types.js";

/** Which chain, runtime and account an extrinsic is for, and how long it may wait: without end, or for a period (blocks, a power of two) from a block on. */
export interface Envelope {
  genesis: Id;
  specVersion: number;
  transactionVersion: number;
  account: Id;
  nonce: number;
  mortal?: { period: number; height: number; block: Id } | null;
}

/** What a consent allows: exactly these fields must equal the statement that was signed. */
export interface Terms {
  subject: Id;
  guardian: Id;
  recipient: number;
  purpose: Purpose;
  categories: Category[];
  not_before: Moment;
  not_after: Moment;
  /** Commitment to the statement. */
  statement: Id;
  /** 32 bytes. */
  nonce: number[];
  assurance: AssuranceLevel;
  second_attester?: number | null;
  account?: Id | null;
}

/** What a reader asks for, and for which visit. */
export interface AccessRequest { request: Id; subject: Id; purpose: Purpose; categories: Category[]; claim: Claim; session?: Id | null }
/** An emergency, as it is opened. */
export interface Opening { request: Id; subject: Id; incident: Id; reason: BreakGlassReason }
/** What a doctor signs after an override, as the schedule check gives it. */
export interface Countersign { record: Id; subject: Id; ruleSet: number; inputs: Id; verdict: VerdictCode; overrideReason: OverrideReason }
/** A member of staff's key, as the operator registers it. `hpke`: the public key that records are opened with. */
export interface StaffKey { account: Id; role: Role; hpke: Id; until: Moment }
/** What a key store needs to open an envelope (RFC 9180, base mode), in hexadecimal. */
export interface ToOpen { holder: Id; encapsulated: string; ciphertext: string; info: string; associatedData: string }

/** An extrinsic that lacks its signature. */
class UnsignedExtrinsic {
  readonly #unsigned: wasm.UnsignedExtrinsic;
  /** Puts a call into its envelope. */
  constructor(envelope: Envelope, call: Uint8Array) {
    this.#unsigned = new wasm.UnsignedExtrinsic(JSON.stringify(envelope), call);
  }
  /** The bytes that the account's key signs (Ed25519). */
  payloadToSign = (): Uint8Array => this.#unsigned.payloadToSign();
  /** The extrinsic, ready to submit, once; throws where the signature is not the account's. */
  attachSignature = (signature: Uint8Array): Uint8Array => this.#unsigned.attachSignature(signature);
}

// A call is bytes; what goes into one is typed here, and the module refuses what the chain would.
const keys = {
  UnsignedExtrinsic,
  SealedNow: wasm.SealedNow,
  /** A fresh identifier of 32 random bytes. */
  randomId: (): Id => wasm.randomId(),
  /** Proposes a consent whose statement a card has signed. `evidence` is a commitment, where a counter speaks for the person. */
  proposeConsent: (consent: Id, terms: Terms, evidence?: Id): Uint8Array => wasm.proposeConsent(consent, JSON.stringify(terms), evidence),
  /** Ends a consent by the person's will. */
  withdrawConsent: (consent: Id, evidence?: Id): Uint8Array => wasm.withdrawConsent(consent, evidence),
  /** Pauses a consent by the will of another holder of joint authority. */
  objectToConsent: (consent: Id, objector: Id, evidence?: Id): Uint8Array => wasm.objectToConsent(consent, objector, evidence),
  /** Takes an objection back. */
  resumeConsent: (consent: Id, evidence?: Id): Uint8Array => wasm.resumeConsent(consent, evidence),
  /** Asks to read; the runtime decides. */
  requestAccess: (request: AccessRequest): Uint8Array => wasm.requestAccess(JSON.stringify({ session: null, ...request })),
  /** Commits to an incident number under 32 random bytes of salt, which the caller keeps beside it. */
  incidentCommitment: (number: string, salt: Uint8Array): Id => wasm.incidentCommitment(number, salt),
  /** Opens somebody's emergency data. */
  openBreakGlass: (opening: Opening): Uint8Array => wasm.openBreakGlass(JSON.stringify(opening)),
  /** Closes it again, before its hour is over. */
  closeBreakGlass: (request: Id): Uint8Array => wasm.closeBreakGlass(request),
  /** What a second person finds of it. */
  reviewBreakGlass: (request: Id, justified: boolean): Uint8Array => wasm.reviewBreakGlass(request, justified),
  /** Closes a visit. */
  closeSession: (session: Id): Uint8Array => wasm.closeSession(session),
  /** A doctor goes on although the schedule check said no, and says why on the chain. */
  countersignVerdict: (said: Countersign): Uint8Array => wasm.countersignVerdict(JSON.stringify(said)),
  /** Registers a staff or device key of the operator's own member. */
  registerKey: (key: StaffKey): Uint8Array => wasm.registerKey(JSON.stringify(key)),
  /** Withdraws such a key, for ever. */
  withdrawKey: (account: Id): Uint8Array => wasm.withdrawKey(account),
  /** Says of an envelope what its holder's key must open. */
  envelopeToOpen: (envelope: Uint8Array): ToOpen => JSON.parse(wasm.envelopeToOpen(envelope)) as ToOpen,
  /** Opens an envelope with a secret at hand; gives the data key's 64 bytes. */
  openEnvelope: (envelope: Uint8Array, secret: Uint8Array): Uint8Array => wasm.openEnvelope(envelope, secret),
  /** Opens an envelope with what the holder's key store agreed upon with its encapsulated key (X25519). */
  openAgreed: (envelope: Uint8Array, agreed: Uint8Array): Uint8Array => wasm.openAgreed(envelope, agreed),
  /** Opens a sealed record, and holds it against the hash and commitment that the chain has. */
  openRecord: (sealed: Uint8Array, ciphertext: Id, commitment: Id, dataKey: Uint8Array): Uint8Array => wasm.openRecord(sealed, ciphertext, commitment, dataKey),
};

/** The module, once it is loaded. */
export type Keys = typeof keys;

let loaded: Promise<Keys> | undefined;

/** Loads the module; where there is no network to load from (Node), its bytes are given. */
export function loadKeys(bytes?: BufferSource): Promise<Keys> {
  loaded ??= (bytes ? init({ module_or_path: bytes }) : init()).then(() => keys);
  return loaded;
}
