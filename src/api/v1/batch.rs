//! Many events at once: a stream of lines in, a stream of results out.
//!
//! Nothing here holds the whole upload: the body is read in pieces, a slice of lines is submitted when it is full or when nothing
//! more has arrived, and its results are written before more is read.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{FutureExt, StreamExt};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::receipt::ReceiptView;
use crate::api::documented::Uploading;
use crate::api::extract::{Device, Query, too_large};
use crate::api::problem::{MALFORMED, Problem, TIMEOUT, TOO_LARGE};
use crate::app::submit::DeviceTime;
use crate::app::{App, SubmitError, Submitted};
use crate::ledger::envelope::MAX_FLATTENED_BYTES;

/// Most lines of one upload.
pub const MAX_BATCH_LINES: u64 = 10_000;
/// Most lines submitted together.
pub const MAX_SLICE_LINES: usize = 1_000;
/// Most bytes submitted together.
pub const MAX_SLICE_BYTES: usize = 8 * 1024 * 1024;
/// Lines of JSON.
const NDJSON: &str = "application/x-ndjson";
/// The longest wait for the next piece of an upload.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(submit_batch))
}

/// How to take events in.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BatchQuery {
    /// Judge them all in order and throw them away: the receipts they would get, without proofs.
    #[serde(default)]
    dry_run: bool,
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
/// time, or send at most 1,000 lines. One bad line does not harm the others. No token is needed: the signatures speak. A dry run takes at
/// most 1,000 lines and 8 MiB, and judges each as if those before it had been recorded.
#[utoipa::path(post, path = "/events/batch", operation_id = "submitEvents", tag = "events",
    params(BatchQuery, ("Device-Time" = Option<String>, Header, description = "The uploading device's clock, RFC 3339.")),
    request_body(content = String, content_type = "application/x-ndjson", description = "At most 10,000 lines, each an envelope of at most 256 KiB."),
    responses((status = 200, description = "One result a line.", body = BatchLine, content_type = "application/x-ndjson"), Uploading))]
async fn submit_batch(
    State(app): State<App>,
    Query(query): Query<BatchQuery>,
    Device(device): Device,
    body: Body,
) -> Result<Response, Problem> {
    if query.dry_run {
        return dry_run(&app, device, body).await;
    }
    let upload = Upload::new(app, device, body);
    let results = futures::stream::unfold(upload, |mut upload| async move {
        let written = upload.next_results().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(written), upload))
    });
    Ok(([(header::CONTENT_TYPE, NDJSON)], Body::from_stream(results)).into_response())
}

