//! `docs/rules.md`: the table of rules, made from the program, the profile and the scripts that bear the rules' names.

use std::fmt::Write;
use std::path::Path;

use liandan::catalogue::{Disposition, Profile};
use liandan::custody::rules::{Example, Rule, rules};

use crate::support::committed::is_committed;

const COMMITTED: &str = "docs/rules.md";

const HEAD: &str = "\
# 规则 · Rules

<!-- Made by tests/it/rules_table.rs: LIANDAN_BLESS=1 cargo test --test it the_committed_table_of_rules -->

每条规则看的是已记录的事实，从不扫描账本。下表由程序、规则参数表（cn）和脚本生成；同样的内容在 `/rules` 页面和 `GET /api/v1/rules`，例子在那里逐行给出。

A rule looks at folded facts and never scans the ledger. The table is made from the program, the profile `cn` and the scripts; pages at `/rules` and
`GET /api/v1/rules` tell the same, with the examples line by line.

依据 · Basis: S1 危险废物转移管理办法 (order 23), S2 固体废物污染环境防治法 2020 (Solid Waste Law), S3 危险废物经营许可证管理办法 (order 408), S4 HJ 1259-2022, S5 GB 18597-2023,
S6 法释〔2023〕7号; * 由本项目提出、可在规则参数表中改 · proposed by this project, configurable in the profile. 处理 · At a declaration: *refuse* 拒绝, *reason* 须说明理由, *finding* 只预警.
例子 · Examples: 触发 raised, 差一点 near, 解除 cleared.

| id | 级别 severity | 依据 basis | 参数 parameters | 申报时 at a declaration | 含义 what it finds | 例子 examples |
|---|---|---|---|---|---|---|
";

fn row(rule: &Rule, profile: &Profile) -> String {
    let limits = rule.parameters.iter().map(|name| format!("`{name}` {}", profile.threshold(rule.id, name)));
    let limits = limits.collect::<Vec<_>>().join("<br>");
    let disposition = match profile.disposition(rule.id) {
        Disposition::Refuse => "refuse",
        Disposition::Reason => "reason",
        Disposition::Finding => "finding",
    };
    let link =
        |example: Example| format!("[{}](../seeds/scenarios/{}.txt)", example.shows.name(), example.name);
    let examples = Example::of_rule(rule.id).into_iter().map(link).collect::<Vec<_>>().join(", ");
    format!(
        "| `{}` | {} | {} | {limits} | {disposition} | **{}** {}<br>**{}.** {} | {examples} |\n",
        rule.id,
        rule.severity_in(profile).name(),
        rule.basis.replace('*', "\\*"),
        rule.title_zh,
        rule.text_zh,
        rule.title_en,
        rule.text_en
    )
}

fn made() -> String {
    let profile = Profile::embedded("cn").unwrap();
    let mut text = HEAD.to_owned();
    for rule in rules() {
        write!(text, "{}", row(rule, profile)).unwrap();
    }
    text
}

#[test]
fn the_committed_table_of_rules_is_that_of_the_program() {
    is_committed(COMMITTED, &made());
}

#[test]
fn the_scripts_in_the_program_are_those_in_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/scenarios");
    let mut there = 0;
    for rule in rules() {
        for ending in ["", "-near", "-cleared"] {
            let name = format!("{}{ending}", rule.id);
            let is_there = folder.join(format!("{name}.txt")).is_file();
            let is_embedded = Example::of_rule(rule.id).iter().any(|example| example.name == name);
            assert_eq!(is_there, is_embedded, "{name}: the program was built before the script was there");
            there += usize::from(is_there && ending.is_empty());
        }
    }
    assert!(there >= 40, "only {there} rules have a script that raises them");
}
