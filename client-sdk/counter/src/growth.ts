// Growth flags by the SDK's arithmetic: place among the published lines, slips of the unit, changes since the last time. No diagnosis.

import { type GrowthReference, loadCare, type Measured, type Position as Placed } from "musubi-sdk/care";
import type { Measure, Patient } from "./fhir";
import { measuredBy } from "./fhir";

export interface Position { is: "on" | "between" | "below" | "above"; low?: number; high?: number }
export interface Finding { measure: Measure; value: number; position?: Position; doubt?: string; changes: { is: string; by: number }[] }
type Earlier = NonNullable<ReturnType<typeof measuredBy>>;

let reference: Promise<GrowthReference> | undefined;

const open = () =>
  (reference ??= (async () => {
    const [care, text] = await Promise.all([loadCare(), import("../../care/data/growth-jp-2023.json?raw")]);
    return new care.GrowthReference(text.default);
  })());

/** Holds a value against the reference; where sex or band is unknown, nothing is said of its place. */
export async function assess(patient: Patient, measure: Measure, value: number, on: string, earlier: Earlier | undefined): Promise<Finding> {
  const finding: Finding = { measure, value, changes: [] };
  if (patient.gender !== "male" && patient.gender !== "female") return finding;
  const growth = await open();
  const { gender: sex, birthDate: birth } = patient;
  const asked = (value: number, on: string): Measured => ({ measure, sex, birth, on, value: value.toFixed(3) });
  const now = asked(value, on), before = earlier && asked(earlier.value, earlier.on);
  const [evaluated, doubt, changes] = [growth.evaluate(now), growth.doubt(now, before), before ? growth.changes(before, now) : []];
  return {
    ...finding, ...(evaluated && { position: placeOf(evaluated.position) }), ...(doubt && { doubt: typeof doubt === "string" ? doubt : Object.keys(doubt)[0]! }),
    changes: changes.map((change) => { const [is, said] = Object.entries(change)[0]!; return { is, by: Number(Object.values(said)[0]) }; }),
  };
}

function placeOf(position: Placed): Position {
  const [is, lines] = Object.entries(position)[0]! as [Position["is"], number | [number, number]];
  if (Array.isArray(lines)) return { is, low: lines[0], high: lines[1] };
  return { is, low: lines, high: lines };
}
