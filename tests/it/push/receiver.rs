//! A platform that speaks the interface and fails in every way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The token that it knows the operator by.
pub(crate) const TOKEN: &str = "operator-token-4711";
/// How much of an answer without end is sent at least.
const ENDLESS_BYTES: usize = 512 * 1024;

/// How it answers one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    Well,
    /// Takes it, and nobody hears of it.
    TakenUnheard,
    /// Does not even take it.
    Unheard,
    /// Takes it and breaks off in the middle of its answer.
    TakenHalf,
    /// Takes it and says something that is no JSON.
    TakenGarbage,
    /// Takes it and speaks without end.
    TakenEndless,
    /// Takes it and answers 500.
    Taken500,
    /// Answers 500 without taking it.
    Lost500,
    /// Says to come again in so many seconds.
    TooMany(u64),
    /// Does not know the token for once.
    Unauthorized,
    /// Sends one elsewhere.
    Redirect,
    /// Takes it and tells of lines that were not sent.
    TakenOtherLines,
    /// Takes it and tells of no code.
    TakenNoCode,
    /// Takes it and answers twice, differently.
    TakenTwice,
}

impl Mood {
    pub(crate) const ALL: [Self; 14] = [
        Self::Well,
        Self::TakenUnheard,
        Self::Unheard,
        Self::TakenHalf,
        Self::TakenGarbage,
        Self::TakenEndless,
        Self::Taken500,
        Self::Lost500,
        Self::TooMany(3_600),
        Self::Unauthorized,
        Self::Redirect,
        Self::TakenOtherLines,
        Self::TakenNoCode,
        Self::TakenTwice,
    ];

    fn takes(self) -> bool {
        !matches!(
            self,
            Self::Unheard | Self::Lost500 | Self::TooMany(_) | Self::Unauthorized | Self::Redirect
        )
    }
}

/// What it took.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) key: String,
    pub(crate) path: String,
    pub(crate) body: Value,
    /// Lines that were taken.
    pub(crate) accepted: BTreeSet<u64>,
    pub(crate) answer: Value,
}

impl Record {
    pub(crate) fn manifest(&self) -> &str {
        self.body["id"].as_str().unwrap_or_default()
    }
}

#[derive(Default)]
struct Books {
    moods: VecDeque<Mood>,
    /// In the order in which they were taken.
    records: Vec<Record>,
    /// Requests that carried a message, by key.
    posts: BTreeMap<String, usize>,
    questions: usize,
    numbers: u64,
    /// Lines that are refused, and in which words.
    refused: BTreeMap<(String, u64), String>,
    one_number: bool,
}

/// The platform.
#[derive(Clone)]
pub(crate) struct Receiver {
    books: Arc<Mutex<Books>>,
    port: u16,
}

impl Receiver {
    pub(crate) async fn rise() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { books: Arc::default(), port: listener.local_addr().unwrap().port() };
        let books = receiver.books.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, books.clone()));
            }
        });
        receiver
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/api", self.port)
    }

    /// How it answers from here on, one request after the other, and well after them.
    pub(crate) fn moods(&self, moods: impl IntoIterator<Item = Mood>) {
        self.books.lock().unwrap().moods = moods.into_iter().collect();
    }

    /// Refuse a line of messages of a path.
    pub(crate) fn refuse(&self, path: &str, line: u64, words: &str) {
        self.books.lock().unwrap().refused.insert((path.to_owned(), line), words.to_owned());
    }

    /// Refuse nothing any more.
    pub(crate) fn relent(&self) {
        self.books.lock().unwrap().refused.clear();
    }

    /// Give everybody the same number.
    pub(crate) fn give_one_number(&self) {
        self.books.lock().unwrap().one_number = true;
    }

    /// Say something else of what it took, from here on.
    pub(crate) fn change_mind(&self, path: &str, change: impl Fn(&mut Value)) {
        for record in self.books.lock().unwrap().records.iter_mut().filter(|record| record.path == path) {
            change(&mut record.answer);
        }
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.books.lock().unwrap().records.clone()
    }

    pub(crate) fn questions(&self) -> usize {
        self.books.lock().unwrap().questions
    }

    /// How many messages came, however often each.
    pub(crate) fn posts(&self) -> usize {
        self.books.lock().unwrap().posts.values().sum()
    }

    /// What was taken of each manifest: path and mass of each line, in order.
    pub(crate) fn taken(&self, manifest: &str) -> Vec<String> {
        let records = self.records();
        let of = records.iter().filter(|record| record.manifest() == manifest);
        of.flat_map(|record| {
            let lines = record.body["wxfw"].as_array().cloned().unwrap_or_else(|| vec![json!({})]);
            let taken = lines.into_iter().filter(|line| match &line["hh"] {
                Value::String(hh) => record.accepted.contains(&hh.parse().unwrap()),
                _ => true,
            });
            let path = record.path.clone();
            taken
                .map(move |line| {
                    let said = ["hh", "mass"].map(|name| line[name].as_str().unwrap_or("-").to_owned());
                    format!("{path} {}", said.join(" "))
                })
                .collect::<Vec<_>>()
        })
        .collect()
    }
}

