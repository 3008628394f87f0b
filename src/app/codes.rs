//! Codes that confirm handovers: whoever is to state one alone has a code sent to the other side's telephone, is told it there, and gets a statement of
//! the log's key that its event carries. It shows who was asked, and is no signature of the other side.

use std::collections::BTreeMap;

use super::access::{Viewer, insiders, own_party};
use super::error::{Refusal, RefusalKind, SubmitError};
use super::gateway::ShortMessage;
use super::seal::new_id;
use super::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::custody::confirmed::{CODE_PROOF_HOURS, CodeStatement};
use crate::custody::payload::handover::Step;
use crate::id::{CodeId, ManifestId};
use crate::ledger::Digest;
use crate::registry::Role;
use crate::shape::{Lang, Phone, Text};
use crate::store::code::{self, ConfirmationPhone, StoredCode};
use crate::store::{ReadTx, registry};

/// How long a code is good, in minutes.
pub const CODE_LIFE_MINUTES: i64 = 10;
/// How often something else may be told before a code is good no more.
pub const MAX_CODE_TRIES: u64 = 5;
/// Most codes that a party gets sent to others for one manifest in an hour.
pub const MAX_MANIFEST_CODES: u64 = 6;
/// Most codes from one party to another in an hour.
pub const MAX_ASKER_CODES: u64 = 12;
/// Most codes to the telephone of one party in an hour, whoever asks and whichever telephone it is.
pub const MAX_PARTY_CODES: u64 = 60;
/// Codes are kept so long, for these limits, in hours.
const KEPT_HOURS: i64 = 24;
/// How many codes there are.
const CODES: u64 = 1_000_000;

/// The handover that is to be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedCode {
    /// The manifest.
    pub manifest: ManifestId,
    /// The step.
    pub step: Step,
    /// Who lets go.
    pub from: Uscc,
    /// Who takes over.
    pub to: Uscc,
}

/// A code that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentCode {
    /// Names it.
    pub id: CodeId,
    /// Where it went, as much of it as its holder recognises.
    pub sent_to: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// The code itself, in a sandbox alone.
    pub shown: Option<String>,
}

/// What the log's key says once a code was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldCode {
    /// The `waste-code+jws`, for `confirmed` of the handover.
    pub proof: String,
    /// The handover happened no later.
    pub until: Timestamp,
}

impl App {
    /// Show codes to whoever asks for them, and send none: for sandboxes.
    pub fn show_codes(&self) {
        let _ = self.inner.shows_codes.set(());
    }

    /// Register the telephone that codes for the viewer's party go to; or (`None`) forget it. False where there was none to forget.
    pub async fn set_confirmation_phone(
        &self,
        viewer: &Viewer,
        phone: Option<Phone>,
    ) -> Result<bool, SubmitError> {
        let Viewer::Party { role: Role::Administrator, kid, .. } = *viewer else {
            let zh = "只有本单位的管理员可以登记确认电话";
            let en = "an administrator of the party registers its telephone";
            return Err(refused("not-administrator", "/header/authorization", zh, en).into());
        };
        self.may_write()?;
        let mut tx = self.inner.store.write().await?;
        // Who looks as another party registers nothing for it: codes would go to the one that asks for them.
        let Some(party) = own_party(&mut tx, viewer).await? else {
            tx.rollback().await?;
            let zh = "代其他单位操作时不能登记其确认电话";
            let en = "a mandate does not reach to the telephone of another party";
            return Err(refused("not-administrator", "/header/acting-for", zh, en).into());
        };
        let is_done = match phone {
            Some(phone) => {
                let at = self.inner.clock.now();
                code::put_phone(&mut tx, party, &ConfirmationPhone { phone, kid, at }).await?;
                true
            }
            None => code::forget_phone(&mut tx, party).await?,
        };
        tx.commit().await?;
        Ok(is_done)
    }

    /// The telephone of the viewer's party, for its own office.
    pub async fn confirmation_phone(&self, viewer: &Viewer) -> Result<Option<ConfirmationPhone>, Fault> {
        match viewer {
            Viewer::Party { party, role, .. } if !role.is_crew() => {
                Ok(code::phone(&mut self.inner.store.read().await?, *party).await?)
            }
            _ => Ok(None),
        }
    }

