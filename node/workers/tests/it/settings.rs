//! What an operator may write, and what is refused with a reason.

use musubi_node_workers::{Address, RevocationSettings, SettingsError};

const EXAMPLE: &str = r#"
[[responders]]
certificate_use = "signing"
address = "http://ocsp.example.lg.jp/signing"

[[responders]]
certificate_use = "authentication"
address = "http://ocsp.example.lg.jp/authentication"
issuer_hash = "sha256"

[[lists]]
certificate_use = "signing"
distribution_point = "CN=Rusutsu-mura CRLDP,OU=Hokkaido,O=JPKI,C=JP"
address = "http://crl.example.lg.jp/01396.crl"
"#;

#[test]
fn the_documented_form_is_read() {
    let settings: RevocationSettings = toml::from_str(EXAMPLE).unwrap();
    assert_eq!(settings.check(), Ok(()));
    assert_eq!((settings.responders.len(), settings.lists.len()), (2, 1));
    assert!(RevocationSettings::default().responders.is_empty());
}

#[test]
fn an_address_is_plain_http_without_secrets() {
    for refused in [
        "https://ocsp.example.lg.jp/",
        "file:///etc/passwd",
        "http://user:secret@ocsp.example.lg.jp/",
        "http://ocsp.example.lg.jp/#part",
        "ocsp.example.lg.jp",
    ] {
        let error = Address::try_from(refused.to_owned()).unwrap_err();
        assert_eq!(error, SettingsError::Address(refused.to_owned()));
    }
}

#[test]
fn two_addresses_for_one_thing_and_no_patience_are_refused() {
    let settings: RevocationSettings = toml::from_str(EXAMPLE).unwrap();
    let mut twice = settings.clone();
    twice.responders[1].certificate_use = twice.responders[0].certificate_use;
    assert_eq!(twice.check(), Err(SettingsError::Twice("use")));
    let mut twice = settings.clone();
    twice.lists.push(twice.lists[0].clone());
    assert_eq!(
        twice.check(),
        Err(SettingsError::Twice("distribution point"))
    );
    let mut many = settings.clone();
    many.lists = vec![many.lists[0].clone(); 65];
    assert_eq!(many.check(), Err(SettingsError::TooMany(65)));
    let hasty = RevocationSettings {
        timeout_ms: 0,
        ..settings
    };
    assert_eq!(hasty.check(), Err(SettingsError::Zero("timeout_ms")));
}
