// A SMART Health Card as QR codes (SMART Health Cards, "encoding and chunking"): one where the card is short enough, else several in order.

/** The most characters of a card that stands in one code. */
const ONE_CODE = 1195;
/** The most characters in each of several; fewer than the 1191 that are allowed, so that a phone's screen shows each large enough to read. */
const OF_SEVERAL = 600;

/** Each character as two digits, from `-` on, which is 00. */
const digits = (text: string): string => Array.from(text, (char) => String(char.charCodeAt(0) - 45).padStart(2, "0")).join("");

/** The texts of the codes, in order, of about the same length. */
export function codesOf(card: string): string[] {
  if (card.length <= ONE_CODE) return [`shc:/${digits(card)}`];
  const count = Math.ceil(card.length / OF_SEVERAL), each = Math.ceil(card.length / count);
  return Array.from({ length: count }, (_, at) => `shc:/${at + 1}/${count}/${digits(card.slice(at * each, (at + 1) * each))}`);
}
