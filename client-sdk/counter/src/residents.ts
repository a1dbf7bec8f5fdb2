// People of this municipality's register: whom this machine does not know yet, the register knows; and who signs for them now.

import type { Id, Moment } from "musubi-sdk";
import type { Desk } from "./desk";
import { patientOf } from "./fhir";
import { keepPerson, newPerson, people, type Person, type Slip } from "./people";

/** Somebody who signs for a person, as the chain has it now. */
export interface Signer { person: Id; name: string; role: string; authority: string; until: Moment }
export interface Resident { person: Id; name: string; kana: string; born: string; number: string; card?: Id; guardians: Signer[] }

/** The municipality's own people are numbered in its register. */
export const register = (member: number): string => `urn:musubi:register:${member}`;

/** Asks this desk's own register; another municipality's people are not in it. */
export const residentOf = (desk: Desk, person: Id): Promise<Resident> => desk.own.get<Resident>(`/v1/desk/residents/${person}`);

/** The entry of this machine's list, with guardians as they are now. */
export async function personOf(desk: Desk, resident: Resident): Promise<Person> {
  const known = (await people()).find((one) => one.pseudonym === resident.person);
  const form = { name: resident.name, kana: resident.kana, birthDate: resident.born, gender: "unknown" as const, number: resident.number };
  const person = known ?? newPerson(resident.person, desk.member, patientOf(form, register(desk.member)), resident.guardians.length > 0);
  const guardians = resident.guardians.map(({ person, name, role, authority }) => ({ pseudonym: person, label: name, role, authority }));
  return { ...person, guardians: guardians.length > 0 ? guardians : person.guardians, hasCard: resident.card !== undefined };
}

/** As {@link personOf}, kept for the list of the day; whom this desk's register does not have is left as this machine knows them. */
export async function refreshed(desk: Desk, person: Person): Promise<Person> {
  if (person.home !== desk.member) return person;
  const known = await residentOf(desk, person.pseudonym).then((resident) => personOf(desk, resident), () => person);
  await keepPerson(known);
  return known;
}

/** The child that a slip names, out of this desk's own register. */
export async function bySlip(desk: Desk, slip: Slip): Promise<Person> {
  const found = await personOf(desk, await residentOf(desk, slip.subject));
  await keepPerson(found);
  return found;
}
