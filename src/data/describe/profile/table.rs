//! Each view as a plain table: what is exported, and what is shown in a chart's place.

use super::words::date;
use super::{Profile, ProfileView, WEEKDAYS, share};
use crate::dataset::Dataset;
use crate::log::{Column, Table};

impl ProfileView {
    /// The view's numbers; `dataset` names the items. A view that is absent has its columns and no
    /// rows. Shares lie between 0 and 1.
    #[must_use]
    pub fn table(self, profile: &Profile, dataset: &Dataset) -> Table {
        let columns = match self {
            Self::Figures => figures(profile),
            Self::Lengths => {
                let bins = &profile.lengths.bins;
                vec![
                    int("from_events", bins.iter().map(|bin| bin.from)),
                    int("to_events", bins.iter().map(|bin| bin.to)),
                    int("users", bins.iter().map(|bin| bin.n_users)),
                ]
            }
            Self::Items => items(profile, dataset),
            Self::Lorenz => {
                let points = &profile.popularity.lorenz;
                vec![
                    float("share_of_items", points.iter().map(|point| point[0])),
                    float("share_of_events", points.iter().map(|point| point[1])),
                ]
            }
            Self::Hours => {
                let hours = profile
                    .activity
                    .as_ref()
                    .map(|activity| activity.by_hour().to_vec())
                    .unwrap_or_default();
                let mut columns = vec![int("hour_utc", 0..hours.len())];
                columns.extend(with_shares(&hours));
                columns
            }
            Self::Weekdays => {
                let days = profile
                    .activity
                    .as_ref()
                    .map(|activity| activity.by_weekday().to_vec())
                    .unwrap_or_default();
                let mut columns = vec![text("weekday_utc", WEEKDAYS.iter().take(days.len()))];
                columns.extend(with_shares(&days));
                columns
            }
            Self::HoursOfWeek => hours_of_week(profile),
            Self::Days => {
                let days = profile
                    .activity
                    .as_ref()
                    .map(|activity| activity.days.as_slice())
                    .unwrap_or_default();
                vec![
                    text("date_utc", days.iter().map(|day| date(day.day))),
                    int("events", days.iter().map(|day| day.n_events)),
                ]
            }
            Self::Repeats => repeats(profile),
            Self::Gaps => gaps(profile),
            Self::Behaviours => behaviours(profile),
            Self::Funnel => funnel(profile),
            Self::Transitions => transitions(profile),
            Self::Cold => cold(profile),
            Self::Unseen => unseen(profile),
        };
        Table { columns }
    }
}

type NamedColumn = (String, Column);

fn int(name: &str, values: impl IntoIterator<Item = usize>) -> NamedColumn {
    (
        name.to_owned(),
        Column::Int(
            values
                .into_iter()
                .map(|n| i64::try_from(n).unwrap_or(i64::MAX))
                .collect(),
        ),
    )
}

fn float(name: &str, values: impl IntoIterator<Item = f64>) -> NamedColumn {
    (name.to_owned(), Column::Float(values.into_iter().collect()))
}

fn text(name: &str, values: impl IntoIterator<Item = impl ToString>) -> NamedColumn {
    (
        name.to_owned(),
        Column::Text(values.into_iter().map(|value| value.to_string()).collect()),
    )
}

/// `part` of `whole`; not a number where there is no whole.
fn share_of(part: usize, whole: usize) -> f64 {
    share(part, whole).unwrap_or(f64::NAN)
}

/// Numbers of events and their shares of the sum.
fn with_shares(counts: &[usize]) -> [NamedColumn; 2] {
    let total: usize = counts.iter().sum();
    [
        int("events", counts.iter().copied()),
        float("share", counts.iter().map(|&n| share_of(n, total))),
    ]
}

