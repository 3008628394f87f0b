//! Pages of findings that were answered, and of cases.

use liandan::app::App;
use liandan::app::access::Viewer;
use liandan::app::roster::Shift;
use liandan::registry::Role;
use liandan::scenario::{PICTURES, World, picture};
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
    files_are_linked_once_they_came(&app, &demo, &finding, &page).await;
    assert!(demo.get("/findings?stage=upheld").await.body.contains("没有符合条件的预警"));

    let queue = demo.get("/cases").await.body;
    assert!(queue.contains("限期说明去向并整改") && queue.contains("待答复"), "{queue}");
    let case = link(&queue.replace("/cases/new", ""), "/cases/");
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

/// Who looks at the demonstration as the authority looks with the key that founded it.
/// What an explanation names is told to be missing, and then saved by a link.
async fn files_are_linked_once_they_came(app: &App, demo: &Pages, finding: &str, before: &str) {
    assert!(before.contains("尚未上传") && !before.contains("href=\"/attachments/"), "{before}");
    let (world, role) = (World::embedded(), Role::Operator);
    let (party, kid) = (world.party("phoenix").unwrap().uscc, world.key("phoenix", role).kid());
    app.keep_attachment(&Viewer::Party { party, role, kid }, PICTURES[0].1.to_vec()).await.unwrap();
    let file = link(&demo.get(finding).await.body, "/attachments/");
    let answer = demo.get(&file).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
    let digest = picture("weighbridge").unwrap();
    assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{digest}.png\""));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; sandbox;"));
    let clinic = demo.with_cookie(&format!("view={}", world.party("clinic").unwrap().uscc));
    for hidden in [file.clone(), format!("/attachments/{digest}"), "/attachments/x".to_owned()] {
        assert_eq!(clinic.get(&hidden).await.status, 404, "{hidden}");
    }
    assert_eq!(Pages::serve(app, WebMode::Public).await.get(&file).await.status, 401);
}

pub(crate) async fn the_queue_says_who_is_on_duty(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    assert!(demo.get("/cases").await.body.contains("未排班"));
    let bureau = World::embedded().party("bureau").unwrap();
    let kid = World::embedded().key("bureau", Role::Officer).public().kid();
    let division = bureau.division;
    let viewer = Viewer::Authority { party: bureau.uscc, division, role: Role::Officer, kid };
    let (from, to) = (app.today(), app.today());
    app.arrange_duty(&viewer, &Shift { division, from, to, officers: vec![kid] }).await.unwrap();
    let queue = demo.get("/cases").await.body;
    assert!(queue.contains("山东省临沂市今日值班：本人"), "{queue}");
    let roster = demo.get(&link(&queue, "/duty-roster")).await.body;
    assert!(roster.contains(&from.to_string()) && roster.contains("本人"), "{roster}");
    for (all, mine) in [("/cases", "/cases?on_duty=1"), ("/findings", "/findings?on_duty=1")] {
        let rows = async |path: &str| demo.get(path).await.body.matches("<tr role=\"row\">").count();
        assert_eq!(rows(all).await, rows(mine).await, "all of it lies in the division");
    }
    let ruby = demo.with_cookie(&format!("view={}", World::embedded().party("ruby").unwrap().uscc));
    assert_eq!(ruby.get("/duty-roster").await.status, 404);
    assert!(!ruby.get("/cases").await.body.contains("今日值班"));
}
