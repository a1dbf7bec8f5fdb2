//! What every transaction carries beside its call, and the first check it meets.
//!
//! FRAME makes `System` offer its calls whether wanted or not. They would need Wasm (`set_code`) or carry free text (`remark`), so
//! [`CheckSender`] keeps them out of blocks altogether; a refusal at dispatch would leave their bytes in the block.

use crate::{Nonce, RuntimeCall, RuntimeOrigin, TxExtension};
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{pallet_prelude::TransactionSource, weights::Weight};
use scale_info::TypeInfo;
use sp_runtime::{
    generic::Era,
    impl_tx_ext_default,
    traits::{DispatchInfoOf, TransactionExtension, ValidateResult},
    transaction_validity::{
        InvalidTransaction, TransactionValidity, TransactionValidityError, ValidTransaction,
    },
};

/// The extension of a transaction: its era and nonce; the rest has no bytes.
pub fn tx_extension(era: Era, nonce: Nonce) -> TxExtension {
    (
        CheckSender,
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        frame_system::CheckEra::from(era),
        frame_system::CheckNonce::from(nonce),
        frame_system::CheckWeight::new(),
    )
}

/// FRAME's `CheckNonZeroSender`, by name and bytes, that also refuses what no transaction may call: everything of `System`, and inherents.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo,
)]
pub struct CheckSender;

impl TransactionExtension<RuntimeCall> for CheckSender {
    const IDENTIFIER: &'static str = "CheckNonZeroSender";
    type Implicit = ();
    type Val = ();
    type Pre = ();

    fn weight(&self, _call: &RuntimeCall) -> Weight {
        Weight::zero()
    }

    fn validate(
        &self,
        origin: RuntimeOrigin,
        call: &RuntimeCall,
        _info: &DispatchInfoOf<RuntimeCall>,
        _length: usize,
        _implicit: (),
        _implication: &impl Encode,
        _source: TransactionSource,
    ) -> ValidateResult<(), RuntimeCall> {
        if is_inherent(call) || is_system(call) {
            return Err(InvalidTransaction::Call.into());
        }
        match frame_system::ensure_signed(origin.clone()) {
            Ok(sender) if <_ as AsRef<[u8; 32]>>::as_ref(&sender) == &[0; 32] => {
                Err(InvalidTransaction::BadSigner.into())
            }
            Ok(_) | Err(_) => Ok((ValidTransaction::default(), (), origin)),
        }
    }

    fn bare_validate(
        call: &RuntimeCall,
        _info: &DispatchInfoOf<RuntimeCall>,
        _length: usize,
    ) -> TransactionValidity {
        only_inherents(call)?;
        Ok(ValidTransaction::default())
    }

    fn bare_validate_and_prepare(
        call: &RuntimeCall,
        _info: &DispatchInfoOf<RuntimeCall>,
        _length: usize,
    ) -> Result<(), TransactionValidityError> {
        only_inherents(call)
    }

    impl_tx_ext_default!(RuntimeCall; prepare);
}

fn only_inherents(call: &RuntimeCall) -> Result<(), TransactionValidityError> {
    if is_inherent(call) {
        Ok(())
    } else {
        Err(InvalidTransaction::Call.into())
    }
}

fn is_inherent(call: &RuntimeCall) -> bool {
    matches!(call, RuntimeCall::Timestamp(_))
}

fn is_system(call: &RuntimeCall) -> bool {
    matches!(call, RuntimeCall::System(_))
}

/// The same refusal for calls that come by another way than a transaction.
#[derive(Clone, Copy, Debug)]
pub struct NoSystemCalls;

impl frame_support::traits::Contains<RuntimeCall> for NoSystemCalls {
    fn contains(call: &RuntimeCall) -> bool {
        !is_system(call)
    }
}
