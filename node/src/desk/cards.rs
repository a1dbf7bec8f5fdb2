//! A verdict as a card: what stands in the way, from when on it may be given, and that the physician decides.

use musubi_care::{
    bedside::Finding,
    check_report::{CheckReport, Outcome, Reply},
    verdict::{Stop, Verdict},
    wording,
};
use musubi_node_gateway::cds::card::{Card, Coding, Indicator, Source};
use musubi_primitives::{Commitment, RecordId, record::OverrideReason};
use serde_json::{Value, json};

const TOPIC_SYSTEM: &str = "https://musubi.example/CodeSystem/schedule-verdict";
const OVERRIDE_SYSTEM: &str = "https://musubi.example/CodeSystem/override-reason";
/// Said on every card (I7).
const WHO_DECIDES: &str = "接種の可否は、予診のうえ医師が判断します。";

/// The card of a report.
pub(super) fn card(
    record: &RecordId,
    inputs: &Commitment,
    report: &CheckReport,
    reply: &Reply,
) -> Card {
    let (indicator, topic, sentence) = match reply.outcome {
        Outcome::ConditionsMet => (
            Indicator::Info,
            "conditions-met",
            "期間・間隔・回数の条件を満たします",
        ),
        Outcome::NotMet => (
            Indicator::Critical,
            "conditions-not-met",
            "条件を満たしません",
        ),
        Outcome::NeedsPerson => (
            Indicator::Warning,
            "needs-person",
            "医師・町の確認が必要です",
        ),
    };
    let verdict = &reply.verdict;
    let reasons = reasons(reply);
    let summary = match reasons.first() {
        Some(reason) => format!(
            "{} {}: {sentence} ― {reason}",
            verdict.date, verdict.vaccine
        ),
        None => format!("{} {}: {sentence}", verdict.date, verdict.vaccine),
    };
    let override_reasons = match reply.outcome {
        Outcome::ConditionsMet => Vec::new(),
        Outcome::NotMet | Outcome::NeedsPerson => override_reasons(),
    };
    Card {
        uuid: card_id(record),
        summary: summary.chars().take(140).collect(),
        detail: detail(verdict, &reasons),
        indicator,
        source: Source {
            label: format!(
                "Musubi {} {}",
                report.rules.name.id, report.rules.name.version
            ),
            topic: Coding {
                system: TOPIC_SYSTEM,
                code: topic.to_owned(),
                display: sentence.to_owned(),
            },
        },
        override_reasons,
        extension: json!({"musubi": for_programs(record, inputs, report, reply)}),
    }
}

/// Names the card of a record: a UUID (version 8, RFC 9562) of the record id's first bytes.
pub(super) fn card_id(record: &RecordId) -> String {
    let mut bytes = [0; 16];
    for (byte, of_record) in bytes.iter_mut().zip(record.0) {
        *byte = of_record;
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex::encode(bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| digits[part].to_owned()).join("-")
}

/// The first bytes of the record that a card is named by; the further ones are mixed with the UUID's own.
pub(super) fn card_begins(card: &str) -> Option<[u8; 6]> {
    let digits: String = card.chars().filter(|c| *c != '-').take(12).collect();
    let mut begin = [0; 6];
    hex::decode_to_slice(digits, &mut begin).ok()?;
    Some(begin)
}

/// The deciding reason first; each one once.
fn reasons(reply: &Reply) -> Vec<&'static str> {
    let stops = stops(&reply.verdict).map(|stop| wording::reason(stop.reason));
    let found = reply.findings.iter().map(of_finding);
    let mut reasons: Vec<&str> = Vec::new();
    for reason in stops.chain(found) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

fn of_finding(finding: &Finding) -> &'static str {
    wording::incident(finding.incident)
}

fn stops(verdict: &Verdict) -> impl Iterator<Item = &Stop> {
    verdict.stop().into_iter().chain(&verdict.also)
}

fn detail(verdict: &Verdict, reasons: &[&str]) -> String {
    let mut lines: Vec<String> = reasons.iter().map(|reason| format!("- {reason}")).collect();
    for stop in stops(verdict) {
        let from = stop
            .satisfied_from
            .map(|day| format!("（{day}から満たす）"));
        lines.push(format!("- 規則 {}{}", stop.rule, from.unwrap_or_default()));
    }
    if let Some(placement) = verdict.placement() {
        lines.push(format!(
            "- {}（{}回目／全{}回）",
            placement.dose, placement.number, placement.of
        ));
        lines.extend(
            placement
                .advisories
                .iter()
                .map(|code| format!("- 注記 {code}")),
        );
    }
    let permitted = verdict.permitted;
    if let Some(day) = permitted.earliest {
        lines.push(format!("- 最も早い日: {day}"));
    }
    if let Some(day) = permitted.latest {
        lines.push(format!("- 最も遅い日: {day}"));
    }
    lines.push(WHO_DECIDES.to_owned());
    lines.join("\n")
}

fn override_reasons() -> Vec<Coding> {
    OverrideReason::ALL
        .iter()
        .map(|reason| Coding {
            system: OVERRIDE_SYSTEM,
            code: code(reason),
            display: in_words(*reason).to_owned(),
        })
        .collect()
}

/// A reason's code, as interfaces write it.
pub(super) fn code(reason: &OverrideReason) -> String {
    let value = serde_json::to_value(reason).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn in_words(reason: OverrideReason) -> &'static str {
    match reason {
        OverrideReason::ClinicalJudgement => "医学的判断による",
        OverrideReason::PaperHistory => "紙の接種歴（母子健康手帳など）を確認した",
        OverrideReason::CatchUp => "接種もれを補う",
        OverrideReason::PublicDirection => "流行などによる公的機関の指示",
        OverrideReason::AlreadyGiven => "すでに接種した（間違い接種として記録する）",
    }
}

fn for_programs(
    record: &RecordId,
    inputs: &Commitment,
    report: &CheckReport,
    reply: &Reply,
) -> Value {
    let reasons: Vec<Value> = stops(&reply.verdict)
        .map(|stop| {
            json!({"reason": stop.reason, "rule": stop.rule, "satisfiedFrom": stop.satisfied_from})
        })
        .collect();
    json!({
        "verdict": reply.outcome,
        "ruleSet": report.rules,
        "record": record,
        "inputs": inputs,
        "reasons": reasons,
        "findings": reply.findings,
        "earliest": reply.verdict.permitted.earliest,
        "latest": reply.verdict.permitted.latest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_named_by_its_record() {
        let id = card_id(&RecordId([0xff; 32]));
        assert_eq!(id, "ffffffff-ffff-8fff-bfff-ffffffffffff");
        assert_ne!(id, card_id(&RecordId([0xfe; 32])));
        assert_eq!(card_begins(&id), Some([0xff; 6]));
        assert_eq!(
            (card_begins(""), card_begins("é-card-of-others")),
            (None, None)
        );
    }

    #[test]
    fn every_reason_to_go_on_is_offered_in_words_and_by_its_code() {
        let offered = override_reasons();
        assert_eq!(offered.len(), OverrideReason::ALL.len());
        for (coding, reason) in offered.iter().zip(OverrideReason::ALL) {
            let read: OverrideReason =
                serde_json::from_value(Value::from(coding.code.clone())).expect("the code");
            assert_eq!(read, *reason);
            assert!(!coding.display.is_empty());
        }
    }
}
