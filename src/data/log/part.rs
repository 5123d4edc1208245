//! The parts that a log is divided into.

/// Use of an event.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter, strum::Display,
)]
#[strum(serialize_all = "lowercase")]
pub enum SplitPart {
    /// To learn from.
    #[default]
    #[strum(to_string = "training")]
    Train,
    /// To choose by.
    #[strum(to_string = "validation")]
    Valid,
    /// To judge by, once.
    Test,
}

impl SplitPart {
    /// The word of the part in the settings.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}
