//! The runtime interface: what `state_call` and the node's executor reach, each a line.
#![allow(
    missing_docs,
    clippy::use_self,
    reason = "the interface macro makes items without documentation, and reads the runtime's name only"
)]

use crate::{
    Access, AccountId, Block, Consent, Consortium, Executive, Header, InherentDataExt, Nonce,
    Records, Residents, Runtime, RuntimeGenesisConfig, System, Trail, UncheckedExtrinsic, spec,
};
use musubi_primitives::{
    CategorySet, Commitment, ConsentId, Decision, DenialReason, MemberId, Pseudonym, Purpose,
    RecordId, RequestId, SessionId, VerifyingKey,
    access::Ticket,
    finality::ValidatorSet,
    parameter::{HeightParameters, SpecStatus},
    seams::{self, Actor, GuardianshipFacts, MemberFacts},
    trail::TrailHead,
    view::{
        CardView, ConsentView, RecordView, RequestView, RuleSetView, SealingKeys, SessionView,
        VerdictView,
    },
};
use sp_runtime::{
    ApplyExtrinsicResult, ExtrinsicInclusionMode,
    traits::Block as BlockT,
    transaction_validity::{TransactionSource, TransactionValidity},
};

sp_api::impl_runtime_apis! {
    impl sp_api::Core<Block> for Runtime {
        fn version() -> sp_version::RuntimeVersion {
            spec::active_version()
        }
        fn execute_block(block: <Block as BlockT>::LazyBlock) {
            Executive::execute_block(block);
        }
        fn initialize_block(header: &Header) -> ExtrinsicInclusionMode {
            Executive::initialize_block(header)
        }
    }

    impl sp_api::Metadata<Block> for Runtime {
        fn metadata() -> sp_core::OpaqueMetadata {
            sp_core::OpaqueMetadata::new(Self::metadata().into())
        }
        fn metadata_at_version(version: u32) -> Option<sp_core::OpaqueMetadata> {
            Self::metadata_at_version(version)
        }
        fn metadata_versions() -> Vec<u32> {
            Self::metadata_versions()
        }
    }

    impl sp_block_builder::BlockBuilder<Block> for Runtime {
        fn apply_extrinsic(extrinsic: UncheckedExtrinsic) -> ApplyExtrinsicResult {
            Executive::apply_extrinsic(extrinsic)
        }
        fn finalize_block() -> Header {
            Executive::finalize_block()
        }
        fn inherent_extrinsics(data: sp_inherents::InherentData) -> Vec<UncheckedExtrinsic> {
            data.create_extrinsics()
        }
        fn check_inherents(
            block: <Block as BlockT>::LazyBlock,
            data: sp_inherents::InherentData,
        ) -> sp_inherents::CheckInherentsResult {
            data.check_extrinsics(&block)
        }
    }

    impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
        fn validate_transaction(
            source: TransactionSource,
            extrinsic: UncheckedExtrinsic,
            parent: <Block as BlockT>::Hash,
        ) -> TransactionValidity {
            Executive::validate_transaction(source, extrinsic, parent)
        }
    }

    impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
        fn account_nonce(account: AccountId) -> Nonce {
            System::account_nonce(account)
        }
    }

    impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
        fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
            let parsed: RuntimeGenesisConfig = serde_json::from_slice(&config).map_err(|error| error.to_string())?;
            parsed.consortium.check()?;
            frame_support::genesis_builder_helper::build_state::<RuntimeGenesisConfig>(config)
        }
        fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
            frame_support::genesis_builder_helper::get_preset::<RuntimeGenesisConfig>(id, |_| None)
        }
        fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
            Vec::new()
        }
    }

    impl crate::interface::MusubiApi<Block> for Runtime {
        fn height_parameters() -> HeightParameters {
            Consortium::height_parameters()
        }
        fn next_validators() -> ValidatorSet {
            <Consortium as seams::Consortium>::next_validators()
        }
        fn spec_status() -> SpecStatus {
            Consortium::spec_status()
        }
        fn actor(account: musubi_primitives::AccountId) -> Option<Actor> {
            Consortium::actor_of(&account)
        }
        fn member(member: MemberId) -> Option<MemberFacts> {
            <Consortium as seams::Consortium>::member(member)
        }
        fn member_of_node(node: VerifyingKey) -> Option<MemberId> {
            Consortium::member_of_node(&node)
        }
        fn person(account: musubi_primitives::AccountId) -> Option<Pseudonym> {
            <Residents as seams::Residents>::person(&account)
        }
        fn home(subject: Pseudonym) -> Option<MemberId> {
            <Residents as seams::Residents>::home(&subject)
        }
        fn guardianship(guardian: Pseudonym, subject: Pseudonym) -> Option<GuardianshipFacts> {
            <Residents as seams::Residents>::guardianship(&guardian, &subject)
        }
        fn covering_consent(
            subject: Pseudonym,
            recipient: MemberId,
            purpose: Purpose,
            categories: CategorySet,
        ) -> Result<ConsentId, DenialReason> {
            <Consent as seams::Consents>::covering(&subject, recipient, purpose, categories)
        }
        fn decision(request: RequestId) -> Option<Decision> {
            Access::decision(&request)
        }
        fn request(request: RequestId) -> Option<RequestView> {
            let found = pallet_access::Requests::<Runtime>::get(request)?;
            let (subject, member, decision) = (found.ask.subject, found.member, found.decision);
            Some(RequestView { subject, member, decision })
        }
        fn session(session: SessionId) -> Option<SessionView> {
            let found = Access::open_session_of(&session)?;
            let (subject, member, evidence, until) = (found.subject, found.member, found.evidence, found.until);
            Some(SessionView { subject, member, evidence, until })
        }
        fn ticket(request: RequestId) -> Option<Ticket> {
            Access::ticket(&request)
        }
        fn releasable(request: RequestId, record: RecordId, vault: musubi_primitives::AccountId) -> Option<Ticket> {
            Access::releasable(&request, &record, &vault)
        }
        fn consent(consent: ConsentId) -> Option<ConsentView> {
            Consent::view(&consent)
        }
        fn record(record: RecordId) -> Option<RecordView> {
            Records::view(&record)
        }
        fn is_delivered(request: RequestId, record: RecordId) -> bool {
            Access::is_delivered(&request, &record)
        }
        fn sealing_keys(subject: Pseudonym) -> Option<SealingKeys> {
            let home = <Residents as seams::Residents>::home(&subject)?;
            let home_key = <Consortium as seams::Consortium>::member(home)?.hpke;
            Some(SealingKeys { home, home_key, family: Residents::family_keys(&subject) })
        }
        fn active_card(person: Pseudonym) -> Option<CardView> {
            Residents::active_card(&person)
        }
        fn rule_set_in_force() -> Option<RuleSetView> {
            Records::rule_set_in_force()
        }
        fn verdict(inputs: Commitment) -> Option<VerdictView> {
            Records::verdict(&inputs)
        }
        fn is_session_open(session: SessionId, member: MemberId, subject: Pseudonym) -> bool {
            Access::is_session_open(&session, member, &subject)
        }
        fn trail_head(subject: Pseudonym) -> TrailHead {
            Trail::head(&subject)
        }
    }
}

/// The interfaces that this runtime implements, with their versions.
pub(crate) const VERSIONS: sp_version::ApisVec = RUNTIME_API_VERSIONS;