    /// Send a code to the other side of a handover that the viewer's party is about to state. `None` where the viewer knows of no such manifest.
    pub async fn send_code(
        &self,
        viewer: &Viewer,
        wanted: WantedCode,
    ) -> Result<Option<SentCode>, SubmitError> {
        let Some(asked_by) = viewer.party() else { return Ok(None) };
        let shows = self.inner.shows_codes.get().is_some();
        let now = self.inner.clock.now();
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        let Some(shelf) = self.visible_manifest(&mut tx, viewer, wanted.manifest).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let other = other_side(&wanted, asked_by)?;
        if !insiders(&shelf.state).contains(&other) {
            let zh = "另一方不是这份联单上的单位";
            return Err(
                refused("not-on-manifest", "/to", zh, "the other side has no role on the manifest").into()
            );
        }
        let phone = self.phone_for(&mut tx, wanted.manifest, (asked_by, other), now).await?;
        if self.gateway().is_none() && !shows {
            let zh = "本账本没有配置短信网关，请改用手写签名";
            let en = "this ledger sends no short messages; let the other side sign by hand";
            return Err(refused("no-gateway", "", zh, en).into());
        }
        let (id, told) = (CodeId::from_uuid(new_id(now)?), new_code()?);
        let WantedCode { manifest, step, from, to } = wanted;
        let hash = self.code_hash(id, &told);
        let stored = StoredCode {
            id,
            asked_by,
            asked_of: other,
            manifest,
            step,
            from,
            to,
            sent_to: phone.masked(),
            hash,
            tries: 0,
            made_at: now,
            confirmed_at: None,
        };
        code::insert(&mut tx, &stored, now.plus_hours(-KEPT_HOURS)).await?;
        let names = registry::parties(&mut tx, &[from, to]).await?;
        let name = |code: Uscc| {
            let record = names.iter().find(|record| record.party == code);
            record.map_or_else(|| code.to_string(), |record| record.name.clone())
        };
        let number = shelf.label.clone().unwrap_or_else(|| manifest.to_string());
        tx.commit().await?;
        if !shows {
            let message = message(&stored, phone, &told, &number, (name(from), name(to)));
            self.pass_on(id, &message).await?;
        }
        let expires_at = now.plus_millis(CODE_LIFE_MINUTES * 60_000);
        Ok(Some(SentCode { id, sent_to: stored.sent_to, expires_at, shown: shows.then_some(told) }))
    }

    /// Where a code for the other side goes, if one may go there just now.
    async fn phone_for(
        &self,
        tx: &mut ReadTx,
        manifest: ManifestId,
        (asked_by, other): (Uscc, Uscc),
        now: Timestamp,
    ) -> Result<Phone, SubmitError> {
        let Some(ConfirmationPhone { phone, .. }) = code::phone(tx, other).await? else {
            let zh = "另一方没有登记确认电话，请改用手写签名";
            let en = "the other side has registered no telephone; let it sign by hand";
            return Err(refused("no-phone", "", zh, en).into());
        };
        let made = code::made_since(tx, manifest, (asked_by, other), now.plus_hours(-1)).await?;
        if made.of_manifest >= MAX_MANIFEST_CODES
            || made.of_asker >= MAX_ASKER_CODES
            || made.in_all >= MAX_PARTY_CODES
        {
            let zh = format!(
                "一小时内，贵单位就每份联单最多获取 {MAX_MANIFEST_CODES} 个验证码、向同一单位最多 {MAX_ASKER_CODES} 个，每个单位总共最多收到 {MAX_PARTY_CODES} 个；请稍后再试"
            );
            let en = format!(
                "within an hour you are sent at most {MAX_MANIFEST_CODES} codes for a manifest and {MAX_ASKER_CODES} to one party, which gets at most {MAX_PARTY_CODES} in all; try again later"
            );
            return Err(refused("codes-exhausted", "", zh, en).into());
        }
        Ok(phone)
    }

    /// Hand a message to the gateway; a code that did not go is forgotten.
    async fn pass_on(&self, id: CodeId, message: &ShortMessage) -> Result<(), SubmitError> {
        let Some(gateway) = self.gateway() else { return Ok(()) };
        let Err(error) = gateway.tell(message).await else { return Ok(()) };
        tracing::warn!(error = %error, "the gateway took no code");
        let mut tx = self.inner.store.write().await?;
        code::delete(&mut tx, id).await?;
        tx.commit().await?;
        let zh = "短信网关没有收下验证码，请稍后再试或改用手写签名";
        let en = "the gateway did not take the code; try again, or let the other side sign by hand";
        Err(refused("gateway-failed", "", zh, en).into())
    }

