// Growth: the child's values over the lines of the 2023 survey, as a picture and as a table.

import { day, type Load } from "musubi-shared";
import { useEffect, useState } from "preact/hooks";
import type { Placed, Sex } from "../care";
import { type Known, useHere } from "../here";
import { measurementsIn, type Opened } from "../records";
import { useSpeech } from "../speech";
import { Nothing, Shown } from "./shown";
import { useRecords, useTold } from "./vaccines";

type Measure = Placed["measure"];
const MEASURES: Measure[] = ["weight", "height", "head"];
const UNITS = { weight: "kg", height: "cm", head: "cm" } as const;

interface Curves { values: (Placed & { month: number })[]; bands: { month: number; values: number[] }[]; lines: number[] }

function useCurves(measure: Measure, sex: Sex | undefined): [Load<Known<Curves>>, () => void] {
  const { child } = useHere();
  const [records, again] = useRecords();
  const [curves, setCurves] = useState<Load<Known<Curves>>>({ kind: "loading" });
  const known = records.kind === "ready" ? records.value : undefined;
  useEffect(() => {
    if (!known) return;
    let gone = false;
    const put = (next: Load<Known<Curves>>) => { if (!gone) setCurves(next); };
    curvesOf(measure, sex, child.born, known.value).then((value) => put({ kind: "ready", value: { ...known, value } }), (error: Error) => put({ kind: "failed", error }));
    return () => { gone = true; };
  }, [known, measure, sex]);
  return [records.kind === "ready" ? curves : records, again];
}

async function curvesOf(measure: Measure, sex: Sex | undefined, born: string, records: Opened[]): Promise<Curves> {
  const care = await import("../care");
  const found = measurementsIn(records).filter((one) => one.measure === measure);
  const values = await care.placed({ born, whole: false, ...(sex && { sex }) }, found);
  return { values: values.map((one) => ({ ...one, month: care.monthsAt(born, one.on) })), bands: sex ? care.bands(measure, sex) : [], lines: care.LINES };
}

export function Growth() {
  const { say, text } = useSpeech();
  const [measure, setMeasure] = useState<Measure>("weight");
  const [told, tell] = useTold();
  const [curves, again] = useCurves(measure, told.sex);
  return (
    <div class="stack">
      <h1>{say("nav.growth")}</h1>
      {!told.sex && (
        <fieldset class="card stack"><legend>{say("sex")}</legend><p>{say("sex.why")}</p>
          <div class="row"><button class="first" onClick={() => tell({ ...told, sex: "female" })}>{say("sex.female")}</button><button class="first" onClick={() => tell({ ...told, sex: "male" })}>{say("sex.male")}</button></div>
        </fieldset>
      )}
      <div class="choice" role="group" aria-label={text("measure")}>{MEASURES.map((one) => <button aria-pressed={one === measure} onClick={() => setMeasure(one)}>{say(`measure.${one}`)}</button>)}</div>
      <Shown state={curves} again={again}>{(value) => <Drawn curves={value} measure={measure} />}</Shown>
    </div>
  );
}

/** Lines across the chart stand at round numbers, six at most above the lowest. */
const STEPS = [0.5, 1, 2, 5, 10, 20, 50];
const MOST_LINES = 6;

const BOX = { left: 36, right: 30, top: 12, bottom: 44, width: 400, height: 330 };

