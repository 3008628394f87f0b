//! Pages of findings that were answered, and of cases.

use liandan::app::App;
use liandan::scenario::World;
use liandan::web::WebMode;

use super::Pages;

/// The first address on a page that begins so.
fn link(page: &str, begins: &str) -> String {
    let at = page.find(&format!("href=\"{begins}")).unwrap_or_else(|| panic!("no link to {begins}: {page}"));
    page[at + 6..].split('"').next().unwrap().to_owned()
}

pub(crate) async fn answers_and_cases_are_shown_to_whom_they_concern(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let closed = demo.get("/findings?stage=closed").await.body;
    assert!(closed.contains("已结案"), "{closed}");
    let finding = link(&closed, "/findings/");
    let page = demo.get(&finding).await.body;
    for says in ["装车时雨水未排尽", "差额为雨水", "结案时的数值", "100\u{202f}千克"] {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert!(demo.get("/findings?stage=upheld").await.body.contains("没有符合条件的预警"));

    let queue = demo.get("/cases").await.body;
    assert!(queue.contains("限期说明去向并整改") && queue.contains("待答复"), "{queue}");
    let case = link(&queue, "/cases/");
    let page = demo.get(&case).await.body;
    assert!(page.contains("2026-03-12") && page.contains("来源"), "{page}");
    assert!(page.contains(&link(&page, "/findings/")), "it leads to the finding it came from");
    assert!(demo.get("/cases?division=110000").await.body.contains("没有符合条件的案件"));

    let view = |label: &str| format!("view={}; lang=en", World::embedded().party(label).unwrap().uscc);
    let mirage = demo.with_cookie(&view("mirage"));
    assert!(mirage.get(&case).await.body.contains("waits for an answer"));
    let ruby = demo.with_cookie(&view("ruby"));
    for hidden in [&case, &finding] {
        assert_eq!(ruby.get(hidden).await.status, 404, "{hidden}");
    }
    assert!(ruby.get("/cases").await.body.contains("There is no such case."));
}
