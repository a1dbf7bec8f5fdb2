// What a visit lets the clinic know before an injection: what others wrote about the child's doses, and what the family answered. Asked for
// once the card has opened the visit, under the family's consent; each permit stands on the child's trail.

import type { Category, Id } from "musubi-sdk";
import type { Desk } from "./desk";
import type { Answered } from "./flags";
import type { Immunization } from "./fhir";
import type { Person, Visit } from "./people";
import { Denied, NoOpeningKey, type Opened, readAtVisit } from "./vault";

/** What came of asking for one class of records: the records, or why there are none. */
export type Came = { is: "read"; records: Opened[] } | { is: "denied"; reason: string } | { is: "no-key" };
export interface Known { immunization: Came; questionnaire: Came }
const CLASSES = ["immunization", "questionnaire"] as const;

async function ask(desk: Desk, person: Person, visit: Visit, categories: readonly Category[]): Promise<Came> {
  try {
    return { is: "read", records: await readAtVisit(desk, person.home, person.pseudonym, visit, [...categories]) };
  } catch (error) {
    if (error instanceof Denied) return { is: "denied", reason: error.message };
    if (error instanceof NoOpeningKey) return { is: "no-key" };
    throw error;
  }
}

/** Both classes by one permit; where the family's consent does not cover both, each by its own. */
async function askBoth(desk: Desk, person: Person, visit: Visit): Promise<Known> {
  const both = await ask(desk, person, visit, CLASSES);
  if (both.is !== "denied" || both.reason !== "no-consent") return { immunization: both, questionnaire: both };
  return { immunization: await ask(desk, person, visit, ["immunization"]), questionnaire: await ask(desk, person, visit, ["questionnaire"]) };
}

const asked = new Map<Id, Promise<Known>>();

/** One asking for a visit, however often the page is opened; what failed on the way, and what is asked `anew`, is asked for again. */
export function knownAt(desk: Desk, person: Person, visit: Visit, anew = false): Promise<Known> {
  if (anew) asked.delete(visit.session);
  const known = asked.get(visit.session) ?? askBoth(desk, person, visit);
  asked.set(visit.session, known);
  known.catch(() => asked.delete(visit.session));
  return known;
}

const resources = (came: Came, type: string): Opened[] => (came.is === "read" ? came.records.filter(({ resource }) => resource.resourceType === type) : []);

/** Doses that were given, newest first, with who wrote each down. */
export function dosesOf(came: Came): { author: number; record: Id; dose: Immunization }[] {
  const doses = resources(came, "Immunization").map(({ author, record, resource }) => ({ author, record, dose: resource as unknown as Immunization }));
  return doses.filter(({ dose }) => dose["status"] === "completed").sort((a, b) => b.dose.occurrenceDateTime.localeCompare(a.dose.occurrenceDateTime));
}

export const formOf = (response: Answered): string => response.questionnaire.split("|")[0]!.split("/").at(-1)!;

/** The newest answers to each form. */
export function answersOf(came: Came): Answered[] {
  const all = resources(came, "QuestionnaireResponse").map(({ resource }) => resource as unknown as Answered);
  all.sort((a, b) => (b.authored ?? "").localeCompare(a.authored ?? ""));
  return all.filter((one, at) => all.findIndex((other) => formOf(other) === formOf(one)) === at);
}
