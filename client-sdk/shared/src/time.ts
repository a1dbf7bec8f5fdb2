// Times as people in Japan read them.

import type { Language } from "./speech";

const tag = (language: Language) => (language === "en" ? "en-GB" : "ja-JP");

/** Date and time in Japan. */
export function dateTime(language: Language, at: number): string {
  return new Intl.DateTimeFormat(tag(language), { dateStyle: "medium", timeStyle: "medium", timeZone: "Asia/Tokyo" }).format(at);
}

/** How long ago, in the largest unit that fits. */
export function ago(language: Language, at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  const relative = new Intl.RelativeTimeFormat(tag(language), { numeric: "always" });
  if (seconds < 120) return relative.format(-seconds, "second");
  if (seconds < 7200) return relative.format(-Math.round(seconds / 60), "minute");
  return relative.format(-Math.round(seconds / 3600), "hour");
}

/** A date in Japan, of a moment or of `2026-04-01`. */
export function day(language: Language, at: number | string): string {
  const moment = typeof at === "number" ? at : Date.parse(`${at}T00:00:00+09:00`);
  return new Intl.DateTimeFormat(tag(language), { year: "numeric", month: "long", day: "numeric", timeZone: "Asia/Tokyo" }).format(moment);
}

/** Date and time in Japan to the minute, for people who do not compare records. */
export function minute(language: Language, at: number): string {
  return new Intl.DateTimeFormat(tag(language), { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", timeZone: "Asia/Tokyo" }).format(at);
}
