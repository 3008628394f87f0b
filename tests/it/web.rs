//! The pages, over HTTP: every link leads somewhere, nothing is shown to whom it does not concern, nothing stored becomes markup.

mod cameras;
mod cases;
mod duties;
mod firms;
mod form;
mod heartbeats;
mod keys;
mod labels;
mod lists;
mod live;
mod login;
mod manifests;
mod oversight;
mod papers;
mod prints;
mod producer;
mod pushes;
mod reconcile;
mod sheets;
mod site_map;
mod tracks;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use liandan::app::App;
use liandan::clock::Timestamp;
use liandan::custody::bundle::check;
use liandan::custody::{Event, Statement};
use liandan::id::ActId;
use liandan::ledger::policy::Policy;
use liandan::ledger::{Envelope, Typ};
use liandan::registry::standing::Party;
use liandan::registry::{PartyKind, Role};
use liandan::scenario::{DEMO_WEEK, Script, World};
use liandan::shape::{List, Text};
use liandan::web::{WebMode, router};

use crate::support::http::client_builder;
use crate::support::ledger::{LOG, Ledger, block_on, databases};

/// What a party of the world would call itself to run a script on the authority's screen.
const EVIL: &str = "<script>alert(1)</script>\"'><img src=x>";

#[test]
fn the_pages_of_the_demonstrations_week() {
    let database = databases().remove(0);
    block_on(async {
        let ledger = Ledger::found(&database.url).await;
        let played = Script::parse("week", DEMO_WEEK).unwrap().play(World::embedded(), LOG).unwrap();
        for act in &played.acts {
            assert_eq!(ledger.send(act).await.is_err(), act.refused.is_some(), "line {}", act.line);
        }
        ledger.pass_time(played.ends_at).await;
        let app = ledger.app;
        assert!(app.make_notices().await.unwrap() > 0);
        no_page_has_a_dead_link(app.clone()).await;
        the_public_sees_no_contents(app.clone()).await;
        a_party_sees_its_own_only(app.clone()).await;
        bundles_are_files_that_strangers_check(app.clone()).await;
        languages_are_chosen_and_kept(app.clone()).await;
        duties::what_came_back_says_which_field_and_why(app.clone()).await;
        cases::answers_and_cases_are_shown_to_whom_they_concern(app.clone()).await;
        tracks::a_track_is_shown_with_its_silence_and_its_points(app.clone(), &played).await;
        sheets::an_officer_reads_a_sheet_before_the_gate(app.clone()).await;
        sheets::a_site_is_evaluated(app.clone()).await;
        cases::the_queue_says_who_is_on_duty(app.clone()).await;
        sheets::figures_are_told_by_who_looks(app.clone()).await;
        sheets::a_rule_tells_its_stories(app.clone()).await;
        errors_are_pages(app.clone()).await;
        style_and_scripts_are_kept_for_ever(app.clone()).await;
        names_never_become_markup(app.clone(), played.ends_at).await;
        faults_tell_nothing(app).await;
    });
}

/// How pages name their scripts.
const SCRIPT_FILE: &str = "<script type=\"module\" src=\"/assets/scripts.";

/// A site on a port of its own.
struct Pages {
    base: String,
    cookie: String,
    client: reqwest::Client,
}

/// An answer, read.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Pages {
    async fn serve(app: &App, mode: WebMode) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = router(app.clone(), mode);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let client = client_builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { base, cookie: String::new(), client }
    }

    /// The same site with other cookies.
    fn with_cookie(&self, cookie: &str) -> Self {
        Self { base: self.base.clone(), cookie: cookie.to_owned(), client: self.client.clone() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.base)).header("accept-language", "zh-CN")).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.header("cookie", &self.cookie).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let answer = Answer { status, headers, body: answer.text().await.unwrap() };
        let policy = answer.header("content-security-policy");
        // A file is no page: nothing in it has even a style.
        let is_file = policy.starts_with("default-src 'none'; sandbox;");
        assert!(is_file || policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        answer
    }
}

/// Values of an attribute, its entities resolved.
fn attributes(html: &str, name: &str) -> Vec<String> {
    let opening = format!(" {name}=\"");
    let parts = html.split(&opening).skip(1);
    parts.map(|part| part.split('"').next().unwrap().replace("&amp;", "&")).collect()
}

