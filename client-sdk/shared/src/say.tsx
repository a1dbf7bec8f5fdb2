// The words in the language that was chosen, with ruby where a sentence has it.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { fill, type Language, languageOf, LANGUAGES, pieces } from "./speech";
import { COMMON, type CommonKey } from "./words";

const KEPT = "musubi-language";
const NAMES: Record<Language, string> = { ja: "日本語", "ja-Hira": "やさしい日本語", en: "English" };

export const LanguageContext = createContext<Language>("ja");
export const firstLanguage = (): Language => languageOf(localStorage.getItem(KEPT), navigator.languages);
const keepLanguage = (language: Language): void => localStorage.setItem(KEPT, language);

export type Values = Record<string, string | number>;

/** A face's speech: its own words, and those that every face uses. */
export function speechIn<Key extends string>(own: Record<Language, Record<Key, string>>) {
  const all = Object.fromEntries(LANGUAGES.map((language) => [language, { ...COMMON[language], ...own[language] }])) as Record<Language, Record<Key | CommonKey, string>>;
  /** Gives sentences: `say` as elements with ruby, `text` as plain text for names and titles. */
  return function useSpeech() {
    const language = useContext(LanguageContext);
    const words: Record<string, string | undefined> = all[language];
    const text = (key: Key | CommonKey, values: Values = {}) => textIn(language, fill(all[language][key], values));
    const say = (key: Key | CommonKey, values: Values = {}) => <Spoken sentence={fill(all[language][key], values)} />;
    /** A code's name, or the code itself where a newer chain has one that this page does not know. */
    const name = (group: string, code: unknown) => words[`${group}.${String(code)}`] ?? String(code);
    return { language, text, say, name, words };
  };
}

/** Speech of the parts that all faces share. */
export const useCommon = speechIn<never>({ ja: {}, "ja-Hira": {}, en: {} });

/** A date, which no line breaks in two: 10月22 at one line's end and 日 at the next one's start are hard to read. */
const DATE = /(\d{4}年\d{1,2}月\d{1,2}日)/;
const unbroken = (text: string) => text.split(DATE).map((part, at) => (at % 2 === 1 ? <span class="whole">{part}</span> : part));

export function Spoken({ sentence }: { sentence: string }) {
  return <span class="said">{pieces(sentence).map((piece) => (typeof piece === "string" ? unbroken(piece) : <ruby>{piece.base}<rt>{piece.ruby}</rt></ruby>))}</span>;
}

export const plain = (sentence: string): string => pieces(sentence).map((piece) => (typeof piece === "string" ? piece : piece.base)).join("");

/** A sentence where no reading can be set above: in やさしい日本語 the reading itself stands there. */
export const textIn = (language: Language, sentence: string): string =>
  language === "ja-Hira" ? pieces(sentence).map((piece) => (typeof piece === "string" ? piece : piece.ruby)).join("") : plain(sentence);

/** Chooses the language, which is kept before anything else happens: whoever leaves the page at once finds it again. */
export function LanguageChoice({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const { text, language } = useCommon();
  return (
    <select class="language" aria-label={text("language")} value={language} onChange={(event) => { const chosen = event.currentTarget.value as Language; keepLanguage(chosen); onLanguage(chosen); }}>
      {LANGUAGES.map((one) => <option value={one}>{NAMES[one]}</option>)}
    </select>
  );
}
