//! Every setting of every struct describes itself: completely, truly, and in words.

use proptest::prelude::*;
use seqscope::data::{AugmentSpec, CleanSpec, CleanStep, WorldKind, WorldSpec, clean};
use seqscope::experiment::{EvaluationSpec, TrainingSpec};
use seqscope::model::gan::GanSpec;
use seqscope::model::{AutoencoderSpec, LstmSpec, SequentialVaeSpec, TransformerSpec, VaeSpec};
use seqscope::spec::{
    Described, Entry, Field, FieldKind, Problem, SetError, Severity, Value, did_you_mean,
};
use serde::Serialize;
use strum::IntoEnumIterator;

macro_rules! for_all_steps {
    ($check:ident, $($step:ident),*) => {
        $($check(&clean::$step::default());)*
        // The list above is whole.
        let named = [$(stringify!($step)),*];
        assert!(CleanStep::iter().map(|step| step.name()).eq(named));
    };
}

/// Runs a check on the defaults of every struct that has settings.
macro_rules! for_all_settings {
    ($check:ident) => {
        $check(&TransformerSpec::default());
        $check(&LstmSpec::default());
        $check(&VaeSpec::default());
        $check(&AutoencoderSpec::default());
        $check(&SequentialVaeSpec::default());
        $check(&TrainingSpec::default());
        $check(&AugmentSpec::default());
        $check(&GanSpec::default());
        $check(&EvaluationSpec::default());
        $check(&CleanSpec::default());
        <WorldKind as strum::IntoEnumIterator>::iter()
            .for_each(|kind| $check(&WorldSpec::of_kind(kind)));
        for_all_steps!(
            $check,
            Duplicates,
            Repeats,
            Bots,
            ImpossibleTimes,
            SortTimes,
            DateWindow,
            MissingValues,
            Outliers,
            Smooth,
            Transform,
            Threshold,
            KeepBehaviours,
            MergeBehaviours,
            KCore,
            Sessions,
            SampleUsers
        );
    };
}

fn no_setting_is_forgotten(spec: &(impl Described + Serialize)) {
    let json = serde_json::to_value(spec).unwrap();
    // A section within a section describes itself by its own name.
    let entries = json
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| !value.is_object());
    let mut in_file: Vec<&str> = entries.map(|(key, _)| key.as_str()).collect();
    let mut described: Vec<&str> = spec.fields().iter().map(|field| field.key).collect();
    in_file.sort_unstable();
    described.sort_unstable();
    assert_eq!(
        described, in_file,
        "what a file can hold and what describes itself"
    );
}

#[test]
fn what_a_file_can_hold_describes_itself() {
    for_all_settings!(no_setting_is_forgotten);
}

fn is_in_words(spec: &impl Described) {
    for Field {
        key,
        label,
        help,
        source,
        kind,
        value,
        ..
    } in spec.fields()
    {
        assert!(
            label.starts_with(|c: char| !c.is_lowercase()) && !label.ends_with('.'),
            "{key}: label `{label}`"
        );
        assert!(
            help.ends_with('.') && help.len() > 10,
            "{key}: help `{help}`"
        );
        assert!(
            !source.is_empty(),
            "{key}: where does the default come from?"
        );
        let fits = matches!(
            (&kind, &value),
            (FieldKind::Int { .. }, Value::Int(_))
                | (FieldKind::Float { .. }, Value::Float(_))
                | (FieldKind::Bool, Value::Bool(_))
                | (FieldKind::Choice(_), Value::Choice(_))
                | (FieldKind::Choice(_) | FieldKind::Text, Value::Text(_))
        );
        assert!(
            fits,
            "{key}: {kind:?} does not fit {value:?}, so its range is never checked"
        );
    }
    assert_eq!(spec.problems(), []);
}

#[test]
fn every_setting_has_words_and_a_default_within_its_range() {
    for_all_settings!(is_in_words);
}

fn survives_being_set(before: &(impl Described + PartialEq + std::fmt::Debug + Clone)) {
    let mut spec = before.clone();
    for field in before.fields() {
        spec.set(field.key, &field.value).unwrap();
        spec.set_text(field.key, &field.value.to_string()).unwrap();
    }
    assert_eq!(&spec, before);
}

