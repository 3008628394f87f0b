//! Version 1 of the interface: one file a resource. A published field never changes its meaning; replies may gain fields.

mod access_log;
mod attachments;
pub(super) mod batch;
mod bundles;
mod calendar;
mod cases;
mod catalogue;
mod chain;
mod changes;
mod check;
mod codes;
mod corrections;
mod declarations;
mod departures;
mod documents;
mod drafts;
mod duties;
mod duty_roster;
mod evaluation;
mod events;
mod external_numbers;
mod feed;
mod findings;
mod heartbeats;
mod incidents;
mod labels;
mod loads;
mod log;
mod lots;
mod mandates;
mod manifests;
mod notice_channels;
mod notices;
mod offers;
mod openings;
mod overview;
mod papers;
mod parties;
mod permits;
mod platforms;
mod prepare;
mod prints;
mod pushes;
pub(super) mod receipt;
mod record;
mod registers;
mod rules;
mod sheets;
mod site_sheet;
mod sites;
mod statistics;
mod stock;
mod tasks;
mod traces;
mod tracks;
mod trips;
mod versions;
mod views;
mod webhooks;
mod weighings;
mod witnesses;

use utoipa_axum::router::OpenApiRouter;

use super::problem::not_found;
use crate::app::App;

/// Everything under `/api/v1`.
pub(super) fn router() -> OpenApiRouter<App> {
    let resources = [
        events::router(),
        access_log::router(),
        attachments::router(),
        codes::router(),
        prepare::router(),
        batch::router(),
        changes::router(),
        webhooks::router(),
        pushes::router(),
        platforms::router(),
        bundles::router(),
        documents::router(),
        manifests::router(),
        chain::router(),
        corrections::router(),
        external_numbers::router(),
        offers::router(),
        sheets::router(),
        tasks::router(),
        drafts::router(),
        notices::router(),
        notice_channels::router(),
        trips::router(),
        loads::router(),
        tracks::router(),
        weighings::router(),
        lots::router(),
        labels::router(),
        traces::router(),
        parties::router(),
        sites::router(),
        site_sheet::router(),
        heartbeats::router(),
        evaluation::router(),
        stock::router(),
        feed::router(),
        declarations::router(),
        registers::router(),
        duties::router(),
        permits::router(),
        papers::router(),
        record::router(),
        prints::router(),
        mandates::router(),
        departures::router(),
        incidents::router(),
        findings::router(),
        cases::router(),
        duty_roster::router(),
        check::router(),
        statistics::router(),
        rules::router(),
        catalogue::router(),
        calendar::router(),
        log::router(),
        witnesses::router(),
        openings::router(),
        overview::router(),
        versions::router(),
    ];
    let all = resources.into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge);
    all.fallback(not_found)
}
