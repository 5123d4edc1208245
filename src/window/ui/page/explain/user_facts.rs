//! Facts by which users are coloured.

use super::point_colors::PointFact;
use crate::app::{App, ViewKey};
use seqscope_base::spec::shown as foreign;
use seqscope_data::Prepared;
use seqscope_engine::explain::LatentMap;

/// Fact by which users are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter, strum::Display)]
pub(super) enum UserFact {
    #[default]
    #[strum(to_string = "history length")]
    Length,
    #[strum(to_string = "most frequent behaviour")]
    Behaviour,
    #[strum(to_string = "mean popularity of items")]
    Popularity,
    #[strum(to_string = "rank of the test item")]
    TestRank,
}

/// Why users cannot be coloured by a fact; `None` where they can.
pub(super) fn why_no_fact(
    by: UserFact,
    key: &ViewKey,
    map: &LatentMap,
    app: &App,
) -> Option<&'static str> {
    match by {
        UserFact::Length | UserFact::Popularity => None,
        UserFact::Behaviour => map
            .behaviours
            .is_none()
            .then_some("The log has no behaviours."),
        UserFact::TestRank => {
            let series = app.views.series(&key.run).ready();
            let has_none = series.is_none_or(|series| series.test_results.is_empty());
            has_none.then_some("The run has not been judged on its test split.")
        }
    }
}

/// The fact of every user on a map.
pub(super) fn fact_of_users(
    by: UserFact,
    key: &ViewKey,
    map: &LatentMap,
    prepared: &Prepared,
    app: &App,
) -> PointFact {
    match by {
        UserFact::Length => PointFact::Numbers {
            of: map.lengths.iter().map(|length| *length as f32).collect(),
            is_log: true,
        },
        UserFact::Popularity => PointFact::Numbers {
            of: map.popularity.clone(),
            is_log: true,
        },
        UserFact::Behaviour => {
            let names = prepared.dataset.behaviours.ids();
            PointFact::Groups {
                of: map.behaviours.clone().unwrap_or_default(),
                names: names.map(|name| foreign(name).into_owned()).collect(),
            }
        }
        UserFact::TestRank => {
            let mut ranks = vec![f32::NAN; prepared.dataset.users.len()];
            let series = app.views.series(&key.run).ready();
            for result in series.iter().flat_map(|series| &series.test_results) {
                let slot = prepared.dataset.users.idx(&result.user_id);
                if let Some(slot) = slot.and_then(|user| ranks.get_mut(user as usize)) {
                    *slot = result.rank as f32;
                }
            }
            let rank = |user: &u32| ranks.get(*user as usize).copied().unwrap_or(f32::NAN);
            PointFact::Numbers {
                of: map.users.iter().map(rank).collect(),
                is_log: true,
            }
        }
    }
}
