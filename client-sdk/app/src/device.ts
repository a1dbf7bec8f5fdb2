// This device towards the chain: its account signs, its sealing key opens; both stay in the browser's key store.

import type { Signer } from "musubi-sdk";
import { toHex } from "musubi-shared";
import type { DeviceKeys } from "./store";

/** The device as others see it. */
export interface Device { keys: DeviceKeys; account: string; sealing: string; signer: Signer }

const publicHex = async (key: CryptoKey): Promise<string> => `0x${toHex(new Uint8Array(await crypto.subtle.exportKey("raw", key)))}`;

export async function deviceOf(keys: DeviceKeys): Promise<Device> {
  const [account, sealing] = await Promise.all([publicHex(keys.signing.publicKey), publicHex(keys.sealing.publicKey)]);
  const sign = async (bytes: Uint8Array) => new Uint8Array(await crypto.subtle.sign("Ed25519", keys.signing.privateKey, bytes as BufferSource));
  return { keys, account, sealing, signer: { account, sign } };
}

/** What the counter reads: which keys to enter for this person's device. Public, but only its owner should show it. */
export const pairingCode = (device: Device): string => `musubi-device:1:${device.account.slice(2)}:${device.sealing.slice(2)}`;

/** The X25519 secret that this device shares with whoever made an encapsulated key. */
export async function agree(device: Device, encapsulated: Uint8Array): Promise<Uint8Array> {
  const other = await crypto.subtle.importKey("raw", encapsulated as BufferSource, "X25519", false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: other }, device.keys.sealing.privateKey, 256));
}
