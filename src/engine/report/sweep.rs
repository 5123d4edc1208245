//! Trials of a sweep: their values, how far they are, how good on validation; and the best of them.

use super::{CellValue, Emphasis, ReportCell, ReportColumn, ReportTable, words};
use crate::sweep::{SweepFolder, SweepImportance, SweepState, TrialProgress, TrialState};
use seqscope_base::metric::statistics::seed_group;
use seqscope_base::spec::{Entry as _, counted};

/// The trials in order of their numbers, the best of them emphasised once there is one.
#[must_use]
pub fn sweep_table(folder: &SweepFolder, state: &SweepState) -> ReportTable {
    let plan = &folder.plan;
    let settings = plan
        .experiment
        .sweep
        .iter()
        .flat_map(|sweep| &sweep.settings);
    let mut columns = vec![ReportColumn::numbers("trial", "Trial")];
    columns.extend(settings.map(|setting| ReportColumn::words(&setting.set, &setting.set)));
    columns.extend([
        ReportColumn::numbers("epochs", "Epochs").help("Epochs trained, of all seeds together"),
        ReportColumn::estimates("valid", format!("{}, validation", state.metric.title())).help(
            "Mean over the trial's seeds of their best epochs, and its standard deviation where \
             there are several",
        ),
        ReportColumn::numbers("time", "Time"),
        ReportColumn::words("state", "State"),
    ]);
    let mut table = ReportTable::new("sweep", "", columns);
    table.lead.push(plan_sentence(folder));
    let best = state.best(plan).map(|of| of.trial.number);
    for of in &state.trials {
        let number = CellValue::Count(of.trial.number);
        let mut cells: Vec<ReportCell> = vec![number.into()];
        cells.extend(of.trial.values.iter().map(|value| {
            let value: ReportCell = value.as_str().into();
            value.of_data()
        }));
        let mut valid = valid_cell(folder, state, of);
        if Some(of.trial.number) == best {
            valid = valid.with(Emphasis::Strong);
        }
        cells.extend([
            CellValue::Count(of.epochs()).into(),
            valid,
            CellValue::Duration(of.train_secs()).into(),
            state_words(&of.state).into(),
        ]);
        table.row(cells);
    }
    table.notes.extend(best_sentences(folder, state));
    table
}

/// What the settings decided; a sentence alone where that cannot be told.
#[must_use]
pub fn importance_table(importance: &Result<SweepImportance, String>) -> ReportTable {
    let columns = [
        ReportColumn::words("setting", "Setting"),
        ReportColumn::numbers("importance", "Importance").help(
            "By how much a forest of trees foretells the figure worse when the setting is shuffled, \
             as a share of the spread of the trials",
        ),
        ReportColumn::intervals("interval", "95 %"),
    ];
    let mut table = ReportTable::new("importance", "", columns);
    let found = match importance {
        Ok(found) => found,
        Err(why) => {
            table.notes.push(why.clone());
            return table;
        }
    };
    for of in &found.settings {
        let setting: ReportCell = of.setting.as_str().into();
        let value: ReportCell = CellValue::Metric(of.value).into();
        let is_sure = of.interval.low > 0.0;
        table.row([
            setting.of_data(),
            value.with(if is_sure {
                Emphasis::Strong
            } else {
                Emphasis::Plain
            }),
            CellValue::Interval(of.interval).into(),
        ]);
    }
    table.notes.push(format!(
        "Told from {} after {}; the settings foretell {} of the spread of trials that were not seen. A \
         setting whose interval holds 0 may have decided nothing.",
        counted(found.n_trials, "trial"),
        counted(found.epochs, "epoch"),
        words::share(found.explained.max(0.0)),
    ));
    table
}

fn valid_cell(folder: &SweepFolder, state: &SweepState, of: &TrialProgress) -> ReportCell {
    let epochs = folder.plan.experiment.training.epochs;
    let values = of.values_until(epochs, state.metric);
    let mean = of.score_until(epochs, values.len(), state.metric);
    if !mean.is_finite() {
        return CellValue::Unknown.into();
    }
    match seed_group(&values) {
        Some(group) => CellValue::Estimate {
            value: mean,
            scatter: group.deviation,
        }
        .into(),
        None => CellValue::Metric(mean).into(),
    }
}

/// Method, number of trials and budget of a sweep.
#[must_use]
pub fn plan_sentence(folder: &SweepFolder) -> String {
    let plan = &folder.plan;
    let seeds = plan.n_seeds();
    let of_seeds = if seeds == 1 {
        String::new()
    } else {
        format!(" of {seeds} seeds each")
    };
    let rungs = plan.rungs();
    let budget = if rungs.len() > 1 {
        let each: Vec<String> = rungs.iter().map(ToString::to_string).collect();
        format!(
            "rungs of {} epochs, from each of which the best go on",
            each.join(", ")
        )
    } else {
        format!(
            "each at most {}",
            counted(plan.experiment.training.epochs, "epoch")
        )
    };
    format!(
        "Sweep {}: {}{of_seeds}; {budget}; {} epochs at most in all. Trials are judged on \
         validation.",
        folder.name,
        counted(plan.trials.len(), "trial"),
        words::count(plan.most_epochs()),
    )
}

/// The best trial and among how many it is the best, its test figure, and what the sweep has cost;
/// nothing while no trial has come to its end.
#[must_use]
pub fn best_sentences(folder: &SweepFolder, state: &SweepState) -> Vec<String> {
    let plan = &folder.plan;
    let Some(best) = state.best(plan) else {
        return Vec::new();
    };
    let epochs = plan.experiment.training.epochs;
    let score = best.score_until(epochs, plan.n_seeds(), state.metric);
    let so_far = if state.is_done() { "" } else { " so far" };
    let mut sentences = vec![format!(
        "Best of {}{so_far}: trial {} ({}), {} {} on validation, where the best of many is luckier \
         than it will be.",
        counted(state.trials.len(), "trial"),
        best.trial.number,
        plan.words_of(&best.trial),
        state.metric.title(),
        words::metric(score),
    )];
    let tests: Option<Vec<f64>> = best.runs.iter().map(|run| run.test).collect();
    if let Some(tests) = tests.filter(|tests| !tests.is_empty()) {
        let mean = tests.iter().sum::<f64>() / tests.len() as f64;
        sentences.push(format!(
            "On test, which chose nothing, it has {}.",
            words::metric(mean)
        ));
    }
    let cost: usize = state.trials.iter().map(TrialProgress::epochs).sum();
    let secs = state
        .trials
        .iter()
        .fold(0.0, |sum, of| sum + of.train_secs());
    sentences.push(format!(
        "The sweep has cost {} epochs, {} of training.",
        words::count(cost),
        words::duration(secs),
    ));
    sentences
}

/// State of a trial in a few words.
#[must_use]
pub fn state_words(state: &TrialState) -> String {
    match state {
        TrialState::Due {
            is_begun: false, ..
        } => "not begun".to_owned(),
        TrialState::Due {
            until,
            is_begun: true,
        } => format!("to go on to epoch {until}"),
        TrialState::Running => "running".to_owned(),
        TrialState::Waits { rung } => format!("waits at epoch {rung} for the others"),
        TrialState::Dropped { rung } => format!("dropped after epoch {rung}"),
        TrialState::Finished => "finished".to_owned(),
        TrialState::Failed { sentence } => format!("failed: {sentence}"),
    }
}
