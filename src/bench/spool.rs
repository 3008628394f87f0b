//! Requests that were made before the clock starts: signed, cut, and kept in a file, so that ten million events need no memory.
//!
//! The time of a city is cut into windows of half a day. Within one, what is sent over different connections may arrive in any order;
//! the clock goes on when all of it was answered, so nothing is recorded half a day late that is not late.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Error, LOG, cores};
use crate::clock::{HOUR_MS, Timestamp};
use crate::scenario::city::{Chunk, City};

/// Most events of one request.
pub(super) const LINES: usize = 1_000;
/// Most bytes of one request: what the server submits together.
const BYTES: usize = crate::api::MAX_SLICE_BYTES;
/// How much of a city's time is sent together.
const WINDOW_MS: i64 = 12 * HOUR_MS;
/// Chunks made at a time for each core: their text is held until it is written.
const CHUNKS_A_CORE: usize = 16;

/// A rule, and the key of what it found something about.
pub(super) type Found = (String, String);

/// Several events of one connection.
pub(super) struct Request {
    /// Over which connection it goes: whatever is about one load goes over one.
    pub(super) lane: usize,
    pub(super) lines: usize,
    pub(super) body: Vec<u8>,
}

/// Requests that are sent before the clock goes on.
pub(super) struct Window {
    /// What the clock shows while they are.
    pub(super) at: Timestamp,
    pub(super) requests: Vec<Request>,
}

impl Window {
    pub(super) fn events(&self) -> usize {
        self.requests.iter().map(|request| request.lines).sum()
    }

    /// The requests of each connection, in their order.
    pub(super) fn lanes(self, lanes: usize) -> Vec<Vec<Request>> {
        let mut of_lanes: Vec<Vec<Request>> = (0..lanes).map(|_| Vec::new()).collect();
        for request in self.requests {
            of_lanes[request.lane % lanes].push(request);
        }
        of_lanes
    }
}

/// A file of requests.
pub(super) struct Spool {
    path: PathBuf,
    pub(super) events: usize,
    /// What the ledger should find of them.
    pub(super) expected: BTreeSet<Found>,
}

/// Makes requests of the chunks of a city, one part after the other.
pub(super) struct Maker<'a> {
    city: &'a City,
    lanes: usize,
    next: usize,
    /// By window, what is sent in it.
    pending: BTreeMap<i64, Vec<Line>>,
}

struct Line {
    at: Timestamp,
    load: usize,
    text: String,
}

impl<'a> Maker<'a> {
    /// From the chunk on that comes next: what was sent of earlier ones is passed over.
    pub(super) fn new(city: &'a City, lanes: usize, next: usize) -> Result<Self, Error> {
        let mut maker =
            Self { city, lanes, next: next.saturating_sub(city.reach()), pending: BTreeMap::new() };
        while maker.next < next {
            maker.take(maker.next..next.min(maker.next + CHUNKS_A_CORE * cores()))?;
        }
        let until = maker.window(city.begins_at(next));
        maker.pending.retain(|window, _| *window >= until);
        Ok(maker)
    }

    fn window(&self, at: Timestamp) -> i64 {
        at.since(self.city.founded_at()).div_euclid(WINDOW_MS)
    }

    /// What is expected of the chunks.
    fn take(&mut self, chunks: Range<usize>) -> Result<BTreeSet<Found>, Error> {
        let mut expected = BTreeSet::new();
        for chunk in made(self.city, chunks.clone())? {
            let found = chunk.expected.iter();
            expected.extend(found.map(|found| (found.rule.to_owned(), found.subject.key())));
            for act in &chunk.played.acts {
                let line = Line {
                    at: act.recorded_at,
                    load: chunk.load_of(act),
                    text: act.envelope.compact().to_owned(),
                };
                self.pending.entry(self.window(act.recorded_at)).or_default().push(line);
            }
        }
        self.next = chunks.end;
        Ok(expected)
    }

    /// The chunks up to `end` as a file: all that is sent before the next one begins; what comes later goes with the next part, or, with
    /// the last of them, at once.
    pub(super) fn part(&mut self, path: &Path, end: usize) -> Result<Spool, Error> {
        let end = end.min(self.city.chunks());
        let mut file = BufWriter::new(File::create(path)?);
        let mut spool = Spool { path: path.to_owned(), events: 0, expected: BTreeSet::new() };
        while self.next < end {
            let chunks = self.next..end.min(self.next + CHUNKS_A_CORE * cores());
            spool.expected.append(&mut self.take(chunks)?);
            let is_last = self.next == self.city.chunks();
            let until = if is_last { i64::MAX } else { self.window(self.city.begins_at(self.next)) };
            let later = self.pending.split_off(&until);
            for lines in std::mem::replace(&mut self.pending, later).into_values() {
                spool.events += lines.len();
                write_window(&mut file, lines, self.lanes)?;
            }
        }
        file.flush()?;
        Ok(spool)
    }
}

