// What waits to be sent: by whom and since when, what a gateway said against it, and what can be done about that.

import { dateTime, Empty } from "musubi-shared";
import { useEffect, useState } from "preact/hooks";
import { useDesk } from "../desk";
import { Badge, Trouble, useAct } from "../parts";
import { dropIntent, flush, onQueue, type Waiting, waiting } from "../queue";
import { useSpeech } from "../speech";

export function Queue() {
  const { say, text, language } = useSpeech();
  const desk = useDesk();
  const [all, setAll] = useState<Waiting[]>();
  const { busy, error, act } = useAct();
  useEffect(() => {
    const load = () => void waiting().then(setAll);
    load();
    return onQueue(load);
  }, []);
  const send = (only?: string) => void act(async () => { await flush(desk, only); });
  const drop = (one: Waiting) => { if (confirm(text("queue.dropSure", { title: one.title, name: one.person }))) void dropIntent(one.id); };
  if (!all) return <p class="soft" role="status">{say("loading")}</p>;
  return (
    <div class="stack">
      <p>{say("queue.lead")}</p>
      {all.length === 0 ? <Empty /> : <div><button type="button" class="first" disabled={busy} onClick={() => send()}>{say("queue.send")}</button></div>}
      <Trouble error={error} />
      <ul class="list">
        {all.map((one) => (
          <li data-intent={one.id}>
            <p><strong>{one.title}</strong> — {one.person}</p>
            <p class="row"><span class="soft">{dateTime(language, one.at)}</span>{one.trouble ? <Badge kind="bad" mark="!">{say("queue.refused")}</Badge> : one.by === desk.key.account ? <Badge kind="plain" mark="…">{say("queue.waits")}</Badge> : <Badge kind="warn" mark="…">{say("queue.others")}</Badge>}</p>
            {one.trouble && <p lang={one.trouble === "altered" ? undefined : "en"}>{one.trouble === "altered" ? say("queue.altered") : one.trouble}</p>}
            {one.trouble && <p class="row"><button type="button" disabled={busy || one.by !== desk.key.account} onClick={() => send(one.id)}>{say("again")}</button><button type="button" class="quiet" onClick={() => drop(one)}>{say("queue.drop")}</button></p>}
          </li>
        ))}
      </ul>
    </div>
  );
}
