//! Records as the facade files and finds them: this member's own from the vault, others' through the chain.

use super::{books::Books, hooks::as_caller, port};
use crate::desk::{
    chain::unavailable,
    elsewhere::{Asking, Unread},
    intake::{Held, Intake, category_of},
    together::Together,
};
use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{calls, extrinsics::account_of, sealing::record::CanonicalBytes};
use musubi_fhir::Resource;
use musubi_node_facade::{Agent, Draft, Ground, Instance, Piece, PortError, Shelf, Taken};
use musubi_node_gateway::{Caller, DeskError};
use musubi_node_vault::{Vault, VaultError};
use musubi_primitives::{
    Category, CategorySet, Claim, MemberId, Moment, Pseudonym, RecordId, RecordState, Role,
    trail::TrailFact, view::RecordView,
};
use std::{collections::BTreeMap, sync::Arc};

/// The member's files.
pub(super) struct Files {
    pub(super) intake: Intake,
    pub(super) books: Arc<Books>,
    /// Asks by statute, at a municipality.
    pub(super) officer: Option<SigningKey>,
}

/// What the trail says of a record's times.
#[derive(Clone, Copy, Default)]
struct Times {
    committed: Option<Moment>,
    in_error: Option<Moment>,
    author: Option<MemberId>,
}

impl Files {
    /// The times of every record of a trail, as far as this node keeps the rows.
    fn times(&self, subject: &Pseudonym) -> Result<BTreeMap<RecordId, Times>, PortError> {
        let mut times: BTreeMap<RecordId, Times> = BTreeMap::new();
        for (row, _) in self.books.rows(subject)? {
            match row.fact {
                TrailFact::RecordCommitted { record, author, .. } => {
                    let of = times.entry(record).or_default();
                    (of.committed, of.author) = (Some(row.at), Some(author));
                }
                TrailFact::RecordEnteredInError { record } => {
                    times.entry(record).or_default().in_error = Some(row.at);
                }
                _ => {}
            }
        }
        Ok(times)
    }

    /// Instances from opened records and the chain's facts. Records that are only known to the chain, since they were erased, keep
    /// their place among the versions.
    async fn assemble(
        &self,
        subject: Pseudonym,
        opened: Vec<(RecordId, CanonicalBytes)>,
        is_wanted: impl Fn(MemberId) -> bool,
    ) -> Result<Vec<Instance>, PortError> {
        let times = self.times(&subject)?;
        let mut texts: BTreeMap<RecordId, Option<CanonicalBytes>> = times
            .iter()
            .filter(|(_, times)| times.author.is_some_and(&is_wanted))
            .map(|(record, _)| (*record, None))
            .collect();
        texts.extend(
            opened
                .into_iter()
                .map(|(record, text)| (record, Some(text))),
        );
        let mut pieces = Vec::new();
        for (record, text) in texts {
            let Some(view) = self.intake.known(record).await.map_err(port)? else {
                continue;
            };
            // Known to the chain and not opened: erased, or not released to this member.
            if text.is_none() && view.state != RecordState::Erased {
                continue;
            }
            let content = text.as_ref().map(|text| serde_json::from_slice(text));
            let times = times.get(&record).copied().unwrap_or_default();
            pieces.push(Piece {
                record,
                view,
                committed: times.committed,
                in_error_since: times.in_error,
                content: content
                    .transpose()
                    .map_err(|error| port(unavailable(error)))?,
            });
        }
        Ok(Instance::assemble(pieces))
    }

    async fn caller(&self, agent: &Agent) -> Result<Caller, PortError> {
        let account = account_of(&self.intake.gateway);
        let caller = as_caller(&self.intake.chain, account, agent).await;
        caller.map_err(port)
    }

    /// Which account asks for an agent. The chain judges its role; the client's own may not be less.
    fn asking(&self, agent: &Agent) -> Result<Asking<'_>, PortError> {
        let forbidden = |text: &str| PortError::Forbidden(text.to_owned());
        let Ground { purpose, claim } = agent.ground.ok_or_else(|| {
            forbidden("this client is registered for this member's own records only")
        })?;
        let may_by_statute = matches!(agent.role, Role::Officer | Role::Nurse);
        let key = match claim {
            Claim::Consent => &self.intake.gateway,
            Claim::Statute(_) if may_by_statute => self.officer.as_ref().ok_or_else(|| {
                forbidden("this node has no officer's key to ask by statute with")
            })?,
            Claim::Statute(_) | Claim::BreakGlass(_) => {
                return Err(forbidden(
                    "a system asks on consent, or by statute for officers and nurses",
                ));
            }
        };
        Ok(Asking {
            key,
            purpose,
            claim,
        })
    }

    async fn known(&self, record: RecordId) -> Result<RecordView, PortError> {
        let view = self.intake.known(record).await.map_err(port)?;
        view.ok_or_else(|| PortError::NotFound("no such record".to_owned()))
    }
}

