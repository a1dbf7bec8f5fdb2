// GS1 element strings as they stand on vials and boxes: product, expiry, lot and serial, from a scanner that types them or a paste.
//
// Application identifiers by the GS1 General Specifications: 01 (14 digits), 17 and 11 and 15 (6 digits), 10 and 21 (up to 20 characters, ended
// by a group separator), 30 (up to 8 digits). Scanners send the separator as U+001D or leave brackets: both are read.

export interface Label { gtin?: string; expiry?: string; made?: string; lot?: string; serial?: string; count?: string }

const SEPARATOR = "\u001d";
const FIXED: Record<string, [name: "gtin" | "expiry" | "made" | "best", length: number]> = { "01": ["gtin", 14], "17": ["expiry", 6], "11": ["made", 6], "15": ["best", 6] };
const OPEN: Record<string, [name: "lot" | "serial" | "count", longest: number]> = { "10": ["lot", 20], "21": ["serial", 20], "30": ["count", 8] };

/** Reads an element string; nothing where it is none, or its check digit or a date is wrong. */
export function readLabel(scanned: string): Label | undefined {
  const text = scanned.trim().replace(/^\](C1|d2|Q3|e0)/, "");
  return text.startsWith("(") ? bracketed(text) : plain(text);
}

function bracketed(text: string): Label | undefined {
  const parts = [...text.matchAll(/\((\d{2})\)([^(]+)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text) return undefined;
  return collect(parts.map(([, identifier, value]) => [identifier!, value!]));
}

function plain(text: string): Label | undefined {
  const parts: [string, string][] = [];
  let rest = text.startsWith(SEPARATOR) ? text.slice(1) : text;
  while (rest !== "") {
    const identifier = rest.slice(0, 2);
    const fixed = FIXED[identifier];
    const end = fixed ? 2 + fixed[1] : ((at) => (at < 0 ? rest.length : at))(rest.indexOf(SEPARATOR));
    if ((!fixed && !OPEN[identifier]) || rest.length < end) return undefined;
    parts.push([identifier, rest.slice(2, end)]);
    rest = rest.slice(end).replace(/^\u001d/, "");
  }
  return parts.length > 0 ? collect(parts) : undefined;
}

function collect(parts: [identifier: string, value: string][]): Label | undefined {
  const label: Label = {};
  for (const [identifier, value] of parts) {
    const [fixed, open] = [FIXED[identifier], OPEN[identifier]];
    if (fixed) {
      if (value.length !== fixed[1] || !/^\d+$/.test(value)) return undefined;
      const read = fixed[0] === "gtin" ? (isChecked(value) ? value : undefined) : dateOf(value);
      if (!read) return undefined;
      if (fixed[0] !== "best") label[fixed[0]] = read;
    } else if (open && value.length > 0 && value.length <= open[1] && /^[\x21-\x7e]+$/.test(value)) {
      label[open[0]] = value;
    } else return undefined;
  }
  return label;
}

/** The last digit of a GTIN makes the weighted sum a multiple of ten. */
function isChecked(gtin: string): boolean {
  const sum = [...gtin].reduce((sum, digit, at) => sum + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  return sum % 10 === 0;
}

/** YYMMDD; day 00 is the month's last. The century is the one that lies nearest (GS1 General Specifications 7.12). */
function dateOf(digits: string): string | undefined {
  const [year, month, day] = [0, 2, 4].map((at) => Number(digits.slice(at, at + 2))) as [number, number, number];
  const now = new Date().getUTCFullYear();
  const ahead = year - (now % 100);
  const century = now - (now % 100) + (ahead >= 51 ? -100 : ahead <= -50 ? 100 : 0);
  if (month < 1 || month > 12) return undefined;
  const last = new Date(Date.UTC(century + year, month, 0)).getUTCDate();
  if (day > last) return undefined;
  return `${century + year}-${String(month).padStart(2, "0")}-${String(day === 0 ? last : day).padStart(2, "0")}`;
}
