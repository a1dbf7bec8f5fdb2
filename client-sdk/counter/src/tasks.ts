// What each role does at this console: one table, from which menu, start page and list take theirs. What a key may do, the chain decides.

import type { Here, Role } from "./desk";
import type { Person } from "./people";
import type { Key } from "./words";

export interface Task { path: string; title: Key; lead: Key; mark: string; isBig: boolean; roles: Role[]; kinds: string[]; forPerson?: (person: Person) => boolean }

const VILLAGE: Role[] = ["officer", "nurse", "clerk"];
const RECEPTION: Role[] = ["officer", "nurse", "clerk", "doctor"];
const CARE: Role[] = ["doctor", "nurse", "officer"];

export const TASKS: Task[] = [
  { path: "check-in", title: "nav.checkIn", lead: "lead.checkIn", mark: "受", isBig: true, roles: RECEPTION, kinds: ["clinic", "municipality"], forPerson: (person) => person.isChild },
  { path: "check", title: "nav.check", lead: "lead.check", mark: "針", isBig: true, roles: ["doctor", "nurse"], kinds: ["clinic", "municipality"], forPerson: (person) => person.isChild },
  { path: "measure", title: "nav.measure", lead: "lead.measure", mark: "測", isBig: true, roles: CARE, kinds: ["clinic", "municipality"], forPerson: (person) => person.isChild },
  { path: "form", title: "nav.form", lead: "lead.form", mark: "票", isBig: true, roles: CARE, kinds: ["clinic", "municipality"], forPerson: (person) => person.isChild },
  { path: "phone", title: "nav.phone", lead: "lead.phone", mark: "電", isBig: true, roles: VILLAGE, kinds: ["municipality"] },
  { path: "enrol", title: "nav.enrol", lead: "lead.enrol", mark: "登", isBig: true, roles: VILLAGE, kinds: ["municipality"] },
  { path: "child", title: "nav.child", lead: "lead.child", mark: "子", isBig: true, roles: VILLAGE, kinds: ["municipality"], forPerson: (person) => !person.isChild },
  { path: "consent", title: "nav.consent", lead: "lead.consent", mark: "諾", isBig: true, roles: VILLAGE, kinds: ["municipality"], forPerson: (person) => person.guardians.length > 0 },
  { path: "withdraw", title: "nav.withdraw", lead: "lead.withdraw", mark: "止", isBig: false, roles: VILLAGE, kinds: ["municipality"], forPerson: (person) => person.guardians.length > 0 },
  { path: "card", title: "nav.card", lead: "lead.card", mark: "更", isBig: true, roles: VILLAGE, kinds: ["municipality"], forPerson: (person) => !person.isChild },
  { path: "emergency", title: "nav.emergency", lead: "lead.emergency", mark: "救", isBig: true, roles: ["crew", "dispatcher", "reviewer"], kinds: ["fire-service"] },
  { path: "figures", title: "nav.figures", lead: "lead.figures", mark: "計", isBig: false, roles: ["officer", "nurse"], kinds: ["municipality"] },
  { path: "staff", title: "nav.staff", lead: "lead.staff", mark: "員", isBig: true, roles: ["operator"], kinds: ["municipality", "clinic", "fire-service"] },
];

export const tasksOf = (you: Here["you"]): Task[] => TASKS.filter((task) => task.roles.includes(you.role) && task.kinds.includes(you.kind));
