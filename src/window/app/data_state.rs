//! The log being opened, and what it became.

use std::sync::Arc;

use super::ForecastState;
use super::job::sentence;
use super::loadable::{Loadable, Ticket};
use seqscope_base::spec::shown;
use seqscope_data::{
    self as data, Calendar, DataError, DataSource, DataSpec, FileSpec, Finding, LoadProgress,
    Opening, Places, Prepared, Preview, Profile, SplitPart, SplitSpec, Stage,
};

/// Time of an event, as far as a log tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventTime {
    /// Seconds since 1970-01-01 UTC.
    Moment(i64),
    /// A number that only orders events.
    Order(i64),
}

impl EventTime {
    /// The bare number, for distances.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Moment(number) | Self::Order(number) => number,
        }
    }
}

/// One event of a user as the Data page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RawEvent {
    /// Title of the item, or its id.
    pub item: String,
    /// Time, if the log has times.
    pub time: Option<EventTime>,
    /// Behaviour, when the log has behaviours.
    pub behaviour: Option<String>,
    /// Amount or rating, when the log has one.
    pub value: Option<f32>,
    /// Part of the split that the event belongs to.
    pub part: SplitPart,
}

/// A prepared log and all that was counted of it in the background.
#[derive(Clone, Debug)]
pub(super) struct CountedLog {
    prepared: Arc<Prepared>,
    profile: Arc<Profile>,
    calendar: Arc<Calendar>,
    audit: Arc<Vec<Finding>>,
    places: Option<Arc<Places>>,
}

impl CountedLog {
    /// Opens, cleans, codes, splits and counts a log, and tells how far it is.
    pub(super) fn open(
        data: &DataSpec,
        split: SplitSpec,
        opening: &Opening,
    ) -> Result<Self, String> {
        let prepared = data::prepare(data, split, opening).map_err(|error| {
            if matches!(error, DataError::Cancelled) {
                "Stopped.".to_owned()
            } else {
                sentence(error)
            }
        })?;
        opening.reached(Stage::Counting, None);
        Ok(Self::count(prepared, data))
    }

    fn count(prepared: Prepared, data: &DataSpec) -> Self {
        Self {
            profile: Arc::new(Profile::of_log(&prepared)),
            calendar: Arc::new(Calendar::new(&prepared)),
            audit: Arc::new(data::audit(&prepared, data)),
            places: Places::new(&prepared.dataset).map(Arc::new),
            prepared: Arc::new(prepared),
        }
    }
}

/// The log being opened, and what it became.
#[derive(Default)]
pub struct DataState {
    /// Head of the file and what was guessed; idle when a world is used.
    pub preview: Loadable<Preview>,
    /// The last head of the same file, shown while another way of reading it is tried.
    pub last_preview: Option<Preview>,
    /// The cleaned log and its split.
    pub prepared: Loadable<Arc<Prepared>>,
    /// Counts of `prepared` for the charts.
    pub profile: Option<Arc<Profile>>,
    /// Events of `prepared` by day and part.
    pub calendar: Option<Arc<Calendar>>,
    /// The leakage audit of `prepared`.
    pub audit: Option<Arc<Vec<Finding>>>,
    /// Places of the events of `prepared`, when the log tells them.
    pub places: Option<Arc<Places>>,
    /// Counts by period and their forecasts, once they were asked for.
    pub forecast: ForecastState,
    /// Settings that `prepared` was made from; when the draft says something else, it is stale.
    pub prepared_from: Option<(DataSpec, SplitSpec)>,
    previewed: Option<FileSpec>,
    preview_ticket: Ticket,
    prepare_ticket: Ticket,
    opening: Arc<Opening>,
}

impl DataState {
    /// The prepared log or world of these settings, if it is here.
    #[must_use]
    pub fn fresh(&self, data: &DataSpec, split: SplitSpec) -> Option<&Arc<Prepared>> {
        let (from_data, from_split) = self.prepared_from.as_ref()?;
        if from_data == data && *from_split == split {
            self.prepared.ready()
        } else {
            None
        }
    }

    /// The head of the file as it is read, or as it was last read.
    #[must_use]
    pub fn shown_preview(&self) -> Option<&Preview> {
        self.preview.ready().or(self.last_preview.as_ref())
    }

    /// Stage that the opening of a log has come to, and how far it is, from 0 to 1.
    #[must_use]
    pub fn opening(&self) -> (Stage, Option<f32>) {
        self.opening.now()
    }

