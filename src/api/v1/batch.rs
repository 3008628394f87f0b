//! Many events at once: a stream of lines in, a stream of results out.
//!
//! Nothing here holds the whole upload: the body is read in pieces, a slice of lines is submitted when it is full or when nothing
//! more has arrived for a moment, and its results are written before more is read.

mod incoming;

use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::receipt::ReceiptView;
use crate::api::bodies::Share;
use crate::api::documented::Uploading;
use crate::api::extract::{Device, Query, too_large};
use crate::api::problem::{Problem, TIMEOUT, TOO_LARGE};
use crate::api::rates::Meter;
use crate::app::submit::DeviceTime;
use crate::app::{App, SubmitError, Submitted, Unit};
use crate::ledger::envelope::MAX_FLATTENED_BYTES;
use incoming::{Incoming, LINE_TIMEOUT, Line, Lines, Patience};

/// Most lines of one upload.
pub const MAX_BATCH_LINES: u64 = 10_000;
/// Most lines submitted together.
pub const MAX_SLICE_LINES: usize = 1_000;
/// Most bytes submitted together.
pub const MAX_SLICE_BYTES: usize = 8 * 1024 * 1024;
/// Lines of JSON.
const NDJSON: &str = "application/x-ndjson";

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(submit_batch))
}

/// What is taken or refused as one.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum AllOrNothing {
    /// All events of a manifest, or none of them.
    Manifest,
}

/// How to take events in.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BatchQuery {
    /// Judge them all in order and throw them away: the receipts they would get, without proofs.
    #[serde(default)]
    dry_run: bool,
    /// `manifest`: of each manifest take all lines or none. A line that cannot be read may belong to any: then nothing is taken.
    #[serde(default)]
    #[param(inline)]
    all_or_nothing: Option<AllOrNothing>,
}

impl BatchQuery {
    fn unit(&self) -> Unit {
        match self.all_or_nothing {
            None => Unit::Event,
            Some(AllOrNothing::Manifest) => Unit::Manifest,
        }
    }
}

/// The result of one line.
#[derive(Serialize, ToSchema)]
struct BatchLine {
    /// Number of the line, from 1.
    line: u64,
    /// The HTTP status it would have had alone.
    status: u16,
    /// The receipt, when it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptView>,
    /// The problem, when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// Record many signed events, one envelope a line.
///
/// The answer has one result a line, in order, and is written while the upload is still being read: read and write at the same
/// time, or send at most 1,000 lines. One bad line does not harm the others, and a line may stand on a later one of the same thousand: they
/// are recorded in an order in which they can be. No token is needed: the signatures speak. A dry run, and an upload of which each manifest is
/// taken whole or not at all, have at most 1,000 lines and 8 MiB and are answered when all of them were judged.
#[utoipa::path(post, path = "/events/batch", operation_id = "submitEvents", tag = "events",
    params(BatchQuery, ("Device-Time" = Option<String>, Header, description = "The uploading device's clock, RFC 3339.")),
    request_body(content = String, content_type = "application/x-ndjson", description = "At most 10,000 lines, each an envelope of at most 256 KiB."),
    responses((status = 200, description = "One result a line.", body = BatchLine, content_type = "application/x-ndjson"), Uploading))]
async fn submit_batch(
    State(app): State<App>,
    Query(query): Query<BatchQuery>,
    Device(device): Device,
    meter: Option<Extension<Meter>>,
    share: Option<Extension<Share>>,
    body: Body,
) -> Result<Response, Problem> {
    let meter = meter.map(|Extension(meter)| meter);
    let share = share.map(|Extension(share)| share);
    if query.dry_run || query.unit() != Unit::Event {
        return at_once(&app, device, meter.as_ref(), &query, body).await;
    }
    let incoming = Incoming::new(body, Patience::default());
    let upload =
        Upload { app, device, meter, share, incoming, answered: 0, is_let_in: false, is_over: false };
    let results = futures::stream::unfold(upload, |mut upload| async move {
        let written = upload.next_results().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(written), upload))
    });
    Ok(([(header::CONTENT_TYPE, NDJSON)], Body::from_stream(results)).into_response())
}

/// Judge a whole upload at once.
async fn at_once(
    app: &App,
    device: DeviceTime,
    meter: Option<&Meter>,
    query: &BatchQuery,
    body: Body,
) -> Result<Response, Problem> {
    let read = tokio::time::timeout(LINE_TIMEOUT, to_bytes(body, MAX_SLICE_BYTES)).await;
    let bytes = read.map_err(|_| Problem::new(TIMEOUT, Vec::new()))?;
    let bytes = bytes.map_err(|_| too_large("body-too-large", MAX_SLICE_BYTES))?;
    let mut lines = Lines::default();
    let mut unread = bytes;
    lines.push(&mut unread);
    lines.end();
    if !unread.is_empty() || lines.has_more_than_a_slice() {
        let zh = format!("试算、整单收存一次最多 {MAX_SLICE_LINES} 行");
        let en = format!("more than {MAX_SLICE_LINES} lines: no more are judged at once");
        return Err(Problem::one(TOO_LARGE, "too-many-lines", "", zh, en));
    }
    let so = if query.dry_run { So::Tried(query.unit()) } else { So::Recorded(query.unit()) };
    let mut results = judge(app, device, lines.take_slice(), so).await;
    results.extend(count_failures(meter, &results).map(refused));
    let mut written = Vec::new();
    (1..).zip(results).for_each(|(line, result)| write_line(&mut written, line, result));
    Ok(([(header::CONTENT_TYPE, NDJSON)], written).into_response())
}

