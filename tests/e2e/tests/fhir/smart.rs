//! Who gets a token, and for what.

use crate::{
    system::{System, now},
    world::World,
};
use reqwest::Method;
use serde_json::{Value, json};

const CHECK: &str = "/cds-services/musubi-immunization";

pub(crate) async fn only_a_fresh_assertion_of_a_registered_key_gets_a_token(system: &System) {
    let configuration = system
        .get("/.well-known/smart-configuration")
        .await
        .expect(200);
    assert_eq!(
        configuration["token_endpoint"],
        format!("{}/auth/token", system.origin)
    );
    assert_eq!(
        configuration["token_endpoint_auth_methods_supported"],
        json!(["private_key_jwt"])
    );

    let changed = |change: &dyn Fn(&mut Value)| {
        let mut claims = system.claims();
        change(&mut claims);
        claims
    };
    let wrong = [
        changed(&|claims| claims["aud"] = json!("https://elsewhere.example/auth/token")),
        changed(&|claims| claims["exp"] = json!(now() - 60)),
        changed(&|claims| claims["exp"] = json!(now() + 3600)),
        changed(&|claims| claims["iat"] = json!(now() - 3600)),
        changed(&|claims| claims["sub"] = json!("somebody-else")),
        changed(&|claims| claims["iss"] = json!("somebody-else")),
        changed(&|claims| claims["jti"] = json!("")),
    ];
    for claims in &wrong {
        let assertion = system.assertion(&system.header(), claims);
        refused(system, &assertion, "invalid_client").await;
    }
    let stranger = System::new("clinic-ehr");
    refused(
        system,
        &stranger.assertion(&system.header(), &system.claims()),
        "invalid_client",
    )
    .await;
    for header in [
        json!({"alg": "ES384", "kid": "no-such-key"}),
        json!({"alg": "ES384"}),
        json!({"alg": "HS256", "kid": system.kid()}),
    ] {
        refused(
            system,
            &system.assertion(&header, &system.claims()),
            "invalid_client",
        )
        .await;
    }

    let assertion = system.assertion(&system.header(), &system.claims());
    system
        .ask_token(&assertion, "system/*.rs")
        .await
        .expect(200);
    refused(system, &assertion, "invalid_client").await;
}

async fn refused(system: &System, assertion: &str, error: &str) {
    let answer = system.ask_token(assertion, "system/*.rs").await;
    assert!(answer.status.is_client_error(), "{}", answer.body);
    assert_eq!(answer.body["error"], error, "{}", answer.body);
}

pub(crate) async fn a_token_allows_what_was_asked_registered_and_fits_the_role(
    system: &mut System,
) {
    let nothing = system.get("/fhir/Immunization?_id=1").await;
    nothing.issue(401);
    assert!(nothing.header("www-authenticate").starts_with("Bearer"));
    // A Patient is enrolled at the counter: no role creates one here.
    let scope = system
        .log_in("system/Patient.cruds system/Observation.rs")
        .await;
    assert_eq!(scope, "system/Patient.rs system/Observation.rs");
    let dose = json!({"resourceType": "Immunization"});
    assert_eq!(
        system.post("/fhir/Immunization", &dose).await.issue(403)["code"],
        "forbidden"
    );
    let scope = system.log_in("system/*.cruds").await;
    assert!(scope.contains("system/Immunization.crus"), "{scope}");
    let altered = system
        .request(Method::GET, "/fhir/metadata")
        .send()
        .await
        .unwrap();
    assert!(altered.status().is_success());
}

/// The system's role rests on a staff key: once the chain has that key no more, neither the token that was given nor a new one opens anything.
pub(crate) async fn a_role_that_the_chain_takes_away_ends_the_systems_access(world: &mut World) {
    let search = format!("/fhir/Immunization?patient={}", world.patient());
    world.clinic.get(&search).await.expect(200);
    world.withdraw_doctor().await;
    for _ in 0..2 {
        let refused = world.clinic.get(&search).await;
        assert_eq!(refused.issue(403)["code"], "forbidden");
        let order = json!({});
        let asked = world.clinic.post(CHECK, &order).await;
        assert_eq!(asked.status, 403);
        world.clinic.log_in("system/*.cruds").await;
    }
}
