//! `liandan demo --sandbox`: the world of the demonstration without its history, for programs to be tried on.

use std::path::Path;

use super::{Args, Error, database_in, found, is_empty, keys, own_machine};
use crate::api::listen::Terms;
use crate::app::access::Viewer;
use crate::app::push::{Platform, PlatformEntry};
use crate::app::{App, Settings};
use crate::cli::{keyfile, open, say, serve};
use crate::clock::Clock;
use crate::registry::Role;
use crate::sandbox::Sandbox;
use crate::scenario::World;
use crate::shape::Phone;
use crate::store::log;
use crate::web::WebMode;

/// Origin of a sandbox's log; never that of a real one.
const ORIGIN: &str = "liandan.example/sandbox";

pub(super) async fn run(args: &Args, data: &Path) -> Result<(), Error> {
    let database = database_in(data);
    let (log_key, _) = keyfile::load_or_make(&keyfile::beside(&database, "log-key"))?;
    let mark = keyfile::file_beside(&database, "mark");
    let store = open::store(&database).await?;
    let start = args.now.unwrap_or_else(|| Clock::System.now());
    if is_empty(&store).await? {
        drop(found(&store, &log_key, &mark, ORIGIN, start).await?);
    }
    let mut tx = store.read().await?;
    let head = log::head(&mut tx).await?.ok_or("the ledger is empty")?;
    drop(tx);
    if head.origin != ORIGIN {
        return Err(format!(
            "{} holds {}, which is no sandbox; name another --data",
            data.display(),
            head.origin
        )
        .into());
    }
    // It was moved on the last time; time does not go back.
    let clock = Clock::running_from(start.max(head.recorded_at));
    let settings = Settings { store, clock, log_key, mark, webhooks: own_machine()?, interrupt: None };
    let app = App::open(settings).await?;
    app.show_codes();
    app.mark_invented();
    register_phones(&app).await?;
    app.push_to(vec![platform()?]);
    app.tick().await?;
    say(format!("{ORIGIN}: a sandbox 沙箱 — docs/quickstart-api.md"));
    keys(&data.join("keys"), ORIGIN)?;
    if args.no_serve {
        app.store().close().await;
        return Ok(());
    }
    let more = crate::api::sandbox::router(Sandbox::of(app.clone()));
    serve::listen(app, args.addr, WebMode::Demo, Terms::default(), more).await
}

/// A platform that nobody answers for: the pages show how a firm agrees, and how what is not taken waits.
fn platform() -> Result<Platform, Error> {
    let entry = PlatformEntry {
        id: "province".to_owned(),
        zh: "省平台（沙箱，无人应答）".to_owned(),
        en: "provincial platform (sandbox, nobody answers)".to_owned(),
        address: "http://127.0.0.1:9".to_owned(),
        mapping: "cn-manifest-2017".to_owned(),
        token_file: None,
        divisions: Vec::new(),
    };
    Ok(Platform::new(entry, None, None)?)
}

/// Where codes would go that confirm handovers, if any were sent: the last digits tell the parties apart.
async fn register_phones(app: &App) -> Result<(), Error> {
    let world = World::embedded();
    for (n, party) in world.parties().iter().enumerate() {
        let kid = world.key(&party.label, party.office()).public().kid();
        let viewer = Viewer::Party { party: party.uscc, role: Role::Administrator, kid };
        let phone: Phone = format!("+861380000{n:04}").parse()?;
        app.set_confirmation_phone(&viewer, Some(phone)).await?;
    }
    Ok(())
}