    /// Begins to look at the head of the draft's file; `None` where that is what was looked at
    /// last, or there is no file.
    pub(super) fn begin_preview(&mut self, source: &DataSource) -> Option<(Ticket, FileSpec)> {
        let DataSource::File(file) = source else {
            if self.previewed.take().is_some() {
                (self.preview, self.last_preview) = (Loadable::Idle, None);
                self.preview_ticket.renew();
            }
            return None;
        };
        if self.previewed.as_ref() == Some(file) {
            return None;
        }
        let is_same_path = self
            .previewed
            .as_ref()
            .is_some_and(|last| last.path == file.path);
        let before = std::mem::take(&mut self.preview);
        if !is_same_path {
            self.last_preview = None;
        } else if let Loadable::Ready(preview) = before {
            self.last_preview = Some(preview);
        }
        self.previewed = Some(file.clone());
        self.preview = Loadable::Loading(format!("Reading the head of {}", file.path.display()));
        Some((self.preview_ticket.renew(), file.clone()))
    }

    /// Takes in a head, unless another one was asked for since.
    pub(super) fn take_preview(&mut self, ticket: Ticket, result: Result<Preview, String>) {
        if ticket == self.preview_ticket {
            if result.is_ok() {
                self.last_preview = None;
            }
            self.preview = result.into();
        }
    }

    /// Begins to open, clean, code and split. Returns what the thread tells of its way.
    pub(super) fn begin_preparing(&mut self, data: &DataSpec) -> (Ticket, Arc<Opening>) {
        self.cancel();
        self.opening = Arc::default();
        self.prepared_from = None;
        (self.profile, self.calendar, self.audit) = (None, None, None);
        self.places = None;
        self.prepared = Loadable::Loading(match &data.source {
            DataSource::World(_) => "Making the synthetic world".to_owned(),
            DataSource::File(file) => format!("Preparing {}", file.path.display()),
        });
        (self.prepare_ticket.renew(), Arc::clone(&self.opening))
    }

    /// Asks the opening to stop; what comes of it is dropped.
    pub(super) fn cancel(&mut self) {
        self.opening.cancel();
        self.prepare_ticket.renew();
        if self.prepared.is_loading() {
            self.prepared = Loadable::Idle;
        }
    }

    /// Drops what was read, so that it is read anew.
    pub(super) fn forget(&mut self) {
        self.cancel();
        (self.previewed, self.last_preview) = (None, None);
        (self.prepared, self.prepared_from) = (Loadable::Idle, None);
        (self.profile, self.calendar, self.audit, self.places) = (None, None, None, None);
    }

    /// Takes in what was prepared; `false` when nobody waits for it any more.
    pub(super) fn take_prepared(
        &mut self,
        ticket: Ticket,
        data: DataSpec,
        split: SplitSpec,
        result: Result<CountedLog, String>,
    ) -> bool {
        if ticket != self.prepare_ticket {
            return false;
        }
        self.prepared_from = Some((data, split));
        if let Ok(CountedLog {
            profile,
            calendar,
            audit,
            places,
            ..
        }) = &result
        {
            self.places.clone_from(places);
            self.profile = Some(Arc::clone(profile));
            self.calendar = Some(Arc::clone(calendar));
            self.audit = Some(Arc::clone(audit));
        }
        self.prepared = result.map(|counted| counted.prepared).into();
        true
    }
}

/// One user's events in order, for the Data page.
#[must_use]
pub fn raw_events(prepared: &Prepared, user_idx: usize) -> Vec<RawEvent> {
    let (dataset, sequences) = (&prepared.dataset, &prepared.dataset.sequences);
    let (times, values) = (sequences.times(user_idx), sequences.values(user_idx));
    let behaviours = sequences.behaviours(user_idx);
    let time = if dataset.has_clock() {
        EventTime::Moment
    } else {
        EventTime::Order
    };
    sequences
        .items(user_idx)
        .iter()
        .enumerate()
        .map(|(at, item_idx)| RawEvent {
            item: shown(dataset.item_label(*item_idx)).into_owned(),
            time: times.and_then(|times| times.get(at)).copied().map(time),
            behaviour: behaviours
                .and_then(|behaviours| behaviours.get(at))
                .and_then(|idx| dataset.behaviours.id(u32::from(*idx)))
                .map(|name| shown(name).into_owned()),
            value: values
                .and_then(|values| values.get(at))
                .copied()
                .filter(|value| !value.is_nan()),
            part: prepared.split.part(user_idx, at),
        })
        .collect()
}
