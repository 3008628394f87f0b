//! A manager of 38 firms sees one list of what is due on the 15th: nine are prefilled exactly, and the one that came back says which
//! field and why.

use std::collections::BTreeMap;
use std::fmt::Write;

use liandan::clock::Timestamp;
use liandan::registry::Role;
use liandan::scenario::{Script, World};
use liandan::web::{WebMode, router};
use serde_json::{Value, json};

use crate::api::server::{Answer, Server, claims, now_s, sign_token};
use crate::support::http::client_builder;
use crate::support::ledger::{LOG, block_on, databases};

/// How many firms have the manager declare for them.
const FIRMS: usize = 38;
/// The firms where something moved.
const MOVED: [usize; 9] = [1, 2, 4, 5, 7, 8, 10, 11, 13];
/// Whom the manager once acted for, or acts for in something else.
const OTHERS: [&str; 3] = ["ended", "revoked", "waste-only"];
const CODES: [&str; 3] = ["900-041-49", "900-252-12", "900-249-08"];
const FOUNDED: &str = "2026-02-25T08:00:00+08:00";
const THE_15TH: &str = "2026-04-15T09:00:00+08:00";
/// Why the fourth firm's declaration came back.
const WHY: &str = "入库少报一千克，请与磅单核对";

fn firm(n: usize) -> String {
    format!("firm-{n:02}")
}

/// Units of every class, in turn.
fn class(n: usize) -> &'static str {
    ["registered", "key", "simplified"][n % 3]
}

/// A bureau, a manager, a carrier, a plant, and the firms.
fn world() -> World {
    let mut text = String::new();
    let mut party = |label: &str, uscc: &str, kind: &str, rest: &str| {
        writeln!(
            text,
            "[[party]]\nlabel = {label:?}\nuscc = {uscc:?}\nzh = \"{label}公司\"\nen = {label:?}\nkinds = [{kind:?}]\ndivision = \"371300\"\n{rest}"
        )
        .unwrap();
    };
    let site = |class: &str| {
        format!("site = [{{ label = \"works\", zh = \"厂区\", division = \"371302\"{class} }}]")
    };
    party("bureau", "11371300MB2X0001A", "authority", "");
    party("steward", "91371300MA3TEWR01", "other", "");
    party("truck", "91371300MA3TRCK02", "carrier", &format!("{}\nvehicles = [\"鲁Q90001\"]", site("")));
    let permit = "[[party.permit]]\nnumber = \"临危证2026-001\"\nvalid_from = \"2024-01-01\"\nvalid_to = \"2028-12-31\"\n\
        items = [{ codes = [\"HW08\", \"HW12\", \"HW49\"], methods = [\"D10\"], yearly_t = 30000 }]";
    party("plant", "91371300MA3PANT03", "operator", &format!("{}\n{permit}", site("")));
    for n in 1..=FIRMS {
        let class = format!(", class = {:?}", class(n));
        party(&firm(n), &format!("91371300MA3F000{n:02}"), "producer", &site(&class));
    }
    for (n, label) in OTHERS.iter().enumerate() {
        party(label, &format!("91371300MA3E000{n:02}"), "producer", &site(", class = \"key\""));
    }
    World::parse(&text).unwrap()
}

/// What is said of one firm, in grams: there at the beginning of February's last days, arisen in March, loaded in March.
struct Deeds {
    code: &'static str,
    opened_g: i64,
    generated_g: [i64; 2],
    sent_g: i64,
}

impl Deeds {
    /// No two alike, none round.
    fn of(n: usize) -> Self {
        let odd = i64::try_from(n).unwrap();
        Self {
            code: CODES[n % 3],
            opened_g: 1_000_000 * odd + 1,
            generated_g: [10_000 * odd + 7, 20_000 * odd + 11],
            sent_g: 900_000 * odd + 3,
        }
    }

    /// What a period must say, summed up by hand. A quarter holds February too, a month begins with what was there.
    fn figures(&self, n: usize) -> Vec<(&'static str, i64)> {
        let generated_g: i64 = self.generated_g.iter().sum();
        let first = if class(n) == "key" { "opening" } else { "opened" };
        vec![
            (first, self.opened_g),
            ("generated", generated_g),
            ("sent-on", self.sent_g),
            ("closing", self.opened_g + generated_g - self.sent_g),
        ]
    }
}

/// The period of a firm that is due on the 15th; none for units that declare by the year.
fn period(n: usize) -> Option<(&'static str, &'static str)> {
    match class(n) {
        "key" => Some(("month", "2026-03-01")),
        "simplified" => Some(("quarter", "2026-01-01")),
        _ => None,
    }
}

