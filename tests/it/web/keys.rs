//! Who holds a key, as its page asks and shows.

use liandan::registry::Role;
use liandan::scenario::World;
use liandan::web::WebMode;

use super::Pages;
use super::form::Form;
use crate::api::server::{Answer, Server, office_key};
use crate::support::ledger::{block_on, databases};

#[test]
fn who_keeps_a_key_says_who_holds_it_and_takes_the_name_back() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let public = Pages::serve(&server.ledger.app, WebMode::Public).await;
            let kid = office_key("acme").kid();
            let path = format!("/keys/{kid}");
            let own = public.signed_in(&server.ledger, &office_key("acme")).await;
            let forms = async |pages: &Pages, path: &str| -> Vec<Form> {
                let page = pages.get(path).await;
                assert_eq!(page.status, 200);
                Form::all(&page.body).into_iter().filter(|form| form.path.ends_with("/holder")).collect()
            };
            let [form] = <[Form; 1]>::try_from(forms(&own, &path).await).ok().unwrap();
            assert_eq!((form.method.as_str(), &form.path), ("PUT", &format!("{path}/holder")));
            // An operator keeps no keys but its own.
            let driver = World::embedded().key("swift", Role::Driver).kid();
            let swift = public.signed_in(&server.ledger, &office_key("swift")).await;
            assert!(forms(&swift, &format!("/keys/{driver}")).await.is_empty());
            let send = async |form: &Form| {
                let url = server.url(&format!("/api/v1{}", form.path));
                let request = server.client.request(form.method.parse().unwrap(), url);
                let request = request.bearer_auth(server.token("acme")).body(form.data().to_string());
                Answer::of(request.send().await.unwrap()).await.status
            };
            assert_eq!(send(&form.set("/name", "王大力")).await, 204);
            assert!(own.get(&path).await.body.contains("王大力"));
            let bureau = public.signed_in(&server.ledger, &office_key("bureau")).await;
            assert!(bureau.get(&path).await.body.contains("王大力"));
            assert!(forms(&bureau, &path).await.is_empty(), "the keys of a party are its own");

            let named = forms(&own, &path).await;
            assert_eq!((named.len(), named[1].method.as_str()), (2, "DELETE"));
            assert_eq!(named[0].value("/name"), "王大力");
            assert_eq!(send(&named[1]).await, 204);
            assert!(!own.get(&path).await.body.contains("王大力"));
            server.ledger.store.close().await;
        });
    }
}
