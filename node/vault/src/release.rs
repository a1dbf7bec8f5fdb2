//! Releasing: one live ticket, one challenge, one signature; each record once.
//!
//! The order matters: state is looked at first, the challenge is used up before any key is touched, and the release is durable before
//! anybody sees it. The same redemption sent again, because the answer was lost, gets the same answer while the ticket lives.

use crate::{
    Refusal, Vault, VaultError,
    exchange::{
        HeldRecord, PART_BYTES_MAX, Part, PartWanted, RELEASE_RECORDS_MAX, RecordsWanted,
        Redemption, Release, ReleasedKey,
    },
    finalised::RecordStanding,
    receipt::DeliveryReceipt,
    store::{Redeemed, StoreError},
};
use musubi_primitives::{
    MemberId, Moment, RecordId, RecordState, RequestId, VerifyingKey, access::Ticket,
    finality::verify_ed25519,
};

/// How long after a release its ciphertexts may still be fetched (milliseconds): resuming after a break, not another read.
pub const FETCH_WINDOW: Moment = 10 * 60_000;

impl Vault {
    /// Gives a challenge for a ticket that is live and the asker's.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn challenge(&self, peer: MemberId, request: RequestId) -> Result<[u8; 32], VaultError> {
        let (now, finalised) = self.look(Some(&request), &[])?;
        live_ticket(finalised.ticket, peer, now)?;
        let mut challenge = [0; 32];
        getrandom::fill(&mut challenge).map_err(|source| fault("draw a challenge", source))?;
        let mut challenges = self.challenges.lock().map_err(|_| StoreError::Closed)?;
        challenges.give(peer, request, challenge, now);
        Ok(challenge)
    }

    /// Names the records that a live ticket of the asker opens here, at most [`RELEASE_RECORDS_MAX`] of them.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn records(
        &self,
        peer: MemberId,
        wanted: &RecordsWanted,
    ) -> Result<Vec<HeldRecord>, VaultError> {
        let (now, finalised) = self.look(Some(&wanted.request), &[])?;
        let ticket = live_ticket(finalised.ticket, peer, now)?;
        let mut held = self.store.records_of(&ticket.subject)?;
        held.retain(|record| wanted.after.is_none_or(|after| after < *record));
        let (_, finalised) = self.look(None, &held)?;
        let opened = held
            .into_iter()
            .zip(finalised.records)
            .filter_map(|(record, facts)| Some((record, facts?)))
            .filter(|(_, facts)| covers(&ticket, facts));
        let named = opened.map(|(record, facts)| HeldRecord {
            record,
            category: facts.category,
            author: facts.author,
        });
        Ok(named.take(RELEASE_RECORDS_MAX).collect())
    }

    /// Releases the keys of the records that a ticket is for.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn redeem(&self, peer: MemberId, redemption: &Redemption) -> Result<Release, VaultError> {
        check_record_list(&redemption.records)?;
        let (now, finalised) = self.look(Some(&redemption.request), &redemption.records)?;
        let ticket = live_ticket(finalised.ticket, peer, now)?;
        self.check_signature(redemption, &ticket)?;
        if let Some(answer) = self
            .store
            .answer(&redemption.request, &redemption.challenge)?
        {
            return again(answer, redemption);
        }
        self.use_challenge(peer, redemption, now)?;
        let keys = redemption
            .records
            .iter()
            .zip(finalised.records)
            .map(|(record, facts)| self.release_key(record, facts, &ticket))
            .collect::<Result<Vec<_>, _>>()?;
        let release = Release {
            keys,
            receipt: self.delivery(redemption, now),
        };
        let redeemed = Redeemed {
            member: peer,
            at: now,
            challenge: redemption.challenge,
        };
        self.store
            .note_redeemed(&redemption.request, &redeemed, &release)?;
        tracing::info!(member = %peer, records = redemption.records.len(), "ticket redeemed");
        Ok(release)
    }

    /// Sends a part of a ciphertext to a holder of the record, or to whom its key has just been released. What turns out damaged is
    /// looked at next ([`Vault::suspects`]).
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn fetch(&self, peer: MemberId, wanted: &PartWanted) -> Result<Part, VaultError> {
        let (now, finalised) = self.look(None, &[wanted.record])?;
        let standing = finalised.records.into_iter().next().flatten();
        let standing = standing.ok_or(Refusal::NotAvailable)?;
        let holds =
            [standing.author, standing.home].contains(&peer) || standing.holders.contains(&peer);
        let entitled = holds || self.released_lately(&wanted.record, peer, now)?;
        if !entitled || standing.state == RecordState::Erased {
            return Err(Refusal::NotAvailable.into());
        }
        self.part(wanted)
    }

    /// Whether a record's key went to a member so lately that its ciphertext may still be fetched.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn released_lately(
        &self,
        record: &RecordId,
        member: MemberId,
        now: Moment,
    ) -> Result<bool, VaultError> {
        let released = self.store.released_at(record, member)?;
        Ok(released.is_some_and(|at| now.saturating_sub(at) < FETCH_WINDOW))
    }

    /// A part of a ciphertext held here, for the keeper's own use and for whoever was found entitled.
    ///
    /// # Errors
    /// [`Refusal::NotAvailable`] when it is not held or the offset lies beyond its end.
    pub fn part(&self, wanted: &PartWanted) -> Result<Part, VaultError> {
        let ciphertext = match self.store.ciphertext(&wanted.record) {
            Err(damaged @ StoreError::Damaged(_)) => {
                self.suspect(wanted.record);
                return Err(damaged.into());
            }
            kept => kept?.ok_or(Refusal::NotAvailable)?,
        };
        let total = u32::try_from(ciphertext.len()).map_err(|_| Refusal::NotAvailable)?;
        let end = wanted.offset.saturating_add(PART_BYTES_MAX).min(total);
        let range = usize::try_from(wanted.offset)
            .ok()
            .zip(usize::try_from(end).ok());
        let bytes = range
            .and_then(|(start, end)| ciphertext.get(start..end))
            .ok_or(Refusal::NotAvailable)?;
        Ok(Part {
            total,
            bytes: bytes.to_vec(),
        })
    }

    fn check_signature(&self, redemption: &Redemption, ticket: &Ticket) -> Result<(), Refusal> {
        let Redemption {
            request,
            records,
            challenge,
            signature,
        } = redemption;
        let signed = Redemption::signing_bytes(
            &self.keeper.genesis,
            self.keeper.member,
            request,
            records,
            challenge,
        );
        if verify_ed25519(&VerifyingKey(ticket.requester.0), signature, &signed) {
            Ok(())
        } else {
            Err(Refusal::BadSignature)
        }
    }

    fn use_challenge(
        &self,
        peer: MemberId,
        redemption: &Redemption,
        now: Moment,
    ) -> Result<(), VaultError> {
        let mut challenges = self.challenges.lock().map_err(|_| StoreError::Closed)?;
        if challenges.take(peer, redemption.request, &redemption.challenge, now) {
            Ok(())
        } else {
            Err(Refusal::BadChallenge.into())
        }
    }

    fn release_key(
        &self,
        record: &RecordId,
        facts: Option<RecordStanding>,
        ticket: &Ticket,
    ) -> Result<ReleasedKey, VaultError> {
        let facts = facts
            .filter(|facts| covers(ticket, facts))
            .ok_or(Refusal::NotAvailable)?;
        if facts.delivered || self.store.redeemed(&ticket.request, record)?.is_some() {
            return Err(Refusal::TicketUsed.into());
        }
        let holding = self
            .store
            .holding(record)?
            .filter(|holding| !holding.erased)
            .ok_or(Refusal::NotAvailable)?;
        let own = self
            .store
            .envelope(record, &self.keeper.sealing.public())?
            .ok_or(Refusal::NotAvailable)?;
        let envelope = own.rewrap(&self.keeper.sealing, ticket.request, ticket.hpke);
        let envelope = envelope.map_err(|source| {
            self.suspect(*record);
            fault("re-wrap a data key", source)
        })?;
        Ok(ReleasedKey {
            envelope,
            commitment: facts.commitment,
            bytes: holding.bytes,
        })
    }

    fn delivery(&self, redemption: &Redemption, now: Moment) -> DeliveryReceipt {
        let keeper = &self.keeper;
        DeliveryReceipt::sign(
            &keeper.genesis,
            keeper.member,
            redemption.request,
            redemption.records.clone(),
            now,
            &keeper.signing,
        )
    }
}

