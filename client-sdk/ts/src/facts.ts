// What happened to somebody, and the codes that facts are made of, as the chain spells them in JSON.

import type { Id, Moment } from "./types.js";

/** Why data are asked for. */
export type Purpose = "child-care" | "checkup" | "move-in" | "emergency" | "statistics" | "family-sharing" | "consultation";
/** Classes of records, coarse enough not to name a disease. */
export type Category = "immunization" | "checkup" | "questionnaire" | "growth" | "scale" | "survey" | "emergency-summary" | "schedule-verdict" | "sensitive" | "document";
/** As what a member's key acts. */
export type Role = "operator" | "officer" | "nurse" | "doctor" | "clerk" | "crew" | "dispatcher" | "reviewer" | "auditor" | "gateway" | "vault" | "terminal";
/** How a consent ended. */
export type Ending = "withdrawn" | "expired" | "superseded" | "refused";
/** How a consent stands. */
export type ConsentState = "proposed" | "effective" | "paused" | { ended: Ending };
/** How a record stands. */
export type RecordState = "pending" | "stored" | "erased";
/** How a card's binding stands. */
export type BindingState = "active" | "replaced" | "suspended" | "revoked";
/** The articles that let a municipality read without consent. */
export type StatuteArticle = "maternal-child-health19-2" | "child-abuse-prevention13-4" | "immunization-act";
/** Why break-glass was opened. */
export type BreakGlassReason = "life-at-risk" | "verbal-consent" | "disaster";
/** What a permit rests on. */
export type Basis = { consent: Id } | { statute: StatuteArticle } | { "break-glass": Id };
/** What somebody who asks says that the request rests on. */
export type Claim = "consent" | { statute: StatuteArticle } | { "break-glass": Id };
/** Why a request was denied. */
export type DenialReason =
  | "no-consent" | "withdrawn" | "outside-period" | "paused" | "role-not-allowed" | "member-not-active" | "not-available"
  | "statute-not-applicable" | "break-glass-not-open" | "erased" | "no-session" | "frozen" | "consent-ended";
/** What the schedule check found, as the chain has it. */
export type VerdictCode = "conditions-met" | "conditions-not-met" | "needs-person";
/** Why a physician went on nevertheless. */
export type OverrideReason = "clinical-judgement" | "paper-history" | "catch-up" | "public-direction" | "already-given";
/** How sure an attester must be that the person willed it. */
export type AssuranceLevel = "witnessed" | "card-authenticated" | "card-signed";

/** What belongs to each kind of fact. Members are their numbers; moments are milliseconds since 1970. */
export interface Facts {
  "enrolled": { home: number };
  "guardianship-attested": { guardian: Id; until: Moment };
  "card-binding-changed": { binding: Id; state: BindingState };
  "freeze-switched": { frozen: boolean };
  "handed-over": { from: number; to: number };
  "consent-proposed": { consent: Id; recipient: number; purpose: Purpose; categories: Category[] };
  "consent-attested": { consent: Id; attester: number };
  "consent-effective": { consent: Id };
  "consent-paused": { consent: Id; paused: boolean };
  "consent-ended": { consent: Id; ending: Ending };
  "session-opened": { session: Id; member: number; consent: Id };
  "record-committed": { record: Id; category: Category; author: number };
  "record-stored": { record: Id };
  "record-superseded": { record: Id; by: Id };
  "record-entered-in-error": { record: Id };
  "record-erased": { record: Id; holder: number };
  "access-permitted": { request: Id; member: number; role: Role; purpose: Purpose; categories: Category[]; basis: Basis };
  "access-denied": { request: Id; member: number; role: Role; purpose: Purpose; categories: Category[]; reason: DenialReason };
  "delivered": { request: Id; record: Id; custodian: number };
  "break-glass-opened": { request: Id; member: number; reason: BreakGlassReason };
  "break-glass-closed": { request: Id };
  "break-glass-reviewed": { request: Id; justified: boolean };
  "break-glass-review-overdue": { request: Id };
  "attestation-disagreed": { consent: Id; attester: number };
  "schedule-checked": { inputs: Id; rule_set: number; verdict: VerdictCode; override_reason: OverrideReason | null };
  "custody-entrusted": { custodian: number; until: Moment };
}
/** The kinds of facts; after `retired` a pseudonym is out of use. */
export type FactKind = keyof Facts | "retired";

/** One fact: an object of its kind alone, or the kind where nothing belongs to it. */
export type Fact = "retired" | { [Kind in keyof Facts]: { [K in Kind]: Facts[Kind] } }[keyof Facts];

/** The kind of a fact. */
export const kindOf = (fact: Fact): FactKind => (typeof fact === "string" ? fact : (Object.keys(fact)[0] as keyof Facts));

/** What belongs to a fact of this kind; `undefined` where the fact is of another. */
export const factOf = <Kind extends keyof Facts>(fact: Fact, kind: Kind): Facts[Kind] | undefined =>
  typeof fact === "string" ? undefined : (fact as Partial<Facts>)[kind];

/** What belongs to a fact, whatever its kind: for those who show each field. */
export const fieldsOf = (fact: Fact): Readonly<Record<string, unknown>> => (typeof fact === "string" ? {} : Object.values(fact)[0]!);
