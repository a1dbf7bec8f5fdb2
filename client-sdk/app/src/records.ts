// A child's records: fetched as sealed as they are kept, opened by this device's key, and read as doses and measurements.

import type { Id } from "musubi-sdk";
import { type Keys, loadKeys } from "musubi-sdk/keys";
import { fromBase64, fromHex } from "musubi-shared";
import type { Gateway } from "musubi-shared/gateway";
import { agree, type Device } from "./device";

interface Sealed { record: Id; category: string; author: number; commitment: Id; ciphertext: Id; isVoid: boolean; sealed: string; envelope?: string }
type Coding = { system?: string; code?: string; display?: string };
export type Resource = Record<string, unknown> & { resourceType: string };

/** A record as it was written, or that it is there and not for this device. */
export interface Opened { record: Id; category: string; author: number; isVoid: boolean; resource?: Resource }

/** Its class is not given to families, whatever device asks. */
const WITHHELD = "sensitive";
/** Records that the rules keep from the family, and those whose key the municipality's vault does not have yet: it fetches that by itself. */
export const withheld = (records: Opened[]): number => records.filter((one) => !one.resource && one.category === WITHHELD).length;
export const awaited = (records: Opened[]): number => records.filter((one) => !one.resource && one.category !== WITHHELD && !one.isVoid).length;

const PIECES = 100;

/** Every record about a subject that this device can open, each held against commitment and hash of the chain. */
export async function openRecords(device: Device, gateway: Gateway, subject: Id): Promise<Opened[]> {
  const wasm = await loadKeys();
  const opened: Opened[] = [];
  for (let after = ""; ; ) {
    const page = await gateway.get<Sealed[]>(`/v1/family/${subject}/records?key=${device.sealing}${after && `&after=${after}`}`);
    for (const one of page) opened.push(await open(wasm, device, one));
    const last = page.at(-1);
    if (page.length < PIECES || !last) return opened;
    after = last.record;
  }
}

async function open(wasm: Keys, device: Device, one: Sealed): Promise<Opened> {
  const { record, category, author, isVoid } = one;
  if (!one.envelope) return { record, category, author, isVoid };
  const envelope = fromBase64(one.envelope);
  const { encapsulated } = wasm.envelopeToOpen(envelope);
  const dataKey = wasm.openAgreed(envelope, await agree(device, fromHex(encapsulated)));
  const bytes = wasm.openRecord(fromBase64(one.sealed), one.ciphertext, one.commitment, dataKey);
  return { record, category, author, isVoid, resource: JSON.parse(new TextDecoder().decode(bytes)) as Resource };
}

/** A dose that was given. */
export interface Dose { vaccine: string; date: string; lot?: string; text: string; author: number; known: boolean }
/** A measurement, in kilograms or centimetres. */
export interface Measurement { measure: "weight" | "height" | "head"; on: string; value: number; author: number }

const PRODUCT = "https://musubi.example/CodeSystem/schedule-product";
const LOINC: Record<string, Measurement["measure"]> = { "29463-7": "weight", "3141-9": "weight", "8339-4": "weight", "8302-2": "height", "8306-3": "height", "89269-5": "height", "9843-4": "head", "8287-5": "head" };
const day = (text: unknown): string => String(text ?? "").slice(0, 10);
const codings = (concept: unknown): Coding[] => ((concept as { coding?: Coding[] } | undefined)?.coding ?? []);

export function dosesIn(records: Opened[]): Dose[] {
  return valid(records, "Immunization").filter(({ resource }) => resource["status"] === "completed").map(({ resource, author }) => {
    const product = codings(resource["vaccineCode"]).find((coding) => coding.system === PRODUCT)?.code;
    const text = (resource["vaccineCode"] as { text?: string } | undefined)?.text ?? product ?? "";
    const lot = resource["lotNumber"] as string | undefined;
    return { vaccine: product ?? "", known: product !== undefined, date: day(resource["occurrenceDateTime"]), text, author, ...(lot && { lot }) };
  }).sort((a, b) => a.date.localeCompare(b.date));
}

export function measurementsIn(records: Opened[]): Measurement[] {
  return valid(records, "Observation").flatMap(({ resource, author }) => {
    const measure = codings(resource["code"]).map((coding) => LOINC[coding.code ?? ""]).find(Boolean);
    const quantity = resource["valueQuantity"] as { value?: number; code?: string } | undefined;
    if (!measure || quantity?.value === undefined) return [];
    const value = quantity.code === "g" ? quantity.value / 1000 : quantity.code === "m" ? quantity.value * 100 : quantity.value;
    return [{ measure, value, on: day(resource["effectiveDateTime"]), author }];
  }).sort((a, b) => a.on.localeCompare(b.on));
}

function valid(records: Opened[], type: string): { resource: Resource; author: number }[] {
  return records.flatMap(({ resource, author, isVoid }) => (resource?.resourceType === type && !isVoid ? [{ resource, author }] : []));
}
