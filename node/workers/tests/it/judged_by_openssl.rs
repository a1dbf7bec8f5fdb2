//! OpenSSL, which shares no code with us, as a responder that we ask and as a judge of our own responder's answers.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use musubi_consent::{IssuerHash, Revocation, RevocationSource as _, SignerCertificate};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::{CertificateStanding, Responder};
use musubi_primitives::Moment;

use crate::world::{
    AUTHORITY, Clock, NOW_SECONDS, Village, by_responder, certificate, go_online, serial, set,
};

fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("openssl is installed: it is one of the project's judges");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
    said
}

/// Root and key of the authority as OpenSSL reads them, and one certificate.
fn write_files(folder: &Path, certificate: &SignerCertificate) {
    let path = |name: &str| folder.join(name);
    let issuer = AUTHORITY.issuer(Credential::Signing);
    fs::write(path("root.der"), AUTHORITY.root(Credential::Signing)).unwrap();
    fs::write(path("key.der"), issuer.key.to_pkcs8().unwrap().as_slice()).unwrap();
    fs::write(path("holder.der"), certificate.der()).unwrap();
    for name in ["root", "holder"] {
        let (from, to) = (format!("{name}.der"), format!("{name}.pem"));
        openssl(
            folder,
            &["x509", "-inform", "DER", "-in", &from, "-out", &to],
        );
    }
    openssl(
        folder,
        &[
            "pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem",
        ],
    );
}

/// OpenSSL's own responder; gone when dropped.
struct OpensslResponder(Child);

impl Drop for OpensslResponder {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl OpensslResponder {
    fn start(folder: &Path) -> (Self, SocketAddr) {
        let mut child = Command::new("openssl")
            .args(["ocsp", "-index", "index.txt", "-port", "0", "-nmin", "10"])
            .args([
                "-CA", "root.pem", "-rsigner", "root.pem", "-rkey", "key.pem",
            ])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is installed: it is one of the project's judges");
        let output = BufReader::new(child.stdout.take().unwrap());
        let accepts = output
            .lines()
            .map(Result::unwrap)
            .find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned))
            .expect("it says where it listens");
        let port = accepts.split_whitespace().next().unwrap();
        let port: u16 = port.rsplit(':').next().unwrap().parse().unwrap();
        (Self(child), SocketAddr::from(([127, 0, 0, 1], port)))
    }
}

fn real_time() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Moment::try_from(since.as_millis()).unwrap()
}

/// What our desk makes of OpenSSL's answer about a certificate that its index lists so.
async fn asked_of_openssl(index_status: &str, hash: IssuerHash) -> Revocation {
    let certificate = certificate(Credential::Signing);
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &certificate);
    let number = hex_upper(&serial(&certificate));
    let line = format!("{index_status}\t{number}\tunknown\t/C=JP/CN=holder\n");
    fs::write(folder.path().join("index.txt"), line).unwrap();
    let (_responder, address) = OpensslResponder::start(folder.path());
    let mut settings = by_responder(address);
    settings.responders[0].issuer_hash = hash;
    let cache = tempfile::tempdir().unwrap();
    let clock = Clock::new();
    clock.advance(real_time() - clock.now());
    let mut village = Village::open(cache.path(), settings, &clock);
    let query = certificate.revocation_query(clock.now());
    assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
    village.answered(1).await;
    village.desk.revocation(&query)
}

fn hex_upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[tokio::test]
async fn the_desk_understands_openssls_responder() {
    for hash in IssuerHash::ALL {
        let good = asked_of_openssl("V\t301122000000Z\t", hash).await;
        assert_eq!(good, Revocation::Good);
    }
    let revoked = asked_of_openssl("R\t301122000000Z\t261121235955Z", IssuerHash::Sha1).await;
    let since = (NOW_SECONDS - 5) * 1000;
    assert_eq!(revoked, Revocation::Revoked { since });
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_believes_our_responder() {
    let certificate = certificate(Credential::Signing);
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &certificate);
    let seconds = Arc::new(|| real_time() / 1000);
    let responder = Arc::new(Responder::new(Arc::clone(&AUTHORITY), seconds).unwrap());
    let online = go_online(&responder).await;
    let url = format!("http://{}/ocsp", online.address);
    let since = NOW_SECONDS - 5;
    for (standing, word) in [
        (CertificateStanding::Good, "holder.pem: good"),
        (CertificateStanding::Unknown, "holder.pem: unknown"),
        (
            CertificateStanding::Revoked { since },
            "holder.pem: revoked",
        ),
    ] {
        set(&responder, &certificate, standing);
        let arguments = ["ocsp", "-issuer", "root.pem", "-cert", "holder.pem"];
        let trust = ["-CAfile", "root.pem", "-url", &url];
        let said = openssl(folder.path(), &[&arguments[..], &trust].concat());
        assert!(said.contains("Response verify OK"), "{said}");
        assert!(said.contains(word), "{said}");
        assert!(!said.contains("WARNING"), "{said}");
    }
}
