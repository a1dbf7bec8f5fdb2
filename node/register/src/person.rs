//! A person as the municipality knows it.

use codec::{Decode, DecodeAll, Encode};
use musubi_primitives::{
    BindingId, Commitment, Moment, Pseudonym, Salt,
    resident::{Authority, ServiceDomain, SignerRole},
};
use std::fmt;
use zeroize::Zeroizing;

/// Names a person within this register: random, and told to nobody outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct PersonId(pub [u8; 16]);

/// One person and everything that links it to the chain.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Person {
    /// What tells this person from every other of the register: an identifier of the resident register, `system|value`.
    pub identifier: String,
    /// Name as the resident register writes it.
    pub name: String,
    /// Its reading, in any kana.
    pub kana: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub born: String,
    /// The pseudonym in use in each service domain.
    pub pseudonyms: Vec<(ServiceDomain, Pseudonym)>,
    /// Pseudonyms out of use, kept so that old rows can still be answered for.
    pub former: Vec<(ServiceDomain, Pseudonym)>,
    /// Who decides for the person.
    pub guardians: Vec<Guardian>,
    /// The card that speaks for the person, if one is bound.
    pub card: Option<BoundCard>,
    /// The card that the person checks in with, if one was shown at the counter.
    pub check_in_card: Option<CheckInCard>,
    /// Whether the person is under protection (支援措置).
    pub protected: bool,
    /// Sex as registered; none where nobody has told. The last field: a record of before ends without it.
    pub sex: Option<Sex>,
}

/// Sex as registered: some programmes of the schedule ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Sex {
    /// Female.
    #[codec(index = 0)]
    Female,
    /// Male.
    #[codec(index = 1)]
    Male,
}

/// What opens the commitment that the chain holds of a bound card.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct BoundCard {
    /// Which binding.
    pub binding: BindingId,
    /// Salt of its commitment.
    pub salt: Salt,
}

/// The authentication certificate of a person's card, as the counter saw it. Never on the chain: only the home municipality judges
/// check-ins, and the certificate names a municipality.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct CheckInCard {
    /// The binding under which it was shown.
    pub binding: BindingId,
    /// To person and certificate.
    pub commitment: Commitment,
    /// Salt of the commitment.
    pub salt: Salt,
    /// Whether the same card's signing certificate is bound on the chain under this binding, and must be active there. A child's card
    /// has none: it stands alone.
    pub is_bound_on_chain: bool,
}

/// Another person of this register that decides for one.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Guardian {
    /// Who.
    pub person: PersonId,
    /// As whom.
    pub role: SignerRole,
    /// Alone or jointly.
    pub authority: Authority,
    /// First moment it holds, exactly.
    pub from: Moment,
    /// First moment it no longer holds, exactly; the chain has a rounded date.
    pub until: Moment,
}

impl Person {
    /// The pseudonym in use in a domain.
    pub fn pseudonym(&self, domain: ServiceDomain) -> Option<Pseudonym> {
        self.pseudonyms
            .iter()
            .find(|(of, _)| *of == domain)
            .map(|(_, pseudonym)| *pseudonym)
    }

    /// Gives the person another pseudonym in a domain; the one before it is kept as former.
    pub fn reissue(&mut self, domain: ServiceDomain, pseudonym: Pseudonym) {
        let (old, kept): (Vec<_>, Vec<_>) =
            self.pseudonyms.drain(..).partition(|(of, _)| *of == domain);
        self.former.extend(old);
        self.pseudonyms = kept;
        self.pseudonyms.push((domain, pseudonym));
    }

    /// Reads a person as the register keeps it. The first version ended before the sex, which then is not known: never a guess.
    pub(crate) fn read(kept: &[u8]) -> Option<Self> {
        let of_first_version = || {
            let unknown = None::<Sex>.encode();
            let with_unknown = Zeroizing::new([kept, &unknown].concat());
            Self::decode_all(&mut with_unknown.as_slice()).ok()
        };
        Self::decode_all(&mut &*kept).ok().or_else(of_first_version)
    }

    /// Every pseudonym, in use or former.
    pub(crate) fn all_pseudonyms(&self) -> impl Iterator<Item = Pseudonym> + '_ {
        self.pseudonyms
            .iter()
            .chain(&self.former)
            .map(|(_, pseudonym)| *pseudonym)
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(hidden)")
    }
}

impl fmt::Debug for BoundCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoundCard({}, salt hidden)", self.binding)
    }
}

impl fmt::Debug for CheckInCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckInCard({}, salt hidden)", self.binding)
    }
}

impl fmt::Debug for Guardian {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guardian(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(sex: Option<Sex>, protected: bool) -> Person {
        Person {
            identifier: "urn:x|1".to_owned(),
            name: "見本　花".to_owned(),
            kana: String::new(),
            born: "2014-05-01".to_owned(),
            pseudonyms: vec![(ServiceDomain::Health, Pseudonym([1; 32]))],
            former: Vec::new(),
            guardians: Vec::new(),
            card: None,
            check_in_card: None,
            protected,
            sex,
        }
    }

    #[test]
    fn a_record_of_the_first_version_reads_with_an_unknown_sex_and_damage_reads_as_nothing() {
        for sex in [None, Some(Sex::Female), Some(Sex::Male)] {
            for protected in [false, true] {
                let now = person(sex, protected);
                let kept = now.encode();
                assert!(Person::read(&kept) == Some(now));
                let first_version = person(None, protected).encode();
                let (_, first_version) = first_version.split_last().expect("bytes");
                assert!(Person::read(first_version) == Some(person(None, protected)));
                let (_, damaged) = first_version.split_last().expect("bytes");
                assert!(Person::read(damaged).is_none());
                assert!(Person::read(&[kept.as_slice(), &[0]].concat()).is_none());
            }
        }
    }
}
