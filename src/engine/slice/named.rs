//! Figures of the slices that a person has named, beside those by facts.

use super::{SliceSource, members};
use crate::run::{KeptSlice, Slice, SliceBy, UserMean, UserResult};
use seqscope_base::metric::Metric;
use seqscope_base::spec::quotable;

/// Figures of named slices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedRows {
    /// Slices of each run, in the order of the runs.
    pub of_runs: Vec<Vec<Slice>>,
    /// Sentences on slices that could not be told of these data.
    pub notes: Vec<String>,
}

/// The mean of a metric over each kept slice, for every run: the users are those whom the slice has
/// by the first run, whose data and answers `first` are.
#[must_use]
pub fn named_rows(
    kept: &[KeptSlice],
    first: &SliceSource<'_>,
    runs: &[&[UserResult]],
    metric: Metric,
) -> NamedRows {
    let mut rows = NamedRows {
        of_runs: vec![Vec::new(); runs.len()],
        notes: Vec::new(),
    };
    let vocab = &first.prepared.dataset.users;
    for slice in kept {
        let rule = slice.rule.as_ref().map_err(String::clone);
        let found = rule.and_then(|rule| members(rule, first).map_err(|error| error.to_string()));
        let name = quotable(&slice.name);
        let users = match found {
            Ok(found) => found,
            Err(why) => {
                rows.notes
                    .push(format!("The slice `{name}` is left out: {why}."));
                continue;
            }
        };
        if let Some(why) = &users.why_empty {
            rows.notes
                .push(format!("The slice `{name}` is empty. {why}"));
        }
        if users.by_answers {
            rows.notes.push(format!(
                "The users of the slice `{name}` were chosen by what the first run answered, so \
                 its own figure there is no estimate."
            ));
        }
        for (run, of) in runs.iter().zip(&mut rows.of_runs) {
            let mean = UserMean::of_results(&users.answers_of(vocab, run), metric);
            of.extend(mean.map(|mean| Slice::of(SliceBy::Named, slice.name.clone(), mean)));
        }
    }
    rows
}
