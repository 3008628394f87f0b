//! The sheet of a site as a page, and the stories of a rule.

use liandan::app::App;
use liandan::scenario::World;
use liandan::web::WebMode;

use super::Pages;

pub(crate) async fn an_officer_reads_a_sheet_before_the_gate(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let phoenix = World::embedded().party("phoenix").unwrap();
    let site = phoenix.sites[0].site;
    let firm = demo.get(&format!("/parties/{}", phoenix.uscc)).await.body;
    let path = format!("/sites/{site}/sheet");
    assert!(firm.contains(&format!("href=\"{path}\"")), "the firm's record leads to the sheet");
    let sheet = demo.get(&path).await.body;
    for says in ["现场检查表", "进行中的联单", "涉及本企业的未解除预警", "不等于没有问题", &*phoenix.zh]
    {
        assert!(sheet.contains(says), "{says}: {sheet}");
    }
    let own = demo.with_cookie(&format!("view={}; lang=en", phoenix.uscc));
    assert!(own.get(&path).await.body.contains("Manifests under way"));
    let ruby = World::embedded().party("ruby").unwrap();
    let stranger = demo.with_cookie(&format!("view={}", ruby.uscc));
    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(Pages::serve(&app, WebMode::Public).await.get(&path).await.status, 401);
}

/// What the ledger cannot know is left for whoever goes there, with room for scores.
pub(crate) async fn a_site_is_evaluated(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let acme = World::embedded().party("acme").unwrap();
    let site = acme.sites[0].site;
    let path = format!("/sites/{site}/evaluation");
    assert!(demo.get(&format!("/sites/{site}")).await.body.contains(&format!("href=\"{path}\"")));
    let sheet = demo.get(&path).await.body;
    for says in [
        "规范化环境管理评估表",
        "现场查看",
        "不符合",
        "自评分",
        "环办固体〔2021〕20号",
        "第 78 条",
        &*acme.zh,
    ] {
        assert!(sheet.contains(says), "{says}: {sheet}");
    }
    let own = demo.with_cookie(&format!("view={}; lang=en", acme.uscc));
    assert!(own.get(&path).await.body.contains("To be looked at"));
    let ruby = World::embedded().party("ruby").unwrap();
    assert_eq!(demo.with_cookie(&format!("view={}", ruby.uscc)).get(&path).await.status, 404);
    assert_eq!(Pages::serve(&app, WebMode::Public).await.get(&path).await.status, 401);
}

/// Officers are told of their division, everybody else what is public, and in no more months than fit.
pub(crate) async fn figures_are_told_by_who_looks(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let page = demo.get("/statistics?from=2026-03&to=2026-03").await.body;
    for says in ["山东省临沂市", "罗庄区", "预警（按规则）", "<svg role=\"img\"", "每月一柱", "csv"]
    {
        assert!(page.contains(says), "{says}: {page}");
    }
    let file = demo.get("/statistics/csv?from=2026-03&to=2026-03").await;
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"statistics-371300-2026-03-2026-03.csv\""
    );
    assert!(demo.get("/statistics?from=2020-01&to=2026-03").await.body.contains("一次最多 24 个月"));
    let public = Pages::serve(&app, WebMode::Public).await;
    let told = public.get("/statistics").await.body;
    assert!(told.contains("少于 3 家单位的数字不公布") && !told.contains("预警（按规则）"), "{told}");
    assert!(public.get("/statistics?to=9999-12").await.body.contains("只公布已结束的月份"));
    let ruby = World::embedded().party("ruby").unwrap();
    let own = demo.with_cookie(&format!("view={}", ruby.uscc));
    assert!(own.get("/statistics").await.body.contains("少于 3 家单位的数字不公布"));
    assert_eq!(own.get("/statistics/csv?from=2026-03&to=2026-03").await.status, 404);
}

pub(crate) async fn a_rule_tells_its_stories(app: App) {
    let public = Pages::serve(&app, WebMode::Public).await;
    let page = public.get("/rules/plan-exceeded").await.body;
    for says in
        ["本年移出的数量比管理计划多一克", "正好等于计划数量", "预警解除", "差一点，不触发", "registers"]
    {
        assert!(page.contains(says), "{says}: {page}");
    }
    let english = public.with_cookie("lang=en").get("/rules/plan-exceeded").await.body;
    assert!(english.contains("As much as planned is no finding."), "{english}");
    assert!(!public.get("/rules/container-mismatch").await.body.contains("seeds/scenarios/"));
}
