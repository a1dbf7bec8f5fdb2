//! Answers in Japanese, for the people at the bed. A sentence says what stands in the way; none says that a dose is harmless.

use crate::bedside::Incident;
use crate::reason::Reason;

/// Why a dose is stopped or needs a person.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::VaccineNotInProgram => "この日の定期接種では用いないワクチンです",
        Reason::SexNotEligible => "性別が対象と異なります",
        Reason::ContraindicatedFever => "明らかな発熱があります（通常37.5℃以上）",
        Reason::ContraindicatedSevereAcuteIllness => "重い急性疾患にかかっています",
        Reason::ContraindicatedAnaphylaxis => "成分によるアナフィラキシーの既往があります",
        Reason::ContraindicatedRotaSpecific => {
            "腸重積症の既往、未治療の先天性消化管障害、または重症複合免疫不全症があります"
        }
        Reason::ContraindicatedBcgKeloid => "ケロイドの既往があります",
        Reason::ContraindicatedPregnancy => "妊娠中です",
        Reason::ExcludedHepbPerinatalProphylaxis => {
            "母子感染予防としてB型肝炎ワクチンを受けています"
        }
        Reason::ExcludedPriorDisease => "この病気にかかったことがあります",
        Reason::ProductSwitch => "これまでと異なる製品です",
        Reason::SeriesComplete => "この期の回数は済んでいます",
        Reason::AlreadyInThisPregnancy => "今回の妊娠で接種済みです",
        Reason::ProgramEnded => "特例の期間が終わっています",
        Reason::AgeTooYoung => "対象年齢に達していません",
        Reason::AgeTooOld => "対象年齢を過ぎています",
        Reason::AgeBetweenPeriods => "期と期の間です",
        Reason::PregnancyWeekOutOfRange => "対象の妊娠週数ではありません",
        Reason::BoosterTooEarlyAge => "追加接種の年齢に達していません",
        Reason::IntervalTooShortSame => "同じワクチンの前回の接種から日数が足りません",
        Reason::IntervalTooShortLive => "別の注射生ワクチンの接種から日数が足りません",
        Reason::DoseVolumeWrong => "年齢に応じた接種量ではありません",
        Reason::RouteWrong => "用いられる接種経路ではありません",
        Reason::ExpiredVaccine => "ワクチンの有効期限が過ぎています",
        Reason::BirthDateUnknown => "生年月日が分かりません",
        Reason::SexUnknown => "性別が分かりません",
        Reason::PregnancyDateUnknown => "妊娠週数が分かりません",
        Reason::RulesOfThatDayNotHeld => "その日の規定がこの規則集にありません",
        Reason::LongIllnessUndecided => "長期療養特例の町村の決定を待っています",
        Reason::HistoryUnconfirmed => "接種歴が未確認です（母子健康手帳を確認してください）",
        Reason::HistoryIncomplete => {
            "ほかの機関の接種の記録があり、ここでは読めません（母子健康手帳を確認してください）"
        }
        Reason::HistoryUndated => "接種日の分からない接種の記録があります",
        Reason::HistoryPending => "保管が済んでいない接種の記録があります",
        Reason::HistoryLaterThanProposed => "予定日より後の接種の記録があります",
        Reason::HistoryBeforeBirth => {
            "出生前の日付の接種の記録があります（別の子の記録かもしれません）"
        }
        Reason::HistoryDuplicate => "同じ日・同じワクチンの記録が重なっています",
        Reason::HistoryVaccineUnknown => "規則集にないワクチンの記録があります",
        Reason::ConditionUnknown => "規則集にない状態が申告されています",
        Reason::Precaution => "接種要注意者に当たります",
    }
}

/// A category of the incident log (間違い接種).
pub fn incident(incident: Incident) -> &'static str {
    match incident {
        Incident::Interval => "接種間隔の誤り",
        Incident::Unnecessary => "不必要な接種",
        Incident::Expired => "期限切れ",
        Incident::WrongPerson => "対象者の誤認",
        Incident::BloodRisk => "血液感染を起こしうる器具",
        Incident::WrongVaccine => "種類の誤り",
        Incident::WrongVolume => "接種量の誤り",
        Incident::Age => "対象年齢外",
        Incident::RouteSite => "経路・部位の誤り",
        Incident::Storage => "保管の誤り",
        Incident::Consent => "同意・署名の不備",
        Incident::Residence => "住民登録地の違い",
    }
}
