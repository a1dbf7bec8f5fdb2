// The audit explorer.

import { LANGUAGES, type Language } from "musubi-shared";
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Chain, get } from "./api";
import { HereContext, openClient } from "./chain";
import knot from "./knot.svg";
import "./look.css";
import { useLoad } from "./load";
import { Events } from "./pages/events";
import { BreakGlasses, Consents, Erasures, Votes } from "./pages/lists";
import { Overview } from "./pages/overview";
import { Search, SearchBox } from "./pages/search";
import { Trail } from "./pages/trail";
import { Loaded } from "./parts";
import { go, useAddress } from "./route";
import { firstLanguage, keepLanguage, LanguageContext, useSpeech } from "./speech";
import type { Key } from "./words";

const PAGES: [path: string, title: Key, page: () => preact.JSX.Element][] = [
  ["", "nav.overview", Overview], ["events", "nav.events", Events], ["break-glass", "nav.breakGlass", BreakGlasses], ["consents", "nav.consents", Consents],
  ["erasures", "nav.erasures", Erasures], ["votes", "nav.votes", Votes], ["trail", "nav.trail", Trail], ["search", "search", Search],
];
const LANGUAGE_NAMES: Record<Language, string> = { ja: "日本語", "ja-Hira": "やさしい日本語", en: "English" };

function Face() {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => { document.documentElement.lang = language; keepLanguage(language); }, [language]);
  return <LanguageContext.Provider value={language}><Shell onLanguage={setLanguage} /></LanguageContext.Provider>;
}

function Shell({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const { say, text, language } = useSpeech();
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
        <select aria-label={text("language")} value={language} onChange={(event) => onLanguage(event.currentTarget.value as Language)}>
          {LANGUAGES.map((one) => <option value={one}>{LANGUAGE_NAMES[one]}</option>)}
        </select>
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

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey) && event.button === 0;
  if (!link || !plain || link.origin !== location.origin || !link.pathname.startsWith("/explorer/") || link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
  document.getElementById("main")?.focus();
});

render(<Face />, document.getElementById("face")!);