async fn serve(mut stream: TcpStream, books: Arc<Mutex<Books>>) {
    let Some((head, body)) = read(&mut stream).await else { return };
    let mut first = head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    assert_eq!(header("authorization"), Some(format!("Bearer {TOKEN}")));
    let (mood, answer) = {
        let mut books = books.lock().unwrap();
        let mood = books.moods.pop_front().unwrap_or(Mood::Well);
        let path = target.trim_start_matches("/api/");
        let answer = if method == "GET" {
            books.questions += 1;
            let key = path.split_once("?key=").unwrap().1;
            books.records.iter().find(|record| record.key == key).map(|record| record.answer.clone())
        } else {
            let key = header("idempotency-key").unwrap();
            *books.posts.entry(key.clone()).or_default() += 1;
            mood.takes().then(|| take(&mut books, path, key, &body))
        };
        (mood, answer)
    };
    drop(speak(&mut stream, mood, answer).await);
}

/// Take a message, once; what was said of it is said again.
fn take(books: &mut Books, path: &str, key: String, body: &[u8]) -> Value {
    if let Some(known) = books.records.iter().find(|record| record.key == key) {
        return known.answer.clone();
    }
    let body: Value = serde_json::from_slice(body).unwrap();
    let number = match body["ldbh"].as_str() {
        Some(number) => number.to_owned(),
        None => {
            books.numbers += u64::from(!books.one_number || books.numbers == 0);
            format!("2026350200{:06}", books.numbers)
        }
    };
    let (mut accepted, mut lines) = (BTreeSet::new(), Vec::new());
    for line in body["wxfw"].as_array().into_iter().flatten() {
        let hh: u64 = line["hh"].as_str().unwrap().parse().unwrap();
        match books.refused.get(&(path.to_owned(), hh)) {
            Some(words) => lines.push(json!({ "hh": hh, "code": "14", "text": words })),
            None => {
                accepted.insert(hh);
                lines.push(json!({ "hh": hh, "code": "01" }));
            }
        }
    }
    let mut answer = json!({ "code": "01", "ldbh": number });
    if !lines.is_empty() {
        answer["wxfw"] = json!(lines);
    }
    books.records.push(Record { key, path: path.to_owned(), body, accepted, answer: answer.clone() });
    answer
}

async fn speak(stream: &mut TcpStream, mood: Mood, answer: Option<Value>) -> std::io::Result<()> {
    let known =
        answer.clone().map_or_else(|| json!({ "code": "04" }).to_string(), |answer| answer.to_string());
    let status = if answer.is_some() { "200 OK" } else { "404 Not Found" };
    let whole = |status: &str, more: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\n{more}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let said = match mood {
        Mood::Well => whole(status, "", &known),
        Mood::TakenUnheard | Mood::Unheard => return Ok(()),
        Mood::TakenHalf => whole(status, "", &known)[..whole(status, "", &known).len() - 7].to_owned(),
        Mood::TakenGarbage => whole("200 OK", "", "<html>\u{0}维护中"),
        Mood::TakenEndless => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"code\":\"01\",\"x\":\"")
                .await?;
            for _ in 0..ENDLESS_BYTES / 4096 {
                stream.write_all(&[b'x'; 4096]).await?;
            }
            return Ok(());
        }
        Mood::Taken500 | Mood::Lost500 => whole("500 Internal Server Error", "", &known),
        Mood::TooMany(seconds) => {
            whole("429 Too Many Requests", &format!("retry-after: {seconds}\r\n"), "{\"code\":\"99\"}")
        }
        Mood::Unauthorized => whole("401 Unauthorized", "", "{\"code\":\"03\"}"),
        Mood::Redirect => {
            whole("302 Found", "location: /api/elsewhere\r\n", &json!({ "code": "01" }).to_string())
        }
        Mood::TakenOtherLines => {
            whole("200 OK", "", &json!({ "code": "01", "wxfw": [{ "hh": 77, "code": "01" }] }).to_string())
        }
        Mood::TakenNoCode => whole("200 OK", "", "{\"ok\":true}"),
        // A client that reads one answer has read the first; the second says the contrary.
        Mood::TakenTwice => whole(status, "", &known) + &whole("200 OK", "", "{\"code\":\"05\"}"),
    };
    stream.write_all(said.as_bytes()).await?;
    stream.shutdown().await
}

async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut part) = (Vec::new(), [0; 8192]);
    loop {
        let n = stream.read(&mut part).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&part[..n]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
        });
        if bytes.len() >= end + 4 + length.unwrap_or(0) {
            return Some((head, bytes[end + 4..].to_vec()));
        }
    }
}
