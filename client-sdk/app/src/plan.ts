// The timeline's lines, out of a forecast: every programme has one, also where no day can be told, and then it says why.

import { type Language } from "musubi-shared";
import { programmeIn, reasonIn } from "musubi-shared/care-words";
import type { ForecastDose, ForecastRow, Status, Stop } from "musubi-sdk/care";

export type { Status };
/** A dose to come, as far as the timeline shows it. */
export type Coming = Pick<ForecastDose, "number" | "of" | "earliest" | "due" | "overdue_after" | "latest" | "assumed">;
/** A line of the forecast, as far as the timeline shows it. */
export type Planned = Pick<ForecastRow, "programme" | "vaccine" | "status"> & { dose: Coming | null; stop: Pick<Stop, "reason"> | null };
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
