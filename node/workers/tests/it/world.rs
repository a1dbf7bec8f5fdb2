//! A village with a guardian's certificate, and the authority that may have taken it back.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use musubi_consent::validator::point_text;
use musubi_consent::{CertificateUse, Environment, IssuerHash, SignerCertificate, TrustedRoots};
use musubi_consent_card::Credential;
use musubi_consent_card::card_face::Sex;
use musubi_consent_card_emulator::key::RsaKey;
use musubi_consent_card_emulator::{
    CertificateStanding, PersonFacts, Responder, TestAuthority, Validity,
};
use musubi_node_workers::{
    Address, CacheKey, ListAddress, Progress, ResponderAddress, RevocationDesk, RevocationSettings,
};
use musubi_primitives::Moment;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// 2026-11-22T00:00:00Z in seconds.
pub(crate) const NOW_SECONDS: u64 = 1_795_305_600;
pub(crate) const NOW: Moment = NOW_SECONDS * 1000;
const YEAR_SECONDS: u64 = 365 * 24 * 3600;
pub(crate) const VILLAGE: &str = "01396";

/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) static AUTHORITY: LazyLock<Arc<TestAuthority>> = LazyLock::new(|| {
    let validity = Validity {
        not_before: NOW_SECONDS - 3 * YEAR_SECONDS,
        not_after: NOW_SECONDS + 7 * YEAR_SECONDS,
    };
    Arc::new(TestAuthority::generate(validity).unwrap())
});

/// The key of every certificate here.
pub(crate) static KEY: LazyLock<RsaKey> = LazyLock::new(|| RsaKey::generate().unwrap());

pub(crate) fn roots() -> TrustedRoots {
    let roots = [
        AUTHORITY.root(Credential::Signing),
        AUTHORITY.root(Credential::Authentication),
    ];
    TrustedRoots::new(Environment::Emulated, &roots).unwrap()
}

/// A new certificate, so that no test meets another's answers.
pub(crate) fn certificate(credential: Credential) -> SignerCertificate {
    let person = PersonFacts {
        name: "試験　花子".to_owned(),
        address: "北海道虻田郡留寿都村字留寿都１７５番地".to_owned(),
        birth_date: "19920401".to_owned(),
        sex: Sex::Female,
        municipality_code: VILLAGE.to_owned(),
    };
    let validity = Validity {
        not_before: NOW_SECONDS - YEAR_SECONDS,
        not_after: NOW_SECONDS + 4 * YEAR_SECONDS,
    };
    let request = AUTHORITY
        .request(
            credential,
            &person,
            KEY.public_key_info().unwrap(),
            validity,
        )
        .unwrap();
    let der = AUTHORITY.certify(credential, &request).unwrap();
    let certificate_use = match credential {
        Credential::Signing => CertificateUse::Signing,
        Credential::Authentication => CertificateUse::Authentication,
    };
    SignerCertificate::validate(&roots(), certificate_use, &der, NOW).unwrap()
}

pub(crate) fn serial(certificate: &SignerCertificate) -> Vec<u8> {
    certificate.revocation_query(NOW).serial.to_vec()
}

/// A clock that tests set by hand.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(NOW)))
    }

    pub(crate) fn advance(&self, by: Moment) {
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Moment {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn port(&self) -> musubi_node_workers::Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

/// The responder behind a socket; gone when dropped.
pub(crate) struct Online {
    pub(crate) address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

impl Drop for Online {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn responder(clock: &Clock) -> Arc<Responder> {
    let clock = clock.clone();
    let seconds = Arc::new(move || clock.now() / 1000);
    Arc::new(Responder::new(Arc::clone(&AUTHORITY), seconds).unwrap())
}

pub(crate) fn serve(responder: &Arc<Responder>, listener: TcpListener) -> Online {
    Online {
        address: listener.local_addr().unwrap(),
        task: tokio::spawn(Arc::clone(responder).serve(listener)),
    }
}

pub(crate) async fn go_online(responder: &Arc<Responder>) -> Online {
    serve(
        responder,
        TcpListener::bind(("127.0.0.1", 0)).await.unwrap(),
    )
}

fn address(socket: SocketAddr, path: &str) -> Address {
    Address::try_from(format!("http://{socket}{path}")).unwrap()
}

pub(crate) fn by_responder(socket: SocketAddr) -> RevocationSettings {
    let responder = |certificate_use| ResponderAddress {
        certificate_use,
        address: address(socket, "/ocsp"),
        issuer_hash: IssuerHash::Sha256,
    };
    RevocationSettings {
        responders: vec![
            responder(CertificateUse::Signing),
            responder(CertificateUse::Authentication),
        ],
        timeout_ms: 2_000,
        retry_ms: 10,
        ..RevocationSettings::default()
    }
}

pub(crate) fn by_list(socket: SocketAddr, certificate: &SignerCertificate) -> RevocationSettings {
    let point = certificate
        .revocation_query(NOW)
        .distribution_point
        .and_then(point_text);
    RevocationSettings {
        responders: Vec::new(),
        lists: vec![ListAddress {
            certificate_use: CertificateUse::Signing,
            distribution_point: point.unwrap(),
            address: address(socket, &format!("/crl/signing/{VILLAGE}")),
        }],
        ..by_responder(socket)
    }
}

/// A desk at work.
pub(crate) struct Village {
    pub(crate) desk: Arc<RevocationDesk>,
    progress: watch::Receiver<Progress>,
    task: JoinHandle<()>,
}

/// The municipality's key for what lies on disk.
pub(crate) fn key() -> CacheKey {
    CacheKey::derived_from(&[7; 32])
}

impl Drop for Village {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Village {
    pub(crate) fn open(folder: &Path, settings: RevocationSettings, clock: &Clock) -> Self {
        let desk = RevocationDesk::open(folder, key(), roots(), settings, clock.port()).unwrap();
        Self {
            progress: desk.progress(),
            task: tokio::spawn(Arc::clone(&desk).run()),
            desk,
        }
    }

    /// Waits until `count` answers came in since the desk opened.
    pub(crate) async fn answered(&mut self, count: u64) {
        self.wait(|progress| count <= progress.answered).await;
    }

    /// Waits for an attempt in vain that began after this call.
    pub(crate) async fn tried_in_vain(&mut self) {
        let so_far = self.progress.borrow().in_vain;
        self.wait(|progress| so_far + 2 <= progress.in_vain).await;
    }

    /// Waits until `count` attempts since the desk opened were in vain.
    pub(crate) async fn gave_up(&mut self, count: u64) {
        self.wait(|progress| count <= progress.in_vain).await;
    }

    async fn wait(&mut self, is_there: impl Fn(&Progress) -> bool) {
        let reached = self.progress.wait_for(is_there);
        tokio::time::timeout(PATIENCE, reached)
            .await
            .expect("the worker makes progress")
            .expect("the desk is open");
    }
}

/// What a responder is told about one signing certificate.
pub(crate) fn set(
    responder: &Responder,
    certificate: &SignerCertificate,
    standing: CertificateStanding,
) {
    responder.set(Credential::Signing, &serial(certificate), VILLAGE, standing);
}