/// These chunks, made on every core, in their order.
fn made(city: &City, chunks: Range<usize>) -> Result<Vec<Chunk>, Error> {
    let (next, all) = (AtomicUsize::new(chunks.start), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= chunks.end {
                        break;
                    }
                    let chunk = city.chunk(LOG, n);
                    if let Ok(mut all) = all.lock() {
                        all.insert(n, chunk);
                    }
                }
            });
        }
    });
    let all = all.into_inner().map_err(|_| "a thread that makes events ended")?;
    Ok(all.into_values().collect::<Result<_, _>>()?)
}

fn write_window(file: &mut impl Write, mut lines: Vec<Line>, lanes: usize) -> Result<(), Error> {
    lines.sort_by_key(|line| (line.load % lanes, line.at));
    let at = lines.iter().map(|line| line.at).max().unwrap_or_default();
    let mut requests: Vec<Request> = Vec::new();
    for line in lines {
        let (lane, bytes) = (line.load % lanes, line.text.len() + 1);
        let fits =
            |last: &&mut Request| last.lane == lane && last.lines < LINES && last.body.len() + bytes <= BYTES;
        match requests.last_mut().filter(fits) {
            Some(last) => {
                last.lines += 1;
                last.body.extend_from_slice(line.text.as_bytes());
                last.body.push(b'\n');
            }
            None => requests.push(Request { lane, lines: 1, body: (line.text + "\n").into_bytes() }),
        }
    }
    write_number(file, at.as_millis().unsigned_abs())?;
    write_number(file, requests.len() as u64)?;
    for request in requests {
        for number in [request.lane, request.lines, request.body.len()] {
            write_number(file, number as u64)?;
        }
        file.write_all(&request.body)?;
    }
    Ok(())
}

fn write_number(file: &mut impl Write, number: u64) -> Result<(), Error> {
    Ok(file.write_all(&number.to_be_bytes())?)
}

fn read_number(file: &mut impl Read) -> Result<u64, Error> {
    let mut number = [0; 8];
    file.read_exact(&mut number)?;
    Ok(u64::from_be_bytes(number))
}

impl Spool {
    /// All chunks of a city for so many connections.
    pub(super) fn of(city: &City, lanes: usize, path: &Path) -> Result<Self, Error> {
        Maker::new(city, lanes, 0)?.part(path, city.chunks())
    }

    /// Its windows from the first on.
    pub(super) fn windows(&self) -> Result<Windows, Error> {
        Ok(Windows { file: BufReader::new(File::open(&self.path)?), left: self.events })
    }

    /// The first events of it, in the order in which they are sent.
    pub(super) fn first_events(&self, most: usize) -> Result<Vec<String>, Error> {
        let mut events = Vec::new();
        let mut windows = self.windows()?;
        while let Some(window) = windows.next()?.filter(|_| events.len() < most) {
            for request in &window.requests {
                events.extend(String::from_utf8_lossy(&request.body).lines().map(str::to_owned));
            }
        }
        events.truncate(most);
        Ok(events)
    }
}

/// The windows of a file, one in memory at a time.
pub(super) struct Windows {
    file: BufReader<File>,
    left: usize,
}

impl Windows {
    pub(super) fn next(&mut self) -> Result<Option<Window>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        let at = Timestamp::from_millis(i64::try_from(read_number(&mut self.file)?)?);
        let mut requests = Vec::new();
        for _ in 0..read_number(&mut self.file)? {
            let mut number =
                || -> Result<usize, Error> { Ok(usize::try_from(read_number(&mut self.file)?)?) };
            let (lane, lines, bytes) = (number()?, number()?, number()?);
            let mut body = vec![0; bytes];
            self.file.read_exact(&mut body)?;
            requests.push(Request { lane, lines, body });
        }
        let window = Window { at, requests };
        self.left -= window.events();
        Ok(Some(window))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::scenario::city::Size;

    #[test]
    fn what_is_made_in_parts_is_what_is_made_at_once_and_again_from_where_it_stopped() {
        let city = City::make(5, Size { manifests: 1_500, chunks_a_week: 2, with_faults: true }).unwrap();
        let folder = std::env::temp_dir().join(format!("liandan-spool-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let sent = |spool: &Spool| {
            let (mut windows, mut sent) = (spool.windows().unwrap(), Vec::new());
            while let Some(window) = windows.next().unwrap() {
                assert!(window.requests.iter().all(|request| request.lines <= LINES));
                sent.push((
                    window.at,
                    window.requests.into_iter().map(|request| request.body).collect::<Vec<_>>(),
                ));
            }
            sent
        };
        let whole = Spool::of(&city, 8, &folder.join("whole")).unwrap();
        let mut first = Maker::new(&city, 8, 0).unwrap();
        let mut parts = vec![first.part(&folder.join("0"), 5).unwrap()];
        parts.push(Maker::new(&city, 8, 5).unwrap().part(&folder.join("1"), 9).unwrap());
        parts.push(Maker::new(&city, 8, 9).unwrap().part(&folder.join("2"), 99).unwrap());
        assert_eq!(parts.iter().map(|part| part.events).sum::<usize>(), whole.events);
        assert_eq!(parts.iter().flat_map(&sent).collect::<Vec<_>>(), sent(&whole));
        let expected: BTreeSet<Found> = parts.into_iter().flat_map(|part| part.expected).collect();
        assert_eq!(expected, whole.expected);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
