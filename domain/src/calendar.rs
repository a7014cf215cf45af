//! Working time.

/// Working days, hours, holidays and the zone that they are meant in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {}
