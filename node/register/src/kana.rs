//! One spelling for the many ways in which a reading is typed: hiragana, katakana, half-width katakana, with and without spaces.

/// Half-width katakana from U+FF66 on, in their order, as full-width ones.
const FULL_WIDTH: &str = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
const HALF_WIDTH_FIRST: u32 = 0xFF66;
const VOICED_MARKS: [char; 3] = ['ﾞ', '゙', '゛'];
const HALF_VOICED_MARKS: [char; 3] = ['ﾟ', '゚', '゜'];

/// The reading in full-width katakana without spaces; letters in lower case; everything else as it is.
pub fn normalise(reading: &str) -> String {
    let mut out = String::new();
    for c in reading.chars().filter(|c| !c.is_whitespace()) {
        match out.pop() {
            Some(before) => match marked(before, c) {
                Some(both) => out.push(both),
                None => {
                    out.push(before);
                    out.extend(katakana(c));
                }
            },
            None => out.extend(katakana(c)),
        }
    }
    out
}

fn katakana(c: char) -> impl Iterator<Item = char> {
    let code = u32::from(c);
    let full = match code {
        0x3041..=0x3096 => char::from_u32(code.saturating_add(0x60)),
        HALF_WIDTH_FIRST..=0xFF9D => {
            let at = usize::try_from(code.saturating_sub(HALF_WIDTH_FIRST)).ok();
            at.and_then(|at| FULL_WIDTH.chars().nth(at))
        }
        _ => None,
    };
    full.unwrap_or(c).to_lowercase()
}

/// A katakana and the sound mark after it as one character.
fn marked(before: char, mark: char) -> Option<char> {
    let code = u32::from(before);
    if VOICED_MARKS.contains(&mark) {
        return match before {
            'カ'..='ト' | 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ' => {
                char::from_u32(code.saturating_add(1))
            }
            'ウ' => Some('ヴ'),
            _ => None,
        };
    }
    let takes_half_voiced =
        matches!(before, 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ') && HALF_VOICED_MARKS.contains(&mark);
    takes_half_voiced
        .then(|| char::from_u32(code.saturating_add(2)))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_way_of_typing_a_reading_is_one_spelling() {
        for typed in [
            "ゆうき じゅんぺい",
            "ユウキ　ジュンペイ",
            "ﾕｳｷ ｼﾞｭﾝﾍﾟｲ",
            "ユウキジュンペイ",
            "ゆうきし\u{3099}ゅんへ\u{309a}い",
        ] {
            assert_eq!(normalise(typed), "ユウキジュンペイ", "{typed}");
        }
        assert_eq!(normalise("Smith"), "smith");
        assert_eq!(normalise("ｳﾞｨ"), "ヴィ");
    }

    #[test]
    fn the_half_width_table_is_whole() {
        assert_eq!(FULL_WIDTH.chars().count(), 0xFF9D - 0xFF66 + 1);
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "\\PC*") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
