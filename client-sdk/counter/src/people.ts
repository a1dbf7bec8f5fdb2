// The people whom this desk has dealt with: sealed on this machine, for the list of the day and so that nothing is typed twice.

import type { Id, Moment } from "musubi-sdk";
import { forget, seal, unsealAll } from "./database";
import type { Immunization, Observation, Patient } from "./fhir";

export interface Visit { session: Id; until: Moment; purpose: string; at: Moment }
export interface Guardian { pseudonym: Id; label: string; role: string; authority: string }
export interface KeptConsent { consent: Id; recipient: number; purpose: string; until: Moment; at: Moment }
export interface Person {
  pseudonym: Id; home: number; patient: Patient; isChild: boolean; seenAt: Moment; hasCard: boolean;
  guardians: Guardian[]; visits: Visit[]; consents: KeptConsent[]; doses: Immunization[]; measures: Observation[];
}

const PREFIX = "person ";

export const newPerson = (pseudonym: Id, home: number, patient: Patient, isChild: boolean): Person =>
  ({ pseudonym, home, patient, isChild, seenAt: Date.now(), hasCard: false, guardians: [], visits: [], consents: [], doses: [], measures: [] });

export async function people(): Promise<Person[]> {
  return (await unsealAll<Person>(PREFIX)).sort((a, b) => b.seenAt - a.seenAt);
}

export const keepPerson = (person: Person): Promise<void> => seal(PREFIX + person.pseudonym, { ...person, seenAt: Date.now() });
export const forgetPerson = (pseudonym: Id): Promise<unknown> => forget(PREFIX + pseudonym);

const DAY = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo", dateStyle: "short" });
/** The date in Japan, `YYYY-MM-DD`. */
export const dayOf = (at: Moment): string => DAY.format(at);

export const openVisit = (person: Person, now: Moment): Visit | undefined => person.visits.find((visit) => now < visit.until);

/** What a paper for the family carries, so that a scanner finds the child again: pseudonyms, and nothing that names anybody. */
export const slipOf = (person: Person): string =>
  `musubi:visit?home=${person.home}&subject=${person.pseudonym}${person.guardians.map((guardian) => `&person=${guardian.pseudonym}`).join("")}`;

export interface Slip { home: number; subject: Id; persons: Id[] }

/** Reads such a slip, or a bare pseudonym. */
export function readSlip(text: string): Slip | undefined {
  const found = /^musubi:visit\?(.*)$/.exec(text.trim());
  const query = new URLSearchParams(found?.[1] ?? "");
  const [subject, persons] = [query.get("subject") ?? text.trim(), query.getAll("person")];
  const isId = (one: string) => /^0x[0-9a-f]{64}$/.test(one);
  return isId(subject) && persons.every(isId) ? { home: Number(query.get("home") ?? 0), subject, persons } : undefined;
}
