// Times as people in Japan read them.

import type { Language } from "./speech";

const tag = (language: Language) => (language === "en" ? "en-GB" : "ja-JP");

/** In やさしい日本語 a date has no kanji: it also stands where no reading can be set above. */
const EASY: [RegExp, string][] = [[/時間前/, "じかん まえ"], [/分前/, "ふん まえ"], [/秒前/, "びょう まえ"], [/年/g, "ねん"], [/月/g, "がつ"], [/日/g, "にち"]];
const said = (language: Language, text: string): string => (language === "ja-Hira" ? EASY.reduce((text, [from, to]) => text.replace(from, to), text) : text);

/** Date and time in Japan. */
export function dateTime(language: Language, at: number): string {
  return said(language, new Intl.DateTimeFormat(tag(language), { dateStyle: "medium", timeStyle: "medium", timeZone: "Asia/Tokyo" }).format(at));
}

/** How long ago, in the largest unit that fits. */
export function ago(language: Language, at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  const relative = new Intl.RelativeTimeFormat(tag(language), { numeric: "always" });
  const [count, unit] = seconds < 120 ? ([seconds, "second"] as const) : seconds < 7200 ? ([Math.round(seconds / 60), "minute"] as const) : ([Math.round(seconds / 3600), "hour"] as const);
  return said(language, relative.format(-count, unit));
}

/** A date in Japan, of a moment or of `2026-04-01`. */
export function day(language: Language, at: number | string): string {
  const moment = typeof at === "number" ? at : Date.parse(`${at}T00:00:00+09:00`);
  return said(language, new Intl.DateTimeFormat(tag(language), { year: "numeric", month: "long", day: "numeric", timeZone: "Asia/Tokyo" }).format(moment));
}

/** Date and time in Japan to the minute, for people who do not compare records. */
export function minute(language: Language, at: number): string {
  return said(language, new Intl.DateTimeFormat(tag(language), { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", timeZone: "Asia/Tokyo" }).format(at));
}
