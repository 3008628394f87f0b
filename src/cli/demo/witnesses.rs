//! The demonstration's witnesses: three invented ones in this process, behind sockets as real ones are, two of three needed.

use std::path::Path;
use std::sync::Arc;

use super::{Error, keyfile, note, say};
use crate::app::App;
use crate::app::witness::Witness;
use crate::ledger::cosignature::Cosigner;
use crate::ledger::note::NoteKey;
use crate::ledger::policy::Policy;

/// Names in the policy, and what they stand for.
const WITNESSES: [(&str, &str); 3] =
    [("regulator", "主管部门"), ("insurer", "保险公司"), ("university", "大学实验室")];

/// Start the witnesses, write the policy that names them, and have them cosign what there is.
pub(super) async fn start(app: &App, data: &Path) -> Result<(), Error> {
    let folder = data.join("witnesses");
    std::fs::create_dir_all(&folder)?;
    let mut policy =
        format!("# the demonstration's policy 演示用信任策略\nlog {}\n", app.verifier().to_vkey());
    for (name, zh) in WITNESSES {
        let (key, _) = keyfile::load_or_make(&folder.join(format!("{name}.pem")))?;
        let cosigner = Cosigner { name: format!("{name}.example/liandan-witness"), key };
        let vkey = cosigner.verifier().to_vkey();
        let state = folder.join(name);
        // The demonstration's clock, so that the times on its pages belong together.
        let witness = Witness::open(cosigner, vec![app.verifier()], &state, app.clock().clone())?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = crate::api::witness::router(Arc::new(witness));
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "a witness of the demonstration stopped");
            }
        });
        policy.push_str(&format!("# {zh}\nwitness {name} {vkey} {url}\n"));
    }
    policy.push_str("group witnesses 2 regulator insurer university\nquorum witnesses\n");
    let path = data.join("policy");
    std::fs::write(&path, &policy)?;
    app.ask_witnesses(Policy::parse(&policy)?)?;
    for (name, collected) in app.collect_cosignatures().await {
        if let Err(error) = collected {
            note(format!("{name}: {error}"));
        }
    }
    say(format!("trust policy 信任策略: {}", path.display()));
    Ok(())
}
