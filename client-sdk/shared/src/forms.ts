// Forms (FHIR Questionnaire): their words in a language, which questions are asked, and the answers as a resource.

import type { Language } from "./speech";

type Translated = { extension?: { extension?: { url: string; valueCode?: string; valueString?: string }[] }[] };
interface Coding { system?: string; code: string; display: string; _display?: Translated }
interface When { question: string; operator: string; answerBoolean?: boolean; answerInteger?: number; answerCoding?: { code: string } }
export interface Item { linkId: string; text: string; _text?: Translated; type: string; required?: boolean; repeats?: boolean; maxLength?: number; enableWhen?: When[]; enableBehavior?: "all" | "any"; answerOption?: { valueCoding: Coding }[]; item?: Item[] }
export interface Form { id: string; url: string; version: string; title: string; _title?: Translated; item: Item[] }
/** Answers by question: a truth, a number or text, or codes. */
export type Answers = Record<string, boolean | string | string[]>;

/** A form that the municipality offers for a child, with the days on which it is answered. */
export interface Offered { id: string; title: Record<string, string>; answeredBy: string | null; from?: string; until?: string }

const TAGS: Partial<Record<Language, string>> = { "ja-Hira": "ja-x-easy", en: "en" };

/** A text of the form in a language; Japanese where it has no translation. */
export function translated(language: Language, text: string, more: Translated | undefined): string {
  const wanted = TAGS[language];
  const parts = more?.extension?.map((one) => one.extension ?? []).find((inner) => inner.some((part) => part.url === "lang" && part.valueCode === wanted));
  return parts?.find((part) => part.url === "content")?.valueString ?? text;
}

/** Whether a question is asked, given the answers so far. */
export function isAsked(item: Item, answers: Answers): boolean {
  if (!item.enableWhen?.length) return true;
  const holds = item.enableWhen.map((when) => {
    const answer = answers[when.question];
    const given = answer !== undefined && answer !== "" && !(Array.isArray(answer) && answer.length === 0);
    if (when.operator === "exists") return given === (when.answerBoolean ?? true);
    const is = when.answerBoolean !== undefined ? answer === when.answerBoolean : when.answerCoding ? [answer].flat().includes(when.answerCoding.code) : Number(answer) === when.answerInteger;
    if (when.operator === "!=") return given && !is;
    if (when.operator === ">") return given && Number(answer) > (when.answerInteger ?? Infinity);
    return is;
  });
  return item.enableBehavior === "any" ? holds.some(Boolean) : holds.every(Boolean);
}

/** Whether a part has anything to ask: a group of which no question is asked is none. */
export const asks = (item: Item, answers: Answers): boolean => isAsked(item, answers) && (item.type !== "group" || (item.item ?? []).some((inner) => asks(inner, answers)));

/** Questions that must be answered and are not. */
export function open(items: Item[], answers: Answers): Item[] {
  return items.filter((item) => isAsked(item, answers)).flatMap((item) => {
    const answer = answers[item.linkId];
    const missing = item.required && item.type !== "group" && (answer === undefined || answer === "" || (Array.isArray(answer) && answer.length === 0));
    return [...(missing ? [item] : []), ...open(item.item ?? [], answers)];
  });
}

function valuesOf(item: Item, answer: boolean | string | string[]): Record<string, unknown>[] {
  const number = { integer: "valueInteger", decimal: "valueDecimal" }[item.type as "integer" | "decimal"];
  if (typeof answer === "boolean") return [{ valueBoolean: answer }];
  if (number) return [{ [number]: Number(answer) }];
  if (item.type === "date") return [{ valueDate: answer }];
  if (item.type === "time") return [{ valueTime: `${String(answer)}:00` }];
  return [answer].flat().map((code) => {
    const coding = item.answerOption?.find((option) => option.valueCoding.code === code)?.valueCoding;
    return coding ? { valueCoding: { ...(coding.system && { system: coding.system }), code: coding.code, display: coding.display } } : { valueString: code };
  });
}

function answered(items: Item[], answers: Answers): Record<string, unknown>[] {
  return items.filter((item) => isAsked(item, answers)).flatMap((item) => {
    const answer = answers[item.linkId];
    const given = answer !== undefined && answer !== "" && !(Array.isArray(answer) && answer.length === 0);
    const inner = answered(item.item ?? [], answers);
    if (!given && inner.length === 0) return [];
    return [{ linkId: item.linkId, text: item.text, ...(given && { answer: valuesOf(item, answer) }), ...(inner.length > 0 && { item: inner }) }];
  });
}

/** The answers as a resource that the municipality takes in. */
export function responseOf(form: Form, answers: Answers, subject: string, at: Date): Record<string, unknown> {
  return { resourceType: "QuestionnaireResponse", questionnaire: `${form.url}|${form.version}`, status: "completed", subject: { reference: `Patient/${subject.slice(2, 34)}` }, authored: at.toISOString(), item: answered(form.item, answers) };
}
