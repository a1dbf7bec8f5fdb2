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
            const now = items.flatMap(({ name, status, dose }) => (dose && ["overdue", "due"].includes(status) ? [{ name, status, ...dose }] : [])).slice(0, 3);
            const next = items.find((item) => item.dose && (item.status === "possible" || item.status === "later"));
            const asked = items.filter((item) => item.why).length;
            return (
              <div class="stack">
                {now.length === 0 && <p>{say("due.none")}{next?.dose && <> {say("due.next", { what: next.name, date: day(language, next.dose.earliest) })}</>}</p>}
                {now.length > 0 && <ul class="due">{now.map((item) => <li class={item.status}><strong><Spoken sentence={item.name} /></strong><span class={`badge ${item.status === "overdue" ? "warn" : "good"}`}>{say(`status.${item.status}`)}</span><span class="soft">{say("dose", { number: item.number, of: item.of })} · {item.overdue_after ? say("until", { date: day(language, item.overdue_after) }) : say("latest", { date: day(language, item.latest) })}</span></li>)}</ul>}
                {asked > 0 && <p class="banner plain">{say("due.ask", { count: asked })}</p>}
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
