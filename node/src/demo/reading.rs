//! Reading elsewhere, as a clinic's software does it: ask, hear the decision, redeem the ticket at the custodian, open, and check every
//! byte against what the chain committed to.

use super::gateway::{Gateway, Keys};
use crate::{clock::now, random::random};
use codec::{Decode, Encode};
use ed25519_dalek::Signer;
use musubi_client_sdk::{
    calls,
    sealing::{SealedRecord, record::CanonicalBytes},
};
use musubi_node_vault::{
    VaultRequest, VaultResponse,
    exchange::{HeldRecord, PartWanted, RecordsWanted, Redemption, Release, ReleasedKey},
};
use musubi_primitives::{
    CategorySet, CiphertextHash, Claim, Decision, MemberId, Pseudonym, Purpose, RecordId,
    RequestId, SessionId,
};

/// What is asked.
#[derive(Clone, Copy)]
pub struct Question {
    /// About whom.
    pub subject: Pseudonym,
    /// What for.
    pub purpose: Purpose,
    /// Which classes of records.
    pub categories: CategorySet,
    /// On what basis.
    pub claim: Claim,
    /// In which visit, if one is claimed.
    pub session: Option<SessionId>,
}

/// Somebody who reads: keys, and the custodian's gateway.
pub struct Reader<'a> {
    /// The reader's keys.
    pub keys: &'a Keys,
    /// The gateway asked.
    pub gateway: &'a Gateway,
    /// Whose vault.
    pub custodian: MemberId,
}

/// What came of a request.
pub struct Asked {
    /// Its id.
    pub request: RequestId,
    /// The block that decided it.
    pub block: u64,
    /// The decision.
    pub decision: Decision,
}

impl Reader<'_> {
    /// Asks; the runtime decides, and permit and denial alike are final before anybody hears of them.
    ///
    /// # Errors
    /// What kept the request from the chain.
    pub async fn ask(&self, question: &Question) -> Result<Asked, String> {
        let request = RequestId(random()?);
        let call = calls::access::request_access(
            request,
            question.subject,
            question.purpose,
            question.categories,
            question.claim,
            question.session,
        );
        let applied = self.gateway.submit(self.keys, call).await?;
        let path = format!("/v1/requests/{request}");
        let decision: Decision = self.gateway.get(self.keys, &path).await?;
        Ok(Asked {
            request,
            block: applied.block,
            decision,
        })
    }

    /// Redeems a ticket for everything that it opens at the custodian, and opens it. `on_chain` gives each record's ciphertext hash as
    /// the reader's own proof has it.
    ///
    /// # Errors
    /// What the vault refused, or what does not match the chain.
    pub async fn redeem(
        &self,
        request: RequestId,
        on_chain: &impl Fn(&RecordId) -> Option<CiphertextHash>,
    ) -> Result<Vec<(HeldRecord, CanonicalBytes)>, String> {
        let held = self.records(request).await?;
        let ids: Vec<RecordId> = held.iter().map(|held| held.record).collect();
        let release = self.release(request, ids).await?;
        let mut opened = Vec::new();
        for (held, key) in held.into_iter().zip(&release.keys) {
            let expected = on_chain(&held.record)
                .ok_or_else(|| format!("record {} is not proved on the chain", held.record))?;
            opened.push((held, self.open(key, &expected).await?));
        }
        Ok(opened)
    }

    async fn records(&self, request: RequestId) -> Result<Vec<HeldRecord>, String> {
        let wanted = RecordsWanted {
            request,
            after: None,
        };
        match self.vault(VaultRequest::Records(wanted)).await? {
            VaultResponse::Records(held) => Ok(held),
            other => Err(unexpected(&other)),
        }
    }

    /// A challenge does not survive a restart of the custodian, so both steps are taken again when it was forgotten.
    async fn release(&self, request: RequestId, records: Vec<RecordId>) -> Result<Release, String> {
        let deadline = now() + 60_000;
        loop {
            let challenge = match self.vault(VaultRequest::Challenge { request }).await? {
                VaultResponse::Challenge(challenge) => challenge,
                other => return Err(unexpected(&other)),
            };
            let genesis = self.gateway.genesis();
            let signed =
                Redemption::signing_bytes(&genesis, self.custodian, &request, &records, &challenge);
            let redemption = Redemption {
                request,
                records: records.clone(),
                challenge,
                signature: self.keys.signing.sign(&signed).to_bytes(),
            };
            match self.vault(VaultRequest::Redeem(redemption)).await? {
                VaultResponse::Released(release) => return Ok(release),
                VaultResponse::Refused(musubi_node_vault::Refusal::BadChallenge)
                    if now() < deadline => {}
                other => return Err(unexpected(&other)),
            }
        }
    }

    async fn open(
        &self,
        key: &ReleasedKey,
        expected: &CiphertextHash,
    ) -> Result<CanonicalBytes, String> {
        let record = key.envelope.record;
        let mut ciphertext = Vec::new();
        while u32::try_from(ciphertext.len()) != Ok(key.bytes) {
            let offset = u32::try_from(ciphertext.len()).map_err(|error| error.to_string())?;
            let part = PartWanted { record, offset };
            match self.vault(VaultRequest::Fetch(part)).await? {
                VaultResponse::Part(part) if !part.bytes.is_empty() => {
                    ciphertext.extend(part.bytes);
                }
                other => return Err(unexpected(&other)),
            }
        }
        let data_key = key
            .envelope
            .open(&self.keys.sealing)
            .map_err(|error| error.to_string())?;
        let sealed = SealedRecord {
            record,
            commitment: key.commitment,
            ciphertext,
        };
        sealed
            .open(expected, &data_key)
            .map_err(|error| error.to_string())
    }

    async fn vault(&self, request: VaultRequest) -> Result<VaultResponse, String> {
        let path = format!("/v1/vault?custodian={}", self.custodian.0);
        loop {
            let bytes = self
                .gateway
                .post_bytes(self.keys, &path, request.encode())
                .await?;
            let response = VaultResponse::decode(&mut bytes.as_slice())
                .map_err(|error| format!("the vault's answer: {error}"))?;
            match response {
                // The custodian's own node is catching up: it answers as soon as its state is young again.
                VaultResponse::Refused(musubi_node_vault::Refusal::StateTooOld) => {
                    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
                }
                response => return Ok(response),
            }
        }
    }
}

fn unexpected(response: &VaultResponse) -> String {
    match response {
        VaultResponse::Refused(refusal) => format!("the custodian refuses: {refusal}"),
        other => format!("the custodian answered something else: {other:?}"),
    }
}
