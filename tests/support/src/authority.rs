//! The consortium's test authority, whose responder can be reached or not.

use musubi_consent::{CertificateUse, Environment, SignerCertificate, TrustedRoots};
use musubi_consent_card::{Credential, card_face::Sex};
use musubi_consent_card_emulator::{
    CertificateStanding, PersonFacts, Responder, TestAuthority, Validity, key::RsaKey,
};
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::gateway::now;

/// 全国地方公共団体コード of the first village.
const MUNICIPALITY_CODE: &str = "01396";
const YEAR_SECONDS: u64 = 365 * 24 * 3600;

/// A person's key and what the authority certifies of it.
pub(crate) struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(crate) key: RsaKey,
}

pub(crate) struct Authority {
    authority: Arc<TestAuthority>,
    responder: Arc<Responder>,
    pub(crate) address: SocketAddr,
    online: Option<JoinHandle<std::io::Result<()>>>,
}

impl Authority {
    /// The authority that `musubi spec demo` made; its responder has an address and does not answer yet.
    pub(crate) async fn open(folder: &Path) -> Self {
        let bytes = std::fs::read(folder.join("cards/authority.bin")).unwrap();
        let authority = Arc::new(TestAuthority::parse_bytes(&bytes).unwrap());
        let seconds = Arc::new(|| now() / 1000);
        let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        Self {
            responder: Arc::new(Responder::new(Arc::clone(&authority), seconds).unwrap()),
            authority,
            address: free.local_addr().unwrap(),
            online: None,
        }
    }

    pub(crate) async fn go_online(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.online = Some(tokio::spawn(Arc::clone(&self.responder).serve(listener)));
    }

    pub(crate) fn go_offline(&mut self) {
        if let Some(online) = self.online.take() {
            online.abort();
        }
    }

    /// A signing certificate, as the card of this person has it.
    pub(crate) fn certify(&self, name: &str) -> Certificate {
        let person = PersonFacts {
            name: name.to_owned(),
            address: "北海道虻田郡留寿都村字留寿都".to_owned(),
            birth_date: "19920401".to_owned(),
            sex: Sex::Female,
            municipality_code: MUNICIPALITY_CODE.to_owned(),
        };
        let seconds = now() / 1000;
        let validity = Validity {
            not_before: seconds - YEAR_SECONDS,
            not_after: seconds + 4 * YEAR_SECONDS,
        };
        let key = RsaKey::generate().unwrap();
        let public = key.public_key_info().unwrap();
        let request = self
            .authority
            .request(Credential::Signing, &person, public, validity)
            .unwrap();
        let der = self
            .authority
            .certify(Credential::Signing, &request)
            .unwrap();
        Certificate { der, key }
    }

    /// Takes a certificate back since an hour ago.
    pub(crate) fn revoke(&self, certificate: &Certificate) {
        let at = now();
        let roots = TrustedRoots::new(Environment::Emulated, &self.authority.roots()).unwrap();
        let known =
            SignerCertificate::validate(&roots, CertificateUse::Signing, &certificate.der, at)
                .unwrap();
        let since = at / 1000 - 3600;
        self.responder.set(
            Credential::Signing,
            known.revocation_query(at).serial,
            MUNICIPALITY_CODE,
            CertificateStanding::Revoked { since },
        );
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.go_offline();
    }
}
