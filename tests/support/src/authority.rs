//! The consortium's test authority: what it certifies, what people sign with it, and a responder that can be reached or not.

use crate::{
    gateway::{now, random},
    told,
};
use musubi_consent::{
    CertificateUse, Document, DocumentFields, Environment, Evidence, SignedCms, SignedContent,
    SignerCertificate, TrustedRoots,
};
use musubi_consent_card::{Credential, card_face::Sex};
use musubi_consent_card_emulator::{
    CertificateStanding, PersonFacts, Responder, TestAuthority, Validity, key::RsaKey,
};
use musubi_primitives::{BlockHash, Salt};
use std::{fmt, net::SocketAddr, path::Path, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

/// 全国地方公共団体コード of the first village.
const MUNICIPALITY_CODE: &str = "01396";
const YEAR_SECONDS: u64 = 365 * 24 * 3600;

/// A person's key and what the authority certifies of it.
pub struct Certificate {
    /// The certificate.
    pub der: Vec<u8>,
    /// Its key.
    pub key: RsaKey,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(key hidden)")
    }
}

impl Certificate {
    /// A signing certificate, as the card of this person of the first village has it.
    pub fn issue(authority: &TestAuthority, name: &str) -> Self {
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
        let request = authority.request(Credential::Signing, &person, public, validity);
        let der = authority.certify(Credential::Signing, &request.unwrap());
        let der = der.unwrap();
        told::card(&der, &[&person.name, &person.address]);
        Self { der, key }
    }

    /// A document signed now, as the evidence that is handed in.
    pub fn sign<F: DocumentFields>(&self, document: &Document<F>, genesis: BlockHash) -> Evidence {
        let content = SignedContent::of(document, genesis).to_bytes();
        let cms = SignedCms {
            certificate: self.der.clone(),
            signature: self.key.sign(&content).unwrap(),
        };
        Evidence {
            document: document.canonical_bytes().to_vec(),
            salt: Salt(random()),
            cms: cms.to_der().unwrap(),
            signed_at: now(),
        }
    }
}

/// The authority of one consortium.
pub struct Authority {
    authority: Arc<TestAuthority>,
    responder: Arc<Responder>,
    /// Where its responder answers while it is online.
    pub address: SocketAddr,
    online: Option<JoinHandle<std::io::Result<()>>>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.address)
    }
}

impl Authority {
    /// The authority that `musubi spec demo` made; its responder has an address and does not answer yet.
    pub async fn open(folder: &Path) -> Self {
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

    /// Its responder answers from now on.
    pub async fn go_online(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.online = Some(tokio::spawn(Arc::clone(&self.responder).serve(listener)));
    }

    /// Its responder answers no more.
    pub fn go_offline(&mut self) {
        if let Some(online) = self.online.take() {
            online.abort();
        }
    }

    /// A signing certificate, as the card of this person has it.
    pub fn certify(&self, name: &str) -> Certificate {
        Certificate::issue(&self.authority, name)
    }

    /// Takes a certificate back since an hour ago.
    pub fn revoke(&self, certificate: &Certificate) {
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