    /// Somebody of the other side told a code. `None` where the viewer's party asked for no such one; told again it gives the same statement.
    pub async fn confirm_code(
        &self,
        viewer: &Viewer,
        id: CodeId,
        told: &str,
    ) -> Result<Option<ToldCode>, SubmitError> {
        let Some(asked_by) = viewer.party() else { return Ok(None) };
        let now = self.inner.clock.now();
        let mut tx = self.inner.store.write().await?;
        // Nobody tries twice at once.
        self.lock(&mut tx).await?;
        let Some(stored) = code::get(&mut tx, id, asked_by).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        if stored.tries >= MAX_CODE_TRIES || now >= stored.made_at.plus_millis(CODE_LIFE_MINUTES * 60_000) {
            tx.rollback().await?;
            let zh = format!(
                "验证码已失效：有效期 {CODE_LIFE_MINUTES} 分钟，最多试 {MAX_CODE_TRIES} 次；请重新获取"
            );
            let en = format!(
                "the code is good no more: it lives {CODE_LIFE_MINUTES} minutes and {MAX_CODE_TRIES} tries; ask for another"
            );
            return Err(refused("code-expired", "/code", zh, en).into());
        }
        if self.code_hash(id, told) != stored.hash {
            code::count_try(&mut tx, id).await?;
            tx.commit().await?;
            let left = MAX_CODE_TRIES - stored.tries - 1;
            let zh = format!("验证码不正确，还可再试 {left} 次");
            let en = format!("this is not the code; {left} tries are left");
            return Err(refused("code-wrong", "/code", zh, en).into());
        }
        let at = stored.confirmed_at.unwrap_or(now);
        if stored.confirmed_at.is_none() {
            code::confirm(&mut tx, id, at).await?;
        }
        tx.commit().await?;
        self.statement(&stored, at).map(Some)
    }

    fn statement(&self, stored: &StoredCode, at: Timestamp) -> Result<ToldCode, SubmitError> {
        let masked: String = stored.sent_to.chars().filter(char::is_ascii_digit).collect();
        let text = |error: String| Fault::Tree(format!("a code statement cannot be made: {error}"));
        let wanted =
            WantedCode { manifest: stored.manifest, step: stored.step, from: stored.from, to: stored.to };
        let until = at.plus_hours(CODE_PROOF_HOURS);
        let said = CodeStatement {
            v: 1,
            log: Text::new(self.origin()).map_err(text)?,
            manifest: stored.manifest,
            step: stored.step,
            from: stored.from,
            to: stored.to,
            party: other_side(&wanted, stored.asked_by)?,
            phone: Text::new(masked).map_err(text)?,
            at,
            until,
        };
        Ok(ToldCode { proof: said.sign(&self.inner.signer.key).into_compact(), until })
    }

    /// What is kept of a code: it cannot be tried out without the log's key.
    fn code_hash(&self, id: CodeId, told: &str) -> Digest {
        let secret = self.inner.signer.key.derived_seed("liandan/codes/v1");
        Digest::sha256(&[&secret, id.as_uuid().as_bytes(), told.as_bytes()])
    }
}

/// The side of a handover that is asked.
fn other_side(wanted: &WantedCode, asked_by: Uscc) -> Result<Uscc, Refusal> {
    let WantedCode { from, to, .. } = *wanted;
    match asked_by {
        _ if from == to => {}
        party if party == from => return Ok(to),
        party if party == to => return Ok(from),
        _ => {}
    }
    let zh = "请求方应是交接双方之一，且双方不同";
    Err(refused("not-a-side", "/from", zh, "one of two different sides of the handover asks"))
}

/// Six digits.
fn new_code() -> Result<String, Fault> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Random(error.to_string()))?;
    Ok(format!("{:06}", u64::from_le_bytes(bytes) % CODES))
}

fn message(
    stored: &StoredCode,
    to_phone: Phone,
    told: &str,
    number: &str,
    (from, to): (String, String),
) -> ShortMessage {
    let step = match stored.step {
        Step::Collected => "收集",
        Step::Transferred => "转运",
        Step::Delivered => "送达",
        Step::Returned => "退回",
    };
    let text = format!(
        "【联单】{from}向{to}交接危险废物（{step}，联单{number}）。确认属实请将验证码{told}告知对方，{CODE_LIFE_MINUTES}分钟内有效；如非本次交接请勿告知。"
    );
    let parameters = [
        ("code", told.to_owned()),
        ("from", from),
        ("to", to),
        ("step", step.to_owned()),
        ("number", number.to_owned()),
        ("minutes", CODE_LIFE_MINUTES.to_string()),
    ];
    ShortMessage {
        id: format!("msg_{}", stored.id.as_uuid().simple()),
        to: to_phone,
        template: "handover-code",
        language: Lang::Zh,
        text,
        parameters: BTreeMap::from(parameters),
    }
}

fn refused(code: &str, pointer: &str, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::one(RefusalKind::Unacceptable, Objection::new(code, pointer, zh, en))
}
