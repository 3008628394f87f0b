//! Drafts: for whoever of the party goes on with them, and for nobody else.

use serde_json::{Value, json};

use crate::api::server::{Answer, Server};
use crate::support::ledger::{block_on, databases};

const ID: &str = "/api/v1/drafts/01890a5d-ac96-774b-bcce-b302099a8057";

async fn send(server: &Server, method: &str, label: &str, path: &str, body: Option<&Value>) -> Answer {
    let request =
        server.client.request(method.parse().unwrap(), server.url(path)).bearer_auth(server.token(label));
    let request = body.iter().fold(request, |request, body| request.body(body.to_string()));
    Answer::of(request.send().await.unwrap()).await
}

fn draft(title: &str, version: u64) -> Value {
    json!({"title": title, "wish": {"kind": "manifest.registered", "data": {"half": "written"}}, "version": version})
}

#[test]
fn a_draft_is_gone_on_with_and_never_overwritten_unseen() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let made = send(&server, "PUT", "acme", ID, Some(&draft("周一", 0))).await;
            assert_eq!((made.status, &made.json()["version"]), (200, &json!(1)), "{}", made.text);
            assert_eq!(send(&server, "PUT", "acme", ID, Some(&draft("周二", 1))).await.json()["version"], 2);
            let late = send(&server, "PUT", "acme", ID, Some(&draft("周三", 1))).await;
            assert_eq!(late.problem().1, [("draft-changed".to_owned(), "/version".to_owned())]);
            let read = server.read_as("acme", ID).await.json();
            assert_eq!((&read["title"], &read["wish"]["data"]["half"]), (&json!("周二"), &json!("written")));
            let page = server.read_as("acme", "/api/v1/drafts").await.json();
            assert_eq!(page["items"].as_array().unwrap(), &[read]);
            // Nobody else reads or deletes it, and an id that it has is as free as any other for them.
            for label in ["swift", "phoenix", "bureau"] {
                assert_eq!(server.read_as(label, ID).await.status, 404);
                assert_eq!(send(&server, "DELETE", label, ID, None).await.status, 404);
                assert_eq!(server.read_as(label, "/api/v1/drafts").await.json()["items"], json!([]));
                assert_eq!(send(&server, "PUT", label, ID, Some(&draft("theirs", 0))).await.status, 200);
            }
            assert_eq!(server.read_as("acme", ID).await.json()["title"], "周二");
            // What nobody saved for 90 days is gone.
            let ninety = server.ledger.clock.now().plus_millis(90 * 24 * 3_600_000);
            server.ledger.clock.set(ninety.plus_millis(-1));
            assert_eq!(server.read_as("acme", ID).await.status, 200);
            server.ledger.clock.set(ninety);
            assert_eq!(server.read_as("acme", ID).await.status, 404);
            assert_eq!(send(&server, "PUT", "acme", ID, Some(&draft("anew", 0))).await.status, 200);
            assert_eq!(send(&server, "DELETE", "acme", ID, None).await.status, 204);
            assert_eq!(server.read_as("acme", ID).await.status, 404);
        });
    }
}

#[test]
fn what_is_no_draft_is_refused_with_its_place() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let mut large = draft("large", 0);
        large["wish"]["data"] = json!("x".repeat(65_536));
        let large = send(&server, "PUT", "acme", ID, Some(&large)).await;
        assert_eq!(large.problem().1, [("draft-too-large".to_owned(), "/wish".to_owned())]);
        let mut list = draft("list", 0);
        list["wish"] = json!([]);
        assert_eq!(send(&server, "PUT", "acme", ID, Some(&list)).await.status, 400);
        let derived = "/api/v1/drafts/01890a5d-ac96-874b-bcce-b302099a8057";
        assert_eq!(send(&server, "PUT", "acme", derived, Some(&draft("made", 0))).await.status, 400);
        let mut unknown = draft("unknown", 0);
        unknown["other"] = json!(1);
        assert_eq!(send(&server, "PUT", "acme", ID, Some(&unknown)).await.status, 400);
        assert_eq!(send(&server, "PUT", "acme", ID, Some(&draft("gone on with", 3))).await.status, 422);
        let huge = json!({"title": "huge", "wish": {"data": "x".repeat(200_000)}});
        assert_eq!(send(&server, "PUT", "acme", ID, Some(&huge)).await.status, 413);
        assert_eq!(server.read_as("acme", "/api/v1/drafts").await.json()["items"], json!([]));
    });
}
