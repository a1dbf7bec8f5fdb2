// Keys of the staff who use this machine, in the browser's key store: they sign, and no script reads them out.

import { importKey, importOpeningKey, isOpeningKey, toHex } from "musubi-shared";
import type { Id, Signer } from "musubi-sdk";
import { drop, read, readAll, write } from "./database";

/** A key as it is kept. */
export interface StaffKey { account: Id; label: string; key: CryptoKey; hpke?: Id }

const ACTIVE = "active-key";

export const staffKeys = (): Promise<StaffKey[]> => readAll<StaffKey>("keys");

/** The key that works now. */
export async function activeKey(): Promise<StaffKey | undefined> {
  const account = await read<Id>("meta", ACTIVE);
  return account ? read<StaffKey>("keys", account) : undefined;
}

export const useKey = (account: Id): Promise<unknown> => write("meta", ACTIVE, account);

/** Takes a key from its file into the key store; with the one that opens records, where its file is chosen beside it. */
export async function keepKeyFiles(pems: string[], label: string): Promise<StaffKey> {
  const [signing, ...more] = pems.filter((pem) => !isOpeningKey(pem));
  const [opening, ...others] = pems.filter(isOpeningKey);
  if (!signing || more.length > 0 || others.length > 0) throw new Error("expected one key that signs, and at most one that opens");
  const { account, key } = await importKey(signing);
  if (opening) await write("meta", `opening ${account}`, await importOpeningKey(opening));
  return keep({ account, label, key });
}

/** Makes a key that has never been anywhere else. An operator registers its public half. */
export async function makeKey(label: string): Promise<StaffKey> {
  const signing = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
  const opening = (await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"])) as CryptoKeyPair;
  const publicOf = async (pair: CryptoKeyPair) => `0x${toHex(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)))}`;
  const [account, hpke] = await Promise.all([publicOf(signing), publicOf(opening)]);
  await write("meta", `opening ${account}`, opening.privateKey);
  return keep({ account, label, key: signing.privateKey, hpke });
}

async function keep(key: StaffKey): Promise<StaffKey> {
  await write("keys", key.account, key);
  await useKey(key.account);
  return key;
}

export async function dropKey(account: Id): Promise<void> {
  await drop("keys", account);
  await drop("meta", `opening ${account}`);
  if ((await read<Id>("meta", ACTIVE)) === account) await drop("meta", ACTIVE);
}

export const signerOf = ({ account, key }: StaffKey): Signer => ({
  account,
  sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes as BufferSource)),
});
