//! The card that a person checks in with: shown once at the municipality's counter, remembered in the register, never on the chain.
//!
//! A check-in is signed by the authentication certificate, which names nobody. What ties it to a person is the counter: the card signs
//! the binding statement with that key as well, while staff look at the card's face. Where the same card's signing certificate is bound
//! on the chain, both live and die together; a child's card has no such certificate and stands alone until another is shown.

use super::{
    attester::{Attester, Opened, unreadable},
    counter::fault,
    hearing::{Why, disagreed},
    pending::rejected_before,
};
use musubi_consent::{
    ActiveBinding, BindingStatement, ExpectedBinding, SignedCms, binding::binding_commitment,
};
use musubi_node_gateway::{Answer, DeskError};
use musubi_node_register::CheckInCard;
use musubi_primitives::{BindingId, Pseudonym, view::CardView};

impl Attester {
    /// Notes the card that a person checks in with from now on.
    pub(super) async fn note_check_in_card(
        &self,
        opened: &Opened,
        binding: BindingId,
    ) -> Result<Answer, DeskError> {
        let evidence = &opened.evidence;
        let statement = BindingStatement::parse(&evidence.document).map_err(unreadable)?;
        let fields = statement.fields();
        self.person(&fields.person)?;
        let on_chain = self.bound_card(&fields.person).await?;
        if on_chain.is_some_and(|card| card.binding != binding) {
            return Ok(disagreed(Why::plain(
                "another card is bound to this person: show the card under the binding of its signing certificate",
            )));
        }
        if let Some(kept) = self.kept(opened)?
            && let Some(answer) = rejected_before(&kept, evidence)
        {
            return Ok(answer);
        }
        let Ok(cms) = SignedCms::parse(&evidence.cms) else {
            return Ok(disagreed(Why::of_the_card("the signature cannot be read")));
        };
        let card = CheckInCard {
            binding,
            commitment: binding_commitment(&evidence.salt, &fields.person, &cms.certificate),
            salt: evidence.salt.clone(),
            is_bound_on_chain: on_chain.is_some(),
        };
        let expected = ExpectedBinding {
            binding,
            person: fields.person,
            home: self.member,
            replaces: fields.replaces,
            nonce: fields.nonce,
            commitment: card.commitment,
        };
        let accepted = self.counter().accept_check_in_card(&expected, evidence);
        let verification = match accepted {
            Ok(verification) => verification,
            Err(refusal) => return Ok(disagreed(Why::from(&refusal))),
        };
        self.keep(opened, fields.nonce, verification.revocation)?;
        if !verification.is_conclusive() {
            return Ok(Answer::Pending);
        }
        self.write_check_in_card(&fields.person, card).await?;
        self.attested_before(None)
    }

    /// The card that a person may check in with now.
    pub(super) async fn check_in_card(
        &self,
        person: &Pseudonym,
    ) -> Result<Option<ActiveBinding>, DeskError> {
        let (_, known) = self.person(person)?;
        let Some(card) = known.check_in_card else {
            return Ok(None);
        };
        let on_chain = self.bound_card(person).await?;
        let is_active = match on_chain {
            Some(bound) => bound.binding == card.binding,
            None => !card.is_bound_on_chain,
        };
        Ok(is_active.then_some(ActiveBinding {
            commitment: card.commitment,
            salt: card.salt,
        }))
    }

    async fn bound_card(&self, person: &Pseudonym) -> Result<Option<CardView>, DeskError> {
        self.chain.read("MusubiApi_active_card", person).await
    }

    async fn write_check_in_card(
        &self,
        person: &Pseudonym,
        card: CheckInCard,
    ) -> Result<(), DeskError> {
        let _editing = self.editing.lock().await;
        let (id, mut person) = self.person(person)?;
        person.check_in_card = Some(card);
        self.register.update(id, &person).map_err(fault)
    }
}
