// What is asked of everybody before an injection (予診), and which condition of the schedule rules a yes stands for.

import { conditions as BOOK } from "../../../chain-spec/presets/schedule/jp-routine-2026.json";

/** The rules read a condition by its words; these are the spellings of the rules' own flags, and of what a physician asks beyond the form. */
export const CONDITIONS = [
  "FEVER", "SEVERE_ACUTE_ILLNESS", "ANAPHYLAXIS_TO_COMPONENT", "ALLERGY", "CONVULSION", "UNDERLYING", "RELATIVE_IMMUNODEFICIENCY", "REACTION_AFTER_PREVIOUS_DOSE",
  "PREGNANT", "INTUSSUSCEPTION", "CONGENITAL_GUT", "KELOID", "TB_CONTACT", "PERINATAL_HEPB_PROPHYLAXIS",
] as const;
export type Condition = (typeof CONDITIONS)[number];

interface Entry { vaccines?: string[]; words: string[][] }

/** Whether the rules say anything of a condition for this product; first match wins, as in the engine. */
export function concerns(condition: Condition, product: string): boolean {
  const said = condition.split("_");
  const entry = (BOOK.entries as Entry[]).find(({ words }) => words.some((all) => all.every((word) => said.includes(word))));
  return entry !== undefined && (!entry.vaccines?.length || entry.vaccines.includes(product));
}

/** What is asked before this product. */
export const askedBefore = (product: string): Condition[] => CONDITIONS.filter((one) => concerns(one, product));

/** What staff said of each condition; what nobody touched is as the family answered it. `none` is the answer that nothing applies. */
export type Told = Partial<Record<Condition | "none", boolean>>;

/** The conditions that hold for this product, of what staff said and what the family's answers raised. */
export const yesOf = (told: Told, product: string, raised: string[]): Condition[] =>
  product ? askedBefore(product).filter((one) => told[one] ?? (!told.none && raised.includes(one))) : [];
