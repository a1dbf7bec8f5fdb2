// The timeline's lines, out of a forecast: every programme has one, also where no day can be told, and then it says why.

import { type Language } from "musubi-shared";
import { programmeIn, reasonIn } from "musubi-shared/care-words";

export type Status = "overdue" | "due" | "possible" | "later" | "complete" | "ended" | "contraindicated" | "needs_person";
/** A dose to come, with its days: the first that is permitted, the usual time, and the last. */
export interface Coming { number: number; of: number; earliest: string; due: string; overdue_after: string | null; latest: string; assumed: boolean }
/** A line of the forecast. */
export interface Planned { programme: string; vaccine: string; status: Status; dose: Coming | null; stop: { reason: string } | null }
/** A line of the timeline; `why` stands where a rule stops the dose. */
export interface Item { name: string; status: Status; dose?: Coming; why?: string }

/** What must be acted upon first, then what a person must look at, then what comes, then what is over. */
const ORDER: Status[] = ["overdue", "due", "needs_person", "contraindicated", "possible", "later", "ended", "complete"];

/** Whether a line is still to be thought of. */
export const isOpen = ({ status }: Item): boolean => status !== "complete" && status !== "ended";

/** The lines in order. Later doses of a series, which rest on one that is itself only forecast, are left to the day when that one is given. */
export function itemsOf(rows: Planned[], language: Language, japanese: (programme: string) => string): Item[] {
  return rows.filter(({ dose }) => !dose?.assumed).map(({ programme, status, dose, stop }): Item => ({
    name: programmeIn(language, programme, japanese(programme)), status, ...(dose && { dose }), ...(stop && { why: reasonIn(language, stop.reason) }),
  })).sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || (a.dose?.earliest ?? "").localeCompare(b.dose?.earliest ?? ""));
}
