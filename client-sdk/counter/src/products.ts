// Vaccines by the rules' own list, and which box stands for which: a box that was named once is known from then on at this machine.

import { vaccines } from "../../../chain-spec/presets/schedule/jp-routine-2026.json";
import type { DoseForm } from "./fhir";

export interface Product { code: string; title: string; route: DoseForm["route"]; millilitres: number | undefined }

const ROUTE: Record<string, DoseForm["route"]> = { SC: "SQ", IM: "IM", oral: "PO", percutaneous: "PC" };

export const PRODUCTS: Product[] = vaccines.map(({ code, name, routes, volumes }: { code: string; name: string; routes?: string[]; volumes?: { microlitres: number }[] }) => ({
  code, title: name, route: ROUTE[routes?.[0] ?? "SC"] ?? "SQ",
  // Where the volume depends on age, nobody's guess stands in the form.
  millilitres: volumes?.length === 1 ? volumes[0]!.microlitres / 1000 : undefined,
}));

const KNOWN = "musubi-boxes";
const known = (): Record<string, string> => JSON.parse(localStorage.getItem(KNOWN) ?? "{}") as Record<string, string>;

export const productOfGtin = (gtin: string | undefined): string | undefined => (gtin ? known()[gtin] : undefined);
export const rememberBox = (gtin: string, product: string): void => localStorage.setItem(KNOWN, JSON.stringify({ ...known(), [gtin]: product }));
