//! Values as people write them: numbers, times, marks for nothing, and plain tables of them.

pub(crate) mod cell;
pub(crate) mod missing;
mod named_moment;
pub(crate) mod number;
pub(crate) mod time;

pub use named_moment::NamedMoment;
pub use time::{TimeFormat, day_text};

pub(crate) use missing::Missing;
pub(crate) use named_moment::moment_micros;
pub(crate) use number::NumberStyle;
pub(crate) use time::{ClockKind, MICROS_PER_SEC, OrderReason, StepShares, TimeStep};
