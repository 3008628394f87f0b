//! An upload as it arrives: pieces become lines, and nobody is waited for longer than was said.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures::StreamExt;
use tokio::time::Instant;

use super::{MAX_SLICE_BYTES, MAX_SLICE_LINES};
use crate::api::bodies;
use crate::api::problem::{BUSY, MALFORMED, Problem, RETRY_AFTER_S, TIMEOUT};
use crate::ledger::envelope::MAX_FLATTENED_BYTES;

/// The longest wait for the next whole line of an upload.
pub(super) const LINE_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest an upload may take in all.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// How long the next piece of an upload is waited for behind a line that is whole. A body that is on its way has it there long before; without
/// the wait, each piece of some kilobytes would be a slice, and a commit, of its own.
const PAUSE: Duration = Duration::from_millis(10);
/// The longest that lines which are whole wait for others.
const GATHERED_FOR: Duration = Duration::from_millis(100);

/// One line of the upload, as far as it was read.
pub(super) enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// How long an upload is waited for.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// Until the next line is whole.
    line: Duration,
    /// In all.
    whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { line: LINE_TIMEOUT, whole: UPLOAD_TIMEOUT }
    }
}

/// The body of an upload, and its lines that were read and not taken yet.
pub(super) struct Incoming {
    body: BodyDataStream,
    /// What came last and was not cut into lines yet.
    unread: Bytes,
    pub(super) lines: Lines,
    /// True when there is nothing more to read.
    pub(super) has_ended: bool,
    line_timeout: Duration,
    ends_at: Instant,
}

impl Incoming {
    pub(super) fn new(body: Body, patience: Patience) -> Self {
        Self {
            body: body.into_data_stream(),
            unread: Bytes::new(),
            lines: Lines::default(),
            has_ended: false,
            line_timeout: patience.line,
            ends_at: Instant::now() + patience.whole,
        }
    }

    /// Wait for at least one line, then take what follows without a pause, up to a slice. Gives a problem when the upload broke off.
    pub(super) async fn read_slice(&mut self) -> Option<Problem> {
        let line_until = Instant::now() + self.line_timeout;
        let mut slice_until: Option<Instant> = None;
        loop {
            self.lines.push(&mut self.unread);
            if self.has_ended || self.lines.is_slice() {
                return None;
            }
            let now = Instant::now();
            if self.lines.has_whole() {
                slice_until.get_or_insert(now + GATHERED_FOR);
            }
            let until = if slice_until.is_some() { self.ends_at } else { self.ends_at.min(line_until) };
            // A body of which something is always there never lets a timer have its turn.
            if now >= until {
                return Some(Problem::new(TIMEOUT, Vec::new()));
            }
            let pause = slice_until.map_or(until, |slice_until| until.min(slice_until).min(now + PAUSE));
            let next = match tokio::time::timeout_at(pause, self.body.next()).await {
                Ok(next) => next,
                // Whoever waits for results before sending more gets them now.
                Err(_) if slice_until.is_some() => return None,
                Err(_) => return Some(Problem::new(TIMEOUT, Vec::new())),
            };
            match next {
                Some(Ok(piece)) => self.unread = piece,
                Some(Err(error)) if bodies::lacks_room(&error) => {
                    return Some(Problem::new(BUSY, Vec::new()).after(RETRY_AFTER_S));
                }
                Some(Err(_)) => {
                    let (zh, en) = ("请求内容没有完整送达", "the body did not arrive whole");
                    return Some(Problem::one(MALFORMED, "body-broken", "", zh, en));
                }
                None => {
                    self.lines.end();
                    self.has_ended = true;
                }
            }
        }
    }

    /// True when anything came that was not taken.
    pub(super) fn has_any(&self) -> bool {
        self.lines.has_any() || !self.unread.is_empty()
    }

    /// Bytes that came and were not taken.
    pub(super) fn held(&self) -> usize {
        self.lines.whole_bytes + self.lines.rest.len() + self.unread.len()
    }
}

/// Cuts pieces into lines, and holds no more of a line than an envelope may have.
#[derive(Default)]
pub(super) struct Lines {
    whole: VecDeque<Line>,
    whole_bytes: usize,
    rest: Vec<u8>,
    is_too_long: bool,
}

