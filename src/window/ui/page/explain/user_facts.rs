//! Facts by which users are coloured.

use std::sync::Arc;

use super::point_colors::{NO_GROUP, PointFact};
use crate::app::{App, LatentSpace, Loadable};
use seqscope_base::spec::shown as foreign;
use seqscope_data::Prepared;
use seqscope_engine::run::RunId;
use seqscope_engine::slice::SliceMembers;

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
    #[strum(to_string = "chosen slice")]
    Slice,
}

/// Why users cannot be coloured by a fact; `None` where they can.
pub(super) fn why_no_fact(by: UserFact, space: &LatentSpace, app: &App) -> Option<&'static str> {
    match by {
        UserFact::Length | UserFact::Popularity => None,
        UserFact::Behaviour => space
            .map
            .behaviours
            .is_none()
            .then_some("The log has no behaviours."),
        UserFact::TestRank => space
            .test_ranks
            .is_empty()
            .then_some("The run has not been judged on its test split."),
        UserFact::Slice => app
            .selection
            .slice
            .is_none()
            .then_some("Everyone is looked at; choose a slice of users at the left."),
    }
}

/// Users of the chosen slice, once they are found.
pub(super) fn slice_users<'a>(run: &RunId, app: &'a App) -> Option<&'a Arc<SliceMembers>> {
    app.slice_users(run).and_then(Loadable::ready)
}

/// The fact of every user on a map.
pub(super) fn fact_of_users(
    by: UserFact,
    run: &RunId,
    space: &LatentSpace,
    prepared: &Prepared,
    app: &App,
) -> PointFact {
    let map = &space.map;
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
            let of = map.behaviours.iter().flatten();
            PointFact::Groups {
                of: of.map(|behaviour| u32::from(*behaviour)).collect(),
                names: names.map(|name| foreign(name).into_owned()).collect(),
                keep_places: false,
            }
        }
        UserFact::TestRank => PointFact::Numbers {
            of: space.test_ranks.clone(),
            is_log: true,
        },
        UserFact::Slice => {
            let members = slice_users(run, app);
            let holds = |user: &u32| members.is_some_and(|members| members.holds(*user));
            let group = |user| if holds(user) { 0 } else { NO_GROUP };
            PointFact::Groups {
                of: map.users.iter().map(group).collect(),
                names: vec!["in the slice".to_owned()],
                keep_places: true,
            }
        }
    }
}
