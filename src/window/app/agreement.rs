//! Agreement of the two runs that are looked at, user by user: worked out on a thread when they are
//! another pair than before.

use std::collections::HashMap;
use std::sync::Arc;

use super::job::sentence;
use super::loadable::Ticket;
use super::{App, Loadable};
use seqscope_engine::run::{
    AgreementBy, FoundCounts, Manifest, Part, RunId, RunStore, UserAgreement, UserPair, UserResult,
    seed_sisters, why_not_comparable,
};

/// Either of two runs side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter, strum::Display)]
pub enum RunSide {
    /// The left one.
    A,
    /// The right one.
    B,
}

impl RunSide {
    /// Place in pairs.
    #[must_use]
    pub fn at(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}

/// Agreement with what is shown of it.
#[derive(Clone, Debug, PartialEq)]
pub struct AgreementMap {
    /// The users and their order.
    pub found: UserAgreement,
    /// Place of each user on logarithmic axes. `[n_users]`
    pub places: Arc<[[f32; 2]]>,
    /// How many users stand at the place of each. `[n_users]`
    pub n_here: Vec<u32>,
    /// How many users either side found.
    pub counts: FoundCounts,
    /// Power of ten at which a miss stands; `None` where nobody is missed.
    pub missed_at: Option<f64>,
    /// Runs on either side.
    pub runs: [Vec<RunId>; 2],
    /// Reason why the figures of the two say little beside each other.
    pub doubt: Option<String>,
}

/// Things that an agreement was made of: the measure, and the runs of either side with how far each
/// has come.
#[derive(Clone, Debug, PartialEq)]
struct AgreementKey {
    by: AgreementBy,
    sides: [Vec<(RunId, usize, bool)>; 2],
}

/// Pair whose seeds were looked for, and the list in which.
#[derive(Clone, Debug, PartialEq)]
struct PairKey {
    pair: [Option<RunId>; 2],
    revision: u64,
}

/// The agreement of the pair, and how it is counted.
#[derive(Debug, Default)]
pub struct AgreementState {
    /// Measure of the differences.
    pub by: AgreementBy,
    /// Whether either side stands for all seeds of its experiment.
    pub has_seeds: [bool; 2],
    of: Option<PairKey>,
    /// The run of either side and the others that differ from it in their seed alone.
    seeds: [Vec<Arc<Manifest>>; 2],
    key: Option<AgreementKey>,
    found: Loadable<Arc<AgreementMap>>,
    ticket: Ticket,
}

impl AgreementState {
    /// The agreement, or how far it is.
    #[must_use]
    pub fn found(&self) -> &Loadable<Arc<AgreementMap>> {
        &self.found
    }

    /// The run of a side and the others that differ from it in their seed alone, itself first.
    #[must_use]
    pub fn seeds_of(&self, side: RunSide) -> &[Arc<Manifest>] {
        &self.seeds[side.at()]
    }

    /// The runs that a side stands for: its own, and the other seeds where they are wanted.
    #[must_use]
    pub fn runs_of(&self, side: RunSide) -> &[Arc<Manifest>] {
        let all = self.seeds_of(side);
        let only = all.get(..1).unwrap_or(all);
        if self.has_seeds[side.at()] { all } else { only }
    }
}

impl App {
    /// Looks for the other seeds of the two runs, when those are others or the list is.
    fn find_seeds(&mut self) {
        let pair = [&self.selection.run, &self.selection.second_run].map(Clone::clone);
        let of = PairKey {
            pair,
            revision: self.runs.revision(),
        };
        if self.agreement.of.as_ref() == Some(&of) {
            return;
        }
        let all = self.runs.ready().map_or(&[][..], Vec::as_slice);
        self.agreement.seeds = of.pair.each_ref().map(|run| {
            let summary = run.as_ref().and_then(|run| self.runs.summary(run));
            let own = summary.and_then(|summary| summary.manifest.as_ref());
            own.map(|own| seed_sisters(own, all)).unwrap_or_default()
        });
        self.agreement.of = Some(of);
    }

    /// Works the agreement out where two runs are in sight and it is not theirs.
    pub(super) fn load_agreement(&mut self) {
        if self.runs_looked_at().len() < 2 {
            return;
        }
        self.find_seeds();
        let sides = [RunSide::A, RunSide::B].map(|side| self.agreement.runs_of(side).to_vec());
        let key = AgreementKey {
            by: self.agreement.by,
            sides: sides.each_ref().map(|side| as_far(side)),
        };
        if self.agreement.key.as_ref() == Some(&key) || sides.iter().any(Vec::is_empty) {
            return;
        }
        let by = key.by;
        self.agreement.key = Some(key);
        self.agreement.found = Loadable::Loading("Comparing the runs user by user".to_owned());
        let (ticket, store) = (self.agreement.ticket.renew(), self.runs.store.clone());
        self.jobs.start(
            "agreement",
            move || agreement(&store, by, &sides).map(Arc::new),
            move |app, found| {
                if ticket == app.agreement.ticket {
                    app.agreement.found = found.into();
                }
            },
        );
    }

