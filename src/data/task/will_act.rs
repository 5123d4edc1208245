//! Whether a user does something within a time after a moment.
//!
//! The moments are the same for all users, as they are in use: validation asks at the first cut of
//! the split, the test at the second, everyone who has events before it, those who never come back
//! included. Training asks at moments one horizon apart, the last of them so early that its answer
//! is known before the first cut. (An index date a question, features strictly before it, only
//! windows that are observed to their end.)

use super::{Outcomes, Output, Sample, WillAct, refused};
use crate::data::{DataError, NamedMoment, Prepared, SplitSpec};

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
    let Some(mut asked) = moments(prepared) else {
        return Err(refused(
            "split",
            "this log has no times, so no moment can be asked about.".to_owned(),
        ));
    };
    if let SplitSpec::AtDates {
        validation_from,
        test_from,
    } = split
    {
        // The moments as they were named, not as the first event after each has it.
        let secs = |named: NamedMoment, cut: i64| named.secs(!dataset.has_clock()).unwrap_or(cut);
        (asked.valid, asked.test) = (
            secs(validation_from, asked.valid),
            secs(test_from, asked.test),
        );
    }
    let Moments {
        first,
        valid,
        test,
        end,
    } = asked;
    let horizon = (spec.horizon_hours * 3600.0).round().max(1.0) as i64;
    for (part, from, until) in [("validation", valid, test), ("test", test, end)] {
        if from.saturating_add(horizon) > until {
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
    let asked_at = |moment: i64, user: usize| -> Option<Sample> {
        let times = dataset.sequences.times(user)?;
        let history_len = times.partition_point(|&time| time < moment);
        let last = *times.get(history_len.checked_sub(1)?)?;
        let after = times
            .iter()
            .enumerate()
            .skip(history_len)
            .take_while(|(_, time)| **time < moment + horizon);
        let is_meant = |at: usize| match behaviour {
            None => true,
            Some(behaviour) => {
                dataset
                    .sequences
                    .behaviours(user)
                    .and_then(|all| all.get(at))
                    == Some(&behaviour)
            }
        };
        let acts = after.map(|(at, _)| at).any(is_meant);
        Some(Sample {
            user_idx: user as u32,
            history_len: history_len as u32,
            elapsed_secs: (moment - last) as f32,
            target: f32::from(u8::from(acts)),
        })
    };
    let n_users = dataset.sequences.n_users();
    let of_part = |moment: i64| -> Vec<Sample> {
        (0..n_users)
            .filter_map(|user| asked_at(moment, user))
            .collect()
    };
    let backwards =
        (1..=MOST_MOMENTS as i64).map(|n| valid.saturating_sub(n.saturating_mul(horizon)));
    let mut training: Vec<i64> = backwards.take_while(|&moment| moment > first).collect();
    training.reverse();
    let train: Vec<Sample> = (0..n_users)
        .flat_map(|user| {
            training
                .iter()
                .filter_map(move |&moment| asked_at(moment, user))
        })
        .collect();
    let n_yes = train.iter().filter(|sample| sample.target > 0.5).count();
    if !train.is_empty() && (n_yes == 0 || n_yes == train.len()) {
        let all = if n_yes > 0 { "yes" } else { "no" };
        let sentence = format!(
            "the answer to every training question is {all}, so there is nothing to learn; choose \
             another `task.behaviour` or another `task.horizon_hours`."
        );
        return Err(refused("task.horizon_hours", sentence));
    }
    let classes = vec!["no".to_owned(), "yes".to_owned()];
    let (valid, test) = (of_part(valid), of_part(test));
    Ok(Outcomes {
        output: Output::Chance,
        train,
        valid,
        test,
        classes,
        ..Outcomes::default()
    })
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

/// Moments in seconds.
struct Moments {
    /// Time of the first event.
    first: i64,
    /// At which validation is asked.
    valid: i64,
    /// At which the test is asked.
    test: i64,
    /// Time of the last event.
    end: i64,
}

/// The cuts as the split made them: the first moment of an event that is not training's, and of one
/// that is the test's.
fn moments(prepared: &Prepared) -> Option<Moments> {
    let sequences = &prepared.dataset.sequences;
    let times = sequences.time_secs.as_deref()?;
    let first_from = |lens: &[u32]| {
        let of_user =
            |(user, &len): (usize, &u32)| sequences.times(user)?.get(len as usize).copied();
        lens.iter().enumerate().filter_map(of_user).min()
    };
    let (first, end) = (*times.iter().min()?, *times.iter().max()?);
    Some(Moments {
        first,
        valid: first_from(&prepared.split.train_len)?,
        test: first_from(&prepared.split.valid_len)?,
        end,
    })
}
