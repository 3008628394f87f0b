//! Pages of duties: what is due, what came back and why, registers and their files.

use liandan::app::App;
use liandan::scenario::World;
use liandan::web::WebMode;

use super::Pages;
use crate::stock::site_of;

pub(crate) async fn what_came_back_says_which_field_and_why(app: App) {
    let demo = Pages::serve(&app, WebMode::Demo).await;
    let duties = demo.get("/duties?on=2026-03-08").await.body;
    for state in ["已受理", "已退回", "已申报", "逾期未报"] {
        assert!(duties.contains(state), "{state}: {duties}");
    }
    assert!(duties.contains("1 项与台账不符") && duties.contains("与台账相符"), "{duties}");
    // Who declares for others sees their sites beside its own.
    let lotus = World::embedded().party("lotus").unwrap().uscc;
    let managed = demo.with_cookie(&format!("view={lotus}")).get("/duties?on=2026-04-15").await.body;
    for site in ["临沭再生厂", "罗庄电镀厂", "罗庄污泥库", "郯城树脂厂", "费县回收点"]
    {
        assert!(managed.contains(site), "{site}: {managed}");
    }
    assert!(!managed.contains("兰山总厂") && managed.contains("与台账相符"), "{managed}");
    let (_, sludge) = site_of("ruby", Some("sludge"));
    assert!(
        !managed.contains(&format!("/sites/{sludge}")),
        "no link leads to what is read only in ruby's name"
    );
    let pharma = World::embedded().party("pharma").unwrap();
    let (_, works) = site_of("pharma", None);
    let own = demo.with_cookie(&format!("view={}; lang=en", pharma.uscc));
    let page = own.get(&format!("/sites/{works}/declarations?period=month&from=2026-02-14")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Line 2, 271-001-02, Sent on"), "{}", page.body);
    assert!(page.body.contains("M01 联单为 2000 千克，申报少 1 千克") && page.body.contains("\u{2212}0.001"));
    let (_, plant) = site_of("acme", None);
    for hidden in [
        "declarations",
        "registers/inbound",
        "registers/inbound/csv",
        "registers/inbound/pdf",
        "store-ledger/pdf",
    ] {
        assert_eq!(own.get(&format!("/sites/{plant}/{hidden}")).await.status, 404, "{hidden}");
    }
    let loaded = format!("/sites/{works}/registers/outside-treatment");
    let page = own.get(&format!("{loaded}?from=2026-02-01&to=2026-02-28")).await.body;
    assert!(page.contains("B.5 Treated by others") && page.contains("2.000"), "{page}");
    let sheet = own.get(&format!("{loaded}/csv?from=2026-02-01&to=2026-02-28")).await;
    assert!(sheet.header("content-disposition").contains("outside-treatment-2026-02-01-2026-02-28.csv"));
    assert_eq!(sheet.body.lines().count(), 2, "{}", sheet.body);
    assert_eq!(own.get(&format!("{loaded}/docx")).await.status, 404);
}
