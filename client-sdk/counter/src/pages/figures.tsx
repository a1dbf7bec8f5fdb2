// Figures of a year for the municipality's own officers: who came to which checkup, and which doses were given. With small counts hidden
// on request, so that what leaves the office names nobody.

import { vaccineIn } from "musubi-shared/care-words";
import { Loaded, Spoken, useLoad } from "musubi-shared";
import { useState } from "preact/hooks";
import { useDesk } from "../desk";
import { PRODUCTS } from "../products";
import { useSpeech } from "../speech";

interface Band { band: string; target: number; attended: number; to_examine: number }
interface Counts { rows: string[]; columns: string[]; counts: (number | null)[][]; row_totals?: (number | null)[] }
type Coverage = { year: number; checkups: Band[] | Counts; doses: Counts };

/** Below this, what is published hides a count: Japan's national open health data do so too. */
const LEAST = 10;
/** Fiscal years begin in April. */
const fiscalYear = (): number => { const now = new Date(Date.now() + 9 * 3_600_000); return now.getUTCFullYear() - (now.getUTCMonth() < 3 ? 1 : 0); };

export function Figures() {
  const { say, text, name } = useSpeech();
  const desk = useDesk();
  const [year, setYear] = useState(fiscalYear);
  const [isPublic, setPublic] = useState(false);
  const query = `year=${year}${isPublic ? `&publish=${LEAST}` : ""}`;
  const [state, again] = useLoad(query, () => desk.own.get<Coverage>(`/v1/follow-up/coverage?${query}`));
  return (
    <div class="stack">
      <p>{say("figures.lead")}</p>
      <div class="row card">
        <label>{say("figures.year")}<select value={year} onChange={(event) => setYear(Number(event.currentTarget.value))}>{Array.from({ length: 6 }, (_, back) => fiscalYear() - back).map((one) => <option value={one}>{one}</option>)}</select></label>
        <label class="check"><input type="checkbox" checked={isPublic} onChange={(event) => setPublic(event.currentTarget.checked)} />{say("figures.publish", { least: LEAST })}</label>
      </div>
      <Loaded state={state} again={again}>{({ checkups, doses }) => (
        <>
          <section class="card stack" aria-labelledby="checkups"><h2 id="checkups">{say("figures.checkups")}</h2>{Array.isArray(checkups) ? <Bands bands={checkups} /> : <Table of={checkups} title={text("figures.checkups")} name={(row) => <Spoken sentence={name("row", row)} />} />}</section>
          <section class="card stack" aria-labelledby="doses"><h2 id="doses">{say("figures.doses")}</h2><Doses of={doses} /></section>
        </>
      )}</Loaded>
    </div>
  );
}

/** One bar a band, as wide as the share of those who were due and came; the numbers stand beside it. */
function Bands({ bands }: { bands: Band[] }) {
  const { say, text, name } = useSpeech();
  const due = bands.filter((one) => one.target > 0);
  if (due.length === 0) return <p class="soft">{say("figures.nobody")}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={text("figures.checkups")}>
      <table data-bands={due.length}><thead><tr><th scope="col">{say("figures.band")}</th><th scope="col">{say("figures.came")}</th><th scope="col">{say("figures.share")}</th><th scope="col">{say("figures.sentOn")}</th></tr></thead>
        <tbody>{due.map(({ band, target, attended, to_examine }) => <tr><th scope="row"><Spoken sentence={name("row", band)} /></th><td>{attended} / {target}</td><td><meter min={0} max={target} value={attended} aria-hidden="true" /> {Math.floor((attended / target) * 100)} %</td><td>{to_examine}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

/** Products that were given at all; a page of zeros says nothing. */
function Doses({ of }: { of: Counts }) {
  const { say, text, language } = useSpeech();
  const given = of.rows.map((row, at) => [row, of.counts[at]!] as const).filter(([, counts]) => counts.some((count) => count !== 0));
  const named = (code: string) => <Spoken sentence={vaccineIn(language, code, PRODUCTS.find((one) => one.code === code)?.title ?? code)} />;
  if (given.length === 0) return <p class="soft">{say("figures.noDoses")}</p>;
  return <Table of={{ ...of, rows: given.map(([row]) => row), counts: given.map(([, counts]) => counts) }} title={text("figures.doses")} name={named} />;
}

function Table({ of, title, name }: { of: Counts; title: string; name: (row: string) => preact.ComponentChildren }) {
  const { say, name: word } = useSpeech();
  const shown = (count: number | null) => (count === null ? <span class="soft">{say("figures.hidden")}</span> : count);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title}><table data-table={of.rows.length}>
      <thead><tr><td />{of.columns.map((column) => <th scope="col"><Spoken sentence={word("column", column)} /></th>)}</tr></thead>
      <tbody>{of.rows.map((row, at) => <tr><th scope="row">{name(row)}</th>{of.counts[at]!.map((count) => <td>{shown(count)}</td>)}</tr>)}</tbody>
    </table></div>
  );
}
