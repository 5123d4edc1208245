//! Questions about the next event: its behaviour, its value, how long until it comes.

use super::{NextNumber, NumberOf, Outcomes, Output, Sample, Scale, refused};
use crate::dataset::{EvalCase, Prepared};
use crate::error::DataError;

/// Every training event but a user's first is a question to learn from; the questions of validation
/// and test are the split's.
fn questions(
    prepared: &Prepared,
    target: impl Fn(usize, usize) -> Option<f32>,
) -> [Vec<Sample>; 3] {
    let sample = |user: usize, at: usize| {
        let target = target(user, at)?;
        Some(Sample {
            user_idx: user as u32,
            history_len: at as u32,
            elapsed_secs: 0.0,
            target,
        })
    };
    let lens = prepared.split.train_len.iter().enumerate();
    let train =
        lens.flat_map(|(user, &len)| (1..len as usize).filter_map(move |at| sample(user, at)));
    let held_out = |cases: &[EvalCase]| -> Vec<Sample> {
        let cases = cases.iter().filter(|case| case.history_len > 0);
        cases
            .filter_map(|case| sample(case.user_idx as usize, case.target_pos as usize))
            .collect()
    };
    [
        train.collect(),
        held_out(&prepared.split.valid),
        held_out(&prepared.split.test),
    ]
}

/// Which behaviour comes next.
pub(super) fn behaviours(prepared: &Prepared) -> Result<Outcomes, DataError> {
    let dataset = &prepared.dataset;
    let sequences = &dataset.sequences;
    if sequences.behaviour_idx.is_none() {
        let sentence = "this log has no behaviour column, so the next behaviour cannot be asked \
                        for; name one in `data.roles.behaviour`, or choose another task.";
        return Err(refused("task", sentence.to_owned()));
    }
    let [train, valid, test] = questions(prepared, |user, at| {
        Some(f32::from(*sequences.behaviours(user)?.get(at)?))
    });
    let classes: Vec<String> = dataset.behaviours.ids().map(str::to_owned).collect();
    if (0..classes.len())
        .filter(|&class| train.iter().any(|sample| sample.target as usize == class))
        .count()
        < 2
    {
        let sentence = "training has one kind of behaviour only, so there is nothing to tell \
                        apart; open a log with several, or choose another task.";
        return Err(refused("task", sentence.to_owned()));
    }
    let output = Output::Classes(classes.len());
    Ok(Outcomes {
        output,
        train,
        valid,
        test,
        classes,
        ..Outcomes::default()
    })
}

/// The gap to the next event in hours, or its value.
pub(super) fn numbers(spec: NextNumber, prepared: &Prepared) -> Result<Outcomes, DataError> {
    let sequences = &prepared.dataset.sequences;
    let lacking = match spec.of {
        NumberOf::Gap => (!prepared.dataset.has_clock()).then_some(
            "this log has no times, so gaps cannot be asked for; name a column in \
             `data.roles.time`, or choose another task.",
        ),
        NumberOf::Value => sequences.value.is_none().then_some(
            "this log has no value column, so the next value cannot be asked for; name one in \
             `data.roles.value`, or choose another task.",
        ),
    };
    if let Some(sentence) = lacking {
        return Err(refused("task.of", sentence.to_owned()));
    }
    let [mut train, mut valid, mut test] =
        questions(prepared, |user, at| number_at(spec.of, prepared, user, at));
    if spec.log1p && train.iter().any(|sample| sample.target < 0.0) {
        let sentence =
            "some values are below 0, of which there is no ln(1 + x); write `log1p: false`.";
        return Err(refused("task.log1p", sentence.to_owned()));
    }
    let scale = Scale::fitted(
        spec.log1p,
        train.iter().map(|sample| f64::from(sample.target)),
    );
    for sample in train.iter_mut().chain(&mut valid).chain(&mut test) {
        sample.target = scale.scaled(f64::from(sample.target));
    }
    let unit = if spec.of == NumberOf::Gap {
        "hours"
    } else {
        ""
    };
    Ok(Outcomes {
        output: Output::Number,
        train,
        valid,
        test,
        scale,
        unit,
        ..Outcomes::default()
    })
}

/// The number of one event of a user, in its own unit: the hours since the event before, or the
/// value; `None` where there is none.
#[must_use]
pub fn number_at(of: NumberOf, prepared: &Prepared, user: usize, at: usize) -> Option<f32> {
    let sequences = &prepared.dataset.sequences;
    let number = match of {
        NumberOf::Value => *sequences.values(user)?.get(at)?,
        NumberOf::Gap => {
            let times = sequences.times(user)?;
            (times.get(at)? - times.get(at.checked_sub(1)?)?).max(0) as f32 / 3600.0
        }
    };
    number.is_finite().then_some(number)
}
