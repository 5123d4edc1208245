//! Whether a user does something within a time after a moment.
//!
//! The moments are the same for all users, as they are in use: validation asks at the first cut of
//! the split, the test at the second, everyone who has events before it, those who never come back
//! included. Training asks at moments one horizon apart, the last of them so early that its answer
//! is known before the first cut. (An index date a question, features strictly before it, only
//! windows that are observed to their end.)

use super::{Outcomes, Output, Sample, WillAct, refused};
use crate::dataset::{Dataset, Prepared, SplitSpec};
use crate::error::DataError;

pub(super) const NEEDS_A_CUT: &str = "whether a user acts before a time is asked at one moment for \
                                      all, so the log must be cut in time; write `split: \
                                      GlobalTemporal()`.";

/// Most moments of training: a year of weeks. More would repeat the same users with little new.
const MOST_MOMENTS: usize = 52;

/// See the module.
pub(super) fn questions(
    spec: &WillAct,
    prepared: &Prepared,
    split: SplitSpec,
) -> Result<Outcomes, DataError> {
    if !split.needs_times() {
        return Err(refused("split", NEEDS_A_CUT.to_owned()));
    }
    let dataset = &prepared.dataset;
    let behaviour = meant(spec, prepared)?;
    let Some(moments) = moments(prepared) else {
        return Err(refused(
            "split",
            "this log has no times, so no moment can be asked about.".to_owned(),
        ));
    };
    let questions = MomentQuestions {
        dataset,
        behaviour,
        horizon: (spec.horizon_hours * 3600.0).round().max(1.0) as i64,
        moments: moments.named_by(split, !dataset.has_clock()),
    };
    questions.check_horizon(spec)?;
    let train = questions.training();
    let n_yes = train.iter().filter(|sample| sample.target > 0.5).count();
    if !train.is_empty() && (n_yes == 0 || n_yes == train.len()) {
        let all = if n_yes > 0 { "yes" } else { "no" };
        let sentence = format!(
            "the answer to every training question is {all}, so there is nothing to learn; choose \
             another `task.behaviour` or another `task.horizon_hours`."
        );
        return Err(refused("task.horizon_hours", sentence));
    }
    Ok(Outcomes {
        output: Output::Chance,
        train,
        valid: questions.of_everyone(questions.moments.valid),
        test: questions.of_everyone(questions.moments.test),
        classes: vec!["no".to_owned(), "yes".to_owned()],
        ..Outcomes::default()
    })
}

/// Source of the questions of one task.
struct MomentQuestions<'a> {
    dataset: &'a Dataset,
    /// The behaviour that is asked about; `None` for any event.
    behaviour: Option<u16>,
    /// Seconds after the moment.
    horizon: i64,
    moments: AskedMoments,
}

