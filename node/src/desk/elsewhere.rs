//! Reading what others wrote: asked of the chain, permitted, released by a custodian against the ticket, opened, and checked against
//! what the chain committed to. There is no other way, not even to this node's own vault when it is the custodian.

use super::{
    begun::Broken,
    chain::{Chain, unavailable},
    custodian::{self, Custodian},
};
use crate::{
    commands::key::passphrase,
    config::NodeConfig,
    key_file::{self, KeyKind},
    random::random,
};
use codec::{Decode, Encode};
use ed25519_dalek::{Signer, SigningKey};
use musubi_client_sdk::{
    calls,
    sealing::{HpkeSecret, SealedRecord, record::CanonicalBytes},
};
use musubi_node_gateway::DeskError;
use musubi_node_network::Network;
use musubi_node_vault::{
    Refusal, VaultRequest, VaultResponse,
    exchange::{PartWanted, RELEASE_RECORDS_MAX, RecordsWanted, Redemption, Release, ReleasedKey},
};
use musubi_primitives::{
    CategorySet, Claim, Decision, DenialReason, MemberId, Pseudonym, Purpose, RecordId, RequestId,
    view::RecordView,
};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// How long a custodian's node may be behind this one before the reader is told to try again.
const BEHIND_MAX: Duration = Duration::from_secs(10);
/// After what pause a custodian that is behind is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// How often a transfer that breaks is gone on with before the reader is told to try again.
const BREAKS_MAX: usize = 3;

/// The way to records of others.
#[derive(Clone)]
pub struct Elsewhere {
    pub(super) chain: Chain,
    pub(super) network: Network,
    pub(super) custodian: Custodian,
    pub(super) member: MemberId,
    /// Open what was wrapped to this member's accounts.
    pub(super) secrets: Arc<Vec<HpkeSecret>>,
}

/// Who asks to read, and on what.
pub(super) struct Asking<'k> {
    /// The account that asks.
    pub(super) key: &'k SigningKey,
    pub(super) purpose: Purpose,
    pub(super) claim: Claim,
}

/// Why nothing of others was read.
pub(super) enum Unread {
    /// The chain's answer to the request.
    Denied(DenialReason),
    /// Anything else.
    Failed(DeskError),
}

impl From<DeskError> for Unread {
    fn from(error: DeskError) -> Self {
        Self::Failed(error)
    }
}

/// A permit, and the custodian that it is shown to.
struct Ticket<'k> {
    request: RequestId,
    key: &'k SigningKey,
    custodian: MemberId,
}

impl Elsewhere {
    /// What the chain lets this member read of somebody, opened.
    ///
    /// # Errors
    /// [`Unread`].
    pub(super) async fn read(
        &self,
        asking: &Asking<'_>,
        subject: Pseudonym,
        categories: CategorySet,
    ) -> Result<Vec<(RecordId, CanonicalBytes)>, Unread> {
        let request = self.permitted(asking, subject, categories).await?;
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", subject).await?;
        let custodian = home.ok_or_else(|| {
            DeskError::Forbidden("the patient has no home municipality".to_owned())
        })?;
        let ticket = Ticket {
            request,
            key: asking.key,
            custodian,
        };
        Ok(self.redeem(&ticket).await?)
    }

    async fn permitted(
        &self,
        asking: &Asking<'_>,
        subject: Pseudonym,
        categories: CategorySet,
    ) -> Result<RequestId, Unread> {
        let request = RequestId(random().map_err(unavailable)?);
        let call = calls::access::request_access(
            request,
            subject,
            asking.purpose,
            categories,
            asking.claim,
            None,
        );
        self.chain.submit(asking.key, call).await?;
        let decision: Option<Decision> = self.chain.read("MusubiApi_decision", request).await?;
        match decision {
            Some(Decision::Permit { .. }) => Ok(request),
            Some(Decision::Deny(reason)) => Err(Unread::Denied(reason)),
            None => Err(unavailable("a final request has no decision").into()),
        }
    }

    async fn redeem(
        &self,
        ticket: &Ticket<'_>,
    ) -> Result<Vec<(RecordId, CanonicalBytes)>, DeskError> {
        let (mut opened, mut after) = (Vec::new(), None);
        loop {
            let records = self.records(ticket, after).await?;
            after = records.last().copied();
            let is_last = records.len() < RELEASE_RECORDS_MAX;
            // This member's own are at hand without a ticket; what is left is released.
            let mut others = Vec::new();
            for record in records {
                let view = self.view(record).await?;
                if view.author != self.member {
                    others.push((record, view));
                }
            }
            if !others.is_empty() {
                let ids = others.iter().map(|(record, _)| *record).collect();
                let release = self.release(ticket, ids).await?;
                for ((record, view), key) in others.iter().zip(&release.keys) {
                    opened.push((*record, self.open(ticket, view, key).await?));
                }
            }
            if is_last {
                return Ok(opened);
            }
        }
    }

    async fn view(&self, record: RecordId) -> Result<RecordView, DeskError> {
        let view: Option<RecordView> = self.chain.read("MusubiApi_record", record).await?;
        view.ok_or_else(|| unavailable(format!("record {record} is not on the chain")))
    }

