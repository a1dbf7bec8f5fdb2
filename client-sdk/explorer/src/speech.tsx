// The words in the language that was chosen, with ruby where a sentence has it.

import { fill, type Language, languageOf, pieces } from "musubi-shared";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Key, WORDS } from "./words";

const KEPT = "musubi-language";

export const LanguageContext = createContext<Language>("ja");
export const firstLanguage = (): Language => languageOf(localStorage.getItem(KEPT), navigator.languages);
export const keepLanguage = (language: Language): void => localStorage.setItem(KEPT, language);

type Values = Record<string, string | number>;

/** Gives sentences: `say` as elements with ruby, `text` as plain text for names and titles. */
export function useSpeech() {
  const language = useContext(LanguageContext);
  const words: Record<string, string | undefined> = WORDS[language];
  const text = (key: Key, values: Values = {}) => plain(fill(WORDS[language][key], values));
  const say = (key: Key, values: Values = {}) => <Spoken sentence={fill(WORDS[language][key], values)} />;
  /** A code's name, or the code itself where a newer chain has one that this page does not know. */
  const name = (group: string, code: unknown) => words[`${group}.${String(code)}`] ?? String(code);
  return { language, text, say, name, words };
}

export function Spoken({ sentence }: { sentence: string }) {
  return <span class="said">{pieces(sentence).map((piece) => (typeof piece === "string" ? piece : <ruby>{piece.base}<rt>{piece.ruby}</rt></ruby>))}</span>;
}

export const plain = (sentence: string): string => pieces(sentence).map((piece) => (typeof piece === "string" ? piece : piece.base)).join("");
