//! Pushes on the pages: consent, where each stands and why, trying again.

use liandan::web::WebMode;

use super::Pages;
use crate::api::server::{office_key, sign_script};
use crate::push::receiver::Receiver;
use crate::push::{FULL, SCRIPT, list, platform, push};
use crate::support::ledger::{Ledger, block_on, databases};

#[test]
fn pages_show_the_reason_and_take_consent_and_retries() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            ledger.app.push_to(vec![platform(&receiver, Some(FULL))]);
            let public = Pages::serve(&ledger.app, WebMode::Public).await;
            let acme = public.signed_in(&ledger, &office_key("acme")).await;
            assert!(acme.get("/pushes").await.body.contains("未同意报送"));
            let body = "platform=province&what=agree&plan_number=2026-7";
            assert_eq!(acme.submit("/pushes", body, Some(&acme.base)).await.status, 303);
            let agreed = acme.get("/pushes").await.body;
            assert!(agreed.contains("已同意报送") && agreed.contains("2026-7"), "{agreed}");
            receiver.refuse("registered", 1, "代码<script>无效");
            receiver.refuse("registered", 2, "代码无效");
            for act in &sign_script(SCRIPT).acts {
                ledger.send(act).await.unwrap();
            }
            push(&ledger).await;
            let acme = public.signed_in(&ledger, &office_key("acme")).await;
            let item = list(&ledger, "acme").await.remove(0);
            let path = format!("/pushes/{}", item.id);
            let shown = acme.get(&path).await.body;
            assert!(shown.contains("代码&lt;script&gt;无效") && shown.contains("平台未接受"), "{shown}");
            receiver.relent();
            assert_eq!(acme.submit(&path, "", Some(&acme.base)).await.status, 303);
            push(&ledger).await;
            assert!(
                acme.get(&path).await.body.contains("2026350200000002"),
                "another message, another number"
            );
            assert_eq!(acme.submit(&path, "", Some(&acme.base)).await.status, 422);
            let swift = public.signed_in(&ledger, &office_key("swift")).await;
            assert_eq!(swift.get(&path).await.status, 404);
            assert_eq!(swift.submit(&path, "", Some(&swift.base)).await.status, 404);
            let bureau = public.signed_in(&ledger, &office_key("bureau")).await;
            assert_eq!(bureau.get(&path).await.status, 200);
            assert!(bureau.get("/operation").await.body.contains("向国家平台报送"));
        });
    }
}