/// Every figure that stands for itself, in one column of numbers.
fn figures(profile: &Profile) -> Vec<NamedColumn> {
    let shape = profile.shape;
    let mut figures: Vec<(String, f64)> = vec![
        ("users".to_owned(), shape.n_users as f64),
        ("items".to_owned(), shape.n_items as f64),
        ("events".to_owned(), shape.n_events as f64),
        (
            "distinct_user_item_pairs".to_owned(),
            profile.repeats.n_pairs as f64,
        ),
        ("density_of_distinct_pairs".to_owned(), profile.density),
        (
            "events_per_possible_pair".to_owned(),
            profile.events_per_pair,
        ),
        ("mean_length".to_owned(), profile.lengths.mean),
    ];
    let quantiles = profile.lengths.quantiles.iter();
    figures.extend(quantiles.map(|q| (format!("length_quantile_{}", q.p), q.n_events)));
    figures.extend(
        profile
            .popularity
            .gini
            .map(|gini| ("gini_of_items".to_owned(), gini)),
    );
    let top = profile.popularity.top.iter();
    figures.extend(top.map(|top| {
        (
            format!("share_of_top_{}_of_items", top.of_items),
            top.of_events,
        )
    }));
    figures.push((
        "repeat_rate_of_events".to_owned(),
        profile.repeats.of_events(),
    ));
    figures.push(("users_with_a_repeat".to_owned(), profile.repeats.of_users()));
    if let Some(gaps) = &profile.gaps {
        figures.push(("zero_gap_share".to_owned(), gaps.zero_share()));
        let quartiles = gaps.spread.iter().flat_map(|spread| spread.quartiles_secs);
        let names = [
            "gap_secs_first_quartile",
            "gap_secs_median",
            "gap_secs_third_quartile",
        ];
        figures.extend(names.map(str::to_owned).into_iter().zip(quartiles));
    }
    let (names, values): (Vec<String>, Vec<f64>) = figures.into_iter().unzip();
    vec![text("figure", names), float("value", values)]
}

fn items(profile: &Profile, dataset: &Dataset) -> Vec<NamedColumn> {
    let popularity = &profile.popularity;
    let total: usize = popularity.counts.iter().sum();
    let so_far = popularity.counts.iter().scan(0, |sum, n| {
        *sum += n;
        Some(share_of(*sum, total))
    });
    let mut columns = vec![
        int("rank", 1..=popularity.counts.len()),
        text(
            "item",
            popularity
                .items
                .iter()
                .map(|&item| dataset.items.id(item).unwrap_or_default()),
        ),
    ];
    if !dataset.titles.is_empty() {
        columns.push(text(
            "title",
            popularity
                .items
                .iter()
                .map(|&item| dataset.item_label(item)),
        ));
    }
    columns.push(int("events", popularity.counts.iter().copied()));
    columns.push(float(
        "share",
        popularity.counts.iter().map(|&n| share_of(n, total)),
    ));
    columns.push(float("share_so_far", so_far));
    columns
}

fn hours_of_week(profile: &Profile) -> Vec<NamedColumn> {
    let hours = profile
        .activity
        .as_ref()
        .map(|activity| activity.hours.as_slice())
        .unwrap_or_default();
    std::iter::once(text("weekday_utc", WEEKDAYS.iter().take(hours.len())))
        .chain((0..24).map(|hour| int(&format!("{hour:02}"), hours.iter().map(|day| day[hour]))))
        .collect()
}

fn repeats(profile: &Profile) -> Vec<NamedColumn> {
    let bins = if profile.repeats.n_repeats > 0 {
        profile.repeats.distances.as_slice()
    } else {
        &[]
    };
    let counts: Vec<usize> = bins.iter().map(|bin| bin.n_events).collect();
    let to = bins
        .iter()
        .map(|bin| bin.to.map_or_else(String::new, |to| to.to_string()));
    let mut columns = vec![
        int("from_events_ago", bins.iter().map(|bin| bin.from)),
        text("to_events_ago", to),
    ];
    columns.extend(with_shares(&counts));
    columns
}

fn gaps(profile: &Profile) -> Vec<NamedColumn> {
    let spread = profile.gaps.as_ref().and_then(|gaps| gaps.spread.as_ref());
    let bins = spread
        .map(|spread| spread.bins.as_slice())
        .unwrap_or_default();
    let total: usize = bins.iter().map(|bin| bin.n_gaps).sum();
    let is_fine = spread.is_some_and(|spread| spread.is_fine);
    vec![
        text("gap", bins.iter().map(|bin| bin.label(is_fine))),
        int(
            "from_secs",
            bins.iter()
                .map(|bin| usize::try_from(bin.from_secs).unwrap_or(usize::MAX)),
        ),
        text(
            "below_secs",
            bins.iter().map(|bin| {
                bin.until_secs
                    .map_or_else(String::new, |until| until.to_string())
            }),
        ),
        int("gaps", bins.iter().map(|bin| bin.n_gaps)),
        float("share", bins.iter().map(|bin| share_of(bin.n_gaps, total))),
    ]
}

