/** Child health arithmetic: the schedule check, its forecast and growth; a module of its own. */
import init, * as wasm from "../generated/care/musubi_wasm_care.js";

/** A day: `2026-04-01`. */
export type Day = string;
/** A number with at most three decimals, as text, so that no digit is lost: `7.25`. */
export type Decimal = string;
export type Sex = "female" | "male";

/** A dose already given. `pending`: recorded, but not yet kept by two holders. */
export interface Dose { vaccine: string; date: Day; standing?: "stored" | "pending" }

/** What is known of a child. A history that nobody confirmed is never read as "no dose". */
export interface Child {
  subject: { birth?: Day; sex?: Sex; pregnancy_start?: Day };
  history: { completeness: "confirmed" | "unconfirmed"; doses: Dose[] };
  circumstances?: { conditions?: string[]; short_interval_needed?: boolean; measures?: string[]; recovery?: { on: Day; accepted: boolean } };
}

/** The dose that is about to be given; what was not read from the vial is not judged. */
export interface Proposal { vaccine: string; date: Day; volume?: Decimal; route?: "SC" | "IM" | "oral" | "percutaneous"; lot_expiry?: Day }

/** Which edition of which rules. */
export interface RuleSetId { id: string; version: string }

/** Why a dose is stopped, or needs a person. */
export type Reason =
  | "VACCINE_NOT_IN_PROGRAM" | "SEX_NOT_ELIGIBLE" | "CONTRAINDICATED_FEVER" | "CONTRAINDICATED_SEVERE_ACUTE_ILLNESS" | "CONTRAINDICATED_ANAPHYLAXIS"
  | "CONTRAINDICATED_ROTA_SPECIFIC" | "CONTRAINDICATED_BCG_KELOID" | "CONTRAINDICATED_PREGNANCY" | "EXCLUDED_HEPB_PERINATAL_PROPHYLAXIS"
  | "EXCLUDED_PRIOR_DISEASE" | "PRODUCT_SWITCH" | "SERIES_COMPLETE" | "ALREADY_IN_THIS_PREGNANCY" | "PROGRAM_ENDED" | "AGE_TOO_YOUNG" | "AGE_TOO_OLD"
  | "AGE_BETWEEN_PERIODS" | "PREGNANCY_WEEK_OUT_OF_RANGE" | "BOOSTER_TOO_EARLY_AGE" | "INTERVAL_TOO_SHORT_SAME" | "INTERVAL_TOO_SHORT_LIVE"
  | "DOSE_VOLUME_WRONG" | "ROUTE_WRONG" | "EXPIRED_VACCINE" | "BIRTH_DATE_UNKNOWN" | "SEX_UNKNOWN" | "PREGNANCY_DATE_UNKNOWN"
  | "RULES_OF_THAT_DAY_NOT_HELD" | "LONG_ILLNESS_UNDECIDED" | "HISTORY_UNCONFIRMED" | "HISTORY_INCOMPLETE" | "HISTORY_UNDATED" | "HISTORY_PENDING"
  | "HISTORY_LATER_THAN_PROPOSED" | "HISTORY_BEFORE_BIRTH" | "HISTORY_DUPLICATE" | "HISTORY_VACCINE_UNKNOWN" | "CONDITION_UNKNOWN" | "PRECAUTION";

/** One rule that stands in the way, and from when on it alone no longer would. */
export interface Stop { reason: Reason; rule: string; satisfied_from: Day | null }
/** The dose that it would be. */
export interface Placement { dose: string; number: number; of: number; advisories: string[] }
/** What the check found. It never says that a dose is safe. */
export type Verdict = { rules: RuleSetId; vaccine: string; date: Day; also: Stop[]; permitted: { earliest: Day | null; latest: Day | null } } &
  ({ answer: "conditions_met"; of: Placement } | { answer: "not_met" | "needs_person"; of: Stop });

