//! `liandan import`: documents of other systems, through the normal write path.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::init::{self, DEFAULT_AUTHORITY, DEFAULT_ORIGIN};
use super::{Error, check, keyfile, note, open, say};
use crate::app::genesis::Founding;
use crate::app::webhooks::Guard;
use crate::app::{App, SubmitError};
use crate::catalogue::Uscc;
use crate::clock::{Clock, Timestamp};
use crate::custody::{Event, Statement};
use crate::exchange::document::{Attested, CheckVerdict, Format};
use crate::exchange::us_lines::{self, Reading};
use crate::exchange::{Lang, epa_emanifest};
use crate::id::{ActId, InvitationId, derived};
use crate::ledger::{Envelope, SigningKey, Typ};
use crate::registry::key::Invitation;
use crate::registry::standing::{KeyEnrolled, Party};
use crate::registry::{PartyKind, Role};
use crate::shape::{List, Text};
use crate::store::{Store, log, registry};

/// Documents submitted together.
const SLICE: usize = 1_000;
/// Party of an importer nobody named: the first 17 characters of a made-up code.
const DEFAULT_IMPORTER: &str = "91371300MA3MPRTX0";
/// How long the importer's invitation is good; it is used at once.
const INVITATION_HOURS: i64 = 1;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Waste lines of US manifests (CSV, also gzipped): one document a manifest, judged by the profile `us`.
    UsLines {
        /// The file, for example seeds/us/waste-lines.csv.gz
        file: PathBuf,
        #[command(flatten)]
        into: Into,
        /// Where to write the report as JSON.
        #[arg(long)]
        report: Option<PathBuf>,
    },
    /// e-Manifest JSON, one manifest or several: one document a manifest, judged by the profile `us`. A file of which something cannot be read
    /// is not taken.
    EpaEmanifest {
        /// The file, for example seeds/us/emanifest-signed-example.json
        file: PathBuf,
        #[command(flatten)]
        into: Into,
        /// Where to write the answer of the check as JSON.
        #[arg(long)]
        report: Option<PathBuf>,
    },
}

/// Where documents go, and who attests them.
#[derive(clap::Args)]
struct Into {
    /// Database: sqlite:PATH or postgres://… A ledger is founded in it when it holds none.
    #[arg(long)]
    database: String,
    /// The importer's key; one beside the database when absent.
    #[arg(long)]
    key: Option<PathBuf>,
    #[command(flatten)]
    files: open::Files,
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    match args.what {
        What::UsLines { file, into, report } => us_lines(&file, into, report).await,
        What::EpaEmanifest { file, into, report } => epa_emanifest(&file, into, report).await,
    }
}

async fn us_lines(file: &Path, into: Into, report: Option<PathBuf>) -> Result<(), Error> {
    let source = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let reading = us_lines::read(source)?;
    let counts = attest(into, &reading.documents).await?;
    if let Some(path) = report {
        let json = serde_json::json!({ "report": &reading.report, "refused": &reading.refused,
            "flagged": flagged(&reading), "recorded_new": counts.new, "recorded_before": counts.known });
        std::fs::write(&path, serde_json::to_vec_pretty(&json)?)?;
        note(format!("report: {}", path.display()));
    }
    say(reading.report.text(Lang::Zh));
    say(reading.report.text(Lang::En));
    counts.say();
    Ok(())
}

async fn epa_emanifest(file: &Path, into: Into, report: Option<PathBuf>) -> Result<(), Error> {
    let bytes = check::read(file)?;
    let format = &epa_emanifest::EpaEmanifest;
    let checked = format.check(&bytes, None, Clock::System.now());
    check::print(file, &checked);
    if let Some(path) = report {
        std::fs::write(&path, checked.to_json(format.profile()))?;
        note(format!("report: {}", path.display()));
    }
    if checked.verdict() == CheckVerdict::Unreadable {
        return Err(
            "文件中有无法读取的内容，未导入。 Something in the file cannot be read; nothing was imported."
                .into(),
        );
    }
    let (mut manifests, mut left) = (Vec::new(), 0);
    for readied in epa_emanifest::ready(&bytes) {
        match readied {
            Ok(manifest) => manifests.push(manifest),
            Err((pointer, why)) => {
                left += 1;
                let (zh, en) = why.words();
                say(format!("[{pointer}] {zh}。 {en}."));
            }
        }
    }
    attest(into, &manifests).await?.say();
    if left == 0 {
        Ok(())
    } else {
        Err(format!("{left} 份联单未导入。 {left} manifests were not taken.").into())
    }
}

/// Sign the documents as the importer and send them to the ledger.
async fn attest(into: Into, documents: &[impl Attested]) -> Result<Counts, Error> {
    let Into { database, key, files } = into;
    let store = open::store(&database).await?;
    ensure_founded(&store, &database).await?;
    let app = open::ledger(store, &database, &files, Clock::System, Guard::default(), None).await?;
    let (key, importer) = importer(&app, &database, key).await?;
    let counts = submit(&app, documents, &key, importer).await?;
    app.store().close().await;
    Ok(counts)
}

/// Every flag with the manifest it is on.
fn flagged(reading: &Reading) -> Vec<serde_json::Value> {
    let with_flags = reading.documents.iter().filter(|document| !document.flags.is_empty());
    with_flags
        .map(|document| serde_json::json!({ "number": &*document.number, "flags": &document.flags }))
        .collect()
}