impl Lines {
    /// Take of a piece what fills a slice; the rest stays there, for a line takes more room than its bytes.
    pub(super) fn push(&mut self, piece: &mut Bytes) {
        while !piece.is_empty() && !self.is_slice() {
            let end = piece.iter().position(|byte| *byte == b'\n');
            let part = piece.split_to(end.unwrap_or(piece.len()));
            self.is_too_long |= self.rest.len() + part.len() > MAX_FLATTENED_BYTES + 1;
            if self.is_too_long {
                // One byte is kept, so that the line is not taken for an empty end.
                self.rest.clear();
                self.rest.push(b' ');
            } else {
                self.rest.extend_from_slice(&part);
            }
            if end.is_some() {
                drop(piece.split_to(1));
                self.end_line();
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
    pub(super) fn end(&mut self) {
        if !self.rest.is_empty() {
            self.end_line();
        }
    }

    pub(super) fn has_whole(&self) -> bool {
        !self.whole.is_empty()
    }

    /// True when anything was read that was not taken.
    pub(super) fn has_any(&self) -> bool {
        self.has_whole() || !self.rest.is_empty()
    }

    fn is_slice(&self) -> bool {
        self.whole.len() >= MAX_SLICE_LINES || self.whole_bytes >= MAX_SLICE_BYTES
    }

    pub(super) fn has_more_than_a_slice(&self) -> bool {
        self.whole.len() > MAX_SLICE_LINES
    }

    pub(super) fn take_slice(&mut self) -> Vec<Line> {
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
    use futures::stream;

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
            upload.chunks(size).for_each(|piece| lines.push(&mut Bytes::copy_from_slice(piece)));
            lines.end();
            assert_eq!(texts(&mut lines), ["one", "two", "", "four"], "pieces of {size}");
        }
    }

    #[test]
    fn a_line_feed_at_the_end_begins_no_line() {
        let mut lines = Lines::default();
        lines.push(&mut Bytes::from_static(b"one\n"));
        lines.end();
        assert_eq!(texts(&mut lines), ["one"]);
    }

    #[test]
    fn a_line_too_long_is_not_held_and_the_next_one_is_read() {
        let mut lines = Lines::default();
        for _ in 0..3 {
            lines.push(&mut vec![b'x'; MAX_FLATTENED_BYTES].into());
            assert!(lines.rest.len() <= MAX_FLATTENED_BYTES);
        }
        lines.push(&mut Bytes::from_static(b"\nnext\n"));
        lines.end();
        assert_eq!(texts(&mut lines), ["TOO LONG", "next"]);
    }

    #[test]
    fn of_a_piece_with_many_lines_no_more_is_cut_than_a_slice_has() {
        let mut piece = Bytes::from(vec![b'\n'; 3 * MAX_SLICE_LINES / 2]);
        let mut lines = Lines::default();
        lines.push(&mut piece);
        assert_eq!((lines.whole.len(), piece.len()), (MAX_SLICE_LINES, MAX_SLICE_LINES / 2));
        lines.push(&mut piece);
        assert_eq!((texts(&mut lines).len(), piece.len()), (MAX_SLICE_LINES, MAX_SLICE_LINES / 2));
        lines.push(&mut piece);
        assert_eq!((texts(&mut lines).len(), piece.len()), (MAX_SLICE_LINES / 2, 0));
    }

    fn endless(piece: &'static [u8]) -> Body {
        Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(Bytes::from_static(piece))))
    }

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(600);

    fn kind(broken: Option<Problem>) -> Option<&'static str> {
        broken.map(|problem| problem.kind.slug)
    }

    #[tokio::test]
    async fn pieces_of_a_body_on_its_way_are_one_slice_and_who_waits_for_results_gets_them() {
        let pieces = stream::iter(["a\nb", "\nc\n", "d\n"]).then(|piece| async move {
            tokio::task::yield_now().await;
            Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes()))
        });
        let mut upload =
            Incoming::new(Body::from_stream(pieces.chain(stream::pending())), Patience::default());
        assert!(upload.read_slice().await.is_none());
        assert_eq!(
            (texts(&mut upload.lines), upload.has_ended),
            (["a", "b", "c", "d"].map(str::to_owned).to_vec(), false)
        );
    }

    /// Each of these ends, or the test never does.
    #[tokio::test]
    async fn a_line_that_never_ends_is_not_waited_for_however_it_dribbles() {
        let patience = Patience { line: SHORT, whole: LONG };
        assert_eq!(kind(Incoming::new(endless(b"x"), patience).read_slice().await), Some("timeout"));
        let silent = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(kind(Incoming::new(silent, patience).read_slice().await), Some("timeout"));
    }

    #[tokio::test]
    async fn an_upload_that_never_ends_is_not_waited_for_however_many_lines_it_has() {
        let mut upload = Incoming::new(endless(b"x\n"), Patience { line: LONG, whole: SHORT });
        let broken = loop {
            let broken = upload.read_slice().await;
            let slice = upload.lines.take_slice();
            // On a slow machine its time is over before the first line was read.
            if broken.is_some() {
                break broken;
            }
            assert!(!slice.is_empty());
        };
        assert_eq!(kind(broken), Some("timeout"));
    }
}
