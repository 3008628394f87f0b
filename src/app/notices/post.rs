//! Sending: whose turn it is, each channel in its order, what to do when something cannot be sent.

use std::time::Duration;

use lettre::Address;

use super::NoticeItem;
use super::channels::{CODE_LIFE_MINUTES, Way};
use crate::app::access::Viewer;
use crate::app::deadlines::pause_for;
use crate::app::gateway::ShortMessage;
use crate::app::mail::Letter;
use crate::app::{App, Fault};
use crate::clock::{Clock, HOUR_MS, MINUTE_MS, Timestamp};
use crate::id::derived;
use crate::shape::Lang;
use crate::store::notice_channel::{self, Channel, Outgoing};

/// After so long a message is given up.
const GIVEN_UP_AFTER_HOURS: i64 = 24;
/// Pauses after the first failures, in milliseconds; the last one again and again.
const PAUSES_MS: [i64; 6] = [30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS];
/// How long one process has a message to itself, in milliseconds: longer than sending it takes.
const LEASE_MS: i64 = 5 * MINUTE_MS;
/// Messages sent at a time.
const AT_A_TIME: u64 = 8;
/// Another process may have committed what this one is not told of.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What is sent, or why nothing need be.
enum Written {
    Text(Text),
    /// Nobody needs it any more.
    Void(&'static str),
}

/// A message in words, without anything that the reader of a mailbox must not know: its kind, a number, a link.
struct Text {
    template: &'static str,
    subject: String,
    zh: String,
    en: String,
    parameters: Vec<(&'static str, String)>,
}

impl App {
    /// Send what is due, until nothing is; how many messages were taken.
    pub async fn send_notices(&self) -> Result<usize, Fault> {
        let mut sent = 0;
        if self.may_write().is_err() {
            return Ok(sent);
        }
        loop {
            let now = self.inner.clock.now();
            let due = notice_channel::due(&mut self.inner.store.read().await?, now, AT_A_TIME).await?;
            let is_any = !due.is_empty();
            let turns = due.into_iter().map(|message| self.turn_of(message, now));
            for turn in futures::future::join_all(turns).await {
                sent += usize::from(turn?);
            }
            if !is_any {
                return Ok(sent);
            }
        }
    }

