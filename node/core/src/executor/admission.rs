//! Judging extrinsics for the pool, and verifying signatures before a block executes.

use super::{
    Executor,
    outcome::Header,
    session::{CallError, Session},
};
use crate::ports::LocalFault;
use codec::{DecodeAll, Encode};
use musubi_primitives::{AccountId, Role, seams::Actor};
use musubi_runtime::{Runtime, RuntimeCall, UncheckedExtrinsic, signature::SignatureClaim};
use sp_io::hashing::blake2_256;
use sp_runtime::{
    MultiAddress,
    generic::Preamble,
    transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidity},
};
use std::sync::Arc;

/// Who sent an extrinsic, and its number among the sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The account that signed.
    pub sender: AccountId,
    /// Its nonce.
    pub nonce: u32,
}

/// An extrinsic that has the form of a signed transaction.
#[derive(Clone, Debug)]
pub struct Submission {
    /// BLAKE2-256 of the bytes.
    pub hash: [u8; 32],
    /// SCALE encoding with its length prefix.
    pub bytes: Arc<Vec<u8>>,
    /// Sender and nonce.
    pub origin: Origin,
    extrinsic: Arc<UncheckedExtrinsic>,
}

impl Submission {
    /// Reads a signed transaction.
    ///
    /// # Errors
    /// When the bytes are no extrinsic, or one without an account's signature.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, codec::Error> {
        let extrinsic = UncheckedExtrinsic::decode_all(&mut &bytes[..])?;
        let origin = origin_of(&extrinsic).ok_or("it carries no account's signature")?;
        let hash = blake2_256(&bytes);
        Ok(Self {
            hash,
            bytes: Arc::new(bytes),
            origin,
            extrinsic: Arc::new(extrinsic),
        })
    }

    /// What it asks for.
    pub fn call(&self) -> &RuntimeCall {
        &self.extrinsic.function
    }
}

/// What the state says about a submission.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The runtime's own verdict.
    pub validity: TransactionValidity,
    /// The nonce that the sender's next transaction has.
    pub account_nonce: u32,
    /// The sender's role at its member, if it acts for one.
    pub role: Option<Role>,
}

impl Executor {
    /// Judges submissions on the state of `parent`; signatures are verified together.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn judge(
        &self,
        parent: &Header,
        source: TransactionSource,
        submissions: &[Submission],
    ) -> Result<Vec<Judgement>, LocalFault> {
        let mut session = self.session(parent.state_root)?;
        let extrinsics = submissions
            .iter()
            .map(|submission| submission.extrinsic.as_ref());
        self.verify_signatures(&mut session, parent, extrinsics)?;
        submissions
            .iter()
            .map(|submission| judge_one(&mut session, parent, source, submission).map_err(fault))
            .collect()
    }

    /// Verifies the signatures of a block's extrinsics together, before they are executed one by one.
    pub(crate) fn preverify(&self, parent: &Header, extrinsics: &[Vec<u8>]) {
        let decoded: Vec<_> = extrinsics
            .iter()
            .filter_map(|bytes| UncheckedExtrinsic::decode_all(&mut &bytes.encode()[..]).ok())
            .collect();
        let verified = self
            .session(parent.state_root)
            .and_then(|mut session| self.verify_signatures(&mut session, parent, decoded.iter()));
        // Execution meets the same fault and reports it.
        if let Err(fault) = verified {
            tracing::warn!(%fault, "signatures were not verified ahead");
        }
    }

    fn verify_signatures<'a>(
        &self,
        session: &mut Session,
        parent: &Header,
        extrinsics: impl Iterator<Item = &'a UncheckedExtrinsic>,
    ) -> Result<(), LocalFault> {
        let claims = session.run(|| {
            enter_child(parent);
            extrinsics.filter_map(SignatureClaim::of).collect()
        });
        session.reset();
        self.verified.verify(claims.map_err(fault)?);
        Ok(())
    }
}

/// Signed payloads name the hash of a recent block, the parent's included: the runtime knows it once the child has begun.
fn enter_child(parent: &Header) {
    frame_system::Pallet::<Runtime>::initialize(
        &parent.number.saturating_add(1),
        &parent.hash(),
        &Default::default(),
    );
}

fn judge_one(
    session: &mut Session,
    parent: &Header,
    source: TransactionSource,
    submission: &Submission,
) -> Result<Judgement, CallError> {
    let sender = submission.origin.sender;
    let account_nonce = session.call_as("AccountNonceApi_account_nonce", &sender.0)?;
    let actor: Option<Actor> = session.call_as("MusubiApi_actor", &sender.0)?;
    let mut arguments = source.encode();
    arguments.extend_from_slice(&submission.bytes);
    parent.hash().encode_to(&mut arguments);
    let validity = session.call_as("TaggedTransactionQueue_validate_transaction", &arguments);
    session.reset();
    let validity = match validity {
        Err(CallError::Panicked(_) | CallError::Undecodable { .. }) => {
            Err(InvalidTransaction::Call.into())
        }
        other => other?,
    };
    Ok(Judgement {
        validity,
        account_nonce,
        role: actor.map(|actor| actor.role),
    })
}

/// Sender and nonce of a signed transaction.
pub(crate) fn origin_of(extrinsic: &UncheckedExtrinsic) -> Option<Origin> {
    match &extrinsic.preamble {
        Preamble::Signed(MultiAddress::Id(sender), _, extension) => Some(Origin {
            sender: AccountId(*sender.as_ref()),
            nonce: extension.5.0,
        }),
        Preamble::Signed(..) | Preamble::Bare(_) | Preamble::General(..) => None,
    }
}

/// Sender and nonce of each signed transaction of a block.
pub(crate) fn origins(extrinsics: &[Vec<u8>]) -> Vec<Origin> {
    extrinsics
        .iter()
        .filter_map(|bytes| UncheckedExtrinsic::decode_all(&mut &bytes.encode()[..]).ok())
        .filter_map(|extrinsic| origin_of(&extrinsic))
        .collect()
}

fn fault(error: CallError) -> LocalFault {
    match error {
        CallError::Fault(fault) => fault,
        CallError::Panicked(_) | CallError::UnknownMethod(_) | CallError::Undecodable { .. } => {
            LocalFault::new("judge an extrinsic", error)
        }
    }
}
