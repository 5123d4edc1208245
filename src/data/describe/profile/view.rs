//! The views of a profile: one list that the window, the command line and every export walk.

use super::words::{date, percent, span};
use super::{Profile, WEEKDAYS};

/// One view of a profile: a chart, its table and its file.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::EnumIter,
    strum::Display,
    strum::EnumString,
)]
#[strum(serialize_all = "kebab-case")]
pub enum ProfileView {
    /// Every single figure.
    Figures,
    /// Users by number of events.
    Lengths,
    /// Events of each item.
    Items,
    /// Share of the events against share of the items.
    Lorenz,
    /// Events by hour of day.
    Hours,
    /// Events by weekday.
    Weekdays,
    /// Events by weekday and hour.
    HoursOfWeek,
    /// Events by date.
    Days,
    /// Events of items had before, by how long ago.
    Repeats,
    /// Time until a user's next event.
    Gaps,
    /// Events, users and items of each behaviour.
    Behaviours,
    /// User-item pairs that come from one behaviour to the next.
    Funnel,
    /// Which behaviour follows which.
    Transitions,
    /// Users and items with few events.
    Cold,
    /// Questions of a test about users and items that training never saw.
    Unseen,
}

impl ProfileView {
    /// Title; its name in files is that of [`Display`](std::fmt::Display).
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Figures => "Figures",
            Self::Lengths => "Lengths of histories",
            Self::Items => "Popularity of items",
            Self::Lorenz => "Inequality of items",
            Self::Hours => "Hour of the day",
            Self::Weekdays => "Weekday",
            Self::HoursOfWeek => "Hours of the week",
            Self::Days => "Events by day",
            Self::Repeats => "Returns to an item",
            Self::Gaps => "Time to the next event",
            Self::Behaviours => "Behaviours",
            Self::Funnel => "Funnel of behaviours",
            Self::Transitions => "What follows what",
            Self::Cold => "Cold users and items",
            Self::Unseen => "Unseen in training",
        }
    }

    /// Axes, with units.
    #[must_use]
    pub fn axes(self) -> &'static str {
        match self {
            Self::Figures => "One number each",
            Self::Lengths => "Users by number of events",
            Self::Items => "Events of an item by its rank, both axes logarithmic",
            Self::Lorenz => "Share of events by share of items (Lorenz curve)",
            Self::Hours => "Events by hour (UTC)",
            Self::Weekdays => "Events by weekday (UTC)",
            Self::HoursOfWeek => "Events by weekday and hour (UTC); stronger is more",
            Self::Days => "Events by date (UTC)",
            Self::Repeats => "Returns by the number of events since",
            Self::Gaps => "Gaps by length, bins logarithmic",
            Self::Behaviours => "Events of each behaviour",
            Self::Funnel => "User–item pairs through all stages so far",
            Self::Transitions => "Share of a user's next events, by row",
            Self::Cold => "How many, and their share",
            Self::Unseen => "Questions of validation and test",
        }
    }

    /// Why there is nothing to show, if so, as a sentence.
    #[must_use]
    pub fn absent(self, profile: &Profile) -> Option<&'static str> {
        match self {
            Self::Figures | Self::Cold => None,
            Self::Lengths => reason_if(profile.lengths.bins.is_empty(), "This log has no users."),
            Self::Items | Self::Lorenz => reason_if(
                profile.popularity.lorenz.is_empty(),
                "This log has no events.",
            ),
            Self::Hours | Self::Weekdays | Self::HoursOfWeek => {
                reason_if(profile.activity.is_none(), NO_CLOCK)
            }
            Self::Days => match &profile.activity {
                None => Some(NO_CLOCK),
                Some(activity) => reason_if(activity.days.is_empty(), TOO_MANY_DAYS),
            },
            Self::Repeats => reason_if(
                profile.repeats.n_repeats == 0,
                "No user has the same item twice in this log.",
            ),
            Self::Gaps => match &profile.gaps {
                None => Some("This log has no times, or no user with two events."),
                Some(gaps) => reason_if(gaps.spread.is_none(), ONLY_ORDERS),
            },
            Self::Behaviours | Self::Transitions => {
                reason_if(profile.behaviours.is_none(), NO_BEHAVIOURS)
            }
            Self::Funnel => match &profile.behaviours {
                None => Some(NO_BEHAVIOURS),
                Some(behaviours) => reason_if(
                    behaviours.funnel.len() < 2,
                    "A funnel needs two behaviours or more.",
                ),
            },
            Self::Unseen => reason_if(
                profile.unseen.is_empty(),
                "No split is given, so nothing is asked about.",
            ),
        }
    }

    /// One or two sentences on what to see in it, with this log's numbers. Empty where it is
    /// absent.
    #[must_use]
    pub fn sentence(self, profile: &Profile) -> String {
        if self.absent(profile).is_some() {
            return String::new();
        }
        match self {
            Self::Figures => "Each is explained beside its chart.".to_owned(),
            Self::Lengths => lengths(profile),
            Self::Items => items(profile),
            Self::Lorenz => format!(
                "Gini coefficient {:.3}: 0 if all items had equally many events, near 1 if one had \
                 them all. The further the curve hangs below the diagonal, the more uneven.",
                profile.popularity.gini.unwrap_or_default()
            ),
            Self::Hours | Self::Weekdays | Self::HoursOfWeek | Self::Days => {
                self.of_activity(profile)
            }
            Self::Repeats => format!(
                "{} of the events return to an item that the user had before; {} of the users \
                 return at least once.",
                percent(profile.repeats.of_events()),
                percent(profile.repeats.of_users())
            ),
            Self::Gaps => gaps(profile),
            Self::Behaviours | Self::Funnel | Self::Transitions => self.of_behaviours(profile),
            Self::Cold => cold(profile),
            Self::Unseen => unseen(profile),
        }
    }

    fn of_activity(self, profile: &Profile) -> String {
        let Some(activity) = &profile.activity else {
            return String::new();
        };
        let of_all = |n: usize| percent(n as f64 / profile.shape.n_events.max(1) as f64);
        match self {
            Self::Hours => {
                let (most, least) = ends(&activity.by_hour());
                let [most, least] =
                    [most, least].map(|(hour, n)| format!("{hour:02}:00 ({})", of_all(n)));
                format!(
                    "Most events fall into the hour from {most}, fewest into that from {least}. \
                     Local time may lie hours beside UTC."
                )
            }
            Self::Weekdays => {
                let (most, least) = ends(&activity.by_weekday());
                let [most, least] =
                    [most, least].map(|(day, n)| format!("{} ({})", WEEKDAYS[day], of_all(n)));
                format!("Most events fall on {most}, fewest on {least}.")
            }
            Self::HoursOfWeek => {
                let ((most, n), _) = ends(activity.hours.as_flattened());
                format!(
                    "The busiest hour is {} {:02}:00 with {}.",
                    WEEKDAYS[most / 24],
                    most % 24,
                    of_all(n)
                )
            }
            _ => {
                let counts: Vec<usize> = activity.days.iter().map(|day| day.n_events).collect();
                let first = activity.days.first().map_or(0, |day| day.day);
                let ((most, n), _) = ends(&counts);
                let n_empty = counts.iter().filter(|n| **n == 0).count();
                format!(
                    "From {} to {}, {n_empty} of {} days without an event; the busiest day is {} \
                     with {}.",
                    date(first),
                    date(first + counts.len() as i64 - 1),
                    counts.len(),
                    date(first + most as i64),
                    of_all(n)
                )
            }
        }
    }

    fn of_behaviours(self, profile: &Profile) -> String {
        let Some(behaviours) = &profile.behaviours else {
            return String::new();
        };
        let (kinds, name) = (&behaviours.kinds, |at: usize| {
            behaviours.kinds.get(at).map_or("", |kind| &kind.name)
        });
        match self {
            Self::Behaviours => {
                let counts: Vec<usize> = kinds.iter().map(|kind| kind.n_events).collect();
                let ((most, n), _) = ends(&counts);
                let of_all = percent(n as f64 / profile.shape.n_events.max(1) as f64);
                format!(
                    "The most frequent is {} with {of_all} of the events.",
                    name(most)
                )
            }
            Self::Funnel => {
                let (first, last) = (behaviours.funnel.first(), behaviours.funnel.last());
                let of_first = percent(through(last) as f64 / through(first).max(1) as f64);
                let last_name = name(behaviours.funnel.len() - 1);
                format!(
                    "Of the user–item pairs with {}, {of_first} come through all stages to \
                     {last_name}. Stages stand {}.",
                    name(0),
                    behaviours.order.rule()
                )
            }
            _ => {
                let pairs = (0..kinds.len()).filter_map(|from| {
                    let ((to, n), _) = ends(behaviours.transitions.get(from)?);
                    Some((n, from, to))
                });
                let (n, from, to) = pairs
                    .max_by_key(|&(n, from, to)| (n, std::cmp::Reverse((from, to))))
                    .unwrap_or_default();
                let total: usize = behaviours.transitions.iter().flatten().sum();
                format!(
                    "The most frequent step from one event of a user to the next, whatever the \
                     items, is from {} to {}: {} of all steps.",
                    name(from),
                    name(to),
                    percent(n as f64 / total.max(1) as f64)
                )
            }
        }
    }
}