fn behaviours(profile: &Profile) -> Vec<NamedColumn> {
    let kinds = profile
        .behaviours
        .as_ref()
        .map(|behaviours| behaviours.kinds.as_slice())
        .unwrap_or_default();
    let total: usize = kinds.iter().map(|kind| kind.n_events).sum();
    vec![
        text("behaviour", kinds.iter().map(|kind| &kind.name)),
        int("events", kinds.iter().map(|kind| kind.n_events)),
        float(
            "share",
            kinds.iter().map(|kind| share_of(kind.n_events, total)),
        ),
        int("users", kinds.iter().map(|kind| kind.n_users)),
        int("items", kinds.iter().map(|kind| kind.n_items)),
    ]
}

fn funnel(profile: &Profile) -> Vec<NamedColumn> {
    let (kinds, stages) = match &profile.behaviours {
        Some(behaviours) => (behaviours.kinds.as_slice(), behaviours.funnel.as_slice()),
        None => Default::default(),
    };
    let before = |at: usize| {
        at.checked_sub(1)
            .and_then(|before| stages.get(before))
            .copied()
            .unwrap_or_default()
    };
    let each = stages.iter().enumerate();
    vec![
        int("stage", 1..=stages.len()),
        text(
            "behaviour",
            kinds.iter().take(stages.len()).map(|kind| &kind.name),
        ),
        int("pairs", stages.iter().map(|stage| stage.n_pairs)),
        int(
            "pairs_after_previous",
            stages.iter().map(|stage| stage.n_after_previous),
        ),
        float(
            "rate_after_previous",
            each.clone()
                .map(|(at, stage)| rate(at, stage.n_after_previous, before(at).n_pairs)),
        ),
        int("pairs_through", stages.iter().map(|stage| stage.n_through)),
        float(
            "rate_through",
            each.map(|(at, stage)| rate(at, stage.n_through, before(at).n_through)),
        ),
    ]
}

/// Share that comes through a stage, of which the first has none.
fn rate(at: usize, part: usize, whole: usize) -> f64 {
    if at == 0 {
        f64::NAN
    } else {
        share_of(part, whole)
    }
}

fn transitions(profile: &Profile) -> Vec<NamedColumn> {
    let Some(behaviours) = &profile.behaviours else {
        let nothing: [&str; 0] = [];
        let columns = [
            text("from", nothing),
            text("to", nothing),
            int("steps", []),
            float("share_of_from", []),
        ];
        return columns.into();
    };
    let (kinds, rows) = (&behaviours.kinds, &behaviours.transitions);
    let n = kinds.len();
    let name = |at: usize| {
        kinds
            .get(at)
            .map(|kind| kind.name.as_str())
            .unwrap_or_default()
    };
    let shares = rows.iter().flat_map(|row| {
        let total = row.iter().sum();
        row.iter().map(move |&count| share_of(count, total))
    });
    vec![
        text("from", (0..n * n).map(|at| name(at / n))),
        text("to", (0..n * n).map(|at| name(at % n))),
        int("steps", rows.iter().flatten().copied()),
        float("share_of_from", shares),
    ]
}

fn cold(profile: &Profile) -> Vec<NamedColumn> {
    let groups = &profile.cold;
    vec![
        text("of", groups.iter().map(|group| group.kind)),
        int(
            "fewer_events_than",
            groups.iter().map(|group| group.fewer_than),
        ),
        int("count", groups.iter().map(|group| group.n)),
        float(
            "share",
            groups.iter().map(|group| share_of(group.n, group.of)),
        ),
        int("events", groups.iter().map(|group| group.n_events)),
        float(
            "share_of_events",
            groups
                .iter()
                .map(|group| share_of(group.n_events, profile.shape.n_events)),
        ),
    ]
}

fn unseen(profile: &Profile) -> Vec<NamedColumn> {
    let parts = &profile.unseen;
    vec![
        text("part", parts.iter().map(|part| part.part)),
        int("questions", parts.iter().map(|part| part.n_cases)),
        int(
            "of_unseen_users",
            parts.iter().map(|part| part.n_cases_of_unseen_users),
        ),
        int(
            "of_unseen_items",
            parts.iter().map(|part| part.n_cases_of_unseen_items),
        ),
        float(
            "share_of_unseen_items",
            parts
                .iter()
                .map(|part| share_of(part.n_cases_of_unseen_items, part.n_cases)),
        ),
        int("unseen_items", parts.iter().map(|part| part.n_unseen_items)),
    ]
}
