//! A chain in memory: builds blocks the way a proposer does, and executes them again the way a follower does.

use codec::{Decode, Encode};
use musubi_primitives::{
    AccountId as Account, HpkeKey, MemberId, MemberKind, Role, VerifyingKey,
    anchor::{Anchor, ENGINE_ID},
};
use musubi_runtime::{
    AccountId, Block, Executive, Hash, Header, PreVerified, RuntimeCall, RuntimeEvent,
    RuntimeGenesisConfig, Signature, SignedPayload, UncheckedExtrinsic,
    extension::tx_extension,
    spec::{PRODUCTION, Spec, SpecTable, active_version},
};
use serde_json::{Value, json};
use sp_core::{Pair, ed25519};
use sp_externalities::{Extensions, set_and_run_with_externalities};
use sp_runtime::{
    ApplyExtrinsicResult, StateVersion,
    generic::Era,
    traits::{BlakeTwo256, Header as _},
};
use sp_state_machine::{Ext, InMemoryBackend, OverlayedChanges};
use std::panic::{AssertUnwindSafe, catch_unwind};

type State = InMemoryBackend<BlakeTwo256>;

pub(crate) struct Chain {
    pub(crate) state: State,
    pub(crate) head: Header,
    pub(crate) genesis: Hash,
    pub(crate) specs: &'static [Spec],
    pub(crate) known: fn(&[u8; 32]) -> bool,
}

pub(crate) struct Built {
    pub(crate) block: Block,
    pub(crate) results: Vec<ApplyExtrinsicResult>,
    pub(crate) events: Vec<RuntimeEvent>,
    state: State,
}

impl Built {
    /// The anchors in the header's digest.
    pub(crate) fn anchors(&self) -> Vec<Anchor> {
        let items = self.block.header.digest.logs().iter();
        items
            .filter_map(|item| item.as_consensus())
            .filter(|(engine, _)| *engine == ENGINE_ID)
            .map(|(_, bytes)| Anchor::decode(&mut &bytes[..]).expect("an anchor"))
            .collect()
    }
}

pub(crate) fn pair(seed: u8) -> ed25519::Pair {
    ed25519::Pair::from_seed(&[seed; 32])
}

pub(crate) fn account(seed: u8) -> Account {
    Account(pair(seed).public().0)
}

/// Four villages (operators 1 to 4) that all validate, a clinic (operator 5), and staff of both.
pub(crate) fn genesis_json() -> Value {
    let keys = |seed: u8| json!({"operator": account(seed), "verifier": VerifyingKey([seed; 32]), "hpke": HpkeKey([seed; 32])});
    let member =
        |seed: u8, kind: MemberKind| json!({"kind": kind, "keys": keys(seed), "nodes": []});
    let mut members: Vec<_> = (1..5)
        .map(|seed| member(seed, MemberKind::Municipality))
        .collect();
    members.push(member(5, MemberKind::Clinic));
    let validators: Vec<_> = (0..4u8)
        .map(|id| json!({"member": MemberId(id.into()), "key": VerifyingKey([id + 100; 32])}))
        .collect();
    let key = |(seed, member, role): (u8, u32, Role)| json!({"account": account(seed), "member": MemberId(member), "role": role, "hpke": HpkeKey([seed; 32]), "until": u64::MAX});
    let staff = [
        (50, 4, Role::Doctor),
        (51, 0, Role::Officer),
        (53, 0, Role::Vault),
        (54, 4, Role::Vault),
        (55, 1, Role::Officer),
        (56, 0, Role::Reviewer),
        (57, 4, Role::Clerk),
        (58, 0, Role::Nurse),
    ];
    let mut config =
        serde_json::to_value(RuntimeGenesisConfig::default()).expect("the default genesis is JSON");
    config["consortium"]["members"] = members.into();
    config["consortium"]["validators"] = validators.into();
    config["consortium"]["keys"] = staff.map(key).to_vec().into();
    config
}

pub(crate) fn run<R>(
    state: &State,
    overlay: &mut OverlayedChanges<BlakeTwo256>,
    extensions: &mut Extensions,
    action: impl FnOnce() -> R,
) -> R {
    set_and_run_with_externalities(&mut Ext::new(overlay, state, Some(extensions)), action)
}

pub(crate) fn apply(state: &State, mut overlay: OverlayedChanges<BlakeTwo256>) -> State {
    let changes = overlay
        .drain_storage_changes(state, StateVersion::V1)
        .expect("the state is in memory");
    state.update_backend(changes.transaction_storage_root, changes.transaction)
}

impl Chain {
    pub(crate) fn new() -> Self {
        Self::from_genesis(&genesis_json()).expect("the test genesis breaks no rule")
    }

