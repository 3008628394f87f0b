//! Where mass enters and leaves the graph of lots: the accounts of a lot, and of a mix, that lead to no other.

use serde::{Deserialize, Serialize};

use super::{EndKind, Outlet, Place, To};
use crate::catalogue::Uscc;
use crate::custody::graph::MixKind;
use crate::custody::lot::LotState;
use crate::id::{ManifestId, SiteId};

/// What a node of the graph is, with its masses as they are kept for traces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Node {
    /// A lot.
    Lot(LotMasses),
    /// A repacking or treatment.
    Mix(MixMasses),
}

/// The masses of one repacking or treatment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MixMasses {
    /// What it was.
    pub kind: MixKind,
    /// Grams that went in.
    pub in_g: i64,
    /// Grams that came out as lots.
    pub out_g: i64,
}

/// What mass left on a line of a manifest is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Road {
    /// More of it may come: it is on the way.
    #[default]
    Open,
    /// Everything that came was weighed; what is left is within the tolerance of scales.
    Settled,
    /// Everything that came was weighed, and more is left than scales explain.
    Missing,
}

/// The accounts of one lot that lead to no other lot, in grams.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LotMasses {
    /// Opening balance.
    #[serde(skip_serializing_if = "is_nothing")]
    pub opened_g: i64,
    /// Arose here.
    #[serde(skip_serializing_if = "is_nothing")]
    pub generated_g: i64,
    /// Left holders that had never got it.
    #[serde(skip_serializing_if = "is_nothing")]
    pub unproven_g: i64,
    /// On the way; negative when more arrived than was loaded.
    #[serde(skip_serializing_if = "is_nothing")]
    pub transit_g: i64,
    /// Lost for a stated cause; negative when found.
    #[serde(skip_serializing_if = "is_nothing")]
    pub variance_g: i64,
    /// Lost without a cause; negative when found.
    #[serde(skip_serializing_if = "is_nothing")]
    pub unexplained_g: i64,
    /// What is where: party, site, grams above zero. Only a trace downwards needs it.
    #[serde(skip)]
    pub held: Vec<(Uscc, SiteId, i64)>,
    /// The line it is on the way with. Only a trace downwards needs it.
    #[serde(skip)]
    pub line: Option<(ManifestId, u16)>,
    /// What is left on that line. Only a trace downwards needs it.
    #[serde(skip)]
    pub road: Road,
    /// True for a product of a treatment, which is no waste any more.
    #[serde(skip)]
    pub is_product: bool,
}

// Most accounts of a lot are empty, and of all that a walk reads the masses are the longest.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_nothing(mass_g: &i64) -> bool {
    *mass_g == 0
}

impl LotMasses {
    /// The accounts of a lot, as folded.
    pub fn of(state: &LotState) -> Self {
        Self {
            opened_g: state.sums.opened_g,
            generated_g: state.sums.generated_g,
            unproven_g: state.unproven_g(),
            transit_g: state.transit_g(),
            variance_g: state.sums.variance_g,
            unexplained_g: state.sums.unexplained_g,
            ..Self::default()
        }
    }

    /// Say who holds it and what it is on the way with, as folded.
    pub fn place(&mut self, state: &LotState) {
        let balances = state.holdings.iter().map(|held| (held.party, held.site, held.balance_g()));
        self.held = balances.filter(|(_, _, mass_g)| *mass_g > 0).collect();
        self.line = state.transit.as_ref().map(|transit| (transit.manifest, transit.line));
        self.is_product = state.origin.as_ref().is_some_and(|origin| origin.code.is_none());
    }

    pub(super) fn origins(&self) -> [Outlet; 5] {
        let loaded_less_g = self.transit_g.min(0).saturating_neg();
        [
            Outlet::end(EndKind::Opened, self.opened_g),
            Outlet::end(EndKind::Generated, self.generated_g),
            Outlet::end(EndKind::Unproven, self.unproven_g.saturating_add(loaded_less_g)),
            Outlet::end(EndKind::Variance, self.variance_g.saturating_neg()),
            Outlet::end(EndKind::Unexplained, self.unexplained_g.saturating_neg()),
        ]
    }

    pub(super) fn fates(&self) -> impl Iterator<Item = Outlet> {
        let kind = if self.is_product { EndKind::Product } else { EndKind::Held };
        let held = self.held.iter().map(move |(party, site, mass_g)| Outlet {
            to: To::End(kind, Some(Place::Site(*party, *site))),
            mass_g: *mass_g,
        });
        let line = self.line.map(|(manifest, line)| Place::Line(manifest, line));
        let left = match self.road {
            Road::Open => EndKind::OnTheWay,
            Road::Settled => EndKind::Shortfall,
            Road::Missing => EndKind::Missing,
        };
        held.chain([
            Outlet { to: To::End(left, line), mass_g: self.transit_g },
            Outlet::end(EndKind::Variance, self.variance_g),
            Outlet::end(EndKind::Unexplained, self.unexplained_g),
        ])
    }
}

impl MixMasses {
    /// What came out beyond what went in.
    pub(super) fn origins(&self) -> Option<Outlet> {
        match self.kind {
            MixKind::Used | MixKind::Disposed => {
                Some(Outlet::end(EndKind::Added, self.out_g.saturating_sub(self.in_g)))
            }
            // What was lost or found in repacking stands with the lots that lost or found it.
            MixKind::Repacked => None,
        }
    }

    /// What went in and did not come out.
    pub(super) fn fates(&self) -> Option<Outlet> {
        let kind = match self.kind {
            MixKind::Used => EndKind::Used,
            MixKind::Disposed => EndKind::Disposed,
            MixKind::Repacked => return None,
        };
        Some(Outlet::end(kind, self.in_g.saturating_sub(self.out_g)))
    }
}
