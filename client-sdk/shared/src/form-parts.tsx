// The questions of a form, as every face asks them: with their words in the reader's language, and what follows from an answer below it.

import { type Answers, isAsked, type Item, translated } from "./forms";
import { Spoken, useCommon } from "./say";

type Setting = { item: Item; answers: Answers; set: (linkId: string, answer: Answers[string]) => void };

/** A part of a form: a group with its questions, or one question. */
export function FormPart({ item, answers, set }: Setting) {
  const { language } = useCommon();
  if (item.type !== "group") return <Question {...{ item, answers, set }} />;
  return <section class="stack"><h2><Spoken sentence={translated(language, item.text, item._text)} /></h2><Inner {...{ item, answers, set }} /></section>;
}

const Inner = ({ item, answers, set }: Setting) => <>{item.item?.filter((inner) => isAsked(inner, answers)).map((inner) => <FormPart key={inner.linkId} {...{ item: inner, answers, set }} />)}</>;

const TYPES: Record<string, string> = { integer: "number", decimal: "number", date: "date", time: "time" };

function Question({ item, answers, set }: Setting) {
  const { say, language } = useCommon();
  const { linkId } = item, answer = answers[linkId];
  const said = <><Spoken sentence={translated(language, item.text, item._text)} /> {item.required && <span class="badge plain">{say("required")}</span>}</>;
  const inner = <Inner {...{ item, answers, set }} />;
  if (item.type === "display") return <p>{said}</p>;
  if (item.type === "boolean") {
    return <fieldset class="card stack" data-question={linkId}><legend>{said}</legend><div class="yesno"><button type="button" aria-pressed={answer === true} onClick={() => set(linkId, true)}>{say("yes")}</button><button type="button" aria-pressed={answer === false} onClick={() => set(linkId, false)}>{say("no")}</button></div>{inner}</fieldset>;
  }
  if (item.answerOption) {
    const chosen = Array.isArray(answer) ? answer : answer === undefined ? [] : [String(answer)];
    const choose = (code: string, on: boolean) => set(linkId, item.repeats ? (on ? [...chosen, code] : chosen.filter((one) => one !== code)) : code);
    return (
      <fieldset class="card stack" data-question={linkId}><legend>{said}</legend>
        {item.answerOption.map(({ valueCoding: { code, display, _display } }) => <label class="check"><input type={item.repeats ? "checkbox" : "radio"} name={linkId} checked={chosen.includes(code)} onChange={(event) => choose(code, event.currentTarget.checked)} /><Spoken sentence={translated(language, display, _display)} /></label>)}
        {inner}
      </fieldset>
    );
  }
  const type = TYPES[item.type] ?? "text";
  const value = typeof answer === "string" ? answer : "";
  const put = (event: { currentTarget: { value: string } }) => set(linkId, event.currentTarget.value);
  return (
    <div class="card stack" data-question={linkId}><label><span class="said">{said}</span>
      {item.type === "text" ? <textarea rows={3} maxLength={item.maxLength} value={value} onInput={put} /> : <input type={type} inputMode={type === "number" ? "decimal" : undefined} step={item.type === "decimal" ? "any" : undefined} maxLength={item.maxLength} value={value} onInput={put} />}
    </label>{inner}</div>
  );
}
