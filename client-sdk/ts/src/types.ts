// Values as the chain's own types spell them in JSON; tests/vectors/data/shapes.json holds them against the Rust types.

import type { Category, ConsentState, Fact, Purpose, RecordState } from "./facts.js";

/** 32 bytes: `0x` and 64 hexadecimal digits. */
export type Id = string;
/** Milliseconds since 1970. */
export type Moment = number;

/** What a reader trusts: a final block and the validators that decided it. */
export interface Checkpoint {
  genesis: Id;
  height: number;
  block: Id;
  validators: { key: Id; member: number; power: number }[];
}

/** A row of somebody's trail. */
export interface TrailRow {
  subject: Id;
  index: number;
  at: Moment;
  fact: Fact;
}

/** A sentence about the chain that a proof must bear out to the letter. */
export type Statement =
  | { kind: "row-written"; height: number; row: TrailRow; proof: string }
  | { kind: "whole-trail"; height: number; subject: Id; rows: TrailRow[] }
  | { kind: "reads-without-grant"; height: number; subject: Id; permits: number; withoutGrant: number[] }
  | { kind: "record-existed"; height: number; record: Id; subject: Id; category: Category; author: number; commitment: Id; ciphertext: Id }
  | { kind: "consent-held"; height: number; at: Moment; consent: Id; subject: Id; recipient: number; purpose: Purpose; categories: Category[] };

/** A consent as the chain has it. */
export interface ConsentFacts {
  subject: Id;
  guardian: Id;
  recipient: number;
  purpose: Purpose;
  categories: Category[];
  notBefore: Moment;
  notAfter: Moment;
  state: ConsentState;
  /** Whether it lets anybody read at the time of the block. */
  inForce: boolean;
}

/** A record as the chain has it: never its content. */
export interface RecordFacts {
  subject: Id;
  category: Category;
  author: number;
  commitment: Id;
  ciphertext: Id;
  committedAt: Moment;
  state: RecordState;
}

/** A value that was proved on this device to be what the state had after a block. */
export interface Proved<T> {
  value: T;
  height: number;
  block: Id;
  /** Time of that block. */
  asOf: Moment;
}

/** What was proved, and as of when. */
export interface Report {
  checkpoint: Checkpoint;
  /** Time of the newest block that it is proved under. */
  asOf: Moment;
  statements: Statement[];
}

/** A final header. */
export interface HeaderFacts {
  height: number;
  hash: Id;
  parent: Id;
  trailRows: number;
}
