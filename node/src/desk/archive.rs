//! The two doors of the evidence vault: an auditor's second look, which tells a verdict and nothing about revocation, and the erasure of
//! what is no longer needed, which leaves a signed receipt.

use super::{attester::Attester, counter::fault};
use musubi_consent::{
    ActiveBinding, AuditVerdict, BindingStatement, Claim, Evidence, Ground, GuardianFacts,
    WitnessRecord, audit, audit_witnessed,
};
use musubi_node_gateway::{AuditAnswer, Caller, DeskError, ErasureForm, ErasureReceipt};
use musubi_node_register::{Eraser, EvidenceKind, Finding};
use musubi_primitives::{
    AccountId, ConsentId, ConsentState, MemberId, Moment, Role, view::ConsentView,
};
use musubi_runtime::Runtime;
use pallet_consortium::member::Capacity;

impl Attester {
    /// An auditor's second look at an old consent, as of the time of signing.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for everybody else.
    pub async fn audit(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<AuditAnswer, DeskError> {
        if caller.staff()?.role != Role::Auditor {
            return Err(DeskError::Forbidden("only auditors may do this".to_owned()));
        }
        let view = self.consent(consent).await?;
        let (evidence, finding) = self.handed_in(&view)?;
        let binding = self.binding_then(&view, &evidence).await?;
        let claim = Claim {
            genesis: self.chain.genesis(),
            consent,
            terms: &view.terms,
            attester: self.member,
            evidence: &evidence,
            binding: binding.as_ref(),
            guardian: self.guardian_then(&view, evidence.signed_at)?,
        };
        let verdict = if matches!(finding.kind, EvidenceKind::Witnessed(_)) {
            audit_witnessed(&claim, &self.officers_on_record(&evidence).await?)
        } else {
            audit(&claim, &self.roots, finding.revocation)
        };
        Ok(answer(verdict))
    }

    /// The card that was bound to the signer when it signed: the last one whose binding was judged before.
    async fn binding_then(
        &self,
        view: &ConsentView,
        evidence: &Evidence,
    ) -> Result<Option<ActiveBinding>, DeskError> {
        let is_earlier = |finding: &Finding| {
            matches!(finding.kind, EvidenceKind::Binding(_))
                && finding.rejected.is_none()
                && finding.judged_at <= evidence.signed_at
        };
        let mut earlier = self.register.findings(is_earlier).map_err(fault)?;
        earlier.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.judged_at));
        for (commitment, _) in earlier {
            let Some((kept, _)) = self.register.judged(&commitment).map_err(fault)? else {
                continue;
            };
            let Ok(statement) = BindingStatement::parse(&kept.document) else {
                continue;
            };
            let fields = statement.fields();
            if fields.person == view.terms.guardian {
                let key = pallet_residents::Bindings::<Runtime>::hashed_key_for(fields.binding);
                let bound: Option<pallet_residents::person::Binding> =
                    self.chain.stored(key).await?;
                return Ok(bound.map(|bound| ActiveBinding {
                    commitment: bound.commitment,
                    salt: kept.salt,
                }));
            }
        }
        Ok(None)
    }

    /// The signer's authority as it was: one that has ended since still covered the time of signing.
    fn guardian_then(
        &self,
        view: &ConsentView,
        signed_at: Moment,
    ) -> Result<Option<GuardianFacts>, DeskError> {
        let known = self.guardian_facts(view, signed_at)?;
        Ok(known.map(|known| GuardianFacts {
            until: if known.from <= signed_at && signed_at < known.until {
                known.until.max(view.terms.not_after)
            } else {
                known.until
            },
            ..known
        }))
    }

    /// The witnesses named who are officers of this municipality by any key on record, in use or not.
    async fn officers_on_record(&self, evidence: &Evidence) -> Result<Vec<AccountId>, DeskError> {
        let Ok(record) = WitnessRecord::parse(&evidence.cms) else {
            return Ok(Vec::new());
        };
        let mut officers = Vec::new();
        for account in record.named() {
            let key = pallet_consortium::Accounts::<Runtime>::hashed_key_for(account);
            let capacity: Option<Capacity> = self.chain.stored(key).await?;
            if capacity.is_some_and(|capacity| was_officer(self.member, &capacity)) {
                officers.push(account);
            }
        }
        Ok(officers)
    }

    /// Destroys the evidence of a consent that is over.
    ///
    /// # Errors
    /// [`DeskError::Unprocessable`] while the consent holds: then it may still have to be proved.
    pub async fn erase(
        &self,
        caller: &Caller,
        form: ErasureForm,
    ) -> Result<ErasureReceipt, DeskError> {
        self.check_officer(caller)?;
        let key = self.verifier.as_ref().ok_or_else(|| {
            DeskError::NotOffered("this node has no verifier key to sign the receipt".to_owned())
        })?;
        let view = self.consent(form.consent).await?;
        if !matches!(view.state, ConsentState::Ended(_)) {
            return Err(DeskError::Unprocessable(
                "consent: it is not over; its evidence is kept as long as it holds".to_owned(),
            ));
        }
        let eraser = Eraser {
            genesis: self.chain.genesis(),
            member: self.member,
            key,
        };
        let commitment = view.terms.statement;
        let erased = self.register.erase(&commitment, &eraser, self.chain.now());
        let erased = erased.map_err(fault)?;
        Ok(ErasureReceipt {
            holder: erased.holder,
            commitment: erased.commitment,
            at: erased.at,
            signature: format!("0x{}", hex::encode(erased.signature)),
        })
    }
}

fn answer(verdict: AuditVerdict) -> AuditAnswer {
    let (verdict, ground) = match verdict {
        AuditVerdict::Upheld => ("upheld", None),
        AuditVerdict::Open => ("open", None),
        AuditVerdict::Refuted(ground) => ("refuted", Some(ground)),
    };
    AuditAnswer {
        verdict,
        ground: ground.map(word),
    }
}

fn word(ground: Ground) -> &'static str {
    match ground {
        Ground::Statement => "statement",
        Ground::Terms => "terms",
        Ground::Attester => "attester",
        Ground::Signature => "signature",
        Ground::Card => "card",
        Ground::Authority => "authority",
    }
}

/// A key that was withdrawn since counts: it was judged while it was in use, and the chain forgets whose it was.
fn was_officer(municipality: MemberId, capacity: &Capacity) -> bool {
    match capacity {
        Capacity::Staff(key) => (key.member, key.role) == (municipality, Role::Officer),
        Capacity::Retired => true,
        Capacity::Operator(_) => false,
    }
}
