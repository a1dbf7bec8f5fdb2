// FHIR resources as this console writes them: what a form says, and nothing that nobody entered.

export interface Patient {
  resourceType: "Patient"; id: string; identifier: { system: string; value: string }[];
  name: { use: "official"; extension: { url: string; valueCode: "IDE" | "SYL" }[]; text: string; family?: string; given?: string[] }[];
  gender?: "male" | "female" | "other" | "unknown"; birthDate: string;
}
export interface Coding { system: string; code: string; display?: string }
export interface Immunization { resourceType: "Immunization"; id: string; vaccineCode: { coding: Coding[]; text: string }; occurrenceDateTime: string; lotNumber?: string; [field: string]: unknown }
export interface Observation { resourceType: "Observation"; id: string; code: { coding: Coding[]; text: string }; effectiveDateTime: string; valueQuantity: { value: number; unit: string; system: string; code: string }; [field: string]: unknown }

const WRITING = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
const UCUM = "http://unitsofmeasure.org";
export const PRODUCTS = "https://musubi.example/CodeSystem/schedule-product";
const ROUTES = "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration";
const OWN_ROUTES = "https://musubi.example/CodeSystem/schedule-route";
const SITES = "http://terminology.hl7.org/CodeSystem/v3-ActSite";

export interface PersonForm { name: string; kana: string; birthDate: string; gender: "male" | "female" | "unknown"; number: string }

/** A person of a register or a chart; `system` says whose number it is. */
export function patientOf(form: PersonForm, system: string): Patient {
  const written = (text: string, valueCode: "IDE" | "SYL") => {
    const [family, ...given] = text.trim().split(/[\s　]+/);
    return { use: "official" as const, extension: [{ url: WRITING, valueCode }], text: text.trim(), ...(family && { family }), ...(given.length > 0 && { given }) };
  };
  return {
    resourceType: "Patient", id: form.number, identifier: [{ system, value: form.number }],
    name: [written(form.name, "IDE"), ...(form.kana.trim() ? [written(form.kana, "SYL")] : [])],
    gender: form.gender, birthDate: form.birthDate,
  };
}

export const nameOf = (patient: Patient): string => patient.name[0]?.text ?? patient.id;
export const kanaOf = (patient: Patient): string => patient.name[1]?.text ?? "";
const reference = (patient: Patient) => ({ reference: `Patient/${patient.id}` });

/** A moment as FHIR writes it, in Japan's time. */
export function instant(at: number): string {
  return `${new Date(at + 9 * 3600_000).toISOString().slice(0, 19)}+09:00`;
}

export interface DoseForm { product: string; title: string; lot: string; expiry: string; route: "SQ" | "IM" | "PO" | "PC"; site: "LA" | "RA" | "LT" | "RT" | ""; millilitres: number | undefined; at: number }

/** FHIR has no code for the percutaneous stamp of BCG; the rules have one. */
const routeOf = ({ route }: DoseForm): Coding => (route === "PC" ? { system: OWN_ROUTES, code: "percutaneous" } : { system: ROUTES, code: route });
const conceptOf = ({ product, title }: DoseForm) => ({ coding: [{ system: PRODUCTS, code: product }], text: title });
const quantity = (value: number) => ({ value, unit: "mL", system: UCUM, code: "mL" });

export function immunizationOf(form: DoseForm, patient: Patient, words: { route: string; site: string }): Immunization {
  return {
    resourceType: "Immunization", id: crypto.randomUUID(), status: "completed", vaccineCode: conceptOf(form), patient: reference(patient),
    occurrenceDateTime: instant(form.at), primarySource: true, lotNumber: form.lot, expirationDate: form.expiry,
    ...(form.site && { site: { coding: [{ system: SITES, code: form.site }], text: words.site } }),
    route: { coding: [routeOf(form)], text: words.route },
    ...(form.millilitres !== undefined && { doseQuantity: quantity(form.millilitres) }),
  };
}

/** A dose as the family's handbook has it: who gave it, and often its lot, nobody knows any more. */
export function paperDoseOf(said: { product: string; title: string; on: string; lot: string }, patient: Patient): Immunization {
  return {
    resourceType: "Immunization", id: crypto.randomUUID(), status: "completed", vaccineCode: { coding: [{ system: PRODUCTS, code: said.product }], text: said.title },
    patient: reference(patient), occurrenceDateTime: said.on, primarySource: false, reportOrigin: { text: "母子健康手帳" }, ...(said.lot && { lotNumber: said.lot }),
  };
}

/** The question of the schedule check (CDS Hooks, order-sign). */
export function orderOf(form: DoseForm, patient: Patient, subject: string, doses: Immunization[], said: { historyConfirmed: boolean; session?: string; conditions: string[] }): object {
  const draft = {
    resourceType: "MedicationRequest", status: "draft", intent: "order", subject: reference(patient), medicationReference: { reference: "#vial" },
    contained: [{ resourceType: "Medication", id: "vial", code: conceptOf(form), batch: { lotNumber: form.lot, expirationDate: form.expiry } }],
    dosageInstruction: [{
      timing: { event: [instant(form.at).slice(0, 10)] }, route: { coding: [routeOf(form)] },
      ...(form.millilitres !== undefined && { doseAndRate: [{ doseQuantity: quantity(form.millilitres) }] }),
    }],
  };
  const bundle = (resources: object[]) => ({ resourceType: "Bundle", type: "collection", entry: resources.map((resource) => ({ resource })) });
  return {
    hook: "order-sign", hookInstance: crypto.randomUUID(), context: { patientId: subject, draftOrders: bundle([draft]) },
    prefetch: { patient, immunizations: bundle(doses) }, extension: { musubi: said },
  };
}

export type Measure = "weight" | "height" | "head_circumference";
const MEASURES: Record<Measure, { code: string; display: string; unit: string; factor: number }> = {
  weight: { code: "29463-7", display: "Body weight", unit: "g", factor: 1000 },
  height: { code: "8302-2", display: "Body height", unit: "cm", factor: 1 },
  head_circumference: { code: "9843-4", display: "Head Occipital-frontal circumference", unit: "cm", factor: 1 },
};

/** A body measure, entered in kilograms or centimetres. */
export function observationOf(measure: Measure, value: number, patient: Patient, text: string, at: number): Observation {
  const { code, display, unit, factor } = MEASURES[measure];
  return {
    resourceType: "Observation", id: crypto.randomUUID(), status: "final", subject: reference(patient), effectiveDateTime: instant(at),
    category: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/observation-category", code: "vital-signs" }] }],
    code: { coding: [{ system: "http://loinc.org", code, display }], text },
    valueQuantity: { value: Number((value * factor).toFixed(unit === "g" ? 0 : 1)), unit, system: UCUM, code: unit },
  };
}

/** What an earlier observation measured, in the unit in which it is entered. */
export function measuredBy(observation: Observation): { measure: Measure; value: number; on: string } | undefined {
  const code = observation.code.coding[0]?.code;
  const found = (Object.keys(MEASURES) as Measure[]).find((measure) => MEASURES[measure].code === code);
  return found && { measure: found, value: observation.valueQuantity.value / MEASURES[found].factor, on: observation.effectiveDateTime.slice(0, 10) };
}