/// What each record changed is on a page of its own: a crawl looks at so many of them.
const CHANGES_LOOKED_AT: usize = 20;

/// Follow every link from the first page on; the pages by address.
async fn crawl(pages: &Pages) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut known = BTreeSet::from(["/".to_owned()]);
    // Each with the page that led there.
    let mut open = VecDeque::from([("/".to_owned(), String::new())]);
    let mut fragments = BTreeSet::new();
    let mut changes = 0;
    while let Some((path, linked_by)) = open.pop_front() {
        let answer = pages.get(&path).await;
        if path.contains("lang=") {
            // A switch leads back to a page that is linked without it.
            assert_eq!(answer.status, 303, "{path}");
            continue;
        }
        assert_eq!(answer.status, 200, "{path} is linked by {linked_by} and does not answer");
        let is_sheet = ["/csv", "/xlsx", "/parquet", "/pdf", "/zpl", "/tspl"]
            .iter()
            .any(|end| path.split('?').next().unwrap().ends_with(end));
        let is_file = path.ends_with("/bundle") || is_sheet;
        // What stands at the gate is many screens, which scripts show one at a time: tests/ui looks at them.
        let is_at_the_gate = path == "/driver" || path == "/driver.webmanifest";
        if path.starts_with("/assets/") || is_file || is_at_the_gate {
            continue;
        }
        check_page(&path, &answer.body);
        // A form that leads back to its page takes the page's parameters along as fields.
        let own = path.split('?').next().unwrap_or_default().to_owned();
        let forms = attributes(&answer.body, "action").into_iter().filter(|action| *action != own);
        let links = attributes(&answer.body, "href").into_iter().chain(forms);
        for link in links.filter(|link| !link.starts_with("data:")) {
            let (target, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = if target.is_empty() { path.clone() } else { target.to_owned() };
            assert!(target.starts_with('/') && !target.starts_with("//"), "{path} links to {link}");
            if !fragment.is_empty() {
                fragments.insert((path.clone(), target.clone(), fragment.to_owned()));
            }
            if target.contains("/changes?") && !known.contains(&target) {
                changes += 1;
                if changes > CHANGES_LOOKED_AT {
                    continue;
                }
            }
            if known.insert(target.clone()) {
                open.push_back((target, path.clone()));
            }
        }
        found.insert(path, answer.body);
    }
    for (path, target, fragment) in fragments {
        let is_there = attributes(&found[&target], "id").contains(&fragment);
        assert!(is_there, "{path} links to {target}#{fragment}, which is not on that page");
    }
    found
}

/// What stands between the tags: attributes hold what scripts fill in, and statements in JSON.
fn shown(html: &str) -> String {
    html.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text).collect()
}

/// What every page keeps.
fn check_page(path: &str, html: &str) {
    assert!(html.starts_with("<!DOCTYPE html><html lang=\""), "{path}");
    assert_eq!(html.matches("</h1>").count(), 1, "{path} has one first heading");
    assert_eq!(html.matches("<main ").count(), 1, "{path}");
    assert!(html.contains("<a class=\"skip\" href=\"#main\">"), "{path}");
    for forbidden in ["<script", "<style", " style=\"", " onclick", "http://", "https://"] {
        let is_icon = |at: usize| html[..at].ends_with("xmlns='");
        // A script is a file of this site; no page has one of its own text.
        let is_file = |at: usize| html[at..].starts_with(SCRIPT_FILE);
        let hits = html.match_indices(forbidden).filter(|(at, _)| !is_icon(*at) && !is_file(*at)).count();
        assert_eq!(hits, 0, "{path} holds {forbidden}");
    }
    assert!(!shown(html).contains(['{', '}']), "{path} has a text that was not filled in");
    let ids = attributes(html, "id");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{path} has an id twice");
}

