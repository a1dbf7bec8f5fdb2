// A QR code as a picture whose text stands beside it.

import { encode } from "uqr";

/** From this many characters on a code is dense on a phone's screen. */
const LONG = 800;

export function Qr({ text, label }: { text: string; label: string }) {
  // A long text keeps larger squares with less correction, which on a screen that nobody crumples is the better trade.
  const { data, size } = encode(text, { ecc: text.length > LONG ? "L" : "M", border: 4 });
  const dark = data.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" /><path d={dark} fill="#000" />
    </svg>
  );
}
