// The audit explorer.

import { firstLanguage, followLinks, keepLanguage, type Language, LanguageChoice, LanguageContext, useAddress, useLoad } from "musubi-shared";
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Chain, get } from "./api";
import { HereContext, openClient } from "./chain";
import knot from "musubi-shared/knot.svg";
import "./look.css";
import { Events } from "./pages/events";
import { BreakGlasses, Consents, Erasures, Votes } from "./pages/lists";
import { Overview } from "./pages/overview";
import { Search, SearchBox } from "./pages/search";
import { Trail } from "./pages/trail";
import { Loaded } from "./parts";
import { useSpeech } from "./speech";
import type { Key } from "./words";

const PAGES: [path: string, title: Key, page: () => preact.JSX.Element][] = [
  ["", "nav.overview", Overview], ["events", "nav.events", Events], ["break-glass", "nav.breakGlass", BreakGlasses], ["consents", "nav.consents", Consents],
  ["erasures", "nav.erasures", Erasures], ["votes", "nav.votes", Votes], ["trail", "nav.trail", Trail], ["search", "search", Search],
];

function Face() {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => { document.documentElement.lang = language; keepLanguage(language); }, [language]);
  return <LanguageContext.Provider value={language}><Shell onLanguage={setLanguage} /></LanguageContext.Provider>;
}

function Shell({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const { say, text } = useSpeech();
  const { page } = useAddress();
  const found = PAGES.find(([path]) => path === page) ?? PAGES[0]!;
  const title = text(found[1]);
  useEffect(() => { document.title = `${title} — Musubi ${text("title")}`; }, [title]);
  return (
    <div class="shell">
      <header class="head">
        <a class="skip" href="#main">{say("skip")}</a>
        <a class="brand" href="/explorer/"><img src={knot} alt="" />Musubi {text("title")}</a>
        <SearchBox />
        <LanguageChoice onLanguage={onLanguage} />
      </header>
      <nav class="nav" aria-label={text("menu")}>
        <ul>{PAGES.filter(([path]) => path !== "search").map(([path, name]) => <li><a href={`/explorer/${path}`} aria-current={found[0] === path ? "page" : undefined}>{say(name)}</a></li>)}</ul>
      </nav>
      <main class="main" id="main" tabIndex={-1}><AtChain title={found[1]} page={found[2]} /></main>
    </div>
  );
}

function AtChain({ title, page: Page }: { title: Key; page: () => preact.JSX.Element }) {
  const { say } = useSpeech();
  const [state, again] = useLoad("chain", () => get<Chain>("/chain"));
  return <div class="stack"><h1>{say(title)}</h1><Loaded state={state} again={again}>{(chain) => <WithClient chain={chain} page={Page} />}</Loaded></div>;
}

function WithClient({ chain, page: Page }: { chain: Chain; page: () => preact.JSX.Element }) {
  const here = useMemo(() => ({ chain, client: openClient(chain) }), [chain]);
  return <HereContext.Provider value={here}><Page /></HereContext.Provider>;
}

followLinks();
render(<Face />, document.getElementById("face")!);
