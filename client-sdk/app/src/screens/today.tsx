// Today: what is due for this child, and what happened since the last look.

import { day, Spoken } from "musubi-shared";
import { useHere } from "../here";
import { useSpeech } from "../speech";
import { Icon } from "../icons";
import { useNotices } from "./notices";
import { Shown } from "./shown";
import { usePlan } from "./vaccines";

const WAYS = [["looked", "looked"], ["forms", "forms"], ["family", "family"], ["export", "export"]] as const;

export function Today() {
  const { say, text, language } = useSpeech();
  const { child } = useHere();
  const [plan, again] = usePlan();
  const notices = useNotices();
  return (
    <div class="stack">
      <h1>{say("today")}</h1>
      <section class="card stack" aria-labelledby="due">
        <h2 id="due">{say("due", { name: child.name })}</h2>
        <Shown state={plan} again={again}>
          {({ items }) => {
            const now = items.filter((item) => ["overdue", "due"].includes(item.status)).slice(0, 3);
            const next = items.find((item) => item.status === "possible" || item.status === "later");
            return (
              <div class="stack">
                {now.length === 0 && <p>{say("due.none")}{next && <> {say("due.next", { what: next.name, date: day(language, next.from) })}</>}</p>}
                {now.length > 0 && <ul class="due">{now.map((item) => <li class={item.status}><strong>{item.name}</strong><span class={`badge ${item.status === "overdue" ? "warn" : "good"}`}><Spoken sentence={text(`status.${item.status}`)} /></span><span class="soft">{say("dose", { number: item.number, of: item.of })} · {item.until ? say("until", { date: day(language, item.until) }) : say("latest", { date: day(language, item.latest) })}</span></li>)}</ul>}
                <a class="more" href="/app/vaccines">{say("due.all")}</a>
              </div>
            );
          }}
        </Shown>
      </section>
      <section class="card stack" aria-labelledby="news">
        <h2 id="news">{say("notices")}</h2>
        {notices.length === 0 ? <p class="soft">{say("notices.none")}</p> : <ul class="plain-list">{notices.slice(0, 3).map((notice) => <li class={notice.look}><Spoken sentence={notice.sentence} /></li>)}</ul>}
        <a class="more" href="/app/notices">{say("notices.all")}</a>
      </section>
      <nav aria-label={text("ways")}><ul class="tiles">{WAYS.map(([page, icon]) => <li><a href={`/app/${page}`}><Icon name={icon} />{say(`nav.${page}`)}</a></li>)}</ul></nav>
    </div>
  );
}
