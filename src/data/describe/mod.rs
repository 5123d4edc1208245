//! Counts of what came of a log: its profile, the audit of its split, its days and places.

mod audit;
mod calendar;
mod periods;
mod places;
mod profile;
mod ties;

pub use audit::{AuditMark, Check, Finding, LeakRow, Verdict, audit};
pub use calendar::{Calendar, DayParts};
pub use periods::{Period, PeriodCounts};
pub use places::{PlaceCell, Places};
pub use profile::{
    Activity, BehaviourCount, Behaviours, ColdGroup, ColdKind, DayCount, DistanceBin, FunnelStage,
    GapBin, GapSpread, Gaps, LengthBin, LengthQuantile, Lengths, Popularity, Profile, ProfileView,
    Repeats, StageOrder, TopShare, Unseen, WEEKDAYS,
};
pub use ties::TestTies;
