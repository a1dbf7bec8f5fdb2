//! Breaking text into lines: Japanese between any two characters but before closing marks, Latin words at their spaces.

use crate::font::Metrics;

/// Marks that may not begin a line (JIS X 4051, the ones that occur here).
const NO_LINE_START: &str =
    "、。，．・：；？！）」』】〕〉》ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.;:!?)]}";
/// Marks that may not end a line.
const NO_LINE_END: &str = "（「『【〔〈《([{";

/// Lines of `text` that are at most `width` wide in type of `size`, both in points.
pub(crate) fn wrap(metrics: &Metrics<'_>, text: &str, size: f32, width: f32) -> Vec<String> {
    let limit = width / size * 1000.0;
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    for unit in units(text) {
        let measure = measure(metrics, &unit);
        if limit < used + measure && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0.0;
        }
        if line.is_empty() && unit == " " {
            continue;
        }
        line.push_str(&unit);
        used += measure;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

fn measure(metrics: &Metrics<'_>, text: &str) -> f32 {
    text.chars().map(|character| metrics.width(character)).sum()
}

/// The pieces that stay together.
fn units(text: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    for character in text.chars() {
        let joins = units
            .last()
            .and_then(|unit| unit.chars().next_back())
            .is_some_and(|before| stays_with(before, character));
        match units.last_mut() {
            Some(unit) if joins => unit.push(character),
            _ => units.push(character.to_string()),
        }
    }
    units
}

fn stays_with(before: char, character: char) -> bool {
    let is_word = |one: char| one.is_ascii() && !one.is_ascii_whitespace();
    (is_word(before) && is_word(character))
        || NO_LINE_START.contains(character)
        || NO_LINE_END.contains(before)
}