/// Whatever is linked exists: for the authority, for a party, for the public, in both languages.
pub(crate) async fn no_page_has_a_dead_link(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let seen = crawl(&demo).await;
    for place in ["/manifests/", "/findings/", "/lots/", "/rules/", "/notices/"] {
        assert!(seen.keys().any(|path| path.starts_with(place)), "no page below {place} was reached");
    }
    // What lies below a manifest or a lot is a sheet to print.
    let is_record = |path: &str, below: &str| path.strip_prefix(below).is_some_and(|id| !id.contains('/'));
    for (path, html) in seen.iter().filter(|(path, _)| is_record(path, "/manifests/")) {
        assert!(
            html.contains("签名有效") && html.contains("已证明在其中"),
            "{path} shows no checked signature"
        );
        assert!(!html.contains("签名无效") && !html.contains("证明不符"), "{path}");
    }
    for (path, html) in seen.iter().filter(|(path, _)| is_record(path, "/lots/")) {
        assert!(html.contains("id=\"up\"") && html.contains("id=\"down\""), "{path} is traced both ways");
    }
    assert!(seen.values().any(|html| html.contains("<svg") && html.contains("<desc")), "a flow is drawn");
    assert!(seen.values().any(|html| html.contains("去向未闭环")), "both flags stand on a manifest's page");
    assert!(seen.values().all(|html| html.contains("演示")), "the banner is on every page");
    crawl(&demo.with_cookie("lang=en")).await;
    let acme = World::embedded().party("acme").unwrap().uscc;
    let own = crawl(&demo.with_cookie(&format!("view={acme}"))).await;
    assert!(own.len() < seen.len(), "a party sees less than the authority");
    let public = crawl(&Pages::serve(&app, WebMode::Public).await).await;
    assert!(public.keys().all(|path| !path.starts_with("/manifests") && !path.starts_with("/findings")));
}

/// Without a sign-in there are the rules, the log and an explanation, and no word about what exists.
pub(crate) async fn the_public_sees_no_contents(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let public = Pages::serve(&app, WebMode::Public).await;
    let there = first_link(&demo.get("/manifests").await.body, "/manifests/");
    let absent = "/manifests/01890a5d-ac96-774b-bcce-b302099a8057";
    let mut answers = Vec::new();
    for path in [there.as_str(), absent, "/manifests", "/findings", "/findings/nonsense", "/lots/nonsense"] {
        let answer = public.get(path).await;
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (401, "Bearer realm=\"liandan\""),
            "{path}"
        );
        assert!(answer.body.contains("密钥由设备自己生成"), "{path} explains how one signs in");
        answers.push(answer.body.replace(path, ""));
    }
    assert_eq!(answers[0], answers[1], "what exists and what does not answer alike");
    let acme = World::embedded().party("acme").unwrap();
    for path in ["/", "/rules", "/log", "/login"] {
        let answer = public.with_cookie(&format!("view={}", acme.uscc)).get(path).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.body.contains(&*acme.zh) && !answer.body.contains("演示"), "{path}");
    }
}

fn first_link(html: &str, below: &str) -> String {
    attributes(html, "href").into_iter().find(|link| link.starts_with(below)).unwrap()
}

/// Looked at as a party, there is only what the party has a role on, and the rest is not there at all.
pub(crate) async fn a_party_sees_its_own_only(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let clinic = World::embedded().party("clinic").unwrap();
    let own = demo.with_cookie(&format!("view={}", clinic.uscc));
    let of = |html: &str| -> BTreeSet<String> {
        let is_record = |link: &String| {
            let id = link.strip_prefix("/manifests/");
            id.is_some_and(|id| !id.starts_with("new") && !id.starts_with("sheet/"))
        };
        attributes(html, "href").into_iter().filter(is_record).collect()
    };
    let (all, mine) = (of(&demo.get("/manifests").await.body), of(&own.get("/manifests").await.body));
    assert!(!mine.is_empty() && mine.is_subset(&all) && mine.len() < all.len());
    for path in &mine {
        assert_eq!(own.get(path).await.status, 200);
    }
    let foreign = all.difference(&mine).next().unwrap();
    let absent = own.get("/manifests/01890a5d-ac96-774b-bcce-b302099a8057").await;
    let hidden = own.get(foreign).await;
    assert_eq!((absent.status, hidden.status), (404, 404));
    assert_eq!(
        hidden.body.replace(foreign.as_str(), ""),
        absent.body.replace("/manifests/01890a5d-ac96-774b-bcce-b302099a8057", "")
    );
    let unknown = demo.with_cookie("view=91350100M000100Y43").get("/manifests").await;
    assert_eq!(of(&unknown.body), all, "a party that is not in the ledger is nobody: the authority looks");
}

