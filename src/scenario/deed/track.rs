//! A track as a line says it.

use crate::custody::payload::track::Alarm;
use crate::custody::track::Point;
use crate::shape::Plate;

/// Where a vehicle was, point by point, and what its platform raised alarms for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario) struct Driven {
    pub(in crate::scenario) vehicle: Plate,
    pub(in crate::scenario) points: Vec<Point>,
    pub(in crate::scenario) alarms: Vec<Alarm>,
}
