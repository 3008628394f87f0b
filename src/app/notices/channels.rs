//! Where the holder of a key wants to be told: an address that was shown to be theirs, for which notices.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::audience::{self, severity_named};
use super::kinds::NoticeKind;
use crate::app::access::Viewer;
use crate::app::error::{Refusal, RefusalKind, SubmitError};
use crate::app::mail::address_of;
use crate::app::{App, Fault};
use crate::catalogue::{Severity, Uscc};
use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::custody::admit::Objection;
use crate::ledger::{Kid, SigningKey};
use crate::registry::PartyKind;
use crate::shape::{Lang, Phone};
use crate::store::notice::{Addressee, StoredNotice};
use crate::store::notice_channel::{self, Channel, MAX_SENT_KEPT, Most, Outgoing};
use crate::store::{ReadTx, WriteTx, registry};

/// Digits of a code.
pub const CODE_DIGITS: usize = 8;
/// Minutes for which a code is good.
pub const CODE_LIFE_MINUTES: i64 = 30;
/// Most guesses at one code.
pub const MAX_CODE_TRIES: u64 = 5;
/// Most codes that one key, or one address, is sent in 24 hours.
pub const MAX_CODES_A_DAY: u64 = 5;
/// Seconds between two codes of one key.
pub const CODE_PAUSE_S: i64 = 60;
/// Most messages of one channel in an hour; further ones stand in the list alone.
pub const MAX_MESSAGES_AN_HOUR: u64 = 30;
/// The same for one that is major.
pub const MAX_MAJOR_AN_HOUR: u64 = 60;
/// The same for one that is critical.
pub const MAX_CRITICAL_AN_HOUR: u64 = 120;
const _: () = assert!(MAX_CRITICAL_AN_HOUR < MAX_SENT_KEPT);
/// Messages of a channel that are shown.
const SHOWN_MESSAGES: u64 = 20;

/// A way to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// E-mail.
    Email,
    /// Short messages through the gateway.
    Phone,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Email, Self::Phone];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// The way with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }

    /// An address in its one spelling.
    fn address(self, text: &str) -> Option<String> {
        match self {
            Self::Email => address_of(text).map(|address| address.to_string()),
            Self::Phone => text.parse::<Phone>().ok().map(|phone| phone.as_str().to_owned()),
        }
    }
}

/// What somebody wants.
#[derive(Clone, PartialEq, Eq)]
pub struct WantedChannel {
    /// The address.
    pub address: String,
    /// In which language; letters have both.
    pub language: Lang,
    /// Nothing that matters less.
    pub severity: Severity,
    /// Kinds of notices; all where it names none.
    pub kinds: Vec<String>,
    /// Nothing for now.
    pub is_quiet: bool,
}

/// A channel with its last messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelDetail {
    /// The channel.
    pub channel: Channel,
    /// What was and is to be sent, the last first.
    pub messages: Vec<Outgoing>,
}

/// What codes are made with: nothing is stored that opens anything.
pub(in crate::app) struct Codes([u8; 32]);

impl Codes {
    pub(in crate::app) fn of(log_key: &SigningKey) -> Self {
        Self(log_key.derived_seed("liandan/notice-codes/v1"))
    }