async fn ensure_founded(store: &Store, database: &str) -> Result<(), Error> {
    let mut tx = store.read().await?;
    if log::head(&mut tx).await?.is_some() {
        return Ok(());
    }
    drop(tx);
    note("the database holds no ledger yet: founding one for the import");
    let founding = Founding {
        origin: DEFAULT_ORIGIN.to_owned(),
        name: init::text("联单".to_owned())?,
        jurisdiction: init::text("cn".to_owned())?,
        division: "371300".parse()?,
        authority: Uscc::with_check(DEFAULT_AUTHORITY)?,
        authority_name: init::text("临沂市生态环境局（示例）".to_owned())?,
    };
    init::found(store, database, founding).await?;
    Ok(())
}

/// The importer's key, enrolled. Without one named, one is made beside the database and said so.
async fn importer(app: &App, database: &str, key: Option<PathBuf>) -> Result<(SigningKey, Uscc), Error> {
    let path = key.unwrap_or_else(|| keyfile::beside(database, "importer-key"));
    keyfile::make_folder(&path)?;
    let (key, is_new) = keyfile::load_or_make(&path)?;
    if is_new {
        note(format!("an importer's key was made: {}", path.display()));
    }
    let mut tx = app.store().read().await?;
    if let Some(record) = registry::keys(&mut tx, &[key.kid()]).await?.first() {
        return Ok((key, record.party));
    }
    drop(tx);
    let importer = Uscc::with_check(DEFAULT_IMPORTER)?;
    let authority_path = keyfile::beside(database, "authority-key");
    let authority = keyfile::load(&authority_path).map_err(|error| {
        format!(
            "the importer's key {} is not enrolled, and enrolling it needs the authority's key: {error}",
            key.kid()
        )
    })?;
    enrol(app, &authority, &key, importer).await?;
    Ok((key, importer))
}

/// Register the importer and enrol its key by an invitation of the authority. Repeating it changes nothing.
async fn enrol(app: &App, authority: &SigningKey, key: &SigningKey, importer: Uscc) -> Result<(), Error> {
    let now = app.clock().now();
    let mut tx = app.store().read().await?;
    let signer = registry::keys(&mut tx, &[authority.kid()]).await?;
    let authority_party =
        signer.first().ok_or("the authority's key beside the database is not enrolled")?.party;
    let is_registered = !registry::parties(&mut tx, &[importer]).await?.is_empty();
    drop(tx);
    let act = |name: &str| {
        ActId::from_uuid(derived(&[b"liandan/importer/v1", name.as_bytes(), key.kid().as_bytes()]))
    };
    if !is_registered {
        let party = Statement::PartyRegistered(Party {
            party: importer,
            name: init::text("导入方".to_owned())?,
            name_en: Some(init::text("Importer".to_owned())?),
            kinds: List::new(vec![PartyKind::Other])?,
            division: "371300".parse()?,
            aliases: List::default(),
        });
        submit_one(app, &event(app, act("party"), authority_party, now, party)?, authority).await?;
    }
    let invitation = Invitation {
        v: 1,
        log: init::text(app.origin().to_owned())?,
        invitation: InvitationId::from_uuid(derived(&[
            b"liandan/importer-invitation/v1",
            key.kid().as_bytes(),
        ])),
        party: importer,
        role: Role::Operator,
        code_sha256: None,
        expires_at: now.plus_hours(INVITATION_HOURS),
        registers: None,
    };
    let invitation =
        Envelope::sign(Typ::Invitation, serde_json::to_string(&invitation)?.as_bytes(), authority);
    let enrolled = Statement::KeyEnrolled(KeyEnrolled {
        key: key.public(),
        invitation: init::text(invitation.into_compact())?,
        code: None,
    });
    submit_one(app, &event(app, act("key"), importer, now, enrolled)?, key).await
}

fn event(
    app: &App,
    act: ActId,
    party: Uscc,
    occurred_at: Timestamp,
    statement: Statement,
) -> Result<Event, Error> {
    Ok(Event {
        log: Text::new(app.origin())?,
        act,
        party,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at,
        place: None,
        statement,
    })
}

fn sign(event: &Event, key: &SigningKey) -> Vec<u8> {
    Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), key).into_compact().into_bytes()
}

async fn submit_one(app: &App, event: &Event, key: &SigningKey) -> Result<(), Error> {
    app.submit(&sign(event, key), None).await.map_err(explain)?;
    Ok(())
}

fn explain(error: SubmitError) -> Error {
    match error {
        SubmitError::Refused(refusal) => {
            let reasons: Vec<String> =
                refusal.errors.iter().map(|e| format!("{} {}: {}", e.pointer, e.code, e.en)).collect();
            reasons.join("; ").into()
        }
        other => other.into(),
    }
}

/// What became of the documents.
struct Counts {
    new: usize,
    known: usize,
}

impl Counts {
    fn say(&self) {
        say(format!("{} 份新记录，{} 份早已记录。 {0} new, {1} already recorded.", self.new, self.known));
    }
}

async fn submit(
    app: &App,
    documents: &[impl Attested],
    key: &SigningKey,
    importer: Uscc,
) -> Result<Counts, Error> {
    let mut counts = Counts { new: 0, known: 0 };
    for slice in documents.chunks(SLICE) {
        let lines = slice.iter().map(|document| Ok(sign(&statement(app, document, importer)?, key)));
        for answer in app.submit_many(lines.collect::<Result<_, Error>>()?, None).await.map_err(explain)? {
            if answer.map_err(explain)?.is_new {
                counts.new += 1;
            } else {
                counts.known += 1;
            }
        }
        note(format!("{} of {} documents", counts.new + counts.known, documents.len()));
    }
    Ok(counts)
}

/// The signed statement of one document: every field follows from importer and content, so a second run says the same.
fn statement(app: &App, document: &impl Attested, importer: Uscc) -> Result<Event, Error> {
    let payload = Statement::DocumentImported(document.payload(&importer));
    event(app, document.act(&importer), importer, document.occurred_at(), payload)
}
