// Forms that were filled in: kept encrypted on this device, and sent by the app itself as soon as it reaches the municipality: when it
// starts, when the network is back, when somebody looks at it again. Whoever pressed the button need not wait with the page open.

import { Refused, Unreachable } from "musubi-sdk";
import type { Gateway } from "musubi-shared/gateway";
import { useEffect } from "preact/hooks";
import type { Answers, Form } from "./forms";
import { keep, kept, keptNames, type DeviceKeys } from "./store";

/** A draft: what was answered, since when it is to be sent, whether it was, or why the municipality did not take it. */
export interface Kept { answers: Answers; saved: number; waiting?: number; sent?: number; refused?: string }

const PREFIX = "form ";
/** One sender at a time, over all windows of this app, so that nothing is sent twice. */
const LOCK = "musubi-forms";
/** How soon it is tried again while the app is open and something waits, in milliseconds. */
const PAUSE = 15_000;

export const draftName = (subject: string, id: string): string => `${PREFIX}${subject} ${id}`;
const changes = new EventTarget();

/** Calls when a draft was sent or refused. */
export function onSent(call: () => void): () => void {
  changes.addEventListener("sent", call);
  return () => changes.removeEventListener("sent", call);
}

/** The text of a form: the municipality's own first; without a network the one that was kept, or that the app brings. */
export async function formText(keys: DeviceKeys, gateway: Gateway, id: string): Promise<Form | undefined> {
  const name = `form-text ${id}`;
  const asked = await gateway.get<Form>(`/v1/forms/${id}`).catch(() => undefined);
  if (asked) await keep(keys, name, asked);
  return asked ?? (await kept<Form>(keys, name)) ?? (await import("./forms")).brought(id);
}

/** Sends everything that waits; what is refused waits no more, and says why. Gives whether something still waits. */
export async function sendWaiting(keys: DeviceKeys, gateway: Gateway): Promise<boolean> {
  let waits = false;
  await navigator.locks.request(LOCK, async () => {
    for (const name of await keptNames(PREFIX)) waits = (await sendOne(keys, gateway, name)) || waits;
  });
  return waits;
}

async function sendOne(keys: DeviceKeys, gateway: Gateway, name: string): Promise<boolean> {
  const draft = await kept<Kept>(keys, name);
  if (!draft?.waiting) return false;
  const [subject, id] = name.slice(PREFIX.length).split(" ") as [string, string];
  try {
    const [{ responseOf }, form] = await Promise.all([import("./forms"), formText(keys, gateway, id)]);
    if (!form) throw new Refused(`there is no form ${id} any more`, 404);
    await gateway.post("/fhir/QuestionnaireResponse", responseOf(form, draft.answers, subject, new Date(draft.waiting)), subject);
    await keep(keys, name, { answers: draft.answers, saved: draft.saved, sent: Date.now() } satisfies Kept);
  } catch (error) {
    if (error instanceof Unreachable) return true;
    await keep(keys, name, { answers: draft.answers, saved: draft.saved, refused: error instanceof Error ? error.message : String(error) } satisfies Kept);
  }
  changes.dispatchEvent(new Event("sent"));
  return false;
}

/** Keeps sending while the app is open. */
export function useSending(keys: DeviceKeys, gateway: Gateway): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const go = () => {
      clearTimeout(timer);
      void sendWaiting(keys, gateway).catch(() => true).then((waits) => { if (waits && !gone) timer = setTimeout(go, PAUSE); });
    };
    const back = () => { if (document.visibilityState === "visible") go(); };
    go();
    addEventListener("online", go);
    document.addEventListener("visibilitychange", back);
    return () => { gone = true; clearTimeout(timer); removeEventListener("online", go); document.removeEventListener("visibilitychange", back); };
  }, [keys, gateway]);
}