#[test]
fn setting_what_is_shown_changes_nothing() {
    for_all_settings!(survives_being_set);
}

fn both_ends_are_checked(spec: &(impl Described + Clone)) {
    for field in spec.fields() {
        let (inside, outside) = match field.kind {
            FieldKind::Int { min, max } => (
                [Value::Int(min), Value::Int(max)],
                [min.checked_sub(1), max.checked_add(1)].map(|v| v.map(Value::Int)),
            ),
            FieldKind::Float { min, max } => (
                [Value::Float(min), Value::Float(max)],
                [
                    Some(Value::Float(max * 1.1 + 0.1)),
                    Some(Value::Float(f64::NAN)),
                ],
            ),
            _ => continue,
        };
        let at_field = |value: &Value| {
            let mut spec = spec.clone();
            spec.set(field.key, value).ok()?;
            Some(
                spec.problems()
                    .into_iter()
                    .filter(|problem| problem.field == field.key)
                    .count(),
            )
        };
        for value in inside {
            assert_eq!(
                at_field(&value),
                Some(0),
                "{}: {value} is allowed",
                field.key
            );
        }
        for value in outside.into_iter().flatten() {
            // A number that the type itself cannot hold (-1) is refused at once.
            assert!(
                matches!(at_field(&value), None | Some(1)),
                "{}: {value} is not allowed",
                field.key
            );
        }
    }
}

#[test]
fn a_value_outside_its_range_is_one_problem_at_its_field() {
    for_all_settings!(both_ends_are_checked);
}

#[test]
fn the_sentence_says_what_to_choose() {
    let spec = TransformerSpec {
        d_model: 1,
        dropout: f64::NAN,
        ..TransformerSpec::default()
    };
    let wanted = [
        Problem::error(
            "d_model",
            "Width is 1; choose a whole number from 2 to 1024.",
        ),
        Problem::error("dropout", "Dropout is NaN; choose a number from 0 to 0.9."),
    ];
    assert_eq!(spec.problems(), wanted);
}

#[test]
fn what_is_no_setting_or_no_value_is_refused_with_the_cure() {
    let mut spec = LstmSpec::default();
    let error = spec.set_text("droput", "0.1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`droput` is not a setting here; did you mean `dropout`?"
    );
    let error = spec.set_text("cats", "3").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`cats` is not a setting here; known: d_model, d_hidden, n_layers, taper, seq_len, \
         dropout, recurrent_dropout, output, attention, tied, features"
    );
    let error = spec.set_text("seq_len", "many").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`many` is not a whole number of at least 0 for `seq_len`"
    );
    assert!(matches!(
        spec.set("dropout", &Value::Bool(true)),
        Err(SetError::Kind { .. })
    ));
    assert_eq!(spec, LstmSpec::default());
}

#[test]
fn a_word_far_from_all_known_ones_gets_no_suggestion() {
    let known = ["dropout", "d_model", "lr"];
    assert_eq!(did_you_mean("droput", known).as_deref(), Some("dropout"));
    assert_eq!(did_you_mean("dmodel", known).as_deref(), Some("d_model"));
    assert_eq!(
        did_you_mean("rl", known).as_deref(),
        Some("lr"),
        "two letters changed places"
    );
    assert_eq!(did_you_mean("epochs", known), None);
    assert_eq!(did_you_mean("x", []), None);
}

proptest! {
    #[test]
    fn numbers_survive_being_written(lr in prop::num::f64::ANY) {
        let mut spec = TrainingSpec::default();
        spec.set_text("lr", &Value::Float(lr).to_string()).unwrap();
        prop_assert!(spec.lr.total_cmp(&lr).is_eq() || (spec.lr.is_nan() && lr.is_nan()));
    }
}

#[test]
fn a_problem_moves_under_a_longer_path() {
    let problem = Problem::warning("d_model", "Wide.")
        .under("model")
        .under("runs");
    assert_eq!(
        (problem.field.as_str(), problem.severity),
        ("runs.model.d_model", Severity::Warning)
    );
    assert_eq!(Problem::error("", "All.").under("data").field, "data");
    assert!(
        Severity::Error > Severity::Warning,
        "the worst of several is their maximum"
    );
}
