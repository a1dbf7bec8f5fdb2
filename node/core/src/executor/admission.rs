//! Judging extrinsics for the pool, and verifying signatures before a block executes.

use super::{
    Executor,
    outcome::{Block, Header},
    session::{CallError, Session},
};
use crate::ports::LocalFault;
use codec::{DecodeAll, Encode};
use musubi_primitives::{AccountId, Role};
use musubi_runtime::{
    Consortium, Executive, Hash, Runtime, RuntimeCall, System, UncheckedExtrinsic,
    signature::SignatureClaim,
};
use sp_io::hashing::blake2_256;
use sp_runtime::{
    AccountId32, MultiAddress,
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
            .map(|submission| (submission.hash, submission.extrinsic.as_ref()));
        self.verify_signatures(&mut session, parent, extrinsics)?;
        let parent = parent.hash();
        submissions
            .iter()
            .map(|submission| judge_one(&mut session, parent, source, submission).map_err(fault))
            .collect()
    }

    /// Verifies the signatures of a block's extrinsics together, before they are executed one by one. Those that the pool has seen were
    /// verified when it judged them.
    pub(crate) fn preverify(&self, parent: &Header, block: &Block, hashes: &[[u8; 32]]) {
        let strangers: Vec<_> = hashes
            .iter()
            .zip(&block.extrinsics)
            .filter(|(hash, _)| !self.verified.met(hash))
            .filter_map(|(hash, bytes)| Some((*hash, decode_opaque(bytes)?)))
            .collect();
        if strangers.is_empty() {
            return;
        }
        let extrinsics = strangers.iter().map(|(hash, extrinsic)| (*hash, extrinsic));
        let verified = self
            .session(parent.state_root)
            .and_then(|mut session| self.verify_signatures(&mut session, parent, extrinsics));
        // Execution meets the same fault and reports it.
        if let Err(fault) = verified {
            tracing::warn!(%fault, "signatures were not verified ahead");
        }
    }

    fn verify_signatures<'a>(
        &self,
        session: &mut Session,
        parent: &Header,
        extrinsics: impl Iterator<Item = ([u8; 32], &'a UncheckedExtrinsic)>,
    ) -> Result<(), LocalFault> {
        let claims = session.run(|| {
            enter_child(parent);
            extrinsics
                .filter_map(|(hash, extrinsic)| Some((hash, SignatureClaim::of(extrinsic)?)))
                .collect()
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

/// Asks the runtime directly, without the encoding of its API: this runs once for each transaction of the consortium.
fn judge_one(
    session: &mut Session,
    parent: Hash,
    source: TransactionSource,
    submission: &Submission,
) -> Result<Judgement, CallError> {
    let sender = submission.origin.sender;
    let (account_nonce, role) = session.run(|| {
        let actor = Consortium::actor_of(&sender);
        (
            System::account_nonce(account(&sender)),
            actor.map(|actor| actor.role),
        )
    })?;
    let extrinsic = UncheckedExtrinsic::clone(&submission.extrinsic);
    let validity = session.run(|| Executive::validate_transaction(source, extrinsic, parent));
    session.reset();
    let validity = match validity {
        Err(CallError::Panicked(_)) => Err(InvalidTransaction::Call.into()),
        other => other?,
    };
    Ok(Judgement {
        validity,
        account_nonce,
        role,
    })
}

fn account(id: &AccountId) -> AccountId32 {
    AccountId32::new(id.0)
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

/// Sender and nonce of an extrinsic as it stands in a block, without its length prefix.
pub(crate) fn origin_of_opaque(bytes: &Vec<u8>) -> Option<Origin> {
    origin_of(&decode_opaque(bytes)?)
}

fn decode_opaque(bytes: &Vec<u8>) -> Option<UncheckedExtrinsic> {
    UncheckedExtrinsic::decode_all(&mut &bytes.encode()[..]).ok()
}

fn fault(error: CallError) -> LocalFault {
    match error {
        CallError::Fault(fault) => fault,
        CallError::Panicked(_) | CallError::UnknownMethod(_) | CallError::Undecodable { .. } => {
            LocalFault::new("judge an extrinsic", error)
        }
    }
}
