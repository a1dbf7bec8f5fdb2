// A guardian's phone: its app shows two public keys as a code; a scanner types them into the field, or they are pasted.

import { useAddress } from "musubi-shared";
import { useState } from "preact/hooks";
import { type DeviceKeys, readDevice } from "../codes";
import { Field } from "../parts";
import { useSpeech } from "../speech";

export function DeviceField({ busy, onDone }: { busy: boolean; onDone: (device: DeviceKeys | undefined) => void }) {
  const { say } = useSpeech();
  const { query } = useAddress();
  const [typed, setTyped] = useState(query.get("device") ?? "");
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