    /// The code that confirms a channel.
    pub(super) fn code(&self, channel: &Channel) -> String {
        let at = channel.code_at.map_or(0, Timestamp::as_millis).to_be_bytes();
        let parts: [&[u8]; 4] =
            [channel.kid.as_bytes(), channel.way.as_bytes(), channel.address.as_bytes(), &at];
        let digest = self.mac(&parts);
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:0width$}", number % 10_u64.pow(CODE_DIGITS as u32), width = CODE_DIGITS)
    }

    /// An address as it is counted.
    fn digest(&self, address: &str) -> [u8; 32] {
        self.mac(&[b"address", address.as_bytes()])
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl App {
    /// The channels of the viewer's own key.
    pub async fn notice_channels(&self, viewer: &Viewer) -> Result<Vec<ChannelDetail>, Fault> {
        let Some(kid) = viewer.kid() else { return Ok(Vec::new()) };
        let mut tx = self.inner.store.read().await?;
        let mut found = Vec::new();
        for channel in notice_channel::of_key(&mut tx, kid).await? {
            let messages = notice_channel::last(&mut tx, kid, &channel.way, SHOWN_MESSAGES).await?;
            found.push(ChannelDetail { channel, messages });
        }
        Ok(found)
    }

    /// Say where the viewer's own key wants to be told. A new address, and one that was not confirmed yet, is sent a code and nothing else.
    pub async fn set_notice_channel(
        &self,
        viewer: &Viewer,
        way: Way,
        wanted: WantedChannel,
    ) -> Result<ChannelDetail, SubmitError> {
        let (kid, now) = (viewer.kid().ok_or_else(no_key)?, self.inner.clock.now());
        let address = self.checked_address(way, &wanted)?;
        self.may_write()?;
        let mut tx = self.inner.store.write().await?;
        let party = registry::keys(&mut tx, &[kid]).await?.into_iter().next().ok_or_else(no_key)?.party;
        let known = notice_channel::of_key(&mut tx, kid).await?;
        let known = known.into_iter().find(|channel| channel.way == way.name() && channel.address == address);
        let confirmed_at = known.as_ref().and_then(|channel| channel.confirmed_at);
        let channel = Channel {
            kid,
            way: way.name().to_owned(),
            party,
            address,
            language: wanted.language.code().to_owned(),
            severity: wanted.severity.name().to_owned(),
            kinds: wanted.kinds,
            is_quiet: wanted.is_quiet,
            confirmed_at,
            code_at: confirmed_at.is_none().then_some(now),
            code_tries: 0,
        };
        if confirmed_at.is_none() {
            if let Err(refusal) = self.may_send_code(&mut tx, &channel, now).await? {
                tx.rollback().await?;
                return Err(refusal.into());
            }
            let digest = self.inner.codes.digest(&channel.address);
            notice_channel::note_code(&mut tx, kid, digest, (now, now.plus_hours(-24))).await?;
            // What waits was for another address, or is a code that is good no more.
            notice_channel::void_waiting(&mut tx, (kid, way.name()), now).await?;
            let most = most_since(Severity::Critical, now);
            notice_channel::queue(&mut tx, (kid, way.name()), None, most, now).await?;
        }
        notice_channel::put(&mut tx, &channel).await?;
        tx.commit().await?;
        self.inner.outbox.ring();
        self.one_channel(kid, way).await?.ok_or_else(|| no_key().into())
    }

    /// Show the code that came. `None` where no address of the viewer's key waits for one.
    pub async fn confirm_notice_channel(
        &self,
        viewer: &Viewer,
        way: Way,
        code: &str,
    ) -> Result<Option<ChannelDetail>, SubmitError> {
        let (Some(kid), now) = (viewer.kid(), self.inner.clock.now()) else { return Ok(None) };
        self.may_write()?;
        let mut tx = self.inner.store.write().await?;
        let waiting = notice_channel::of_key(&mut tx, kid).await?;
        let waiting =
            waiting.into_iter().find(|channel| channel.way == way.name() && channel.code_at.is_some());
        let Some(mut channel) = waiting else {
            tx.rollback().await?;
            return Ok(None);
        };
        let is_tried = notice_channel::try_code(&mut tx, &channel, MAX_CODE_TRIES).await?;
        let is_fresh = channel.code_at.is_some_and(|at| now.since(at) < CODE_LIFE_MINUTES * MINUTE_MS);
        if !is_tried || !is_fresh || !same(code.trim(), &self.inner.codes.code(&channel)) {
            // The guess is counted.
            tx.commit().await?;
            return Err(wrong_code().into());
        }
        (channel.confirmed_at, channel.code_at, channel.code_tries) = (Some(now), None, 0);
        notice_channel::put(&mut tx, &channel).await?;
        tx.commit().await?;
        Ok(self.one_channel(kid, way).await?)
    }

    /// Forget an address of the viewer's own key, and all that was sent there; false where there is none.
    pub async fn erase_notice_channel(&self, viewer: &Viewer, way: Way) -> Result<bool, SubmitError> {
        let Some(kid) = viewer.kid() else { return Ok(false) };
        self.may_write()?;
        let mut tx = self.inner.store.write().await?;
        let is_gone = notice_channel::erase(&mut tx, kid, way.name()).await?;
        tx.commit().await?;
        Ok(is_gone)
    }

    /// True where the operator configured what this way needs.
    pub fn has_way(&self, way: Way) -> bool {
        match way {
            Way::Email => self.inner.mailer.get().is_some(),
            Way::Phone => self.gateway().is_some(),
        }
    }

    async fn one_channel(&self, kid: Kid, way: Way) -> Result<Option<ChannelDetail>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let channel = notice_channel::of_key(&mut tx, kid).await?;
        let Some(channel) = channel.into_iter().find(|channel| channel.way == way.name()) else {
            return Ok(None);
        };
        let messages = notice_channel::last(&mut tx, kid, way.name(), SHOWN_MESSAGES).await?;
        Ok(Some(ChannelDetail { channel, messages }))
    }

    /// The address, or everything that is wrong with what somebody wants.
    fn checked_address(&self, way: Way, wanted: &WantedChannel) -> Result<String, Refusal> {
        let mut wrong = Vec::new();
        if !self.has_way(way) {
            let (zh, en) = ("本账本没有配置这种发送方式", "this ledger has nothing that sends this way");
            wrong.push(Objection::new("way-not-served", "/way", zh, en));
        }
        let address = way.address(&wanted.address);
        if address.is_none() {
            let (zh, en) = match way {
                Way::Email => (
                    "应为 ASCII 邮箱地址，不超过 254 个字符",
                    "an e-mail address in ASCII, at most 254 characters",
                ),
                Way::Phone => (
                    "应为手机号码，如 13800138000 或 +8613800138000",
                    "a telephone number such as +8613800138000",
                ),
            };
            wrong.push(Objection::new("channel-address", "/address", zh, en));
        }
        for (n, _) in wanted.kinds.iter().enumerate().filter(|(_, kind)| NoticeKind::named(kind).is_none()) {
            let (zh, en) = ("没有这种通知", "there is no such kind of notice");
            wrong.push(Objection::new("notice-kind", format!("/kinds/{n}"), zh, en));
        }
        match address {
            Some(address) if wrong.is_empty() => Ok(address),
            _ => Err(Refusal::unacceptable(wrong)),
        }
    }

    /// Whether one more code may go out.
    async fn may_send_code(
        &self,
        tx: &mut ReadTx,
        channel: &Channel,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, Fault> {
        let digest = self.inner.codes.digest(&channel.address);
        let since = now.plus_millis(-24 * HOUR_MS);
        let (of_key, of_address, last) = notice_channel::codes_since(tx, channel.kid, digest, since).await?;
        let is_soon = last.is_some_and(|last| now.since(last) < CODE_PAUSE_S * 1_000);
        if of_key < MAX_CODES_A_DAY && of_address < MAX_CODES_A_DAY && !is_soon {
            return Ok(Ok(()));
        }
        let zh = format!(
            "验证码每 {CODE_PAUSE_S} 秒最多发送一次，每个密钥和每个地址 24 小时内最多 {MAX_CODES_A_DAY} 次；请稍后再试"
        );
        let en = format!(
            "one code in {CODE_PAUSE_S} seconds, and {MAX_CODES_A_DAY} in 24 hours for each key and each address; try again later"
        );
        Ok(Err(refused("codes-exhausted", "/address", zh, en)))
    }
}

/// Put notices into the channels of those whom they are for.
pub(super) async fn queue(tx: &mut WriteTx, told: &[(&StoredNotice, &Addressee)]) -> Result<(), Fault> {
    let parties: BTreeSet<Uscc> = told.iter().map(|(_, to)| to.party).collect();
    let channels = notice_channel::of_parties(tx, &parties.into_iter().collect::<Vec<_>>()).await?;
    let kids: Vec<Kid> = channels.iter().map(|channel| channel.kid).collect();
    let parties: Vec<Uscc> = channels.iter().map(|channel| channel.party).collect();
    let (keys, parties) = (registry::keys(tx, &kids).await?, registry::parties(tx, &parties).await?);
    for (notice, to) in told {
        let severity = severity_named(&notice.severity);
        let is_authority = |party: Uscc| {
            parties.iter().any(|record| record.party == party && record.kinds.contains(&PartyKind::Authority))
        };
        let is_meant = |channel: &&Channel| {
            let key = keys.iter().find(|key| key.kid == channel.kid && key.party == to.party);
            key.filter(|key| key.revoked_index.is_none())
                .is_some_and(|key| audience::of_record(key, is_authority(to.party)).contains(&to.audience))
        };
        let wants = |channel: &&Channel| {
            channel.party == to.party
                && !channel.is_quiet
                && severity >= severity_named(&channel.severity)
                && (channel.kinds.is_empty() || channel.kinds.contains(&notice.kind))
        };
        for channel in channels.iter().filter(wants).filter(is_meant) {
            let most = most_since(severity.unwrap_or(Severity::Notice), to.at);
            notice_channel::queue(tx, (channel.kid, &channel.way), Some(notice.id), most, to.at).await?;
        }
    }
    Ok(())
}

/// How many messages a channel may be sent by the hour: whoever plans a thousand loads fills a list, and no mailbox. What is graver has room of its own.
fn most_since(severity: Severity, now: Timestamp) -> Most {
    let messages = match severity {
        Severity::Critical => MAX_CRITICAL_AN_HOUR,
        Severity::Major => MAX_MAJOR_AN_HOUR,
        _ => MAX_MESSAGES_AN_HOUR,
    };
    Most { messages, since: now.plus_hours(-1) }
}

/// Compared in the same time, wherever they differ.
fn same(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
    one.len() == other.len() && differ == 0
}

fn no_key() -> Refusal {
    let (zh, en) = ("没有这个密钥", "there is no such key");
    refused("key-unknown", "/header/authorization", zh, en)
}

fn wrong_code() -> Refusal {
    let zh = format!(
        "验证码不正确，或已超过 {CODE_LIFE_MINUTES} 分钟，或已试过 {MAX_CODE_TRIES} 次；可重新保存地址再发一次"
    );
    let en = format!(
        "not the code, or older than {CODE_LIFE_MINUTES} minutes, or guessed {MAX_CODE_TRIES} times; save the address again for another one"
    );
    refused("code-wrong", "/code", zh, en)
}

fn refused(code: &str, pointer: &str, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::one(RefusalKind::Unacceptable, Objection::new(code, pointer, zh, en))
}
