//! A mail server that keeps what it is given: as much SMTP as a client needs.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A letter as it came.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) to: Vec<String>,
    /// Headers and body, lines ended by a bare line feed.
    pub(crate) data: String,
}

impl Letter {
    /// The headers and the decoded body.
    pub(crate) fn parts(&self) -> (String, String) {
        let (head, body) = self.data.split_once("\n\n").unwrap();
        (head.to_owned(), decoded(head, body))
    }

    pub(crate) fn text(&self) -> String {
        self.parts().1
    }
}

fn decoded(head: &str, body: &str) -> String {
    use base64::Engine as _;
    let head = head.to_ascii_lowercase();
    let octets = if head.contains("content-transfer-encoding: base64") {
        let bare: String = body.split_whitespace().collect();
        base64::engine::general_purpose::STANDARD.decode(bare).unwrap()
    } else if head.contains("content-transfer-encoding: quoted-printable") {
        let joined = body.replace("=\n", "");
        let mut bytes = joined.bytes();
        let mut octets = Vec::new();
        while let Some(byte) = bytes.next() {
            if byte == b'=' {
                let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                octets.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            } else {
                octets.push(byte);
            }
        }
        octets
    } else {
        body.as_bytes().to_vec()
    };
    String::from_utf8(octets).unwrap()
}

/// The server.
#[derive(Clone)]
pub(crate) struct MailServer {
    came: Arc<Mutex<Vec<Letter>>>,
    /// Answer recipients with a refusal.
    refuses: Arc<Mutex<bool>>,
    /// Hang up on whoever calls.
    away: Arc<Mutex<bool>>,
    port: u16,
}

impl MailServer {
    /// A port at which nobody listens yet.
    pub(crate) fn dead() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { came: Arc::default(), refuses: Arc::default(), away: Arc::default(), port }
    }

    pub(crate) async fn rise(&self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        let server = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if !*server.away.lock().unwrap() {
                    tokio::spawn(server.clone().talk(stream));
                }
            }
        });
    }

    pub(crate) async fn alive() -> Self {
        let server = Self::dead();
        server.rise().await;
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub(crate) fn refuse(&self, refuses: bool) {
        *self.refuses.lock().unwrap() = refuses;
    }

    pub(crate) fn be_away(&self, is_away: bool) {
        *self.away.lock().unwrap() = is_away;
    }

    pub(crate) fn came(&self) -> Vec<Letter> {
        self.came.lock().unwrap().clone()
    }

    async fn talk(self, stream: TcpStream) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut letter = Letter { to: Vec::new(), data: String::new() };
        write.write_all(b"220 tests\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let verb = line.to_ascii_uppercase();
            let answer: &[u8] = if verb.starts_with("RCPT TO:") && *self.refuses.lock().unwrap() {
                b"450 4.2.1 <somebody> is not here now\r\n"
            } else if verb.starts_with("RCPT TO:") {
                letter.to.push(line[8..].trim_matches(['<', '>']).to_owned());
                b"250 ok\r\n"
            } else if verb == "DATA" {
                write.write_all(b"354 go on\r\n").await.unwrap();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    letter.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    letter.data.push('\n');
                }
                self.came.lock().unwrap().push(letter.clone());
                letter = Letter { to: Vec::new(), data: String::new() };
                b"250 taken\r\n"
            } else if verb == "QUIT" {
                drop(write.write_all(b"221 bye\r\n").await);
                return;
            } else {
                b"250 ok\r\n"
            };
            if write.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}
