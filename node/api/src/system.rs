//! `system_*` and `rpc_methods`: what this node is, how it is, and what it serves.

use crate::{access, caller::Caller, error::RpcError, ports::Services, reads::Reads};
use codec::Decode;
use jsonrpsee::{Extensions, core::async_trait, proc_macros::rpc};
use musubi_primitives::{AccountId, BlockHash};
use serde::Serialize;
use sp_core::crypto::{AccountId32, Ss58Codec};
use std::{collections::BTreeSet, sync::Arc};

/// Health in Substrate's words.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health {
    peers: usize,
    is_syncing: bool,
    should_have_peers: bool,
}

/// A connected node.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PeerInfo {
    peer_id: String,
    roles: &'static str,
    best_hash: Option<BlockHash>,
    best_number: Option<u64>,
}

/// What addresses look like; there is no token, hence no decimals and no symbol.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    ss58_format: u16,
}

/// The methods a caller may use.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Methods {
    methods: Vec<&'static str>,
}

#[rpc(server)]
pub(crate) trait SystemApi {
    #[method(name = "rpc_methods", with_extensions)]
    fn methods(&self) -> Result<Methods, RpcError>;

    #[method(name = "system_name")]
    fn name(&self) -> Result<&'static str, RpcError>;

    #[method(name = "system_version")]
    fn version(&self) -> Result<&'static str, RpcError>;

    #[method(name = "system_chain")]
    fn chain(&self) -> Result<String, RpcError>;

    #[method(name = "system_chainType")]
    fn chain_type(&self) -> Result<String, RpcError>;

    #[method(name = "system_properties")]
    fn properties(&self) -> Result<Properties, RpcError>;

    #[method(name = "system_health")]
    fn health(&self) -> Result<Health, RpcError>;

    #[method(name = "system_peers")]
    fn peers(&self) -> Result<Vec<PeerInfo>, RpcError>;

    #[method(name = "system_localPeerId")]
    fn local_peer_id(&self) -> Result<String, RpcError>;

    #[method(name = "system_nodeRoles")]
    fn node_roles(&self) -> Result<Vec<&'static str>, RpcError>;

    #[method(name = "system_accountNextIndex", aliases = ["account_nextIndex"])]
    async fn account_next_index(&self, account: String) -> Result<u32, RpcError>;
}

/// Answers about this node.
#[derive(Clone, Debug)]
pub(crate) struct System {
    pub(crate) reads: Reads,
    pub(crate) served: Arc<BTreeSet<&'static str>>,
}

#[async_trait]
impl SystemApiServer for System {
    fn methods(&self, extensions: &Extensions) -> Result<Methods, RpcError> {
        let caller = Caller::of(extensions);
        let methods = self
            .served
            .iter()
            .copied()
            .filter(|name| access::may_call(caller, name))
            .collect();
        Ok(Methods { methods })
    }

    fn name(&self) -> Result<&'static str, RpcError> {
        Ok(self.about().name)
    }

    fn version(&self) -> Result<&'static str, RpcError> {
        Ok(self.about().version)
    }

    fn chain(&self) -> Result<String, RpcError> {
        Ok(self.about().chain.clone())
    }

    fn chain_type(&self) -> Result<String, RpcError> {
        Ok(self.about().chain_type.clone())
    }

    fn properties(&self) -> Result<Properties, RpcError> {
        Ok(Properties {
            ss58_format: self.about().ss58_prefix,
        })
    }

    fn health(&self) -> Result<Health, RpcError> {
        let network = &self.reads.services().network;
        let should_have_peers = self.about().chain_type != "Development";
        Ok(Health {
            peers: network.peers().len(),
            is_syncing: network.is_syncing(),
            should_have_peers,
        })
    }

    fn peers(&self) -> Result<Vec<PeerInfo>, RpcError> {
        let info = |peer: crate::ports::Peer| PeerInfo {
            peer_id: peer.id,
            roles: "FULL",
            best_hash: peer.head.map(|(_, hash)| hash),
            best_number: peer.head.map(|(height, _)| height),
        };
        Ok(self
            .reads
            .services()
            .network
            .peers()
            .into_iter()
            .map(info)
            .collect())
    }

    fn local_peer_id(&self) -> Result<String, RpcError> {
        Ok(self.reads.services().network.local_peer_id())
    }

    fn node_roles(&self) -> Result<Vec<&'static str>, RpcError> {
        Ok(vec![if self.about().validates {
            "Authority"
        } else {
            "Full"
        }])
    }

    async fn account_next_index(&self, account: String) -> Result<u32, RpcError> {
        let account = read_account(&account)?;
        let at = self.reads.at(None);
        self.reads
            .run(move |services| next_index(services, &at, &account))
            .await
    }
}

impl System {
    fn about(&self) -> &crate::ports::About {
        &self.reads.services().about
    }
}

fn read_account(text: &str) -> Result<AccountId, RpcError> {
    let named = AccountId32::from_ss58check(text).map(|account| AccountId(account.into()));
    named.or_else(|_| text.parse::<AccountId>()).map_err(|_| {
        RpcError::Parameter(
            "an account is an SS58 address or 32 bytes as 64 hexadecimal digits".to_owned(),
        )
    })
}

fn next_index(services: &Services, at: &BlockHash, account: &AccountId) -> Result<u32, RpcError> {
    let answer = services
        .state
        .call(at, "AccountNonceApi_account_nonce", account.as_bytes())?;
    let nonce = u32::decode(&mut answer.as_slice())
        .map_err(|_| RpcError::Undecodable("an account's nonce"))?;
    Ok(services.pool.next_nonce(account, nonce))
}
