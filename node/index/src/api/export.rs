//! Exports: the events that a question matches as CSV (RFC 4180) or as JSON lines, streamed, bounded by [`EXPORT_MAX`].

use super::{Explorer, officer, problem::Problem};
use crate::{
    error::IndexError,
    filter::Asked,
    pages::{EXPORT_MAX, EventLine},
};
use axum::extract::Query;
use axum::{
    body::Body,
    extract::{OriginalUri, State, rejection::QueryRejection},
    http::{
        HeaderMap, Uri,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use serde::Deserialize;

/// Writes one event as a line; nothing for one that cannot be written.
type Line = fn(&EventLine) -> Option<Vec<u8>>;

/// In which form.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Format {
    #[default]
    Csv,
    Json,
}

#[derive(Deserialize)]
pub(super) struct InFormat {
    #[serde(default)]
    format: Format,
}

/// First line of a CSV export.
const COLUMNS: [&str; 10] = [
    "id", "height", "time", "kind", "outcome", "subject", "row", "member", "purpose", "body",
];

pub(super) async fn export(
    State(explorer): State<Explorer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    in_format: Result<Query<InFormat>, QueryRejection>,
) -> Result<Response, Problem> {
    let unread = |error: QueryRejection| Problem::question(&error.body_text());
    let format = in_format.map_err(unread)?.format;
    let asked: Query<Asked> = Query::try_from_uri(&without_format(&uri)?).map_err(unread)?;
    officer::check_about(&explorer, (&headers, &uri), asked.about.as_deref()).await?;
    // A question that makes no sense is told before the first byte.
    asked.select("1")?;
    let events = explorer.keeper.index().export(asked.0);
    let (name, media_type, head, line): (_, _, _, Line) = match format {
        Format::Csv => (
            "musubi-events.csv",
            "text/csv; charset=utf-8",
            csv_line(&COLUMNS),
            csv,
        ),
        Format::Json => ("musubi-events.jsonl", "application/jsonl", None, json),
    };
    let lines = events.map(move |event| {
        event
            .map(|event| line(&event).unwrap_or_default())
            .inspect_err(|error: &IndexError| {
                tracing::error!(%error, "an export broke off");
            })
    });
    let head = stream::iter(head.map(Ok));
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    let bound = [("musubi-events-max", EXPORT_MAX.to_string())];
    Ok((headers, bound, Body::from_stream(head.chain(lines))).into_response())
}

/// The question alone: a filter does not know of formats and would refuse the word.
fn without_format(uri: &Uri) -> Result<Uri, Problem> {
    let query: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.starts_with("format=") && !pair.is_empty())
        .collect();
    format!("/?{}", query.join("&"))
        .parse()
        .map_err(|_| Problem::question("the query string does not read"))
}

fn json(event: &EventLine) -> Option<Vec<u8>> {
    let mut line = serde_json::to_vec(event).ok()?;
    line.push(b'\n');
    Some(line)
}

fn csv(event: &EventLine) -> Option<Vec<u8>> {
    let text = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    csv_line(&[
        &event.id.to_string(),
        &event.height.to_string(),
        &event.time.to_string(),
        &event.kind,
        &event.outcome,
        event.subject.as_deref().unwrap_or_default(),
        &text(event.row),
        &text(event.member.map(u64::from)),
        event.purpose.as_deref().unwrap_or_default(),
        event.body.get(),
    ])
}

fn csv_line(fields: &[&str]) -> Option<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(fields).ok()?;
    writer.into_inner().ok()
}
