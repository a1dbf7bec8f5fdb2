/** Consent statements in words, made from the bytes that a card signs; a module of its own. */
import init, * as wasm from "../generated/consent/musubi_wasm_consent.js";
import type { AssuranceLevel, Category, Purpose } from "./facts.js";
import type { Id, Moment } from "./types.js";

/** A language that statements are worded in. */
export type StatementLanguage = "ja" | "ja-x-easy" | "en";
/** As whom somebody signs. */
export type SignerRole = "self" | "parental-authority" | "guardian-of-minor" | "child-welfare-director" | "foster-parent" | "proxy";
/** An organisation that a statement names, and where its office answers. */
export interface Party { member: number; name: string; contact: string }

/** Everything that a person agrees to. No name, address or birth date of the person. */
export interface StatementFields {
  schema: "musubi/consent-statement/1";
  consent: Id;
  subject: Id;
  /** What the guardian calls the subject: 第一子. Never a name. */
  subject_label: string;
  guardian: Id;
  role: SignerRole;
  authority: "single" | "joint";
  controller: Party;
  recipient: Party;
  purpose: Purpose;
  categories: Category[];
  actions: ("view" | "copy" | "notify")[];
  /** How long the recipient keeps what it received, in days. */
  retention_days: number;
  transfer_abroad: boolean;
  not_before: Moment;
  not_after: Moment;
  nonce: Id;
  assurance: AssuranceLevel;
  second_attester?: Party;
  account?: Id;
  supersedes?: Id;
  place: "counter" | "clinic" | "vehicle" | "phone";
  notice: string;
  language: StatementLanguage;
  /** Digest of the words around the fields: {@link wordingDigest}. */
  wording: Id;
}

/** One line, as screens show it. */
export type Line = { is: "title" | "heading" | "note"; text: string } | { is: "field"; label: string; value: string } | { is: "gap" };

/** A statement that was read from its bytes and checked by its own rules. */
class Statement {
  readonly #statement: wasm.Statement;
  /** Reads canonical bytes; throws where they are no statement, or one whose wording this build does not have. */
  constructor(bytes: Uint8Array | wasm.Statement) {
    this.#statement = bytes instanceof wasm.Statement ? bytes : new wasm.Statement(bytes);
  }
  /** Makes a statement of its fields; checks the same rules. */
  static of(fields: StatementFields): Statement {
    return new Statement(wasm.Statement.fromFields(JSON.stringify(fields)));
  }
  /** The bytes that a card signs a digest of. */
  bytes = (): Uint8Array => this.#statement.bytes();
  fields = (): Omit<StatementFields, "schema"> => JSON.parse(this.#statement.fields()) as Omit<StatementFields, "schema">;
  /** The words in a language. */
  lines = (language: StatementLanguage): Line[] => JSON.parse(this.#statement.lines(language)) as Line[];
  /** Sixteen digits to compare phone, counter and paper by. */
  reference = (): string => this.#statement.reference();
}

const consent = { Statement, wordingDigest: (language: StatementLanguage): Id => wasm.wordingDigest(language) };
export type { Statement };

let loaded: Promise<typeof consent> | undefined;

/** Loads the module; where there is no network to load from (Node), its bytes are given. */
export function loadConsent(bytes?: BufferSource): Promise<typeof consent> {
  loaded ??= (bytes ? init({ module_or_path: bytes }) : init()).then(() => consent);
  return loaded;
}