/// What is linked beside a manifest and beside a record: the bytes that the interface gives, under a name that says what it is.
pub(crate) async fn bundles_are_files_that_strangers_check(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let manifest = first_link(&demo.get("/manifests").await.body, "/manifests/");
    let page = demo.get(&manifest).await.body;
    let number = page.split("<h1>").nth(1).unwrap().split(' ').find(|word| word.starts_with("LD")).unwrap();
    let policy = Policy::parse(&format!("log {}\nquorum none\n", app.verifier().to_vkey())).unwrap();
    let of_manifest = first_link(&page, &format!("{manifest}/bundle"));
    let of_event = first_link(&page, "/events/");
    let event_id = of_event.split('/').nth(2).unwrap();
    for (path, name) in [(&of_manifest, number), (&of_event, event_id)] {
        let answer = demo.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{path}");
        let named = format!("attachment; filename=\"{name}.bundle.json\"");
        assert_eq!(answer.header("content-disposition"), named);
        let report = check(answer.body.as_bytes(), &policy);
        assert_eq!(report.outcome.exit_code(), 0, "{report:?}");
    }
    let clinic = World::embedded().party("clinic").unwrap();
    let elsewhere = demo.with_cookie(&format!("view={}", clinic.uscc));
    let public = Pages::serve(&app, WebMode::Public).await;
    let nobodys = [
        "/manifests/01890a5d-ac96-774b-bcce-b302099a8057/bundle".to_owned(),
        format!("/events/{}/bundle", "A".repeat(43)),
    ];
    for (path, absent) in [&of_manifest, &of_event].into_iter().zip(&nobodys) {
        assert_eq!(public.get(path).await.status, 401);
        let (hidden, none) = (elsewhere.get(path).await, elsewhere.get(absent).await);
        assert_eq!((hidden.status, none.status), (404, 404), "{path}");
        assert_eq!(hidden.body.replace(path, ""), none.body.replace(absent, ""));
    }
}

/// The browser's language, then the one that was chosen.
pub(crate) async fn languages_are_chosen_and_kept(app: App) {
    let pages = Pages::serve(&app, WebMode::Public).await;
    let asking =
        |accept: &str| pages.client.get(format!("{}/rules", pages.base)).header("accept-language", accept);
    assert!(pages.send(asking("en-GB,en;q=0.9")).await.body.contains("<html lang=\"en\">"));
    assert!(pages.send(asking("fr")).await.body.contains("<html lang=\"zh-CN\">"));
    let chosen = pages.get("/rules/fork?lang=en").await;
    assert_eq!((chosen.status, chosen.header("location")), (303, "/rules/fork"));
    assert!(chosen.header("set-cookie").starts_with("lang=en; Path=/;"));
    let kept = pages.with_cookie("a=b; lang=en").get("/rules/fork").await;
    assert!(kept.body.contains("<html lang=\"en\">") && kept.body.contains("contradict each other"));
}

/// Whatever goes wrong is said on a page in the visitor's language.
pub(crate) async fn errors_are_pages(app: App) {
    let pages = Pages::serve(&app, WebMode::Demo).await;
    let english = pages.with_cookie("lang=en");
    for (path, status, zh, en) in [
        ("/nothing/here", 404, "没有这一页", "There is no such page"),
        ("/manifests/nonsense", 404, "没有这一页", "There is no such page"),
        ("/rules/no-such-rule", 404, "没有这一页", "There is no such page"),
        ("/manifests?after=x", 400, "请求有误", "The request is wrong"),
    ] {
        for (pages, text) in [(&pages, zh), (&english, en)] {
            let answer = pages.get(path).await;
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (status, "text/html; charset=utf-8"),
                "{path}"
            );
            assert!(answer.body.contains(text), "{path}");
            check_page(path, &answer.body);
        }
    }
    let post = pages.client.post(format!("{}/manifests", pages.base)).header("origin", &pages.base);
    let posted = pages.send(post).await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET,HEAD"));
    check_page("/manifests", &posted.body);
}

