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