/// What a member wrote about somebody, opened. What it only keeps, as home municipality, is not its own.
fn own_records(
    vault: &Vault,
    member: MemberId,
    subject: &Pseudonym,
) -> Result<Vec<(RecordId, CanonicalBytes)>, VaultError> {
    let mut own = Vec::new();
    for record in vault.records_of(subject)? {
        let holding = vault.store().holding(&record)?;
        if holding.is_some_and(|holding| holding.author == member)
            && let Some(text) = vault.open_own(&record)?
        {
            own.push((record, text));
        }
    }
    Ok(own)
}

#[async_trait]
impl Shelf for Files {
    fn member(&self) -> MemberId {
        self.intake.member
    }

    async fn filed(&self, record: RecordId) -> Result<Option<RecordView>, PortError> {
        self.intake.known(record).await.map_err(port)
    }

    async fn authored(&self, subject: Pseudonym) -> Result<Vec<Instance>, PortError> {
        let member = self.intake.member;
        let custodian = &self.intake.custodian;
        let own = custodian.vault(move |vault| own_records(vault, member, &subject));
        let own = own.await.map_err(port)?;
        self.assemble(subject, own, |author| author == member).await
    }

    async fn released(
        &self,
        agent: &Agent,
        subject: Pseudonym,
        categories: CategorySet,
    ) -> Result<Vec<Instance>, PortError> {
        let asking = self.asking(agent)?;
        let elsewhere = &self.intake.elsewhere;
        let released = elsewhere.read(&asking, subject, categories).await;
        let released = released.map_err(|unread| match unread {
            Unread::Denied(reason) => PortError::Denied(reason),
            Unread::Failed(error) => port(error),
        })?;
        let member = self.intake.member;
        let instances = self
            .assemble(subject, released, |author| author != member)
            .await?;
        let of_others = instances
            .into_iter()
            .filter(|instance| instance.author != member && categories.contains(instance.category));
        Ok(of_others.collect())
    }

    async fn check_author(
        &self,
        agent: &Agent,
        resource: &Resource,
    ) -> Result<Category, PortError> {
        let category = category_of(resource).map_err(port)?;
        let caller = self.caller(agent).await?;
        self.intake.check_author(&caller, category).map_err(port)?;
        self.intake.check_form(resource).map_err(port)?;
        Ok(category)
    }

    async fn check_all(
        &self,
        drafts: &[Draft],
        void: &[RecordId],
    ) -> Result<(), (usize, PortError)> {
        let together: Vec<Together<'_>> = drafts
            .iter()
            .map(|draft| Together {
                subject: draft.subject,
                resource: &draft.resource,
                replaced: draft.replaced,
            })
            .collect();
        let held = self.intake.check_together(&together, void).await;
        held.map_err(|(place, error)| (place, port(error)))
    }

    async fn take_in(&self, agent: &Agent, draft: Draft) -> Result<Taken, PortError> {
        let caller = self.caller(agent).await?;
        let held = if draft.is_held {
            Held::Before
        } else {
            Held::Without(draft.replaced)
        };
        let taken = self
            .intake
            .take_in(&caller, draft.subject, draft.resource, held)
            .await
            .map_err(port)?;
        Ok(Taken {
            record: taken.record,
            is_new: taken.block.is_some(),
        })
    }

    async fn supersede(&self, older: RecordId, newer: RecordId) -> Result<(), PortError> {
        let call = calls::records::supersede(older, newer);
        match self.intake.chain.submit(&self.intake.gateway, call).await {
            Ok(_) => Ok(()),
            // Done before, by the same correction.
            Err(DeskError::RefusedByChain(_))
                if self.known(older).await?.superseded_by == Some(newer) =>
            {
                Ok(())
            }
            Err(error) => Err(port(error)),
        }
    }

    async fn enter_in_error(&self, record: RecordId) -> Result<(), PortError> {
        let call = calls::records::enter_in_error(record);
        match self.intake.chain.submit(&self.intake.gateway, call).await {
            Ok(_) => Ok(()),
            Err(DeskError::RefusedByChain(_)) if self.known(record).await?.in_error => Ok(()),
            Err(error) => Err(port(error)),
        }
    }
}
