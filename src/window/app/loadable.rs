//! Things that take time to get, and the requests for them.

/// Something that takes time to get.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Loadable<T> {
    /// Not asked for.
    #[default]
    Idle,
    /// On its way: what is being done, such as `reading ml-100k.inter`.
    Loading(String),
    /// Here.
    Ready(T),
    /// Could not be had: why, and the cure.
    Failed(String),
}

impl<T> Loadable<T> {
    /// The thing, when it is here.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(it) => Some(it),
            Self::Idle | Self::Loading(_) | Self::Failed(_) => None,
        }
    }

    /// Whether it is on its way.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading(_))
    }

    /// Why it could not be had.
    pub fn failed(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            Self::Idle | Self::Loading(_) | Self::Ready(_) => None,
        }
    }
}

impl<T> From<Result<T, String>> for Loadable<T> {
    fn from(result: Result<T, String>) -> Self {
        match result {
            Ok(it) => Self::Ready(it),
            Err(sentence) => Self::Failed(sentence),
        }
    }
}

/// Number of the request that an answer belongs to; answers to an older one are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

impl Ticket {
    /// Begins the next request: this ticket is its own from now on.
    pub(super) fn renew(&mut self) -> Self {
        self.0 += 1;
        *self
    }

    /// The request after this one.
    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