/// Judge a whole sequence and throw it away.
async fn dry_run(app: &App, device: DeviceTime, body: Body) -> Result<Response, Problem> {
    let read = tokio::time::timeout(IDLE_TIMEOUT, to_bytes(body, MAX_SLICE_BYTES)).await;
    let bytes = read.map_err(|_| Problem::new(TIMEOUT, Vec::new()))?;
    let bytes = bytes.map_err(|_| too_large("body-too-large", MAX_SLICE_BYTES))?;
    let mut lines = Lines::default();
    lines.push(&bytes);
    lines.end();
    if lines.has_more_than_a_slice() {
        let zh = format!("试算一次最多 {MAX_SLICE_LINES} 行");
        let en = format!("more than {MAX_SLICE_LINES} lines: a dry run judges no more at once");
        return Err(Problem::one(TOO_LARGE, "too-many-lines", "", zh, en));
    }
    let results = judge(app, device, lines.take_slice(), true).await;
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

/// One line of the upload, as far as it was read.
enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// An upload being read.
struct Upload {
    app: App,
    device: DeviceTime,
    body: BodyDataStream,
    lines: Lines,
    /// Lines answered so far.
    answered: u64,
    is_over: bool,
}

impl Upload {
    fn new(app: App, device: DeviceTime, body: Body) -> Self {
        let body = body.into_data_stream();
        Self { app, device, body, lines: Lines::default(), answered: 0, is_over: false }
    }

    /// Read what has arrived, submit it, and give its results as lines; `None` at the end.
    async fn next_results(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let broken = self.read_slice().await;
        let room = usize::try_from(MAX_BATCH_LINES - self.answered).unwrap_or(usize::MAX);
        let slice: Vec<Line> = self.lines.take_slice().into_iter().take(room).collect();
        let is_full = slice.len() == room && (self.lines.has_whole() || !self.lines.rest.is_empty());
        let mut results = judge(&self.app, self.device, slice, false).await;
        let ending = broken.or_else(|| is_full.then(too_many_lines));
        if let Some(problem) = ending {
            results.push(refused(problem));
            self.is_over = true;
        }
        let mut written = Vec::new();
        for result in results {
            self.answered += 1;
            write_line(&mut written, self.answered, result);
        }
        Some(written.into())
    }

    /// Wait for at least one line, then take what is already there, up to a slice. Gives a problem when the upload broke off.
    async fn read_slice(&mut self) -> Option<Problem> {
        while !self.lines.is_slice() {
            let next = if self.lines.has_whole() {
                // Whoever waits for results before sending more gets them now.
                self.body.next().now_or_never()?
            } else {
                match tokio::time::timeout(IDLE_TIMEOUT, self.body.next()).await {
                    Ok(next) => next,
                    Err(_) => return Some(Problem::new(TIMEOUT, Vec::new())),
                }
            };
            match next {
                Some(Ok(piece)) => self.lines.push(&piece),
                Some(Err(_)) => {
                    let (zh, en) = ("请求内容没有完整送达", "the body did not arrive whole");
                    return Some(Problem::one(MALFORMED, "body-broken", "", zh, en));
                }
                None => {
                    self.lines.end();
                    self.is_over = !self.lines.has_more_than_a_slice();
                    return None;
                }
            }
        }
        None
    }
}

type Outcome = (StatusCode, Option<ReceiptView>, Option<Problem>);

/// Submit the lines of a slice, or only try them; their results in order.
async fn judge(app: &App, device: DeviceTime, slice: Vec<Line>, is_dry_run: bool) -> Vec<Outcome> {
    let mut results: Vec<Option<Outcome>> = Vec::with_capacity(slice.len());
    let (mut envelopes, mut places) = (Vec::new(), Vec::new());
    for (n, line) in slice.into_iter().enumerate() {
        match line {
            Line::Whole(bytes) => {
                envelopes.push(bytes);
                places.push(n);
                results.push(None);
            }
            Line::TooLong => {
                results.push(Some(refused(too_large("envelope-too-large", MAX_FLATTENED_BYTES))));
            }
        }
    }
    let answers = match is_dry_run {
        true => app.dry_run_many(envelopes, device).await,
        false => app.submit_many(envelopes, device).await,
    };
    match answers {
        Ok(answers) => {
            for (place, answer) in places.into_iter().zip(answers) {
                results[place] = Some(outcome(answer));
            }
        }
        Err(error) => {
            let problem = Problem::from(error);
            places.into_iter().for_each(|place| results[place] = Some(refused(problem.clone())));
        }
    }
    results.into_iter().flatten().collect()
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

/// Cuts pieces into lines, and holds no more of a line than an envelope may have.
#[derive(Default)]
struct Lines {
    whole: VecDeque<Line>,
    whole_bytes: usize,
    rest: Vec<u8>,
    is_too_long: bool,
}

impl Lines {
    fn push(&mut self, piece: &[u8]) {
        for (n, part) in piece.split(|byte| *byte == b'\n').enumerate() {
            if n > 0 {
                self.end_line();
            }
            self.is_too_long |= self.rest.len() + part.len() > MAX_FLATTENED_BYTES + 1;
            if self.is_too_long {
                // One byte is kept, so that the line is not taken for an empty end.
                self.rest.clear();
                self.rest.push(b' ');
            } else {
                self.rest.extend_from_slice(part);
            }
        }
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.rest);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        self.whole_bytes += line.len();
        let is_too_long = std::mem::take(&mut self.is_too_long);
        self.whole.push_back(if is_too_long { Line::TooLong } else { Line::Whole(line) });
    }

    /// The upload has ended: what stands after the last line feed is a line too, unless it is empty.
    fn end(&mut self) {
        if !self.rest.is_empty() {
            self.end_line();
        }
    }

    fn has_whole(&self) -> bool {
        !self.whole.is_empty()
    }

    fn is_slice(&self) -> bool {
        self.whole.len() >= MAX_SLICE_LINES || self.whole_bytes >= MAX_SLICE_BYTES
    }

    fn has_more_than_a_slice(&self) -> bool {
        self.whole.len() > MAX_SLICE_LINES
    }

    fn take_slice(&mut self) -> Vec<Line> {
        let count = self.whole.len().min(MAX_SLICE_LINES);
        let slice: Vec<Line> = self.whole.drain(..count).collect();
        self.whole_bytes =
            self.whole.iter().map(|line| if let Line::Whole(bytes) = line { bytes.len() } else { 1 }).sum();
        slice
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn texts(lines: &mut Lines) -> Vec<String> {
        let text = |line| match line {
            Line::Whole(bytes) => String::from_utf8(bytes).unwrap(),
            Line::TooLong => "TOO LONG".to_owned(),
        };
        lines.take_slice().into_iter().map(text).collect()
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let upload = b"one\r\ntwo\n\nfour";
        for size in 1..=upload.len() {
            let mut lines = Lines::default();
            upload.chunks(size).for_each(|piece| lines.push(piece));
            lines.end();
            assert_eq!(texts(&mut lines), ["one", "two", "", "four"], "pieces of {size}");
        }
    }

    #[test]
    fn a_line_feed_at_the_end_begins_no_line() {
        let mut lines = Lines::default();
        lines.push(b"one\n");
        lines.end();
        assert_eq!(texts(&mut lines), ["one"]);
    }

    #[test]
    fn a_line_too_long_is_not_held_and_the_next_one_is_read() {
        let mut lines = Lines::default();
        for _ in 0..3 {
            lines.push(&vec![b'x'; MAX_FLATTENED_BYTES]);
            assert!(lines.rest.len() <= MAX_FLATTENED_BYTES);
        }
        lines.push(b"\nnext\n");
        lines.end();
        assert_eq!(texts(&mut lines), ["TOO LONG", "next"]);
    }
}