/// The ticket, if it is the asker's and alive. To anybody else it does not exist.
fn live_ticket(ticket: Option<Ticket>, peer: MemberId, now: Moment) -> Result<Ticket, Refusal> {
    let ticket = ticket
        .filter(|ticket| ticket.member == peer)
        .ok_or(Refusal::NotAvailable)?;
    if now < ticket.expires {
        Ok(ticket)
    } else {
        Err(Refusal::TicketDead)
    }
}

/// The release once more, for the very redemption that got it.
fn again(release: Release, redemption: &Redemption) -> Result<Release, VaultError> {
    if release.receipt.records == redemption.records {
        Ok(release)
    } else {
        Err(Refusal::BadChallenge.into())
    }
}

fn covers(ticket: &Ticket, facts: &RecordStanding) -> bool {
    facts.subject == ticket.subject
        && ticket.categories.contains(facts.category)
        && facts.state != RecordState::Erased
}

fn check_record_list(records: &[RecordId]) -> Result<(), Refusal> {
    let ascending = records.windows(2).all(|pair| pair[0] < pair[1]);
    if ascending && (1..=RELEASE_RECORDS_MAX).contains(&records.len()) {
        Ok(())
    } else {
        Err(Refusal::BadRecordList)
    }
}

pub(crate) fn fault(
    attempt: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> VaultError {
    VaultError::Fault {
        attempt,
        source: source.into(),
    }
}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        fault("use the vault's store", error)
    }
}