impl MomentQuestions<'_> {
    /// Fails where a part of the split is shorter than the horizon.
    fn check_horizon(&self, spec: &WillAct) -> Result<(), DataError> {
        let AskedMoments {
            valid, test, end, ..
        } = self.moments;
        for (part, from, until) in [("validation", valid, test), ("test", test, end)] {
            if from.saturating_add(self.horizon) > until {
                let most = (until - from) as f64 / 3600.0;
                let sentence = format!(
                    "the horizon of {} hours does not fit into the {part} part, which is {most:.1} \
                     hours long; lower `task.horizon_hours`, or give that part a larger share in \
                     `split`.",
                    spec.horizon_hours
                );
                return Err(refused("task.horizon_hours", sentence));
            }
        }
        Ok(())
    }

    /// The question about a user at a moment; `None` where nothing came before it.
    fn question(&self, moment: i64, user: usize) -> Option<Sample> {
        let times = self.dataset.sequences.times(user)?;
        let history_len = times.partition_point(|&time| time < moment);
        let last = *times.get(history_len.checked_sub(1)?)?;
        let acts = times
            .iter()
            .enumerate()
            .skip(history_len)
            .take_while(|(_, time)| **time < moment + self.horizon)
            .any(|(at, _)| self.is_meant(user, at));
        Some(Sample {
            user_idx: user as u32,
            history_len: history_len as u32,
            elapsed_secs: (moment - last) as f32,
            target: f32::from(u8::from(acts)),
        })
    }

    /// Whether a user's event is of the behaviour that is asked about.
    fn is_meant(&self, user: usize, at: usize) -> bool {
        self.behaviour.is_none_or(|behaviour| {
            let behaviours = self.dataset.sequences.behaviours(user);
            behaviours.and_then(|all| all.get(at)) == Some(&behaviour)
        })
    }

    /// Questions about all users at one moment.
    fn of_everyone(&self, moment: i64) -> Vec<Sample> {
        (0..self.dataset.sequences.n_users())
            .filter_map(|user| self.question(moment, user))
            .collect()
    }

    /// Questions about every user at moments one horizon apart, back from the first cut.
    fn training(&self) -> Vec<Sample> {
        let AskedMoments { first, valid, .. } = self.moments;
        let mut moments: Vec<i64> = (1..=MOST_MOMENTS as i64)
            .map(|n| valid.saturating_sub(n.saturating_mul(self.horizon)))
            .take_while(|&moment| moment > first)
            .collect();
        moments.reverse();
        (0..self.dataset.sequences.n_users())
            .flat_map(|user| {
                moments
                    .iter()
                    .filter_map(move |&moment| self.question(moment, user))
            })
            .collect()
    }
}

/// The behaviour that is meant; `None` for any event.
fn meant(spec: &WillAct, prepared: &Prepared) -> Result<Option<u16>, DataError> {
    let name = spec.behaviour.trim();
    if name.is_empty() {
        return Ok(None);
    }
    let behaviours = &prepared.dataset.behaviours;
    if prepared.dataset.sequences.behaviour_idx.is_none() {
        let sentence = "this log has no behaviour column; name one in `data.roles.behaviour`, or \
                        leave `task.behaviour` empty to ask for any event.";
        return Err(refused("task.behaviour", sentence.to_owned()));
    }
    match behaviours.idx(name) {
        Some(idx) => Ok(u16::try_from(idx).ok()),
        None => {
            let known: Vec<String> = behaviours
                .ids()
                .take(8)
                .map(|id| format!("`{id}`"))
                .collect();
            let sentence = format!(
                "this log has no behaviour `{name}`; it has {}.",
                known.join(", ")
            );
            Err(refused("task.behaviour", sentence))
        }
    }
}

/// Moments of the questions, in seconds.
struct AskedMoments {
    /// Time of the first event.
    first: i64,
    /// At which validation is asked.
    valid: i64,
    /// At which the test is asked.
    test: i64,
    /// Time of the last event.
    end: i64,
}

impl AskedMoments {
    /// Moments that a split names, not those of the first event after each.
    fn named_by(self, split: SplitSpec, only_orders: bool) -> Self {
        let SplitSpec::AtDates {
            validation_from,
            test_from,
        } = split
        else {
            return self;
        };
        Self {
            valid: validation_from.secs(only_orders).unwrap_or(self.valid),
            test: test_from.secs(only_orders).unwrap_or(self.test),
            ..self
        }
    }
}

/// The cuts as the split made them: the first moment of an event that is not training's, and of one
/// that is the test's.
fn moments(prepared: &Prepared) -> Option<AskedMoments> {
    let sequences = &prepared.dataset.sequences;
    let times = sequences.time_secs.as_deref()?;
    let first_from = |lens: &[u32]| {
        lens.iter()
            .enumerate()
            .filter_map(|(user, &len)| sequences.times(user)?.get(len as usize).copied())
            .min()
    };
    let (first, end) = (*times.iter().min()?, *times.iter().max()?);
    Some(AskedMoments {
        first,
        valid: first_from(&prepared.split.train_len)?,
        test: first_from(&prepared.split.valid_len)?,
        end,
    })
}
