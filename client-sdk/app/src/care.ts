// Child health arithmetic, fetched when a screen first needs it: the forecast by the municipality's rules, and growth by the 2023 survey.

import type { Language } from "musubi-shared";
import { vaccineIn } from "musubi-shared/care-words";
import { type Band, type Child as Asked, type Forecast, loadCare, type Position, type Sex } from "musubi-sdk/care";
import growthText from "../../care/data/growth-jp-2023.json?raw";
import rulesText from "../../../chain-spec/presets/schedule/jp-routine-2026.json?raw";
import type { About } from "./chain";
import type { Dose, Measurement } from "./records";

export type { Forecast, Sex };
export interface Child { born: string; sex?: Sex; whole: boolean }

const rules = JSON.parse(rulesText) as { rule_set: { version: string }; programmes: { rule: string; name: string }[]; vaccines: { code: string; name: string }[] };
const reference = JSON.parse(growthText) as { credit: string; lines: number[]; tables: { measure: string; sex: Sex; rows: { band: Band; values: string[] }[] }[] };

export const LINES = reference.lines;
export const RULES_VERSION = rules.rule_set.version;
export const programmeName = (rule: string): string => rules.programmes.find((one) => one.rule === rule)?.name.replace(/・4種混合| \(単独\)/, "") ?? rule;
export const vaccineName = (language: Language, code: string): string => vaccineIn(language, code, rules.vaccines.find((one) => one.code === code)?.name.replace(/ \(.*/, "") ?? code);

/** Today in Japan. */
export const today = (now = Date.now()): string => new Date(now + 9 * 3_600_000).toISOString().slice(0, 10);

/** What is due, by the rules that this app brings; a history that nobody confirmed is told as such. */
export async function forecastOf(child: Child, doses: Dose[], asOf: string): Promise<Forecast> {
  const care = await loadCare();
  const given = doses.filter((dose) => dose.known).map(({ vaccine, date }) => ({ vaccine, date }));
  const asked: Asked = { subject: { birth: child.born, ...(child.sex && { sex: child.sex }) }, history: { completeness: child.whole ? "confirmed" : "unconfirmed", doses: given } };
  return new care.Rules(rulesText).forecast(asked, asOf);
}

/** Whether the chain has these very rules in force. */
export async function rulesAreInForce(about: About): Promise<boolean> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(rulesText)));
  return about.rules?.hash.every((byte, at) => byte === digest[at]) ?? false;
}

export interface Placed extends Measurement { position?: Position }

const NAMES = { weight: "weight", height: "height", head: "head_circumference" } as const;

/** Where each value lies among the published lines. */
export async function placed(child: Child, measurements: Measurement[]): Promise<Placed[]> {
  const { sex, born } = child;
  if (!sex) return measurements;
  const growth = new (await loadCare()).GrowthReference(growthText);
  return measurements.map((one) => {
    const found = growth.evaluate({ measure: NAMES[one.measure], sex, birth: born, on: one.on, value: String(Math.round(one.value * 1000) / 1000) });
    return { ...one, ...(found && { position: found.position }) };
  });
}

/** The published lines of one measure: at months of age, a value for each percentile. */
export function bands(measure: Measurement["measure"], sex: Sex): { month: number; values: number[] }[] {
  const rows = reference.tables.find((table) => table.measure === NAMES[measure] && table.sex === sex)?.rows ?? [];
  return rows.map(({ band, values }) => ({ month: band === "birth" ? 0 : "day" in band ? band.day / 30.4375 : (band.months[0] + band.months[1]) / 2, values: values.map(Number) })).sort((a, b) => a.month - b.month);
}

/** Age in months on a day, with parts of a month. */
export const monthsAt = (born: string, on: string): number => (Date.parse(on) - Date.parse(born)) / 86_400_000 / 30.4375;