fn script() -> String {
    let mut text = "day 2026-02-26\n".to_owned();
    for n in 1..=FIRMS {
        writeln!(text, "08:00 {} mandates steward for declaration.filed until 2026-12-31", firm(n)).unwrap();
    }
    text += "08:01 ended mandates steward for declaration.filed until 2026-04-14\n\
        08:02 revoked mandates steward for declaration.filed until 2026-12-31\n\
        08:03 waste-only mandates steward for waste.generated until 2026-12-31\n";
    for n in MOVED {
        let Deeds { code, opened_g, .. } = Deeds::of(n);
        writeln!(text, "09:00 {} opens S{n} {code} {opened_g} g", firm(n)).unwrap();
    }
    text += "day 2026-03-03\n";
    for n in MOVED {
        let Deeds { code, generated_g: [first_g, second_g], .. } = Deeds::of(n);
        writeln!(
            text,
            "08:00 {0} generates {code} {first_g} g\n08:00 {0} generates {code} {second_g} g",
            firm(n)
        )
        .unwrap();
    }
    text += "09:00 firm-07 files month 2026-02 900-252-12 opened 7000001 g + 900-252-12 closing 7000001 g through steward #d7\n\
        09:01 bureau accepts #d7\n09:02 firm-16 files month 2026-02 zero through steward\n";
    text += "day 2026-03-10\n";
    for (k, n) in MOVED.into_iter().enumerate() {
        let Deeds { code, sent_g, .. } = Deeds::of(n);
        let hour = 8 + k;
        writeln!(
            text,
            "{hour:02}:00 {0} registers M{n} {code} {sent_g} g {0} > truck > plant\n\
             {hour:02}:10 {0} hands M{n} to truck from S{n} {sent_g} g\n\
             {hour:02}:30 truck hands M{n} to plant\n{hour:02}:40 plant receives M{n} all",
            firm(n)
        )
        .unwrap();
    }
    text += "18:00 revoked revokes mandate of steward\n";
    text += "day 2026-04-10\n";
    for n in [1, 2, 4, 5] {
        let lines: Vec<String> = filed(n)
            .into_iter()
            .map(|(measure, mass_g)| format!("{} {measure} {mass_g} g", Deeds::of(n).code))
            .collect();
        let period = if class(n) == "key" { "month 2026-03" } else { "quarter 2026-Q1" };
        writeln!(text, "09:00 {} files {period} {} through steward #m{n}", firm(n), lines.join(" + "))
            .unwrap();
    }
    writeln!(text, "09:10 bureau accepts #m2\n09:20 bureau returns #m4 /lines/1/mass_g \"{WHY}\"\n=====")
        .unwrap();
    text
}

/// What is filed for a firm: what the ledger says, but a kilogram less of one figure for the fourth.
fn filed(n: usize) -> Vec<(&'static str, i64)> {
    let mut figures = Deeds::of(n).figures(n);
    if n == 4 {
        figures[1].1 -= 1_000;
    }
    figures
}

/// One line of the list: firm, period, its first day, due day, state, whether the figures fit.
type Row = (String, String, String, String, String, Value);

fn row(n: usize, (period, from): (&str, &str), due_on: &str, state: &str, fits: Value) -> Row {
    (firm(n), period.to_owned(), from.to_owned(), due_on.to_owned(), state.to_owned(), fits)
}

/// The list of the 15th, firm by firm: February where it was not filed in time, and what is due today.
fn wanted() -> Vec<Row> {
    let mut rows = Vec::new();
    for n in 1..=FIRMS {
        let Some(due) = period(n) else { continue };
        match n {
            7 => {} // February was accepted.
            16 => rows.push(row(n, ("month", "2026-02-01"), "2026-03-15", "filed", json!(true))),
            _ if class(n) == "key" => {
                rows.push(row(n, ("month", "2026-02-01"), "2026-03-15", "overdue", Value::Null));
            }
            _ => {}
        }
        let (state, fits) = match n {
            1 | 5 => ("filed", json!(true)),
            2 => ("accepted", json!(true)),
            4 => ("returned", json!(false)),
            _ => ("due", Value::Null),
        };
        rows.push(row(n, due, "2026-04-15", state, fits));
    }
    rows
}

/// The manager, reading over HTTP.
struct Steward<'a> {
    server: &'a Server,
    world: &'a World,
}