export type Status = "overdue" | "due" | "possible" | "later" | "complete" | "ended" | "contraindicated" | "needs_person";
/** A dose to come: the first permitted day, the usual time, the last day. `assumed`: it rests on earlier doses that are forecast themselves. */
export interface ForecastDose { label: string; number: number; of: number; earliest: Day; due: Day; overdue_after: Day | null; latest: Day; undecided: boolean; assumed: boolean }
/** One dose to come, or how a programme stands without one. */
export interface ForecastRow { programme: string; vaccine: string; status: Status; dose: ForecastDose | null; stop: Stop | null }
/** What is to come, from a day on. */
export interface Forecast { rules: RuleSetId; as_of: Day; history_confirmed: boolean; rows: ForecastRow[] }

export type Measure = "weight" | "height" | "head_circumference";
/** One measurement, in kilograms or centimetres. */
export interface Measured { measure: Measure; sex: Sex; birth: Day; on: Day; value: Decimal }
/** A band of ages: the day of birth, a day after it, or from so many completed months to under so many. */
export type Band = "birth" | { day: number } | { months: [number, number] };
/** A place among the published percentile lines, by their names. */
export type Position = { below: number } | { on: number } | { between: [number, number] } | { above: number };
/** A value with its place, and the reference that gave it. */
export interface Evaluation { reference: { id: string; survey_year: number }; measure: Measure; value: Decimal; band: Band; position: Position }
/** Why a value should be confirmed before it is stored. */
export type Doubt = "not_positive" | "before_birth" | "smaller_unit" | "larger_unit" | { out_of_range: { low: Decimal; high: Decimal } } | { shrank: { by: Decimal } };
/** A change worth a look; no diagnosis. */
export type Change = { fell: { by: Decimal } } | { crossed_up: { lines: number } } | { crossed_down: { lines: number } };

/** A rule set, read and checked once. */
class Rules {
  readonly #rules: wasm.Rules;
  /** Reads a rule set (JSON of `musubi/schedule/1`); throws what is wrong with it. */
  constructor(text: string) {
    this.#rules = new wasm.Rules(text);
  }
  /** Checks one proposed dose. */
  check = (child: Child, proposal: Proposal): Verdict => JSON.parse(this.#rules.check(JSON.stringify(child), JSON.stringify(proposal))) as Verdict;
  /** What is due, overdue, possible or still to come from a day on. */
  forecast = (child: Child, asOf: Day): Forecast => JSON.parse(this.#rules.forecast(JSON.stringify(child), asOf)) as Forecast;
}

/** A growth reference, read and checked once. */
class GrowthReference {
  readonly #reference: wasm.GrowthReference;
  /** Reads a reference (JSON of `musubi/growth/1`); throws what is wrong with it. */
  constructor(text: string) {
    this.#reference = new wasm.GrowthReference(text);
  }
  /** Places a value among the published lines; `null` where no band is published for that age. */
  evaluate = (measured: Measured): Evaluation | null => JSON.parse(this.#reference.evaluate(JSON.stringify(measured))) as Evaluation | null;
  /** Why a value should be confirmed before it is stored, or `null`; `previous` is the child's last value of the same measure. */
  doubt = (measured: Measured, previous?: Measured): Doubt | null => JSON.parse(this.#reference.doubt(JSON.stringify(measured), previous && JSON.stringify(previous))) as Doubt | null;
  /** What changed since an earlier value. */
  changes = (earlier: Measured, later: Measured): Change[] => JSON.parse(this.#reference.changes(JSON.stringify(earlier), JSON.stringify(later))) as Change[];
}

const care = { Rules, GrowthReference };
export type { GrowthReference, Rules };

let loaded: Promise<typeof care> | undefined;

/** Loads the module; where there is no network to load from (Node), its bytes are given. */
export function loadCare(bytes?: BufferSource): Promise<typeof care> {
  loaded ??= (bytes ? init({ module_or_path: bytes }) : init()).then(() => care);
  return loaded;
}
