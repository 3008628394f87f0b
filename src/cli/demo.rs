//! `liandan demo`: a Linyi ledger, a week of life in it, what was found, and the pages to look at it; with `--sandbox` an empty one to try
//! programs on.

mod heartbeats;
mod sandbox;
mod witnesses;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use super::{Error, keyfile, note, open, say, serve};
use crate::api::listen::Terms;
use crate::app::access::Viewer;
use crate::app::roster::Shift;
use crate::app::service::ServiceTerms;
use crate::app::webhooks::Guard;
use crate::app::{App, Settings, SubmitError, genesis};
use crate::clock::{Clock, Timestamp};
use crate::custody::shelf::Life;
use crate::id::FindingId;
use crate::ledger::SigningKey;
use crate::registry::Role;
use crate::scenario::{
    DEMO_WEEK, Names, PICTURES, Played, Report, Script, Scripted, SeenFinding, SeenLot, SeenManifest, World,
};
use crate::shape::Text;
use crate::store::{ReadTx, Store, books, finding, log};
use crate::web::WebMode;

/// Origin of the demo's log; never that of a real one.
const ORIGIN: &str = "liandan.example/demo-linyi";
/// What an operator may promise, for the page `/service`.
const PROMISED: &str = include_str!("../../deploy/service.toml");
/// The world is founded so long before the week begins.
const FOUNDED_BEFORE_HOURS: i64 = 24;
/// So many days the duty roster reaches.
const DUTY_DAYS: i64 = 30;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Folder for the database and the keys; `demo-data` when absent, `sandbox-data` for a sandbox.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8371")]
    addr: SocketAddr,
    /// What time the ledger's clock shows at the start, for example 2026-06-06T12:00:00+08:00; the end of the week when absent, the
    /// machine's time in a sandbox.
    #[arg(long)]
    now: Option<Timestamp>,
    /// A ledger to try programs on instead: the same parties and papers, no history, a clock that is moved on, counterparties that act when
    /// asked (docs/quickstart-api.md).
    #[arg(long)]
    sandbox: bool,
    /// Print what was found and stop.
    #[arg(long)]
    no_serve: bool,
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    let usual = if args.sandbox { "sandbox-data" } else { "demo-data" };
    let data = args.data.clone().unwrap_or_else(|| usual.into());
    std::fs::create_dir_all(&data)?;
    if args.sandbox {
        return sandbox::run(&args, &data).await;
    }
    let database = database_in(&data);
    let (log_key, _) = keyfile::load_or_make(&keyfile::beside(&database, "log-key"))?;
    let mark = keyfile::file_beside(&database, "mark");
    let store = open::store(&database).await?;
    let week = Script::parse("week.txt", DEMO_WEEK)?.play(World::embedded(), ORIGIN)?;
    if is_empty(&store).await? {
        note("playing a week of life in Linyi … 正在演示临沂一周的转移");
        play(&store, &log_key, &mark, &week).await?;
    }
    let start = args.now.unwrap_or(week.ends_at);
    let clock = Clock::running_from(start);
    let app = App::open(Settings { store, clock, log_key, mark, webhooks: own_machine()?, interrupt: None })
        .await?;
    app.mark_invented();
    app.promise(ServiceTerms::parse(PROMISED)?);
    app.tick().await?;
    app.make_notices().await?;
    witnesses::start(&app, &data).await?;
    show(&app, &week, start).await?;
    keys(&data.join("keys"), ORIGIN)?;
    say(
        "documents to try 可试的文件: liandan check seeds/us/emanifest-save-invalid-example.json --profile us",
    );
    say(format!("the ledger looked at 检查账本: liandan doctor --database {}", database_in(&data)));
    if args.no_serve {
        app.store().close().await;
        return Ok(());
    }
    serve::listen(app, args.addr, WebMode::Demo, Terms::default(), crate::api::sandbox::seats()).await
}

fn database_in(data: &Path) -> String {
    format!("sqlite:{}", data.join("liandan.sqlite").display())
}

