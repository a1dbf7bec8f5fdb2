// Whose key works at this desk: from its file, made on this machine, changed at the change of shifts, or taken off.

import { useEffect, useState } from "preact/hooks";
import { Badge, Choices, Field, Trouble, useAct } from "../parts";
import { dropKey, keepKeyFiles, makeKey, type StaffKey, staffKeys, useKey } from "../staff-key";
import { useSpeech } from "../speech";

export function Keys({ active, onChange }: { active: StaffKey | undefined; onChange: () => void }) {
  const { say, text } = useSpeech();
  const [keys, setKeys] = useState<StaffKey[]>([]);
  const load = () => void staffKeys().then(setKeys);
  useEffect(load, [active?.account]);
  const take = async (account: string) => { await useKey(account); onChange(); };
  const remove = async (key: StaffKey) => {
    if (!confirm(text("key.removeSure", { name: key.label }))) return;
    await dropKey(key.account);
    load();
    onChange();
  };
  return (
    <div class="stack">
      {!active && <p class="card">{say("key.none")}</p>}
      {keys.length > 0 && (
        <section class="card stack">
          <h2>{say("key.here")}</h2>
          <ul class="list">
            {keys.map((key) => (
              <li>
                <p class="row"><strong>{key.label}</strong>{key.account === active?.account && <Badge kind="good" mark="●">{say("key.active")}</Badge>}</p>
                <p class="id">{key.account}</p>
                {key.hpke && <p class="soft">{say("key.hand")}<br /><span class="id">{key.account} {key.hpke}</span></p>}
                <p class="row">
                  {key.account !== active?.account && <button type="button" class="first" onClick={() => void take(key.account)}>{say("key.use", { name: key.label })}</button>}
                  <button type="button" class="quiet" onClick={() => void remove(key)}>{say("key.remove", { name: key.label })}</button>
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Add onAdded={() => { load(); onChange(); }} />
    </div>
  );
}

function Add({ onAdded }: { onAdded: () => void }) {
  const { say } = useSpeech();
  const [way, setWay] = useState<"file" | "make">("file");
  const [label, setLabel] = useState("");
  const [bad, setBad] = useState(false);
  const { busy, error, act } = useAct();
  const take = (files: File[]) => void act(async () => {
    if (!files[0]) return;
    setBad(false);
    try {
      await keepKeyFiles(await Promise.all(files.map((file) => file.text())), label.trim() || files[0].name.replace(/\.pem$/, ""));
    } catch {
      setBad(true);
      return;
    }
    onAdded();
  });
  const make = () => void act(async () => { await makeKey(label.trim()); onAdded(); });
  return (
    <form class="card stack" onSubmit={(event) => { event.preventDefault(); if (way === "make") make(); }}>
      <h2>{say("key.add")}</h2>
      <p>{say("key.lead")}</p>
      <Choices legend={say("key.way")} value={way} options={[["file", say("key.way.file")], ["make", say("key.way.make")]]} onChoose={setWay} />
      <Field label={say("key.label")} hint={say("key.labelHint")}><input value={label} maxLength={40} onInput={(event) => setLabel(event.currentTarget.value)} /></Field>
      {way === "file"
        ? <Field label={say("key.file")} hint={say("key.fileHint")}><input type="file" accept=".pem" multiple disabled={busy} onChange={(event) => take(Array.from(event.currentTarget.files ?? []))} /></Field>
        : <div><button class="first" disabled={busy || label.trim() === ""}>{say("key.make")}</button></div>}
      {bad && <div class="banner bad" role="alert">{say("key.bad")}</div>}
      <Trouble error={error} />
    </form>
  );
}
