// Growth flags by the SDK's arithmetic: place among the published lines, slips of the unit, changes since the last time. No diagnosis.

import { loadCare } from "musubi-sdk/care";
import type { Measure, Patient } from "./fhir";
import { measuredBy } from "./fhir";

export interface Position { is: "on" | "between" | "below" | "above"; low?: number; high?: number }
export interface Finding { measure: Measure; value: number; position?: Position; doubt?: string; changes: { is: string; by: number }[] }
type Earlier = NonNullable<ReturnType<typeof measuredBy>>;

let reference: Promise<InstanceType<Awaited<ReturnType<typeof loadCare>>["GrowthReference"]>> | undefined;

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
  const asked = (value: number, on: string) => JSON.stringify({ measure, sex: patient.gender, birth: patient.birthDate, on, value: value.toFixed(3) });
  const evaluated = JSON.parse(growth.evaluate(asked(value, on))) as { position: Record<string, number | [number, number]> } | null;
  const doubt = JSON.parse(growth.doubt(asked(value, on), earlier && asked(earlier.value, earlier.on))) as string | Record<string, unknown> | null;
  const changes = earlier ? (JSON.parse(growth.changes(asked(earlier.value, earlier.on), asked(value, on))) as Record<string, Record<string, number | string>>[]) : [];
  return {
    ...finding, ...(evaluated && { position: placeOf(evaluated.position) }), ...(doubt && { doubt: typeof doubt === "string" ? doubt : Object.keys(doubt)[0]! }),
    changes: changes.map((change) => { const [is, said] = Object.entries(change)[0]!; return { is, by: Number(Object.values(said)[0]) }; }),
  };
}

function placeOf(position: Record<string, number | [number, number]>): Position {
  const [is, lines] = Object.entries(position)[0]! as [Position["is"], number | [number, number]];
  if (Array.isArray(lines)) return { is, low: lines[0], high: lines[1] };
  return { is, low: lines, high: lines };
}
