// Speech: Japanese first, English and やさしい日本語 beside it. A sentence is text with {places}; 〔漢字|かんじ〕 is ruby.

/** The languages, as BCP 47 tags. */
export const LANGUAGES = ["ja", "ja-Hira", "en"] as const;
/** One of them. */
export type Language = (typeof LANGUAGES)[number];
/** Every sentence of a face in one language. */
export type Words<Key extends string> = Record<Key, string>;

/** The language that a person's browser asks for. */
export function languageOf(kept: string | null, wanted: readonly string[]): Language {
  const known = LANGUAGES.find((language) => language === kept);
  if (known) return known;
  return wanted.some((tag) => tag.startsWith("ja")) || !wanted.some((tag) => tag.startsWith("en")) ? "ja" : "en";
}

/** Puts values into the places of a sentence. A place without a value stays as it is, so that it is noticed. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** A sentence as pieces of plain text and ruby. */
export function pieces(sentence: string): (string | { base: string; ruby: string })[] {
  return sentence
    .split(/(〔[^〕]*〕)/)
    .filter(Boolean)
    .map((piece) => {
      const [base, ruby] = piece.slice(1, -1).split("|");
      return piece.startsWith("〔") && base && ruby ? { base, ruby } : piece;
    });
}
