// What the schedule rules name, in the languages that the rule file does not have: vaccines, programmes, and why a dose is stopped.
//
// The rule file and the checker speak Japanese. A test holds these tables against both, so that a new vaccine or reason is not left out.

import type { Language } from "./speech";

type Said = { easy: string; en: string };

/** Names of vaccines by the rules' code. */
export const VACCINES: Record<string, Said> = {
  "DPT-IPV-HIB": { easy: "5〔種|しゅ〕〔混合|こんごう〕", en: "5-in-1 (diphtheria, tetanus, pertussis, polio, Hib)" },
  "DPT-IPV": { easy: "4〔種|しゅ〕〔混合|こんごう〕", en: "4-in-1 (diphtheria, tetanus, pertussis, polio)" },
  HIB: { easy: "ヒブ（Hib）", en: "Hib alone" },
  PCV20: { easy: "〔肺炎球菌|はいえんきゅうきん〕（20）", en: "Pneumococcal, 20-valent" },
  PCV15: { easy: "〔肺炎球菌|はいえんきゅうきん〕（15）", en: "Pneumococcal, 15-valent" },
  PCV13: { easy: "〔肺炎球菌|はいえんきゅうきん〕（13）", en: "Pneumococcal, 13-valent" },
  RV1: { easy: "ロタウイルス（2〔回|かい〕のもの）", en: "Rotavirus, monovalent" },
  RV5: { easy: "ロタウイルス（3〔回|かい〕のもの）", en: "Rotavirus, pentavalent" },
  HEPB: { easy: "B〔型|がた〕〔肝炎|かんえん〕", en: "Hepatitis B" },
  BCG: { easy: "BCG（〔結核|けっかく〕）", en: "BCG (tuberculosis)" },
  MR: { easy: "はしか・〔風|ふう〕しん", en: "Measles and rubella" },
  VAR: { easy: "みずぼうそう", en: "Varicella (chickenpox)" },
  JE: { easy: "〔日本脳炎|にほんのうえん〕", en: "Japanese encephalitis" },
  DT: { easy: "2〔種|しゅ〕〔混合|こんごう〕", en: "Diphtheria and tetanus, second period" },
  HPV9: { easy: "HPV（9〔種類|しゅるい〕）", en: "HPV, 9-valent" },
  HPV4: { easy: "HPV（4〔種類|しゅるい〕）", en: "HPV, 4-valent" },
  HPV2: { easy: "HPV（2〔種類|しゅるい〕）", en: "HPV, 2-valent" },
  RSV_MAT: { easy: "RSウイルス（お〔母|かあ〕さんが うける）", en: "RSV, given to the mother" },
  DPT: { easy: "3〔種|しゅ〕〔混合|こんごう〕", en: "3-in-1 (diphtheria, tetanus, pertussis)" },
  IPV: { easy: "ポリオ", en: "Polio alone" },
  MUMPS: { easy: "おたふくかぜ", en: "Mumps (optional)" },
  MEASLES: { easy: "はしか", en: "Measles alone" },
  RUBELLA: { easy: "〔風|ふう〕しん", en: "Rubella alone" },
  YELLOW_FEVER: { easy: "〔黄熱|おうねつ〕", en: "Yellow fever (optional)" },
  FLU: { easy: "インフルエンザ", en: "Seasonal influenza (optional for children)" },
  FLU_NASAL: { easy: "インフルエンザ（〔鼻|はな〕に するもの）", en: "Influenza, nasal (optional)" },
  COVID: { easy: "〔新型|しんがた〕コロナ", en: "COVID-19 (optional)" },
};

/** Names of programmes by their rule. */
export const PROGRAMMES: Record<string, Said> = {
  "V-5IN1": { easy: "5〔種|しゅ〕〔混合|こんごう〕", en: "5-in-1 (diphtheria, tetanus, pertussis, polio, Hib)" },
  "V-HIB": { easy: "ヒブ（Hib）", en: "Hib" },
  "V-PCV": { easy: "〔肺炎球菌|はいえんきゅうきん〕", en: "Pneumococcal" },
  "V-ROTA": { easy: "ロタウイルス（2〔回|かい〕のもの）", en: "Rotavirus, monovalent" },
  "V-ROTA5": { easy: "ロタウイルス（3〔回|かい〕のもの）", en: "Rotavirus, pentavalent" },
  "V-HEPB": { easy: "B〔型|がた〕〔肝炎|かんえん〕", en: "Hepatitis B" },
  "V-BCG": { easy: "BCG（〔結核|けっかく〕）", en: "BCG (tuberculosis)" },
  "V-MR": { easy: "はしか・〔風|ふう〕しん", en: "Measles and rubella" },
  "V-VAR": { easy: "みずぼうそう", en: "Varicella (chickenpox)" },
  "V-JE": { easy: "〔日本脳炎|にほんのうえん〕", en: "Japanese encephalitis" },
  "V-DT": { easy: "2〔種|しゅ〕〔混合|こんごう〕", en: "Diphtheria and tetanus, second period" },
  "V-HPV": { easy: "HPV", en: "HPV" },
  "V-RSV": { easy: "RSウイルス（お〔母|かあ〕さんが うける）", en: "RSV, given to the mother" },
};