function Drawn({ curves, measure }: { curves: Curves; measure: Measure }) {
  const { say, text, language } = useSpeech();
  const { values, bands, lines } = curves;
  const newest = values.at(-1);
  const months = Math.max(12, Math.ceil((newest?.month ?? 0) + 3));
  const seen = bands.filter((band) => band.month <= months + 2);
  const all = [...seen.flatMap((band) => band.values), ...values.map((one) => one.value)];
  if (all.length === 0) return <Nothing>{say("growth.none")}</Nothing>;
  const least = Math.min(...all), most = Math.max(...all);
  const step = STEPS.find((one) => Math.ceil(most / one) - Math.floor(least / one) <= MOST_LINES) ?? 100;
  const low = Math.floor(least / step) * step, high = Math.max(Math.ceil(most / step) * step, low + step);
  const x = (month: number) => BOX.left + (month / months) * (BOX.width - BOX.left - BOX.right);
  const y = (value: number) => BOX.height - BOX.bottom - ((value - low) / (high - low)) * (BOX.height - BOX.top - BOX.bottom);
  const line = (at: number) => seen.map((band, index) => `${index ? "L" : "M"}${x(band.month).toFixed(1)} ${y(band.values[at]!).toFixed(1)}`).join("");
  const area = (from: number, to: number) => `${line(from)}${[...seen].reverse().map((band) => `L${x(band.month).toFixed(1)} ${y(band.values[to]!).toFixed(1)}`).join("")}Z`;
  return (
    <div class="stack">
      <figure class="card chart-box">
        <svg class="curves" viewBox={`0 0 ${BOX.width} ${BOX.height}`} role="img" aria-label={text("growth.picture", { measure: text(`measure.${measure}`), count: values.length })}>
          <clipPath id="plot"><rect x={BOX.left} y={BOX.top} width={BOX.width - BOX.left - BOX.right} height={BOX.height - BOX.top - BOX.bottom} /></clipPath>
          {Array.from({ length: Math.round((high - low) / step) + 1 }, (_, at) => { const value = low + at * step; return <g class="grid"><line x1={BOX.left} x2={BOX.width - BOX.right} y1={y(value)} y2={y(value)} /><text x={BOX.left - 6} y={y(value) + 5} text-anchor="end">{Math.round(value * 10) / 10}</text></g>; })}
          {Array.from({ length: Math.floor(months / 3) + 1 }, (_, at) => at * 3).map((month) => <g class="grid"><line x1={x(month)} x2={x(month)} y1={BOX.top} y2={BOX.height - BOX.bottom} /><text x={x(month)} y={BOX.height - BOX.bottom + 18} text-anchor="middle">{month}</text></g>)}
          <text class="axis" x={BOX.left + 6} y={BOX.top + 16}>{UNITS[measure]}</text>
          <text class="axis" x={BOX.width - BOX.right} y={BOX.height - 6} text-anchor="end">{text("months")}</text>
          {seen.length > 0 && <g clip-path="url(#plot)"><path class="band outer" d={area(0, 6)} /><path class="band inner" d={area(2, 4)} />{lines.map((percent, at) => <path class={percent === 50 ? "line middle" : "line"} d={line(at)} />)}</g>}
          {seen.length > 0 && lines.map((percent, at) => [0, 3, 6].includes(at) && <text class="percent" x={BOX.width - BOX.right + 4} y={y(seen.at(-1)!.values[at]!) + 5}>{percent}</text>)}
          {values.length > 1 && <path class="own" d={values.map((one, at) => `${at ? "L" : "M"}${x(one.month)} ${y(one.value)}`).join("")} />}
          {values.map((one) => <circle class="own-dot" cx={x(one.month)} cy={y(one.value)} r="5" />)}
        </svg>
        {seen.length > 0 && <figcaption class="soft">{say("growth.lines")} {say("growth.credit")}</figcaption>}
      </figure>
      <h2>{say("growth.table")}</h2>
      {values.length === 0 ? <Nothing>{say("growth.none")}</Nothing> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={text("growth.table")}><table class="card numbers"><thead><tr><th scope="col">{say("day")}</th><th scope="col">{say(`measure.${measure}`)}</th><th scope="col">{say("growth.place")}</th></tr></thead>
          <tbody>{[...values].reverse().map((one) => <tr><th scope="row">{day(language, one.on)}</th><td>{one.value} {UNITS[measure]}</td><td>{place(one, text)}</td></tr>)}</tbody></table></div>
      )}
      <p class="soft">{say("growth.doctor")}</p>
    </div>
  );
}

type Text = ReturnType<typeof useSpeech>["text"];

function place({ position }: Placed, text: Text): string {
  if (!position) return "–";
  if ("below" in position) return text("place.below", { line: position.below });
  if ("above" in position) return text("place.above", { line: position.above });
  if ("on" in position) return text("place.on", { line: position.on });
  const [low, high] = position.between;
  return text("place.between", { low, high });
}
