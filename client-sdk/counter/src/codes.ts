// What a family's phone shows at the counter: its two public keys, or the eight digits under which a consent waits that was put together on it.

import type { Id } from "musubi-sdk";

export interface DeviceKeys { account: Id; hpke: Id }
export type PhoneCode = { is: "device"; device: DeviceKeys } | { is: "consent"; code: string };

/** Reads the app's code: whatever it is wrapped in, it names the signing key first and the opening key second. */
export function readDevice(text: string): DeviceKeys | undefined {
  const named = (name: string) => new RegExp(`"?${name}"?\\s*[:=]\\s*"?(?:0x)?([0-9a-f]{64})\\b`, "i").exec(text)?.[1];
  const bare = [...text.matchAll(/(?<![0-9a-f])(?:0x)?([0-9a-f]{64})(?![0-9a-f])/gi)].map(([, digits]) => digits!);
  const [account, hpke] = [named("account") ?? bare[0], named("hpke") ?? bare[1]];
  if (!account || !hpke || account === hpke) return undefined;
  return { account: `0x${account.toLowerCase()}`, hpke: `0x${hpke.toLowerCase()}` };
}

/** Reads either code, scanned or typed; digits may be wide and parted, as people write them. */
export function readPhone(text: string): PhoneCode | undefined {
  const device = readDevice(text);
  if (device) return { is: "device", device };
  const digits = /^(?:musubi-consent:1:)?(\d{4})[\s-]?(\d{4})$/.exec(text.normalize("NFKC").trim());
  return digits ? { is: "consent", code: `${digits[1]}${digits[2]}` } : undefined;
}

/** Such a device code for an address within this face. */
export const deviceCode = ({ account, hpke }: DeviceKeys): string => `musubi-device:1:${account.slice(2)}:${hpke.slice(2)}`;