fn write_line(written: &mut Vec<u8>, line: u64, (status, receipt, problem): Outcome) {
    let line = BatchLine { line, status: status.as_u16(), receipt, problem };
    // Views of ours always serialise; an empty line would still keep the count.
    written.extend(serde_json::to_vec(&line).unwrap_or_default());
    written.push(b'\n');
}

/// An upload being read.
struct Upload {
    app: App,
    device: DeviceTime,
    /// Counts the failures among its lines, where calls are counted.
    meter: Option<Meter>,
    /// What is held of its body, where that is counted.
    share: Option<Share>,
    incoming: Incoming,
    /// Lines answered so far.
    answered: u64,
    /// Whether there was room for any of it.
    is_let_in: bool,
    is_over: bool,
}

impl Upload {
    /// Read what has arrived, submit it, and give its results as lines; `None` at the end.
    async fn next_results(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let broken = self.incoming.read_slice().await;
        let lines = &mut self.incoming.lines;
        let is_last = self.incoming.has_ended && !lines.has_more_than_a_slice();
        let room = usize::try_from(MAX_BATCH_LINES - self.answered).unwrap_or(usize::MAX);
        let slice: Vec<Line> = lines.take_slice().into_iter().take(room).collect();
        let is_full = slice.len() == room && self.incoming.has_any();
        let so = if self.is_let_in { So::RecordedOn } else { So::Recorded(Unit::Event) };
        let mut results = judge(&self.app, self.device, slice, so).await;
        self.is_let_in |= results.iter().any(|(status, ..)| *status != StatusCode::SERVICE_UNAVAILABLE);
        if let Some(share) = &self.share {
            share.keep(self.incoming.held());
        }
        let shut_out = count_failures(self.meter.as_ref(), &results);
        let ending = shut_out.or(broken).or_else(|| is_full.then(too_many_lines));
        self.is_over = is_last || ending.is_some();
        results.extend(ending.map(refused));
        let mut written = Vec::new();
        for result in results {
            self.answered += 1;
            write_line(&mut written, self.answered, result);
        }
        Some(written.into())
    }
}

/// Count what failed among these results; a problem when the sender is not listened to any longer.
fn count_failures(meter: Option<&Meter>, results: &[Outcome]) -> Option<Problem> {
    let meter = meter?;
    let mut problems = results.iter().filter_map(|(_, _, problem)| problem.as_ref());
    problems.find_map(|problem| meter.count(problem).err())
}

type Outcome = (StatusCode, Option<ReceiptView>, Option<Problem>);

/// What becomes of the lines of a slice.
#[derive(Clone, Copy)]
enum So {
    /// They are judged, and nothing is kept.
    Tried(Unit),
    Recorded(Unit),
    /// They are recorded behind others of their upload.
    RecordedOn,
}

/// Submit the lines of a slice, or only try them; their results in order.
async fn judge(app: &App, device: DeviceTime, slice: Vec<Line>, so: So) -> Vec<Outcome> {
    // Nothing is held of a line that is too long: it is refused here as any empty line, and told below why.
    let too_long: Vec<bool> = slice.iter().map(|line| matches!(line, Line::TooLong)).collect();
    let envelopes =
        slice.into_iter().map(|line| if let Line::Whole(bytes) = line { bytes } else { Vec::new() });
    let envelopes: Vec<Vec<u8>> = envelopes.collect();
    let answers = match so {
        So::Tried(unit) => app.dry_run_many(envelopes, device, unit).await,
        So::Recorded(unit) => app.submit_whole(envelopes, device, unit).await,
        So::RecordedOn => app.submit_on(envelopes, device).await,
    };
    let results: Vec<Outcome> = match answers {
        Ok(answers) => answers.into_iter().map(outcome).collect(),
        Err(error) => vec![refused(error.into()); too_long.len()],
    };
    let told = |(result, is_too_long)| match is_too_long {
        true => refused(too_large("envelope-too-large", MAX_FLATTENED_BYTES)),
        false => result,
    };
    results.into_iter().zip(too_long).map(told).collect()
}

fn outcome(answer: Result<Submitted, SubmitError>) -> Outcome {
    match answer {
        Ok(submitted) => {
            let status = if submitted.is_new { StatusCode::CREATED } else { StatusCode::OK };
            (status, Some(submitted.receipt.into()), None)
        }
        Err(error) => refused(error.into()),
    }
}

fn refused(problem: Problem) -> Outcome {
    let status = problem.kind.status;
    (status, None, Some(problem))
}

fn too_many_lines() -> Problem {
    let zh = format!("一次最多 {MAX_BATCH_LINES} 行，其余未读取");
    let en = format!("more than {MAX_BATCH_LINES} lines: the rest was not read; send it in another upload");
    Problem::one(TOO_LARGE, "too-many-lines", "", zh, en)
}