    /// Looks at the user on whom the two differ most after the present one, within the chosen slice,
    /// if that has users.
    pub(super) fn step_disagreement(&mut self, by: i64) {
        let found = self.agreement.found.ready().cloned();
        let present = self.selection.user_id.as_deref();
        let run = self.selection.run.as_ref();
        let slice = run.and_then(|run| {
            let members = self.slice_users(run)?.ready()?;
            let users = &self.views.data(run)?.dataset.users;
            members.why_empty.is_none().then_some((members, users))
        });
        let is_meant = |pair: &UserPair| {
            slice.is_none_or(|(members, users)| {
                users
                    .idx(&pair.user_id)
                    .is_some_and(|user| members.holds(user))
            })
        };
        let map = found.as_ref();
        let next = map.and_then(|map| map.found.stepped(present, by, is_meant));
        if let Some(pair) = next {
            self.selection.look_at_user(Some(pair.user_id.clone()));
        }
    }

    /// Why there is no next disagreement now.
    pub(super) fn can_step_disagreement(&self) -> Result<(), String> {
        if self.runs_looked_at().len() < 2 {
            return Err(
                "Choose two runs first: A and B on Compare, or run B beside on Explain.".to_owned(),
            );
        }
        match &self.agreement.found {
            Loadable::Ready(map) if map.found.by_size.is_empty() => Err(
                "Of no user that both runs were tested on do they say different things.".to_owned(),
            ),
            Loadable::Ready(_) => Ok(()),
            Loadable::Failed(why) => Err(why.clone()),
            Loadable::Idle | Loadable::Loading(_) => {
                Err("The two runs are being compared user by user.".to_owned())
            }
        }
    }
}

/// Runs with how far each has come.
fn as_far(side: &[Arc<Manifest>]) -> Vec<(RunId, usize, bool)> {
    let of_run = |m: &Arc<Manifest>| (m.id.clone(), m.epochs, m.test.is_some());
    side.iter().map(of_run).collect()
}

fn agreement(
    store: &RunStore,
    by: AgreementBy,
    sides: &[Vec<Arc<Manifest>>; 2],
) -> Result<AgreementMap, String> {
    let mut results: [Vec<Vec<UserResult>>; 2] = Default::default();
    for (side, results) in sides.iter().zip(&mut results) {
        for manifest in side {
            let kept = store.results(&manifest.id, Part::Test).map_err(sentence)?;
            let kept = kept.filter(|kept| !kept.is_empty()).ok_or_else(|| {
                format!(
                    "`{}` keeps no test results: let it come to its end, or choose another run.",
                    manifest.id
                )
            })?;
            results.push(kept);
        }
    }
    let slices = results
        .each_ref()
        .map(|side| side.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let found = UserAgreement::between(by, slices.each_ref().map(Vec::as_slice));
    let places = found.places();
    let pair = sides[0].first().zip(sides[1].first());
    let doubt = pair.and_then(|(a, b)| why_not_comparable(a, b));
    Ok(AgreementMap {
        n_here: crowds(&places),
        counts: found.counts(),
        missed_at: found.has_misses().then(|| found.missed_at()),
        places: places.into(),
        found,
        runs: sides
            .each_ref()
            .map(|side| side.iter().map(|manifest| manifest.id.clone()).collect()),
        doubt: doubt.map(str::to_owned),
    })
}

/// How many points stand where each does.
fn crowds(places: &[[f32; 2]]) -> Vec<u32> {
    let sign = |place: &[f32; 2]| place.map(f32::to_bits);
    let mut counts: HashMap<[u32; 2], u32> = HashMap::new();
    for place in places {
        *counts.entry(sign(place)).or_default() += 1;
    }
    let of = |place: &[f32; 2]| counts.get(&sign(place)).copied().unwrap_or_default();
    places.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::crowds;

    #[test]
    fn points_on_each_other_are_counted() {
        let places = [[0.0, 1.0], [2.0, 1.0], [0.0, 1.0], [f32::NAN, 0.0]];
        assert_eq!(crowds(&places), [2, 1, 2, 1]);
        assert!(crowds(&[]).is_empty());
    }
}