/// The address changes with the text, so the text may be kept.
pub(crate) async fn style_and_scripts_are_kept_for_ever(app: App) {
    let pages = Pages::serve(&app, WebMode::Public).await;
    let path = first_link(&pages.get("/").await.body, "/assets/");
    let style = pages.get(&path).await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(style.header("cache-control").contains("immutable"));
    // Nobody keeps a copy of it for each visitor.
    assert!(!style.header("vary").to_ascii_lowercase().contains("cookie"));
    assert_eq!(pages.get("/assets/style.css").await.status, 404);
    assert!(pages.get("/").await.header("cache-control").contains("no-cache"));

    let verify = pages.get("/verify").await;
    let policy = verify.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("connect-src") && !policy.contains("unsafe"),
        "{policy}"
    );
    let script = attributes(&verify.body, "src").remove(0);
    let (folder, _) = script.rsplit_once('/').unwrap();
    for path in [script.clone(), format!("{folder}/bundle.js")] {
        let answer = pages.get(&path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/javascript; charset=utf-8"),
            "{path}"
        );
        assert!(answer.header("cache-control").contains("immutable"));
        assert!(
            !answer.body.contains("fetch(") && !answer.body.contains("innerHTML"),
            "{path} sends nothing and writes text only"
        );
    }
    for path in
        [format!("{folder}/nothing.js"), format!("{folder}0/page.js"), format!("{folder}/..%2fstyle.css")]
    {
        assert_eq!(pages.get(&path).await.status, 404, "{path}");
    }
}

/// A name that is a script is shown as what it is, and so is what comes in with an address.
pub(crate) async fn names_never_become_markup(app: App, at: Timestamp) {
    let world = World::embedded();
    let bureau = world.authority();
    let party = liandan::catalogue::Uscc::with_check("91371302MA3EWT099").unwrap();
    let event = Event {
        log: Text::new(app.origin()).unwrap(),
        act: ActId::from_uuid(uuid::Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8058").unwrap()),
        party: bureau.uscc,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: at,
        place: None,
        statement: Statement::PartyRegistered(Party {
            party,
            name: Text::new(EVIL).unwrap(),
            name_en: Some(Text::new(EVIL).unwrap()),
            kinds: List::new(vec![PartyKind::Producer]).unwrap(),
            division: bureau.division,
            aliases: List::default(),
        }),
    };
    let key = world.key(&bureau.label, Role::Officer);
    let envelope = Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), &key);
    app.submit(envelope.compact().as_bytes(), None).await.unwrap();

    let pages = Pages::serve(&app, WebMode::Demo).await;
    for (path, cookie) in [("/", ""), ("/", "lang=en"), ("/manifests", &*format!("view={party}"))] {
        let answer = pages.with_cookie(cookie).get(path).await;
        assert!(answer.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{path} names the party");
        check_page(path, &answer.body);
        assert!(!answer.body.contains("<img"), "{path}");
    }
    for path in [
        "/manifests?number=%22%3E%3Cscript%3E",
        "/findings?rule=%3Cscript%3E&life=%3Cscript%3E&after=%3Cscript%3E",
        "/%3Cscript%3E?a=%22%3E%3Cscript%3E",
        "/rules?x='\"onclick=1",
    ] {
        let answer = pages.get(path).await;
        check_page(path, &answer.body);
    }
}

/// When the database is gone, the page says that it is our fault and nothing else. Closes the database.
pub(crate) async fn faults_tell_nothing(app: App) {
    let pages = Pages::serve(&app, WebMode::Demo).await;
    assert_eq!(pages.get("/manifests").await.status, 200);
    app.store().close().await;
    let answer = pages.get("/manifests").await;
    assert_eq!((answer.status, answer.header("content-type")), (500, "text/html; charset=utf-8"));
    assert!(answer.body.contains("系统出错"));
    for detail in ["sql", "pool", "store", "select"] {
        assert!(!answer.body.to_lowercase().contains(detail), "{detail} is told");
    }
}
