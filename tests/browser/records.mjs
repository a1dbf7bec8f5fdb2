// What a record system writes about a child: a dose, and a body measure.

/** A dose of a product of the schedule. */
export const dose = (id, code, text, on, number) => ({
  resourceType: "Immunization", id: `${id}-${code}-${number}`, meta: { profile: ["http://jpfhir.jp/fhir/core/StructureDefinition/JP_Immunization"] }, status: "completed",
  vaccineCode: { coding: [{ system: "https://musubi.example/CodeSystem/schedule-product", code }], text }, patient: { reference: `Patient/${id}` },
  occurrenceDateTime: `${on}T10:20:00+09:00`, primarySource: true, lotNumber: `HK${number}17A`, expirationDate: "2027-08-31",
  route: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", code: "SQ" }], text: "皮下注射" },
  doseQuantity: { value: 0.5, unit: "mL", system: "http://unitsofmeasure.org", code: "mL" }, protocolApplied: [{ targetDisease: [{ text }], doseNumberPositiveInt: number }],
});
/** A weight in grams or a height in centimetres, by its LOINC code. */
export const measured = (id, code, text, value, unit, on) => ({
  resourceType: "Observation", id: `${id}-${code}-${on}`, status: "final",
  category: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/observation-category", code: "vital-signs" }] }],
  code: { coding: [{ system: "http://loinc.org", code }], text }, subject: { reference: `Patient/${id}` },
  effectiveDateTime: `${on}T10:05:00+09:00`, valueQuantity: { value, unit, system: "http://unitsofmeasure.org", code: unit },
});
