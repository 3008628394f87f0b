//! What a manifest was registered with: packaging, names and the like, which stand in its statements and not in its state.

use crate::app::query::ManifestDetail;
use crate::custody::payload::manifest::{Form, Packaging, Registered};
use crate::web::failure::Failure;
use crate::web::visit::Visit;

/// How waste is packed, as statements say it, with the key of what it is called.
pub(super) const PACKAGINGS: [(Packaging, &str, &str); 6] = [
    (Packaging::Drum, "drum", "new-manifest.drum"),
    (Packaging::Bag, "bag", "new-manifest.bag"),
    (Packaging::Box, "box", "new-manifest.box"),
    (Packaging::Tank, "tank", "new-manifest.tank"),
    (Packaging::Bulk, "bulk", "new-manifest.bulk"),
    (Packaging::Other, "other", "new-manifest.other"),
];
/// Its physical form, likewise.
pub(super) const FORMS: [(Form, &str, &str); 4] = [
    (Form::Solid, "solid", "new-manifest.solid"),
    (Form::SemiSolid, "semi-solid", "new-manifest.semi-solid"),
    (Form::Liquid, "liquid", "new-manifest.liquid"),
    (Form::Gas, "gas", "new-manifest.gas"),
];

/// The registration with what an amendment put in its place; `None` where nobody registered the manifest, or what was said is gone.
pub(super) async fn registered(
    visit: &Visit,
    manifest: &ManifestDetail,
) -> Result<Option<Registered>, Failure> {
    Ok(visit.app.planned(&visit.viewer, manifest).await?)
}
