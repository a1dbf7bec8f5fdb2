//! Written forms of what nodes tell and ask each other to catch up.

use super::{Malformed, Mirror, OnWire, RESPONSE_BYTES_MAX, SMALL_BYTES_MAX};
use crate::{certificate, context::MusubiContext, height::Height};
use arc_malachitebft_sync::{
    PeerId, RawDecidedValue, Request, Response, Status, ValueRequest, ValueResponse,
};
use codec::{Decode, Encode};
use musubi_primitives::finality::CommitCertificate;

/// How far a node has come.
#[derive(Debug, Encode, Decode)]
pub struct StatusMirror {
    peer: Vec<u8>,
    tip: Height,
    history_start: Height,
}

impl OnWire for Status<MusubiContext> {
    type Mirror = StatusMirror;
}

impl Mirror<Status<MusubiContext>> for StatusMirror {
    const BYTES_MAX: usize = SMALL_BYTES_MAX;

    fn of(status: &Status<MusubiContext>) -> Result<Self, Malformed> {
        Ok(Self {
            peer: status.peer_id.to_bytes(),
            tip: status.tip_height,
            history_start: status.history_min_height,
        })
    }

    fn restore(self) -> Result<Status<MusubiContext>, Malformed> {
        let peer_id = PeerId::from_bytes(&self.peer).map_err(|_| Malformed::NotPeer)?;
        Ok(Status {
            peer_id,
            tip_height: self.tip,
            history_min_height: self.history_start,
        })
    }
}

/// Asks for the blocks of a range of heights, both ends included.
#[derive(Debug, Encode, Decode)]
pub struct RequestMirror {
    first: Height,
    last: Height,
}

impl OnWire for Request<MusubiContext> {
    type Mirror = RequestMirror;
}

impl Mirror<Request<MusubiContext>> for RequestMirror {
    const BYTES_MAX: usize = SMALL_BYTES_MAX;

    fn of(request: &Request<MusubiContext>) -> Result<Self, Malformed> {
        let Request::ValueRequest(request) = request;
        Ok(Self {
            first: *request.range.start(),
            last: *request.range.end(),
        })
    }

    fn restore(self) -> Result<Request<MusubiContext>, Malformed> {
        Ok(Request::ValueRequest(ValueRequest::new(
            self.first..=self.last,
        )))
    }
}

/// Blocks with the certificates that make them final.
#[derive(Debug, Encode, Decode)]
pub struct ResponseMirror {
    first: Height,
    blocks: Vec<(Vec<u8>, CommitCertificate)>,
}

impl OnWire for Response<MusubiContext> {
    type Mirror = ResponseMirror;
}

impl Mirror<Response<MusubiContext>> for ResponseMirror {
    const BYTES_MAX: usize = RESPONSE_BYTES_MAX;

    fn of(response: &Response<MusubiContext>) -> Result<Self, Malformed> {
        let Response::ValueResponse(response) = response;
        let blocks = response.values.iter().map(|value| {
            Ok((
                value.value_bytes.to_vec(),
                certificate::from_synced(&value.certificate)?,
            ))
        });
        Ok(Self {
            first: response.start_height,
            blocks: blocks.collect::<Result<_, Malformed>>()?,
        })
    }

    fn restore(self) -> Result<Response<MusubiContext>, Malformed> {
        let values = self
            .blocks
            .into_iter()
            .map(|(bytes, certificate)| -> Result<_, Malformed> {
                let _: Vec<_> = super::bounded(certificate.signatures.iter().collect())?;
                Ok(RawDecidedValue::new(
                    bytes.into(),
                    certificate::to_synced(&certificate),
                ))
            });
        Ok(Response::ValueResponse(ValueResponse::new(
            self.first,
            values.collect::<Result<_, _>>()?,
        )))
    }
}

/// How long the written form of an answer is.
pub(super) fn response_bytes(response: &Response<MusubiContext>) -> Result<usize, Malformed> {
    ResponseMirror::of(response).map(|mirror| mirror.encoded_size())
}
