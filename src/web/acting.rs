//! For whom somebody acts: the firms that mandated the own one (授权), and which of them is looked at and signed for now.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use maud::{Markup, html};

use super::visit::{Visit, cookie};
use super::words::name_of;
use crate::app::access::{AccessError, PartyName, PartySeen, Viewer};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::custody::Kind;
use crate::id::MandateId;
use crate::registry::mandate::MandateRecord;

/// Cookie and parameter that keep for whom: the code of a firm, or of the own one.
pub(super) const FOR: &str = "for";

/// For whom one may act, and for whom one does.
#[derive(Clone, Debug, Default)]
pub(super) struct Acting {
    /// Mandates in force that the visitor's key may use.
    mandates: Vec<MandateRecord>,
    /// The firms that gave them, each once.
    pub(super) firms: Vec<PartyName>,
    /// Who is acted for; `None` for the own party.
    pub(super) now_for: Option<Uscc>,
}

impl Acting {
    /// What a visitor may do for others, and who it then is.
    pub(super) async fn of(app: &App, viewer: Viewer, headers: &HeaderMap) -> Result<(Self, Viewer), Fault> {
        let mandates = app.mandates_held(&viewer).await?;
        let mandators: BTreeSet<Uscc> = mandates.iter().map(|mandate| mandate.party).collect();
        let mandators: Vec<Uscc> = mandators.into_iter().collect();
        let firms = app.parties_among(&viewer, &mandators).await?;
        let firms: Vec<PartyName> = firms.into_iter().map(PartySeen::into_name).collect();
        let wanted = cookie(headers, FOR).and_then(|code| code.parse::<Uscc>().ok());
        let wanted = wanted.filter(|code| firms.iter().any(|firm| firm.party == *code));
        let (viewer, now_for) = match wanted {
            Some(party) => match viewer.acting_for(app, party, app.clock().now()).await {
                Ok(acting) => (acting, Some(party)),
                Err(AccessError::Fault(fault)) => return Err(fault),
                Err(AccessError::Token(_) | AccessError::Busy { .. }) => (viewer, None),
            },
            None => (viewer, None),
        };
        Ok((Self { mandates, firms, now_for }, viewer))
    }

    /// The first firms that are not acted for now, each with who the visitor would be for it; none while one is acted for.
    pub(super) async fn others(
        &self,
        visit: &Visit,
        most: usize,
    ) -> Result<Vec<(&PartyName, Viewer)>, Fault> {
        let mut others = Vec::new();
        for firm in self.firms.iter().filter(|_| self.now_for.is_none()).take(most) {
            match visit.viewer.acting_for(&visit.app, firm.party, visit.app.clock().now()).await {
                Ok(viewer) => others.push((firm, viewer)),
                Err(AccessError::Fault(fault)) => return Err(fault),
                Err(AccessError::Token(_) | AccessError::Busy { .. }) => {}
            }
        }
        Ok(others)
    }

    /// The mandate under which a kind of event is signed for who is acted for. `Err` where none covers it; `Ok(None)` for the own party.
    pub(super) fn mandate_for(&self, kind: Kind) -> Result<Option<MandateId>, NotCovered> {
        let Some(party) = self.now_for else { return Ok(None) };
        let covers = |mandate: &&MandateRecord| {
            mandate.party == party && mandate.kinds.iter().any(|covered| covered == kind.name())
        };
        self.mandates.iter().find(covers).map(|mandate| Some(mandate.mandate)).ok_or(NotCovered)
    }
}

/// No mandate covers this kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotCovered;

/// The switch between the firms one acts for; nothing for who acts for the own one alone.
pub(super) fn switch(visit: &Visit) -> Markup {
    let lang = visit.lang;
    let Some(signed) = visit.signed.as_ref().filter(|_| !visit.acting.firms.is_empty()) else {
        return html! {};
    };
    html! {
        aside.banner.acting aria-label=(lang.t("acting.label")) {
            .width {
                form method="get" action=(visit.path) {
                    (visit.kept(FOR))
                    label for="for" { (lang.t("acting.label")) }
                    select #for name=(FOR) {
                        option value=(signed.party.party) { (name_of(lang, &signed.party)) " " (lang.t("acting.own")) }
                        @for firm in &visit.acting.firms {
                            option value=(firm.party) selected[visit.acting.now_for == Some(firm.party)] { (name_of(lang, firm)) }
                        }
                    }
                    button { (lang.t("demo.switch")) }
                }
            }
        }
    }
}
