//! Which behaviours a log has, and the order in which they follow one another.

use std::ops::Range;

use super::over_users;
use crate::dataset::{Dataset, Sequences};
use crate::log::NO_BEHAVIOUR;

/// By which rule behaviours are put in order, as stages of a funnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StageOrder {
    /// All are words whose order is known: view, then favourite, then cart, then buy.
    #[default]
    KnownWords,
    /// By where in a user's history the behaviour first occurs, as a share of the history; the
    /// median over users with two events or more.
    FirstOccurrence,
}

impl StageOrder {
    /// The rule in words.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::KnownWords => "in the known order of their words: view, favourite, cart, buy",
            Self::FirstOccurrence => {
                "in order of where they first occur in a user's history (median over users with \
                 two events or more)"
            }
        }
    }
}

/// The behaviours that are counted, in the order of stages.
pub(super) struct Kinds {
    /// Names: first the stages in order, then what is no stage: missing behaviours, and the rest.
    pub(super) names: Vec<String>,
    /// How many of them are stages.
    pub(super) n_stages: usize,
    pub(super) order: StageOrder,
    /// Kind of each behaviour, by its index.
    of_behaviour: Vec<u8>,
}

/// Most kinds that are told apart; rarer ones are taken together, so that tables of pairs of kinds
/// stay small.
const MOST_KINDS: usize = 12;
/// Name that stands for the rarer kinds.
const REST: &str = "(other)";

/// Words of behaviours, in lower case and without `_`, `-` and spaces, by stage.
const KNOWN: [&[&str]; 4] = [
    &[
        "pv", "view", "views", "click", "clicks", "detail", "browse", "浏览", "点击", "查看",
    ],
    &[
        "fav",
        "favorite",
        "favourite",
        "collect",
        "like",
        "wish",
        "wishlist",
        "收藏",
    ],
    &[
        "cart",
        "addtocart",
        "addcart",
        "basket",
        "加购",
        "加购物车",
        "加入购物车",
    ],
    &[
        "buy",
        "purchase",
        "order",
        "transaction",
        "pay",
        "购买",
        "下单",
        "支付",
    ],
];

impl Kinds {
    /// `None` for a log without behaviours.
    pub(super) fn new(dataset: &Dataset) -> Option<Self> {
        let of_events = dataset.sequences.behaviour_idx.as_ref()?;
        let n_behaviours = dataset.behaviours.len();
        let mut counts = vec![0_usize; n_behaviours];
        for &behaviour in of_events {
            counts[usize::from(behaviour)] += 1;
        }
        let mut kept: Vec<usize> = (0..n_behaviours).collect();
        kept.sort_by_key(|&at| (std::cmp::Reverse(counts[at]), at));
        let n_kept = if n_behaviours > MOST_KINDS {
            MOST_KINDS - 1
        } else {
            n_behaviours
        };
        kept.truncate(n_kept);
        kept.sort_unstable();
        let name = |at: usize| dataset.behaviours.id(at as u32).unwrap_or(NO_BEHAVIOUR);
        let (mut stages, missing): (Vec<usize>, Vec<usize>) =
            kept.into_iter().partition(|&at| name(at) != NO_BEHAVIOUR);
        let known: Option<Vec<usize>> = stages.iter().map(|&at| known_stage(name(at))).collect();
        let (order, ranks) = match known {
            Some(known) => (StageOrder::KnownWords, known),
            None => (
                StageOrder::FirstOccurrence,
                first_places(&dataset.sequences, of_events, &stages),
            ),
        };
        let mut ranked: Vec<(usize, usize)> = ranks.into_iter().zip(stages).collect();
        ranked.sort_unstable();
        stages = ranked.into_iter().map(|(_, at)| at).collect();
        let n_stages = stages.len();
        stages.extend(missing);
        let mut of_behaviour = vec![stages.len() as u8; n_behaviours];
        for (kind, &at) in stages.iter().enumerate() {
            of_behaviour[at] = kind as u8;
        }
        let rest = (n_behaviours > MOST_KINDS).then(|| REST.to_owned());
        let names = stages
            .iter()
            .map(|&at| name(at).to_owned())
            .chain(rest)
            .collect();
        Some(Self {
            names,
            n_stages,
            order,
            of_behaviour,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The kind of a behaviour.
    pub(super) fn place_of(&self, behaviour: u16) -> usize {
        self.of_behaviour
            .get(usize::from(behaviour))
            .map_or(0, |&kind| usize::from(kind))
    }
}

/// Place of a known word among the stages.
fn known_stage(word: &str) -> Option<usize> {
    let plain = word.to_lowercase().replace(['_', '-', ' '], "");
    KNOWN
        .iter()
        .position(|words| words.contains(&plain.as_str()))
}

/// Parts of a history that places are told in.
const PLACES: usize = 1_000;

/// Median place, in thousandths of the history, at which each of these behaviours first occurs in
/// the history of a user who has it; the lower one of two in the middle.
fn first_places(sequences: &Sequences, of_events: &[u16], behaviours: &[usize]) -> Vec<usize> {
    let n_all = behaviours.iter().max().map_or(0, |most| most + 1);
    let mut at_of = vec![usize::MAX; n_all];
    for (at, &behaviour) in behaviours.iter().enumerate() {
        at_of[behaviour] = at;
    }
    let count = |users: Range<usize>| {
        let mut counts = vec![[0_usize; PLACES + 1]; behaviours.len()];
        let mut last_user = vec![usize::MAX; behaviours.len()];
        for user in users {
            let of_user = of_events.get(sequences.range(user)).unwrap_or_default();
            if of_user.len() < 2 {
                continue;
            }
            for (place, &behaviour) in of_user.iter().enumerate() {
                let Some(&at) = at_of.get(usize::from(behaviour)) else {
                    continue;
                };
                let Some(last) = last_user.get_mut(at).filter(|last| **last != user) else {
                    continue;
                };
                *last = user;
                counts[at][place * PLACES / (of_user.len() - 1)] += 1;
            }
        }
        counts
    };
    over_users(sequences, count, add_places)
        .unwrap_or_default()
        .iter()
        .map(|counts| median_place(counts))
        .collect()
}

fn add_places(
    mut sum: Vec<[usize; PLACES + 1]>,
    other: Vec<[usize; PLACES + 1]>,
) -> Vec<[usize; PLACES + 1]> {
    sum.iter_mut()
        .flatten()
        .zip(other.into_iter().flatten())
        .for_each(|(sum, n)| *sum += n);
    sum
}

fn median_place(counts: &[usize]) -> usize {
    let total: usize = counts.iter().sum();
    let mut below = 0;
    counts
        .iter()
        .position(|n| {
            below += n;
            below * 2 >= total
        })
        .unwrap_or(counts.len())
}
