// Values as the chain's own types spell them in JSON.

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

/** One fact: its kind, and what belongs to it; facts without fields are their kind alone. */
export type Fact = string | Record<string, Record<string, unknown>>;

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
  | { kind: "record-existed" | "consent-held"; height: number; [field: string]: unknown };

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
