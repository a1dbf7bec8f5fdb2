// A guardian's phone: its app shows two public keys as a code; a scanner types them into the field, or they are pasted.

import type { Id } from "musubi-sdk";
import { useState } from "preact/hooks";
import { Field } from "../parts";
import { useSpeech } from "../speech";

export interface DeviceKeys { account: Id; hpke: Id }

/** Reads the app's code: whatever it is wrapped in, it names the signing key first and the opening key second. */
export function readDevice(text: string): DeviceKeys | undefined {
  const named = (name: string) => new RegExp(`"?${name}"?\\s*[:=]\\s*"?(?:0x)?([0-9a-f]{64})\\b`, "i").exec(text)?.[1];
  const bare = [...text.matchAll(/(?<![0-9a-f])(?:0x)?([0-9a-f]{64})(?![0-9a-f])/gi)].map(([, digits]) => digits!);
  const [account, hpke] = [named("account") ?? bare[0], named("hpke") ?? bare[1]];
  if (!account || !hpke || account === hpke) return undefined;
  return { account: `0x${account.toLowerCase()}`, hpke: `0x${hpke.toLowerCase()}` };
}

export function DeviceField({ busy, onDone }: { busy: boolean; onDone: (device: DeviceKeys | undefined) => void }) {
  const { say } = useSpeech();
  const [typed, setTyped] = useState("");
  const device = readDevice(typed);
  return (
    <form class="stack" onSubmit={(event) => { event.preventDefault(); if (device) onDone(device); }}>
      <p>{say("phone.lead")}</p>
      <Field label={say("phone.code")} hint={say("phone.hint")}><textarea rows={3} autocomplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} /></Field>
      {typed.trim() !== "" && (device ? <p class="badge good" role="status"><span aria-hidden="true">✓</span>{say("phone.read")} <span class="id">{device.account.slice(0, 10)}…</span></p> : <p class="badge warn" role="status"><span aria-hidden="true">!</span>{say("phone.unread")}</p>)}
      <div class="row">
        <button class="first" disabled={busy || !device}>{say("phone.pair")}</button>
        <button type="button" disabled={busy || typed.trim() !== ""} onClick={() => onDone(undefined)}>{say("phone.without")}</button>
      </div>
    </form>
  );
}