impl Steward<'_> {
    async fn read(&self, path: &str, acting_for: Option<usize>) -> Answer {
        let now_s = now_s(self.server.ledger.clock.now());
        let key = self.world.key("steward", Role::Operator);
        let token = sign_token(&claims(now_s, now_s + 300), &key);
        let mut request = self.server.client.get(self.server.url(path)).bearer_auth(token);
        if let Some(n) = acting_for {
            request = request.header("acting-for", self.world.party(&firm(n)).unwrap().uscc.to_string());
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// The whole list, in pages of so many sites.
    async fn list(&self, limit: usize) -> Vec<Value> {
        let (mut items, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.read(&format!("/api/v1/duties?limit={limit}{after}"), None).await;
            assert_eq!(page.status, 200, "{}", page.text);
            let page = page.json();
            items.extend(page["items"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return items,
            }
        }
    }

    fn row(item: &Value) -> Row {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let [period, from, due_on, state] =
            ["period", "from", "due_on", "state"].map(|name| text(&item[name]));
        (text(&item["party"]["name_en"]), period, from, due_on, state, item["fits"].clone())
    }

    /// What the ledger says of the period of a firm that is due.
    async fn prefilled(&self, n: usize) -> Value {
        let site = self.world.party(&firm(n)).unwrap().site(None).unwrap().site;
        let (period, from) = period(n).unwrap();
        let path = format!("/api/v1/sites/{site}/declarations/prefill?period={period}&from={from}");
        assert_eq!(self.read(&path, None).await.status, 404, "only acting for the firm");
        let answer = self.read(&path, Some(n)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["lines"].clone()
    }
}

#[test]
fn a_manager_of_38_firms_sees_one_list_of_what_is_due_on_the_15th() {
    let world = world();
    let script = script();
    for database in databases() {
        block_on(async {
            let server = Server::of_world(database, &world, FOUNDED.parse().unwrap()).await;
            let played = Script::parse("managed", &script).unwrap().play(&world, LOG).unwrap();
            for act in &played.acts {
                server.ledger.send(act).await.unwrap_or_else(|code| panic!("line {}: {code}", act.line));
            }
            let the_15th: Timestamp = THE_15TH.parse().unwrap();
            server.ledger.pass_time(the_15th).await;
            let steward = Steward { server: &server, world: &world };

            let whole = steward.list(500).await;
            let rows: Vec<Row> = whole.iter().map(Steward::row).collect();
            assert_eq!(rows, wanted());
            for limit in [1, 7, 37] {
                assert_eq!(steward.list(limit).await, whole, "pages of {limit}: no gaps, nothing twice");
            }
            let due = whole.iter().filter(|item| item["due_on"] == "2026-04-15");
            let mut states: BTreeMap<&str, usize> = BTreeMap::new();
            due.for_each(|item| *states.entry(item["state"].as_str().unwrap()).or_default() += 1);
            assert_eq!(states, BTreeMap::from([("accepted", 1), ("due", 22), ("filed", 2), ("returned", 1)]));

            for n in MOVED {
                let code = Deeds::of(n).code;
                let line = |(measure, mass_g)| json!({ "code": code, "measure": measure, "mass_g": mass_g });
                let wanted: Vec<Value> = Deeds::of(n).figures(n).into_iter().map(line).collect();
                assert_eq!(steward.prefilled(n).await, json!(wanted), "{}", firm(n));
            }

            let returned: Vec<&Value> = whole.iter().filter(|item| item["state"] == "returned").collect();
            let [returned] = returned[..] else { panic!("{returned:?}") };
            assert_eq!(returned["reasons"], json!([{ "pointer": "/lines/1/mass_g", "reason": WHY }]));
            assert_eq!(returned["differing"], 1);
            on_the_page(&server, &world).await;
            server.ledger.store.close().await;
        });
    }
}

/// The same list on the page, in both languages: the field by its name, and why.
async fn on_the_page(server: &Server, world: &World) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let pages = router(server.ledger.app.clone(), WebMode::Demo);
    tokio::spawn(async move { axum::serve(listener, pages).await.unwrap() });
    let client = client_builder().no_proxy().build().unwrap();
    let view = world.party("steward").unwrap().uscc;
    for (lang, field, state) in
        [("zh", "第 2 行 900-252-12 产生", "已退回"), ("en", "Line 2, 900-252-12, Generated", "returned")]
    {
        let (mut seen, mut path) = (String::new(), "/duties".to_owned());
        loop {
            let request =
                client.get(format!("{base}{path}")).header("cookie", format!("view={view}; lang={lang}"));
            let page = request.send().await.unwrap().text().await.unwrap();
            let next = page.split("<a href=\"").skip(1).find(|link| link.contains("rel=\"next\""));
            let next = next.map(|link| link.split('"').next().unwrap().replace("&amp;", "&"));
            // Beside it stands the choice of whom to look as.
            seen += page.split_once("<main").unwrap().1;
            match next {
                Some(next) => path = next,
                None => break,
            }
        }
        assert!(seen.contains(field) && seen.contains(WHY) && seen.contains(state), "{lang}: {seen}");
        for n in 1..=FIRMS {
            let name = if lang == "zh" { format!("{}公司", firm(n)) } else { firm(n) };
            assert_eq!(seen.contains(&name), period(n).is_some(), "{lang} {name}");
        }
    }
}