/// Webhooks of a demonstration may reach whoever tries them on the same machine.
fn own_machine() -> Result<Guard, Error> {
    Ok(Guard::allowing(vec!["127.0.0.0/8".parse()?, "::1/128".parse()?]))
}

async fn is_empty(store: &Store) -> Result<bool, Error> {
    let mut tx = store.read().await?;
    Ok(log::head(&mut tx).await?.is_none())
}

/// Found the world and play the script, each event at its own time. A database the play did not finish in says so.
async fn play(store: &Store, log_key: &SigningKey, mark: &Path, played: &Played) -> Result<(), Error> {
    let begins = played.acts.first().map_or(played.ends_at, |act| act.recorded_at);
    let (app, clock) = found(store, log_key, mark, ORIGIN, begins).await?;
    for act in &played.acts {
        clock.set(act.recorded_at);
        send(&app, act).await?;
        app.make_notices().await?;
        app.escalate().await?;
    }
    clock.set(played.ends_at);
    app.tick().await?;
    send_pictures(&app).await?;
    send_points(&app, played).await?;
    heartbeats::send(&app).await?;
    app.make_notices().await?;
    app.escalate().await?;
    name_people(&app).await?;
    arrange_duty(&app).await
}

/// The picture that an explanation names comes from who explains.
async fn send_pictures(app: &App) -> Result<(), Error> {
    let (world, role) = (World::embedded(), Role::Operator);
    let party = world.party("phoenix").ok_or("the world lacks a party")?.uscc;
    let viewer = Viewer::Party { party, role, kid: world.key("phoenix", role).public().kid() };
    for (_, picture) in PICTURES {
        app.keep_attachment(&viewer, picture.to_vec()).await?;
    }
    Ok(())
}

/// The points of tracks come from the offices of their carriers.
async fn send_points(app: &App, played: &Played) -> Result<(), Error> {
    let world = World::embedded();
    for (label, points) in &played.points {
        let of = world.party(label).ok_or("the world lacks a party")?;
        let (party, role) = (of.uscc, of.office());
        let viewer = Viewer::Party { party, role, kid: world.key(label, role).public().kid() };
        app.keep_attachment(&viewer, points.clone()).await?;
    }
    Ok(())
}

/// Some say who they are, each with the own key.
async fn name_people(app: &App) -> Result<(), Error> {
    let world = World::embedded();
    let people = [
        ("acme", Role::Operator, "赵敏"),
        ("swift", Role::Driver, "王建国"),
        ("phoenix", Role::Operator, "孙立"),
    ];
    for (label, role, name) in people {
        let party = world.party(label).ok_or("the world lacks a party")?.uscc;
        let kid = world.key(label, role).public().kid();
        app.name_holder(&Viewer::Party { party, role, kid }, kid, Some(Text::new(name)?)).await?;
    }
    Ok(())
}

/// Found the world a day before something begins in it. Gives the ledger and the clock that it goes by.
async fn found(
    store: &Store,
    log_key: &SigningKey,
    mark: &Path,
    origin: &str,
    begins: Timestamp,
) -> Result<(App, Clock), Error> {
    let founded_at = begins.plus_hours(-FOUNDED_BEFORE_HOURS);
    let founding = World::embedded().founding(origin, founded_at, log_key.public())?;
    let (first, rest) = founding.split_first().ok_or("the world is empty")?;
    genesis::found(store, first.envelope.compact().as_bytes(), first.recorded_at).await?;
    let clock = Clock::manual(first.recorded_at);
    let settings = Settings {
        store: store.clone(),
        clock: clock.clone(),
        log_key: log_key.clone(),
        mark: mark.to_owned(),
        webhooks: Guard::default(),
        interrupt: None,
    };
    let app = App::open(settings).await?;
    for act in rest {
        clock.set(act.recorded_at);
        send(&app, act).await?;
    }
    Ok((app, clock))
}

