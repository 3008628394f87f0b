//! E-mail, through a server of the operator's (SMTP).

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::App;

/// Longest wait for the server, for each step of a delivery.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// The longest address, in characters (RFC 5321 §4.5.3.1.3, without its brackets).
pub const MAX_ADDRESS_CHARS: usize = 254;

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Not an address of a server.
    #[error(
        "the mail server is named by smtp://HOST:PORT, smtp://HOST:PORT?tls=required or smtps://HOST: {0}"
    )]
    Server(String),
    /// Not a sender.
    #[error("{0} is not a sender such as ledger@example.cn")]
    Sender(String),
}

/// Where the mail server is, and who sends.
pub struct MailSettings {
    /// `smtp://`, `smtp://…?tls=required` or `smtps://`, with the name of a user where it wants one.
    pub server: String,
    /// The password of that user.
    pub password: Option<String>,
    /// The sender.
    pub from: String,
}

impl MailSettings {
    /// Whether they can be used at all; nothing is sent and nobody asked.
    pub fn check(self) -> Result<(), MailError> {
        Mailer::new(self).map(drop)
    }
}

/// A letter in plain text.
pub(super) struct Letter {
    /// Its name, before the `@`: the same however often it is sent.
    pub(super) id: String,
    pub(super) to: Address,
    pub(super) subject: String,
    pub(super) text: String,
}

/// The way out for letters.
pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    fn new(settings: MailSettings) -> Result<Self, MailError> {
        // The words of the error may quote the address, and the address may hold a password.
        let unreadable = || MailError::Server("it cannot be read".to_owned());
        let url = reqwest::Url::parse(&settings.server).map_err(|_| unreadable())?;
        if url.password().is_some() {
            return Err(MailError::Server("the password goes into a file".to_owned()));
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.server);
        let mut builder = builder.map_err(|_| unreadable())?.timeout(Some(ANSWER_WITHIN));
        if let Some(password) = settings.password {
            builder = builder.credentials(Credentials::new(url.username().to_owned(), password));
        }
        let from = settings.from.parse().map_err(|_| MailError::Sender(settings.from))?;
        Ok(Self { transport: builder.build(), from })
    }

    /// Hand a letter to the server. The error names no address.
    pub(super) async fn send(&self, letter: Letter) -> Result<(), String> {
        let host = self.from.email.domain();
        let message = Message::builder()
            .message_id(Some(format!("<{}@{host}>", letter.id)))
            .from(self.from.clone())
            .to(Mailbox::new(None, letter.to))
            .subject(letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)
            .map_err(|_| "the letter cannot be written".to_owned())?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(match error.status() {
                // What servers say behind the code quotes the address.
                Some(code) => format!("the mail server answered {code}"),
                None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
                None => "the mail server cannot be reached".to_owned(),
            }),
        }
    }
}

impl App {
    /// Send e-mail through this server from now on; the first one that was named counts.
    pub fn use_mail(&self, settings: MailSettings) -> Result<(), MailError> {
        let mailer = Mailer::new(settings)?;
        self.inner.mailer.get_or_init(|| mailer);
        Ok(())
    }

    /// Where these pages are reached, for links in messages.
    pub fn use_public_address(&self, address: &str) {
        self.inner.public_address.get_or_init(|| address.trim_end_matches('/').to_owned());
    }
}

/// An address in its one spelling; ASCII only, so that no two look alike.
pub(super) fn address_of(text: &str) -> Option<Address> {
    let text = text.trim();
    if text.len() > MAX_ADDRESS_CHARS || !text.is_ascii() || text.bytes().any(|byte| byte.is_ascii_control())
    {
        return None;
    }
    let address: Address = text.parse().ok()?;
    Address::new(address.user(), address.domain().to_ascii_lowercase()).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling_and_carries_no_header() {
        assert_eq!(address_of(" Wang@Example.CN ").unwrap().to_string(), "Wang@example.cn");
        let long = format!("{}@example.cn", "a".repeat(MAX_ADDRESS_CHARS));
        for bad in [
            "",
            "wang",
            "wang@",
            "@example.cn",
            "wang@example.cn\r\nBcc: all@example.cn",
            "wang@example.cn\nX: y",
            "王@example.cn",
            "a@b.example, c@d.example",
            "Wang <wang@example.cn>",
            &long,
        ] {
            assert!(address_of(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_server_is_named_without_its_password() {
        let settings = |server: &str, from: &str| MailSettings {
            server: server.to_owned(),
            password: None,
            from: from.to_owned(),
        };
        for bad in ["mail.example", "smtp://wang:secret@mail.example", "https://mail.example"] {
            let error = Mailer::new(settings(bad, "ledger@example.cn")).err().unwrap().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(Mailer::new(settings("smtp://127.0.0.1:25", "nobody")).is_err());
    }
}
