// What was entered while the network was away: signed by whoever entered it, sealed on this machine, sent when the network is back.
//
// A gateway takes no call that is older than a minute, so what waits is an intent, and its sending is signed anew by the same key. The
// signature under the intent is checked before that: what lay on this disk is sent only as it was entered.

import { toHex, fromHex } from "musubi-shared";
import { type Id, type Moment, Refused, Unreachable } from "musubi-sdk";
import { forget, seal, unsealAll } from "./database";
import type { Desk } from "./desk";
import { signerOf } from "./staff-key";

export interface Intent { id: string; by: Id; at: Moment; member: number; path: string; subject?: Id; body: unknown; title: string; person: string }
export interface Waiting extends Intent { signature: string; trouble?: string; tries: number }

const PREFIX = "intent ";
/** Queue and signatures know the intent by these bytes. */
const bytesOf = ({ id, by, at, member, path, subject, body, title, person }: Intent): Uint8Array =>
  new TextEncoder().encode(`musubi-counter-intent/1\n${JSON.stringify([id, by, at, member, path, subject ?? null, body, title, person])}`);

export const waiting = async (): Promise<Waiting[]> => (await unsealAll<Waiting>(PREFIX)).sort((a, b) => a.at - b.at);
export const dropIntent = (id: string): Promise<unknown> => forget(PREFIX + id).then(changed);

const listeners = new Set<() => void>();
const changed = (): void => { for (const listener of listeners) listener(); };
export function onQueue(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function enqueue(desk: Desk, intent: Omit<Intent, "id" | "by" | "at">): Promise<void> {
  const whole: Intent = { ...intent, id: crypto.randomUUID(), by: desk.key.account, at: Date.now() };
  const signature = toHex(await signerOf(desk.key).sign(bytesOf(whole)));
  await seal(PREFIX + whole.id, { ...whole, signature, tries: 0 } satisfies Waiting);
  changed();
}

/** Sends a record now, or keeps it for later where nobody answers. Says whether it was sent. */
export async function sendOrKeep<T>(desk: Desk, intent: Omit<Intent, "id" | "by" | "at">): Promise<T | undefined> {
  try {
    return await desk.gatewayOf(intent.member).post<T>(intent.path, intent.body, intent.subject);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    await enqueue(desk, intent);
    return undefined;
  }
}

async function isAsEntered(intent: Waiting): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", fromHex(intent.by) as BufferSource, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, fromHex(intent.signature) as BufferSource, bytesOf(intent) as BufferSource);
}

/** One sender at a time, over all windows of this console, so that nothing is sent twice. */
const LOCK = "musubi-queue";

/** Sends what waits and was entered by this key; what a gateway refuses stays, with its words. Gives how many went. */
export const flush = async (desk: Desk, only?: string): Promise<number> => await navigator.locks.request(LOCK, () => send(desk, only));

async function send(desk: Desk, only?: string): Promise<number> {
  let sent = 0;
  for (const intent of await waiting()) {
    if (intent.by !== desk.key.account || (only ? intent.id !== only : intent.trouble)) continue;
    const note = (trouble: string) => seal(PREFIX + intent.id, { ...intent, trouble, tries: intent.tries + 1 });
    if (!(await isAsEntered(intent))) {
      await note("altered");
      continue;
    }
    try {
      await desk.gatewayOf(intent.member).post(intent.path, intent.body, intent.subject);
      await forget(PREFIX + intent.id);
      sent += 1;
    } catch (error) {
      if (error instanceof Unreachable) break;
      await note(error instanceof Refused ? error.message : String(error));
    }
  }
  changed();
  return sent;
}
