// Who works here: the operator's key registers the keys of staff under a role and until a day, and takes them off again.

import { useState } from "preact/hooks";
import { useDesk } from "../desk";
import { Done, Field, Step, Trouble, useAct } from "../parts";
import { useSpeech } from "../speech";
import { readDevice } from "../codes";

const ROLES = ["officer", "nurse", "clerk", "doctor", "crew", "dispatcher", "reviewer", "auditor", "terminal"] as const;

export function Staff() {
  const { say } = useSpeech();
  const desk = useDesk();
  const [keys, setKeys] = useState("");
  const [role, setRole] = useState<(typeof ROLES)[number]>("clerk");
  const [until, setUntil] = useState("");
  const [gone, setGone] = useState("");
  const [done, setDone] = useState<"registered" | "withdrawn">();
  const { busy, error, act } = useAct();
  const device = readDevice(keys);
  const register = () => void act(async () => {
    if (!device) return;
    const { loadKeys } = await import("musubi-sdk/keys");
    await desk.own.submit((await loadKeys()).registerKey({ ...device, role, until: Date.parse(`${until}T23:59:59+09:00`) }));
    setDone("registered");
  });
  const withdraw = () => void act(async () => {
    const { loadKeys } = await import("musubi-sdk/keys");
    await desk.own.submit((await loadKeys()).withdrawKey(gone.trim()));
    setDone("withdrawn");
  });
  if (done) return <Done title={say(`staff.${done}`)} />;
  return (
    <div class="stack">
      <Step at={1} of={1} title={say("staff.add")}>
        <form class="stack" onSubmit={(event) => { event.preventDefault(); register(); }}>
          <Field label={say("staff.keys")} hint={say("staff.keysHint")}><textarea class="id" rows={3} value={keys} onInput={(event) => setKeys(event.currentTarget.value)} /></Field>
          <div class="twin">
            <Field label={say("staff.role")}><select value={role} onChange={(event) => setRole(event.currentTarget.value as typeof role)}>{ROLES.map((one) => <option value={one}>{say(`rolename.${one}`)}</option>)}</select></Field>
            <Field label={say("staff.until")}><input type="date" value={until} onInput={(event) => setUntil(event.currentTarget.value)} /></Field>
          </div>
          <Trouble error={error} />
          <div><button class="first wide" disabled={busy || !device || !until}>{say("staff.register")}</button></div>
        </form>
      </Step>
      <section class="card stack">
        <h2>{say("staff.remove")}</h2>
        <form class="stack" onSubmit={(event) => { event.preventDefault(); withdraw(); }}>
          <Field label={say("staff.account")}><input class="id" value={gone} onInput={(event) => setGone(event.currentTarget.value)} /></Field>
          <div><button disabled={busy || !/^0x[0-9a-f]{64}$/.test(gone.trim())}>{say("staff.withdraw")}</button></div>
        </form>
      </section>
    </div>
  );
}