/// The bureau's officer is on duty for the month that begins.
async fn arrange_duty(app: &App) -> Result<(), Error> {
    let world = World::embedded();
    let bureau = world.party("bureau").ok_or("the world has no bureau")?;
    let (kid, division) = (world.key(&bureau.label, Role::Officer).public().kid(), bureau.division);
    let viewer = Viewer::Authority { party: bureau.uscc, division, role: Role::Officer, kid };
    let (from, to) = (app.today(), app.today() + TimeDelta::days(DUTY_DAYS));
    Ok(app.arrange_duty(&viewer, &Shift { division, from, to, officers: vec![kid] }).await?)
}

async fn send(app: &App, act: &Scripted) -> Result<(), Error> {
    let device_time = (act.skew_ms != 0).then(|| act.recorded_at.plus_millis(act.skew_ms));
    let answer = app.submit(act.envelope.compact().as_bytes(), device_time).await;
    match (answer, &act.refused) {
        (Ok(_), None) => Ok(()),
        (Err(SubmitError::Refused(refusal)), Some(code))
            if refusal.errors.iter().any(|error| error.code == *code) =>
        {
            Ok(())
        }
        (Ok(_), Some(code)) => Err(format!("line {}: should be refused with {code}", act.line).into()),
        (Err(SubmitError::Refused(refusal)), _) => {
            let reasons: Vec<String> =
                refusal.errors.iter().map(|e| format!("{} {}: {}", e.pointer, e.code, e.en)).collect();
            Err(format!("line {}: refused: {}", act.line, reasons.join("; ")).into())
        }
        (Err(other), _) => Err(other.into()),
    }
}

/// What the ledger found, in the words of the script.
async fn report(tx: &mut ReadTx, names: &Names) -> Result<Report, Error> {
    let mut manifests = Vec::new();
    for (_, id) in names.manifests() {
        if let Some(shelf) = books::manifest(tx, id).await? {
            let status = shelf.state.status().name().to_owned();
            manifests.push(SeenManifest { manifest: id, status, holders: shelf.state.holders() });
        }
    }
    let open = findings(tx, Life::Open).await?;
    let closed = findings(tx, Life::Closed).await?;
    let mut lots = Vec::new();
    for (_, id) in names.lots() {
        lots.extend(books::lot(tx, id).await?.map(|shelf| SeenLot::of(id, &shelf.state)));
    }
    Ok(Report::new(names, &manifests, &open).with_cleared(names, &closed).with_balances(names, &lots))
}

async fn findings(tx: &mut ReadTx, life: Life) -> Result<Vec<SeenFinding>, Error> {
    let mut seen = Vec::new();
    let mut after = FindingId::from_uuid(uuid::Uuid::nil());
    loop {
        let page = finding::list_all(tx, life, after, 500).await?;
        let Some(last) = page.last() else { return Ok(seen) };
        after = last.id;
        seen.extend(page.into_iter().map(|row| SeenFinding {
            rule: row.seen.rule,
            subject: row.seen.subject,
            figures: row.seen.figures,
            severity: row.severity,
        }));
    }
}

async fn show(app: &App, week: &Played, now: Timestamp) -> Result<(), Error> {
    let mut tx = app.store().read().await?;
    let head = log::head(&mut tx).await?.ok_or("the ledger is empty")?;
    let report = report(&mut tx, &week.names).await?;
    say(format!("{} — {} entries 条记录, clock 时钟 {now}", head.origin, head.size));
    say("");
    for line in report.lines() {
        say(line);
    }
    say("");
    say("balances of lots 批次余额");
    for line in report.balances_of(&week.expected) {
        say(line);
    }
    say("");
    Ok(())
}

/// Write the demo's keys, so that anybody can sign as anybody. They are worthless by design.
fn keys(folder: &Path, origin: &str) -> Result<(), Error> {
    std::fs::create_dir_all(folder)?;
    let world = World::embedded();
    for party in world.parties() {
        for role in party.roles() {
            let path = folder.join(format!("{}-{}.pem", party.label, role.name()));
            if !path.exists() {
                keyfile::save(&path, &world.key(&party.label, *role))?;
            }
        }
    }
    say(format!("keys to try 演示密钥: {}  (liandan sign --key FILE --token {origin})", folder.display()));
    Ok(())
}