    /// Send until the app is gone. A clock that stands still is not watched: whoever sets it calls [`App::send_notices`].
    pub fn watch_channels(&self) {
        if matches!(self.inner.clock, Clock::Manual(_)) {
            return;
        }
        let weak = std::sync::Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                let Some(inner) = weak.upgrade() else { return };
                let app = App { inner };
                if let Err(fault) = app.send_notices().await {
                    tracing::error!(error = %fault, "notices could not be sent; trying again");
                }
                drop(app);
                pause_for(LOOK_AGAIN).await;
            }
        });
    }

    /// Send one message, if no other process does; true when it was taken.
    async fn turn_of(&self, message: Outgoing, now: Timestamp) -> Result<bool, Fault> {
        let mut tx = self.inner.store.write().await?;
        let is_ours = notice_channel::lease(&mut tx, &message, (now, now.plus_millis(LEASE_MS))).await?;
        tx.commit().await?;
        if !is_ours {
            return Ok(false);
        }
        let mut tx = self.inner.store.read().await?;
        let channels = notice_channel::of_key(&mut tx, message.kid).await?;
        drop(tx);
        let channel = channels.into_iter().find(|channel| channel.way == message.way);
        let written = match &channel {
            Some(channel) => self.written(channel, &message).await?,
            None => Written::Void("its address is gone"),
        };
        let (state, error) = match (written, &channel) {
            (Written::Void(why), _) => ("void", Some(why.to_owned())),
            (Written::Text(text), Some(channel)) => match self.send_text(channel, &message, text).await {
                Ok(()) => ("sent", None),
                Err(why) if now.since(message.made_at) >= GIVEN_UP_AFTER_HOURS * HOUR_MS => {
                    ("given-up", Some(why))
                }
                Err(why) => ("waiting", Some(why)),
            },
            (Written::Text(_), None) => ("void", None),
        };
        let failures = usize::try_from(message.attempts).unwrap_or(usize::MAX).min(PAUSES_MS.len() - 1);
        let mut tx = self.inner.store.write().await?;
        let next_at = now.plus_millis(PAUSES_MS[failures]);
        notice_channel::attempted(&mut tx, &message, state, next_at, (now, error)).await?;
        tx.commit().await?;
        Ok(state == "sent")
    }

    /// A message in words. What was read, done or taken away meanwhile is not sent.
    async fn written(&self, channel: &Channel, message: &Outgoing) -> Result<Written, Fault> {
        let Some(id) = message.notice else {
            return Ok(match (channel.code_at, channel.confirmed_at) {
                (Some(_), None) => Written::Text(self.code_text(channel)),
                _ => Written::Void("no code is waited for"),
            });
        };
        if channel.confirmed_at.is_none() {
            return Ok(Written::Void("the address was not confirmed"));
        }
        if channel.is_quiet {
            return Ok(Written::Void("its holder wants quiet"));
        }
        let viewer = Viewer::of_key(&mut self.inner.store.read().await?, channel.kid).await?;
        let Some(viewer) = viewer else { return Ok(Written::Void("its key has ended")) };
        Ok(match self.notice(&viewer, id).await? {
            None => Written::Void("it is no longer for its holder"),
            Some(item) if item.read_at.is_some() => Written::Void("it was read"),
            Some(item) if item.notice.done_at.is_some() => Written::Void("it was done"),
            Some(item) => Written::Text(self.notice_text(&item)),
        })
    }

    fn code_text(&self, channel: &Channel) -> Text {
        let (code, ledger) = (self.inner.codes.code(channel), self.origin());
        Text {
            template: "code",
            subject: "联单验证码 · liandan: a code".to_owned(),
            zh: format!(
                "账本 {ledger} 的验证码：{code}，{CODE_LIFE_MINUTES} 分钟内有效。如非本人操作，请忽略。"
            ),
            en: format!(
                "The code of the ledger {ledger} is {code}, good for {CODE_LIFE_MINUTES} minutes. If you did not ask for it, ignore it."
            ),
            parameters: vec![("code", code), ("minutes", CODE_LIFE_MINUTES.to_string())],
        }
    }

    fn notice_text(&self, item: &NoticeItem) -> Text {
        let (zh, en) = (item.kind.zh, item.kind.en);
        let link = self.inner.public_address.get().map(|base| format!("{base}{}", item.link()));
        let link = link.unwrap_or_else(|| self.origin().to_owned());
        let number = item.number.clone().unwrap_or_default();
        let [zh_number, en_number] = match number.is_empty() {
            true => [String::new(), String::new()],
            false => [format!("，联单 {number}"), format!(", manifest {number}")],
        };
        Text {
            template: "notice",
            subject: format!("联单：{zh} · liandan: {en}"),
            zh: format!("{zh}{zh_number}。{link}"),
            en: format!("{en}{en_number}. {link}"),
            parameters: vec![("kind", item.kind.name.to_owned()), ("number", number), ("link", link)],
        }
    }

    /// Hand a text over, once. No error names the address.
    async fn send_text(&self, channel: &Channel, message: &Outgoing, text: Text) -> Result<(), String> {
        let id = message_id(self.origin(), message);
        match Way::named(&channel.way) {
            Some(Way::Email) => {
                let mailer = self.inner.mailer.get().ok_or("no mail server is configured")?;
                let to: Address = channel.address.parse().map_err(|_| "not an address")?;
                let body = format!("{}\n\n{}\n", text.zh, text.en);
                mailer.send(Letter { id, to, subject: text.subject, text: body }).await
            }
            Some(Way::Phone) => {
                let gateway = self.gateway().ok_or("no gateway is configured")?;
                let language = Lang::named(&channel.language).unwrap_or(Lang::Zh);
                let message = ShortMessage {
                    id: format!("msg_{id}"),
                    to: channel.address.parse().map_err(|_| "not a number")?,
                    template: text.template,
                    language,
                    text: language.pick(text.zh, text.en),
                    parameters: text.parameters.into_iter().collect(),
                };
                gateway.tell(&message).await.map_err(|error| error.to_string())
            }
            None => Err("no such way".to_owned()),
        }
    }
}

/// The name of a message: the same however often it is sent.
fn message_id(ledger: &str, message: &Outgoing) -> String {
    let (n, at) = (message.n.to_be_bytes(), message.made_at.as_millis().to_be_bytes());
    let parts: [&[u8]; 6] = [
        b"liandan/notice-message/v1",
        ledger.as_bytes(),
        message.kid.as_bytes(),
        message.way.as_bytes(),
        &n,
        &at,
    ];
    derived(&parts).simple().to_string()
}
