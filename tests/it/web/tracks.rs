//! Tracks on the page of a manifest.

use liandan::app::App;
use liandan::app::access::Viewer;
use liandan::scenario::{Played, World};
use liandan::web::WebMode;

use super::Pages;

pub(crate) async fn a_track_is_shown_with_its_silence_and_its_points(app: App, played: &Played) {
    let path = format!("/manifests/{}", played.names.manifest("M02").unwrap());
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let before = demo.get(&path).await.body;
    for says in [
        "行驶轨迹",
        "鲁Q10001",
        "2026-03-02 09:50 至 2026-03-02 10:12，22 分钟",
        "超速 2026-03-02 09:40",
        "尚未上传",
    ] {
        assert!(before.contains(says), "{says}: {before}");
    }
    let (label, points) = &played.points[0];
    let (world, role) = (World::embedded(), World::embedded().party(label).unwrap().office());
    let (party, kid) = (world.party(label).unwrap().uscc, world.key(label, role).kid());
    app.keep_attachment(&Viewer::Party { party, role, kid }, points.clone()).await.unwrap();
    let view = |label: &str| format!("view={}; lang=en", world.party(label).unwrap().uscc);
    for label in ["acme", "swift", "phoenix"] {
        let page = demo.with_cookie(&view(label)).get(&path).await.body;
        assert!(
            page.contains("bears out what was signed") && !page.contains("contradicts"),
            "{label}: {page}"
        );
        let file = page.split("href=\"/attachments/").nth(1).unwrap().split('"').next().unwrap();
        let answer = demo.with_cookie(&view(label)).get(&format!("/attachments/{file}")).await;
        assert_eq!((answer.status, answer.body.as_bytes()), (200, &points[..]), "{label}");
        assert_eq!(demo.with_cookie(&view("clinic")).get(&format!("/attachments/{file}")).await.status, 404);
    }
    assert!(!demo.get(&path.replace("manifests", "manifests/none")).await.body.contains("行驶轨迹"));
}
