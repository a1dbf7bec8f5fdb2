// What in a family's answers a physician should look at first: by the same rules (chain-spec/presets/forms/flags.json) that the node uses.
// No flag is no statement that a dose is harmless.

import type { Language } from "musubi-shared";
import { flags as RULES } from "../../../chain-spec/presets/forms/flags.json";

type Value = boolean | number | string;
interface When { question: string; operator: string; answerBoolean?: boolean; answerInteger?: number; answerDecimal?: number; answerCoding?: { code: string } }
interface Rule { rule: string; forms: string[]; when: When[]; text: Record<string, string>; condition?: string }
export interface Item { linkId: string; text?: string; answer?: Record<string, unknown>[]; item?: Item[] }
/** Answers to a form (FHIR QuestionnaireResponse), as far as they are read here. */
export interface Answered { questionnaire: string; authored?: string; item?: Item[] }
/** What an answer raised; `condition` is what the schedule rules call it, where they know it. */
export interface Flag { rule: string; question: string; text: Record<string, string>; condition?: string }

/** An answer as a value that can be compared; of a coding its code, of a quantity its number. */
function valueOf(answer: Record<string, unknown>): Value | undefined {
  const value = Object.entries(answer).find(([name]) => name.startsWith("value"))?.[1];
  if (value && typeof value === "object") return (value as { code?: string }).code ?? (value as { value?: number }).value;
  return value as Value | undefined;
}

/** Every question that was answered, with its answers. */
function valuesOf(items: Item[] = []): Map<string, Value[]> {
  const found = new Map<string, Value[]>();
  for (const item of items) {
    const values = (item.answer ?? []).map(valueOf).filter((value) => value !== undefined);
    if (values.length > 0) found.set(item.linkId, values);
    for (const [question, inner] of valuesOf(item.item)) found.set(question, inner);
  }
  return found;
}

function holds(when: When, answers: Map<string, Value[]>): boolean {
  const given = answers.get(when.question);
  if (when.operator === "exists") return (given !== undefined) === (when.answerBoolean ?? true);
  if (!given) return false;
  const wanted = when.answerBoolean ?? when.answerInteger ?? when.answerDecimal ?? when.answerCoding?.code;
  if (when.operator === "=") return given.includes(wanted as Value);
  if (when.operator === "!=") return !given.includes(wanted as Value);
  const by = Number(wanted);
  const compared: Record<string, (value: number) => boolean> = { "<": (value) => value < by, "<=": (value) => value <= by, ">": (value) => value > by, ">=": (value) => value >= by };
  return given.some((value) => typeof value === "number" && compared[when.operator]?.(value));
}

/** The flags that answers raise, in the order of the rules. */
export function flagsOf(response: Answered): Flag[] {
  const form = response.questionnaire.split("|")[0]!.split("/").at(-1)!;
  const answers = valuesOf(response.item);
  const raised = (RULES as Rule[]).filter((rule) => rule.forms.includes(form) && rule.when.every((when) => holds(when, answers)));
  return raised.map(({ rule, when, text, condition }) => ({ rule, text, question: when[0]!.question, ...(condition && { condition }) }));
}

const TAGS: Record<Language, string> = { ja: "ja", "ja-Hira": "ja-x-easy", en: "en" };
export const flagIn = (language: Language, flag: Flag): string => flag.text[TAGS[language]] ?? flag.text["ja"] ?? flag.rule;