    /// What the ticket opens at the custodian. The permit is final here; the custodian's own node may hear of it a moment later.
    async fn records(
        &self,
        ticket: &Ticket<'_>,
        after: Option<RecordId>,
    ) -> Result<Vec<RecordId>, DeskError> {
        let wanted = RecordsWanted {
            request: ticket.request,
            after,
        };
        let asked = async {
            loop {
                match self.ask(ticket, VaultRequest::Records(wanted)).await? {
                    VaultResponse::Records(held) => {
                        return Ok(held.iter().map(|held| held.record).collect());
                    }
                    VaultResponse::Refused(Refusal::NotAvailable | Refusal::StateTooOld) => {
                        tokio::time::sleep(PAUSE).await;
                    }
                    other => return Err(unexpected(&other)),
                }
            }
        };
        tokio::time::timeout(BEHIND_MAX, asked)
            .await
            .map_err(|_| unavailable("the custodian's node stays behind"))?
    }

    async fn release(
        &self,
        ticket: &Ticket<'_>,
        records: Vec<RecordId>,
    ) -> Result<Release, DeskError> {
        let request = ticket.request;
        let challenge = match self
            .ask(ticket, VaultRequest::Challenge { request })
            .await?
        {
            VaultResponse::Challenge(challenge) => challenge,
            other => return Err(unexpected(&other)),
        };
        let genesis = self.chain.genesis();
        let signed =
            Redemption::signing_bytes(&genesis, ticket.custodian, &request, &records, &challenge);
        let redemption = Redemption {
            request,
            records,
            challenge,
            signature: ticket.key.sign(&signed).to_bytes(),
        };
        match self.ask(ticket, VaultRequest::Redeem(redemption)).await? {
            VaultResponse::Released(release) => Ok(release),
            other => Err(unexpected(&other)),
        }
    }

    async fn open(
        &self,
        ticket: &Ticket<'_>,
        view: &RecordView,
        key: &ReleasedKey,
    ) -> Result<CanonicalBytes, DeskError> {
        let record = key.envelope.record;
        let ciphertext = self.ciphertext(ticket, view, key).await?;
        let secret = self
            .secrets
            .iter()
            .find(|secret| secret.public() == key.envelope.holder)
            .ok_or_else(|| {
                unavailable(
                    "facade.ticket_keys lacks the key that the chain has for the asking account",
                )
            })?;
        let data_key = key.envelope.open(secret).map_err(unavailable)?;
        let sealed = SealedRecord {
            record,
            // The chain's, not the custodian's: a custodian that lies is found out here.
            commitment: view.commitment,
            ciphertext,
        };
        sealed
            .open(&view.ciphertext, &data_key)
            .map_err(unavailable)
    }

    /// The ciphertext, part by part; a transfer that breaks is tried again at once, from where it broke, and is gone on with by whoever
    /// reads the record later.
    async fn ciphertext(
        &self,
        ticket: &Ticket<'_>,
        view: &RecordView,
        key: &ReleasedKey,
    ) -> Result<Vec<u8>, DeskError> {
        let record = key.envelope.record;
        let transfer = (view.ciphertext, ticket.custodian);
        let part = |offset| async move {
            let wanted = PartWanted { record, offset };
            match self.ask(ticket, VaultRequest::Fetch(wanted)).await? {
                VaultResponse::Part(part) => Ok(part),
                other => Err(unexpected(&other)),
            }
        };
        let begun = &self.custodian.repairs.begun;
        let mut broken = 0;
        loop {
            match begun.fetch(transfer, &part).await {
                Ok(ciphertext) if u32::try_from(ciphertext.len()) == Ok(key.bytes) => {
                    return Ok(ciphertext);
                }
                Err(Broken::Off(_)) if broken < BREAKS_MAX => broken += 1,
                Err(Broken::Off(error)) => return Err(error),
                Ok(_) | Err(Broken::NoPart) => {
                    return Err(unavailable(
                        "the custodian gives something else than the record",
                    ));
                }
            }
        }
    }

    async fn ask(
        &self,
        ticket: &Ticket<'_>,
        request: VaultRequest,
    ) -> Result<VaultResponse, DeskError> {
        if ticket.custodian == self.member {
            return self.custodian.answer(self.member, request.encode()).await;
        }
        let bytes = custodian::ask(&self.network, ticket.custodian, request.encode()).await?;
        VaultResponse::decode(&mut bytes.as_slice()).map_err(unavailable)
    }
}

fn unexpected(response: &VaultResponse) -> DeskError {
    match response {
        VaultResponse::Refused(refusal) => unavailable(format!("the custodian refuses: {refusal}")),
        VaultResponse::Stored
        | VaultResponse::Challenge(_)
        | VaultResponse::Released(_)
        | VaultResponse::Part(_)
        | VaultResponse::Records(_)
        | VaultResponse::Envelope(_)
        | VaultResponse::ErasureReceipt(_) => unavailable("the custodian answers something else"),
    }
}

/// The secrets that open what is wrapped to this node's accounts, the member's own included.
///
/// # Errors
/// A sentence that names the file.
pub(super) fn ticket_secrets(config: &NodeConfig) -> Result<Vec<HpkeSecret>, String> {
    let passphrase = passphrase(None)?;
    let read = |path: &PathBuf| {
        let secret = key_file::read(path, KeyKind::X25519, passphrase.as_deref());
        secret
            .map(|secret| HpkeSecret::from_bytes(*secret))
            .map_err(|error| error.to_string())
    };
    let keys = config.keys.hpke.iter().chain(&config.facade.ticket_keys);
    keys.map(read).collect()
}