/** Why a dose is stopped, by the checker's code; the Japanese is the checker's own. */
export const REASONS: Record<string, Said & { ja: string }> = {
  VACCINE_NOT_IN_PROGRAM: { ja: "この日の定期接種では用いないワクチンです", easy: "この 〔日|ひ〕には つかわない ワクチンです", en: "This vaccine is not used by the routine programme on this day" },
  SEX_NOT_ELIGIBLE: { ja: "性別が対象と異なります", easy: "〔性別|せいべつ〕が ちがいます", en: "The programme is for the other sex" },
  CONTRAINDICATED_FEVER: { ja: "明らかな発熱があります（通常37.5℃以上）", easy: "〔熱|ねつ〕が あります（37.5℃ 〔以上|いじょう〕）", en: "There is clear fever (usually 37.5 °C or above)" },
  CONTRAINDICATED_SEVERE_ACUTE_ILLNESS: { ja: "重い急性疾患にかかっています", easy: "いま 〔重|おも〕い 〔病気|びょうき〕です", en: "There is a serious acute illness" },
  CONTRAINDICATED_ANAPHYLAXIS: { ja: "成分によるアナフィラキシーの既往があります", easy: "ワクチンの 〔中身|なかみ〕で 〔強|つよ〕い アレルギーが 〔出|で〕た ことが あります", en: "There was anaphylaxis to a component" },
  CONTRAINDICATED_ROTA_SPECIFIC: { ja: "腸重積症の既往、未治療の先天性消化管障害、または重症複合免疫不全症があります", easy: "おなかの 〔病気|びょうき〕か、〔体|からだ〕を 〔守|まも〕る 〔力|ちから〕が 〔弱|よわ〕い 〔病気|びょうき〕が あります", en: "There was intussusception, or there is an untreated gut disorder from birth, or severe combined immunodeficiency" },
  CONTRAINDICATED_BCG_KELOID: { ja: "ケロイドの既往があります", easy: "〔傷|きず〕が もりあがる（ケロイド）ことが ありました", en: "There were keloids" },
  CONTRAINDICATED_PREGNANCY: { ja: "妊娠中です", easy: "おなかに 〔赤|あか〕ちゃんが います", en: "There is a pregnancy" },
  EXCLUDED_HEPB_PERINATAL_PROPHYLAXIS: { ja: "母子感染予防としてB型肝炎ワクチンを受けています", easy: "〔生|う〕まれた ときに、B〔型|がた〕〔肝炎|かんえん〕の ワクチンを うけて います", en: "Hepatitis B vaccine was given against infection from the mother" },
  EXCLUDED_PRIOR_DISEASE: { ja: "この病気にかかったことがあります", easy: "この 〔病気|びょうき〕に なった ことが あります", en: "The child has had this disease" },
  PRODUCT_SWITCH: { ja: "これまでと異なる製品です", easy: "いままでと ちがう ワクチンです", en: "The product differs from the earlier doses" },
  SERIES_COMPLETE: { ja: "この期の回数は済んでいます", easy: "もう ぜんぶ うけました", en: "All doses of this period have been given" },
  ALREADY_IN_THIS_PREGNANCY: { ja: "今回の妊娠で接種済みです", easy: "こんどの おなかの 〔赤|あか〕ちゃんの ために、もう うけました", en: "It has been given in this pregnancy" },
  PROGRAM_ENDED: { ja: "特例の期間が終わっています", easy: "とくべつな 〔期間|きかん〕が おわりました", en: "The special measure has ended" },
  AGE_TOO_YOUNG: { ja: "対象年齢に達していません", easy: "まだ その 〔年|とし〕では ありません", en: "The child is younger than the programme's age" },
  AGE_TOO_OLD: { ja: "対象年齢を過ぎています", easy: "その 〔年|とし〕を すぎました", en: "The child is older than the programme's age" },
  AGE_BETWEEN_PERIODS: { ja: "期と期の間です", easy: "うける 〔時期|じき〕と 〔時期|じき〕の あいだです", en: "The child is between two periods" },
  PREGNANCY_WEEK_OUT_OF_RANGE: { ja: "対象の妊娠週数ではありません", easy: "うける 〔週|しゅう〕では ありません", en: "It is not one of the weeks of pregnancy for this vaccine" },
  BOOSTER_TOO_EARLY_AGE: { ja: "追加接種の年齢に達していません", easy: "もう いちど うける 〔年|とし〕では まだ ありません", en: "The child is too young for the booster" },
  INTERVAL_TOO_SHORT_SAME: { ja: "同じワクチンの前回の接種から日数が足りません", easy: "まえに おなじ ワクチンを うけてから、〔日|ひ〕が たりません", en: "Too few days have passed since the last dose of this vaccine" },
  INTERVAL_TOO_SHORT_LIVE: { ja: "別の注射生ワクチンの接種から日数が足りません", easy: "まえに べつの 〔生|なま〕ワクチンを うけてから、〔日|ひ〕が たりません", en: "Too few days have passed since another injected live vaccine" },
  DOSE_VOLUME_WRONG: { ja: "年齢に応じた接種量ではありません", easy: "〔年|とし〕に あう 〔量|りょう〕では ありません", en: "The volume is not the one for this age" },
  ROUTE_WRONG: { ja: "用いられる接種経路ではありません", easy: "〔打|う〕ちかたが ちがいます", en: "The route is not one in use" },
  EXPIRED_VACCINE: { ja: "ワクチンの有効期限が過ぎています", easy: "ワクチンの 〔期限|きげん〕が すぎて います", en: "The vaccine has expired" },
  BIRTH_DATE_UNKNOWN: { ja: "生年月日が分かりません", easy: "〔生|う〕まれた 〔日|ひ〕が わかりません", en: "The date of birth is not known" },
  SEX_UNKNOWN: { ja: "性別が分かりません", easy: "〔性別|せいべつ〕が わかりません", en: "The sex is not known" },
  PREGNANCY_DATE_UNKNOWN: { ja: "妊娠週数が分かりません", easy: "おなかの 〔赤|あか〕ちゃんの 〔週|しゅう〕が わかりません", en: "The week of pregnancy is not known" },
  RULES_OF_THAT_DAY_NOT_HELD: { ja: "その日の規定がこの規則集にありません", easy: "その 〔日|ひ〕の きまりが ありません", en: "The rules of that day are not in this rule set" },
  LONG_ILLNESS_UNDECIDED: { ja: "長期療養特例の町村の決定を待っています", easy: "〔長|なが〕い 〔病気|びょうき〕の とくべつな きまりを、〔役場|やくば〕が きめて いる ところです", en: "The municipality has yet to decide on the measure after long illness" },
  HISTORY_UNCONFIRMED: { ja: "接種歴が未確認です（母子健康手帳を確認してください）", easy: "まえに うけた ワクチンを たしかめて いません（〔手帳|てちょう〕を 〔見|み〕て ください）", en: "Earlier doses are not confirmed (look at the handbook)" },
  HISTORY_INCOMPLETE: { ja: "ほかの機関の接種の記録があり、ここでは読めません（母子健康手帳を確認してください）", easy: "ほかの ところの きろくが あります。ここでは 〔読|よ〕めません（〔手帳|てちょう〕を 〔見|み〕て ください）", en: "Others recorded doses that cannot be read here (look at the handbook)" },
  HISTORY_UNDATED: { ja: "接種日の分からない接種の記録があります", easy: "いつ うけたか わからない きろくが あります", en: "There is a dose whose day nobody wrote down" },
  HISTORY_PENDING: { ja: "保管が済んでいない接種の記録があります", easy: "まだ しまわれて いない きろくが あります", en: "A recorded dose is not stored yet" },
  HISTORY_LATER_THAN_PROPOSED: { ja: "予定日より後の接種の記録があります", easy: "よていより あとの きろくが あります", en: "There is a dose after the proposed day" },
  HISTORY_BEFORE_BIRTH: { ja: "出生前の日付の接種の記録があります（別の子の記録かもしれません）", easy: "〔生|う〕まれる まえの 〔日|ひ〕の きろくが あります（ほかの 〔子|こ〕の ものかも しれません）", en: "There is a dose from before birth (perhaps another child's)" },
  HISTORY_DUPLICATE: { ja: "同じ日・同じワクチンの記録が重なっています", easy: "おなじ きろくが 2つ あります", en: "The same dose is recorded twice" },
  HISTORY_VACCINE_UNKNOWN: { ja: "規則集にないワクチンの記録があります", easy: "きまりに ない ワクチンの きろくが あります", en: "There is a dose of a vaccine that the rules do not know" },
  CONDITION_UNKNOWN: { ja: "規則集にない状態が申告されています", easy: "きまりに ない からだの ようすが かかれて います", en: "A condition is stated that the rules do not know" },
  PRECAUTION: { ja: "接種要注意者に当たります", easy: "〔医者|いしゃ〕が よく かんがえて きめます", en: "The physician must weigh this child's condition" },
};

const said = (table: Record<string, Said>, code: string, language: Language): string | undefined => (language === "ja" ? undefined : table[code]?.[language === "en" ? "en" : "easy"]);

/** A vaccine's name: the rule file's own in Japanese. */
export const vaccineIn = (language: Language, code: string, japanese: string): string => said(VACCINES, code, language) ?? japanese;
/** A programme's name: the rule file's own in Japanese. */
export const programmeIn = (language: Language, rule: string, japanese: string): string => said(PROGRAMMES, rule, language) ?? japanese;
/** Why a dose is stopped; the code itself where a newer checker has one that this page does not know. */
export const reasonIn = (language: Language, code: string): string => said(REASONS, code, language) ?? REASONS[code]?.ja ?? code;
