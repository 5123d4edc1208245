//! Fields of the settings that can be changed while a run trains.

use seqscope_base::spec::FieldKind;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::LiveSetting;

/// Name of a setting as a person reads it.
pub(in crate::ui) fn name(setting: LiveSetting) -> &'static str {
    match setting {
        LiveSetting::LearningRate => "Learning rate",
        LiveSetting::Dropout => "Dropout",
        LiveSetting::AttentionDropout => "Attention dropout",
        LiveSetting::RecurrentDropout => "Recurrent dropout",
        LiveSetting::Beta => "Beta",
    }
}

/// Values that a setting may have, by the first family that has it.
pub(in crate::ui) fn range(setting: LiveSetting) -> std::ops::RangeInclusive<f64> {
    let field = setting.field(&Experiment::default());
    if let Some(FieldKind::Float { min, max }) = field.map(|field| field.kind) {
        return min..=max;
    }
    match setting {
        LiveSetting::Beta => 0.0..=4.0,
        LiveSetting::LearningRate
        | LiveSetting::Dropout
        | LiveSetting::AttentionDropout
        | LiveSetting::RecurrentDropout => 0.0..=0.9,
    }
}

/// Change of a value for each point that it is dragged.
pub(in crate::ui) fn step(setting: LiveSetting, value: f64) -> f64 {
    match setting {
        LiveSetting::LearningRate => (value / 100.0).max(1e-7),
        LiveSetting::Dropout
        | LiveSetting::AttentionDropout
        | LiveSetting::RecurrentDropout
        | LiveSetting::Beta => 0.005,
    }
}