/// Reason why a view is absent, if it is.
fn reason_if(is_absent: bool, why: &'static str) -> Option<&'static str> {
    is_absent.then_some(why)
}

/// Counts the pairs that come through all stages up to one.
fn through(stage: Option<&super::FunnelStage>) -> usize {
    stage.map_or(0, |stage| stage.n_through)
}

const NO_CLOCK: &str =
    "This log has no clock times: none at all, or numbers that only order its events.";
const ONLY_ORDERS: &str = "The times of this log only order its events, so gaps have no unit.";
const TOO_MANY_DAYS: &str = "This log spans more than a hundred years, so its days are not counted \
                             one by one: check the column of times and how they are written.";
const NO_BEHAVIOURS: &str = "This log has no behaviours.";

fn lengths(profile: &Profile) -> String {
    format!(
        "Half of the users have {} events or fewer, one in a hundred has more than {:.0}; the \
         longest history has {}.",
        length_quantile(profile, 0.5),
        length_quantile(profile, 0.99),
        profile.shape.max_len
    )
}

/// Quantile of the users' numbers of events.
fn length_quantile(profile: &Profile, p: f64) -> f64 {
    let found = profile
        .lengths
        .quantiles
        .iter()
        .find(|q| (q.p - p).abs() < 1e-9);
    found.map_or(0.0, |quantile| quantile.n_events)
}

fn items(profile: &Profile) -> String {
    format!(
        "The most popular 1 % of the items have {} of the events, 10 % have {}, 20 % have {}.",
        share_of_top(profile, 0.01),
        share_of_top(profile, 0.1),
        share_of_top(profile, 0.2)
    )
}

/// Share of the events that the most popular items have, in percent.
fn share_of_top(profile: &Profile, of_items: f64) -> String {
    percent(profile.popularity.top_share(of_items).unwrap_or_default())
}

fn gaps(profile: &Profile) -> String {
    let Some((gaps, spread)) = profile
        .gaps
        .as_ref()
        .and_then(|gaps| Some((gaps, gaps.spread.as_ref()?)))
    else {
        return String::new();
    };
    let [lower, median, upper] = spread.quartiles_secs.map(span);
    let zero = match gaps.n_zero {
        0 => String::new(),
        _ => format!(
            " {} are zero: there the order is that of the file.",
            percent(gaps.zero_share())
        ),
    };
    format!(
        "Half of the gaps are {median} or shorter; the middle half lies between {lower} and \
         {upper}.{zero}"
    )
}

fn cold(profile: &Profile) -> String {
    format!(
        "{} of the users and {} of the items have fewer than five events. {} of the items were \
         seen once: {} of the events.",
        cold_share(profile, 1, false),
        cold_share(profile, 3, false),
        cold_share(profile, 2, false),
        cold_share(profile, 2, true)
    )
}

/// Share of a group with few events, or of its events, in percent.
fn cold_share(profile: &Profile, at: usize, of_events: bool) -> String {
    let Some(group) = profile.cold.get(at) else {
        return String::new();
    };
    let (n, of) = if of_events {
        (group.n_events, profile.shape.n_events)
    } else {
        (group.n, group.of)
    };
    percent(n as f64 / of.max(1) as f64)
}

fn unseen(profile: &Profile) -> String {
    let Some(test) = profile.unseen.last() else {
        return String::new();
    };
    format!(
        "Of {} test questions, {} ask for an item that no training event has, {} about a user \
         without one. A cut at one moment drops events of such items beforehand: the counts of the \
         steps say how many.",
        test.n_cases, test.n_cases_of_unseen_items, test.n_cases_of_unseen_users
    )
}

/// Place and value of the largest number and of the smallest; the first of equal ones.
fn ends(counts: &[usize]) -> ((usize, usize), (usize, usize)) {
    let each = counts.iter().copied().enumerate();
    let most = each
        .clone()
        .max_by_key(|&(at, n)| (n, std::cmp::Reverse(at)));
    (
        most.unwrap_or_default(),
        each.min_by_key(|&(at, n)| (n, at)).unwrap_or_default(),
    )
}