    pub(crate) fn from_genesis(config: &Value) -> Result<Self, String> {
        let empty = State::default();
        let mut overlay = OverlayedChanges::default();
        let answer = run(&empty, &mut overlay, &mut Extensions::default(), || {
            musubi_runtime::api::dispatch(
                "GenesisBuilder_build_state",
                &config.to_string().into_bytes().encode(),
            )
        });
        let answer = answer.expect("the method exists");
        sp_genesis_builder::Result::decode(&mut &answer[..])
            .expect("a result")
            .map_err(|error| error.to_string())?;
        let state = apply(&empty, overlay);
        let head = Header::new(
            0,
            Default::default(),
            *state.root(),
            Default::default(),
            Default::default(),
        );
        Ok(Self {
            state,
            genesis: head.hash(),
            head,
            specs: PRODUCTION,
            known: |_| false,
        })
    }

    pub(crate) fn extensions(&self) -> Extensions {
        let mut extensions = Extensions::default();
        extensions.register(PreVerified::new(self.known));
        extensions.register(SpecTable(self.specs));
        extensions
    }

    /// `state_call` on the newest state.
    pub(crate) fn call(&self, method: &str, arguments: &impl Encode) -> Vec<u8> {
        self.read(|| musubi_runtime::api::dispatch(method, &arguments.encode()))
            .expect("the method exists")
    }

    /// Runs a closure on the newest state and forgets what it changed.
    pub(crate) fn read<R>(&self, action: impl FnOnce() -> R) -> R {
        run(
            &self.state,
            &mut OverlayedChanges::default(),
            &mut self.extensions(),
            action,
        )
    }

    pub(crate) fn sign(
        &self,
        seed: u8,
        nonce: u32,
        call: impl Into<RuntimeCall>,
    ) -> UncheckedExtrinsic {
        let call = call.into();
        let extension = tx_extension(Era::Immortal, nonce);
        let version = self.read(active_version);
        let implicit = (
            (),
            version.spec_version,
            version.transaction_version,
            self.genesis,
            self.genesis,
            (),
            (),
        );
        let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
        let signature: Signature = payload.using_encoded(|bytes| pair(seed).sign(bytes)).into();
        UncheckedExtrinsic::new_signed(
            call,
            AccountId::from(pair(seed).public()).into(),
            signature,
            extension,
        )
    }

    /// Builds the next block with these transactions after the time inherent; failed ones leave no trace.
    pub(crate) fn build(&self, transactions: Vec<UncheckedExtrinsic>) -> Built {
        let height = self.head.number() + 1;
        let start = Header::new(
            height,
            Default::default(),
            Default::default(),
            self.head.hash(),
            Default::default(),
        );
        let (mut overlay, mut extensions) = (OverlayedChanges::default(), self.extensions());
        run(&self.state, &mut overlay, &mut extensions, || {
            Executive::initialize_block(&start)
        });
        let time =
            UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(pallet_timestamp::Call::set {
                now: u64::from(height) * 1_000,
            }));
        let (mut extrinsics, mut results) = (vec![], vec![]);
        for extrinsic in [vec![time], transactions].concat() {
            overlay.start_transaction();
            let result = run(&self.state, &mut overlay, &mut extensions, || {
                Executive::apply_extrinsic(extrinsic.clone())
            });
            if result.is_ok() {
                overlay.commit_transaction().expect("started above");
                extrinsics.push(extrinsic);
            } else {
                overlay.rollback_transaction().expect("started above");
            }
            results.push(result);
        }
        let (header, events) = run(&self.state, &mut overlay, &mut extensions, || {
            let header = Executive::finalize_block();
            let events =
                frame_system::Pallet::<musubi_runtime::Runtime>::read_events_no_consensus();
            (header, events.map(|record| record.event).collect())
        });
        let state = apply(&self.state, overlay);
        assert_eq!(state.root(), header.state_root());
        results
            .remove(0)
            .expect("the time inherent applies")
            .expect("and succeeds");
        Built {
            block: Block { header, extrinsics },
            results,
            events,
            state,
        }
    }

    /// Executes a block as a follower; the panic message when it is not valid.
    pub(crate) fn execute(&self, block: Block) -> Result<Hash, String> {
        let (mut overlay, mut extensions) = (OverlayedChanges::default(), self.extensions());
        catch_unwind(AssertUnwindSafe(|| {
            run(&self.state, &mut overlay, &mut extensions, || {
                Executive::execute_block(block.into());
            });
        }))
        .map_err(|panic| {
            panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_default()
        })?;
        Ok(*apply(&self.state, overlay).root())
    }

    /// Builds, executes again, and makes the block the head.
    pub(crate) fn extend(&mut self, transactions: Vec<UncheckedExtrinsic>) -> Built {
        let built = self.build(transactions);
        assert_eq!(
            self.execute(built.block.clone()).as_ref(),
            Ok(built.block.header.state_root())
        );
        self.state = built.state.clone();
        self.head = built.block.header.clone();
        built
    }
}
