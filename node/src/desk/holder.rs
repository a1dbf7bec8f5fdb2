//! Whether a certificate names the person of the register.
//!
//! Certificates cannot write every character of a name; where one was put in place of another, a flag says so (JPKI certificate
//! profile, otherName 1.2.392.200149.8.5.5.2). There and only there somebody at the counter compares by eye, and says so with a signed
//! call; every other character and the date of birth are compared here.

use musubi_consent::CertificateFacts;
use musubi_node_register::{Person, kana::normalise};

/// What the comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Every character agrees.
    Same,
    /// Every character that the certificate can write agrees: the others are compared by eye.
    SameButSubstitutes,
    /// Somebody else.
    Other,
}

/// Compares a certificate's facts with a person of the register.
pub(super) fn likeness(facts: &CertificateFacts, person: &Person) -> Likeness {
    let born: String = person.born.chars().filter(char::is_ascii_digit).collect();
    // The certificate puts a digit for the era before the Gregorian date.
    if facts.birth_date.get(1..) != Some(born.as_str()) {
        return Likeness::Other;
    }
    if !facts.name_has_substitutes() {
        return if normalise(&facts.name) == normalise(&person.name) {
            Likeness::Same
        } else {
            Likeness::Other
        };
    }
    if agrees_but_for_substitutes(facts, &person.name) {
        Likeness::SameButSubstitutes
    } else {
        Likeness::Other
    }
}

/// Each written character is that of the register at its place; spaces count nowhere.
fn agrees_but_for_substitutes(facts: &CertificateFacts, registered: &str) -> bool {
    let flags = facts.name_substitutes.chars();
    if flags.clone().count() != facts.name.chars().count() {
        return false;
    }
    let is_written = |c: &char| !c.is_whitespace();
    let certified: Vec<_> = facts
        .name
        .chars()
        .zip(flags)
        .filter(|(c, _)| is_written(c))
        .collect();
    let registered: Vec<_> = registered.chars().filter(is_written).collect();
    certified.len() == registered.len()
        && certified
            .into_iter()
            .zip(registered)
            .all(|((certified, flag), registered)| flag != '0' || certified == registered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str, name_substitutes: &str) -> CertificateFacts {
        CertificateFacts {
            name: name.to_owned(),
            name_substitutes: name_substitutes.to_owned(),
            address_has_substitutes: true,
            sex: "2".to_owned(),
            birth_date: "419920401".to_owned(),
            address: String::new(),
        }
    }

    fn registered(name: &str, born: &str) -> Person {
        Person {
            name: name.to_owned(),
            born: born.to_owned(),
            identifier: String::new(),
            kana: String::new(),
            pseudonyms: Vec::new(),
            former: Vec::new(),
            guardians: Vec::new(),
            card: None,
            check_in_card: None,
            protected: false,
            sex: None,
        }
    }

    #[test]
    fn characters_are_compared_one_by_one_and_only_a_flagged_one_may_differ() {
        use Likeness::{Other, Same, SameButSubstitutes};
        let cases = [
            ("見本　花子", "00000", "見本 花子", Same),
            ("見本　花子", "00000", "見本　華子", Other),
            ("辺見　花子", "10000", "邉見　花子", SameButSubstitutes),
            ("辺見　花子", "10000", "邉見　華子", Other),
            ("辺見　花子", "10000", "邉見　花", Other),
            ("辺見　花子", "1", "邉見　花子", Other),
        ];
        for (certified, flags, name, expected) in cases {
            let found = likeness(&facts(certified, flags), &registered(name, "1992-04-01"));
            assert_eq!(found, expected, "{certified} {flags} {name}");
        }
    }

    #[test]
    fn another_date_of_birth_is_somebody_else_whatever_the_name() {
        for flags in ["00000", "11111"] {
            let found = likeness(
                &facts("見本　花子", flags),
                &registered("見本　花子", "1992-04-02"),
            );
            assert_eq!(found, Likeness::Other);
        }
    }
}
