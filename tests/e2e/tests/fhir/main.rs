//! The FHIR facade as record systems use it: real nodes, real tokens, records in real vaults, and the chain's own permits and denials.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this test starts processes, writes their configuration, and signs at this machine's time"
)]

mod check;
mod records;
mod shapes;
mod smart;
mod system;
mod world;

use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_system_proves_itself_records_finds_corrects_and_takes_back() {
    let mut world = World::open().await;
    smart::only_a_fresh_assertion_of_a_registered_key_gets_a_token(&world.clinic).await;
    smart::a_token_allows_what_was_asked_registered_and_fits_the_role(&mut world.clinic).await;
    check::a_system_checks_records_and_checks_again_by_its_token_alone(&mut world).await;
    records::a_wrong_request_gets_an_outcome_and_stores_nothing(&world).await;
    records::a_dose_is_created_once_read_and_found(&world).await;
    records::a_correction_keeps_the_history(&world).await;
    records::a_transaction_is_all_or_nothing(&world).await;
    records::a_date_is_corrected_after_the_dose_was_checked(&world).await;
    records::a_transaction_holds_its_doses_against_the_schedule_first(&world).await;
    records::pages_follow_one_another(&world).await;
    records::people_are_found_in_the_register_only(&mut world).await;
    smart::a_role_that_the_chain_takes_away_ends_the_systems_access(&mut world).await;
    musubi_tests_privacy::tells_nothing(&mut world.consortium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_is_read_through_the_chain_or_denied_with_its_reason() {
    let mut world = World::open().await;
    for system in [&mut world.village, &mut world.clinic, &mut world.reader] {
        system.log_in("system/*.cruds").await;
    }
    let (consent, dose) = records::a_denial_and_a_permit_are_the_chains(&world).await;
    shapes::consents_and_the_trail_show_to_whom_they_concern(&world, &consent).await;
    shapes::provenance_says_who_wrote_and_where_the_chain_proves_it(&world, &dose).await;
    shapes::a_document_keeps_its_bytes(&world).await;
    shapes::answers_fit_their_form_and_raise_flags(&world).await;
    shapes::a_forecast_a_summary_and_a_card_follow_from_the_doses(&world).await;
    shapes::what_is_erased_is_gone(&world, &dose).await;
    musubi_tests_privacy::tells_nothing(&mut world.consortium).await;
}
