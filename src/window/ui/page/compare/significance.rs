//! How sure the differences are: intervals, paired tests, effect sizes, seeds, trials, references;
//! and the slices of each run.

use std::ops::RangeInclusive;
use std::sync::Arc;

use egui::{Color32, RichText, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use crate::app::{Action, App, Loadable, Significance};
use crate::ui::widget::run_words;
use crate::ui::{Actions, text, theme};
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::{Interval, N_RESAMPLES, SEED, Statistic};
use seqscope_engine::run::{AgainstReference, Compared, Comparison, RunId, Slice, SliceBy, Versus};

/// Width of a painted interval.
const LINE: f32 = 150.0;

/// Intervals and tests of the chosen runs.
pub(super) fn how_sure(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let Some(significance) = ready(ui, app, actions) else {
        return;
    };
    let found = &significance.comparison;
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let mut words = format!(
            "{} on test, user by user. Lines are 95 % intervals of {N_RESAMPLES} bootstrap \
             resamples of users (seed {SEED}). Gains are over run A, positive where better.",
            found.metric.title()
        );
        if found.n_tests > 0 {
            words.push_str(&format!(
                " p-values are two-sided, corrected by Holm over all {} differences of these runs, \
                 by every metric.",
                found.n_tests
            ));
        }
        ui.weak(words);
        ties(ui, app, found);
        above_optimum(ui, app, found);
        let range = range(found.runs.iter().filter_map(|run| run.interval));
        egui::Grid::new("how sure")
            .striped(true)
            .spacing([14.0, 5.0])
            .show(ui, |ui| {
                header(ui, found.metric);
                for run in &found.runs {
                    row(ui, app, run, &range);
                    ui.end_row();
                }
            });
        for seeds in &found.groups {
            let group = &seeds.group;
            let bounds = format!(
                "{} to {}",
                text::metric(group.interval.low),
                text::metric(group.interval.high)
            );
            let ids: Vec<String> = seeds.ids.iter().map(ToString::to_string).collect();
            ui.label(format!(
                "Over {} seeds: {} {} (Student's t interval {bounds}, standard deviation {}).",
                group.n_runs,
                found.metric.title(),
                text::metric(group.mean),
                text::metric(group.deviation),
            ))
            .on_hover_text(ids.join("\n"));
        }
        beside_references(ui, significance);
    });
}

/// How many test targets the order of equal times decides in each run, once where all are alike.
fn ties(ui: &mut Ui, app: &App, found: &Comparison) {
    let manifests = found
        .runs
        .iter()
        .filter_map(|run| app.runs.summary(&run.id)?.manifest.as_deref());
    let mut sentences: Vec<String> = manifests
        .filter_map(|manifest| Some(manifest.data.test_ties?.sentence()))
        .collect();
    sentences.sort();
    sentences.dedup();
    for sentence in sentences {
        ui.weak(sentence);
    }
}

/// Runs above a world's best possible score: that is an expectation.
fn above_optimum(ui: &mut Ui, app: &App, found: &Comparison) {
    for summary in found
        .runs
        .iter()
        .filter_map(|run| app.runs.summary(&run.id))
    {
        let manifest = summary.manifest.as_deref();
        let above =
            manifest.and_then(|manifest| manifest.optimum()?.above(manifest.test.as_ref()?));
        if let Some(sentence) = above {
            ui.label(format!(
                "{}: {sentence}",
                run_words::distinct_title(summary)
            ));
        }
    }
}

/// Run A against the references that ran beside it.
fn beside_references(ui: &mut Ui, significance: &Significance) {
    ui.add_space(8.0);
    ui.strong("Run A against its references");
    let Some(rows) = &significance.references else {
        let words = "It keeps no answers of its references by user. A run that is trained anew \
                     does; for this one there is `seqscope compare RUN --references=refit`.";
        ui.weak(words);
        return;
    };
    ui.weak(
        "Gains of run A on test, the best reference first; intervals as above, p-values corrected \
         over this table.",
    );
    egui::Grid::new("references")
        .striped(true)
        .spacing([14.0, 4.0])
        .show(ui, |ui| {
            let columns = [
                "Metric",
                "Reference",
                "Its value",
                "Run A",
                "Gain",
                "Relative",
                "Relative interval",
                "d_z",
            ];
            columns
                .into_iter()
                .chain(["p, flips", "p, ranks"])
                .for_each(|name| {
                    ui.strong(name);
                });
            ui.end_row();
            for row in rows {
                reference(ui, row);
                ui.end_row();
            }
        });
}

fn reference(
    ui: &mut Ui,
    AgainstReference {
        reference,
        contrast,
    }: &AgainstReference,
) {
    let mono = |words: String| RichText::new(words).monospace();
    let none = || "–".to_owned();
    let percent = |share: f64| format!("{:+.1} %", share * 100.0);
    ui.label(contrast.metric.title())
        .on_hover_text(contrast.metric.about().hover());
    ui.label(reference.title());
    ui.label(mono(text::metric(contrast.than)));
    ui.label(mono(text::metric(contrast.value)));
    let gain = ui.label(mono(format!("{:+.4}", contrast.gain)));
    if let Some(interval) = contrast.gain_interval {
        gain.on_hover_text(format!(
            "{}, {} users",
            bounds(interval),
            text::count(contrast.n_users)
        ));
    }
    ui.label(mono(contrast.relative.map_or_else(none, percent)));
    let relative = contrast.relative_interval;
    ui.label(mono(relative.map_or_else(none, |it| {
        format!("{} to {}", percent(it.low), percent(it.high))
    })));
    let paired = contrast.paired.as_ref();
    ui.label(mono(
        paired
            .and_then(|paired| paired.effect.d_z)
            .map_or_else(none, |d_z| format!("{d_z:+.2}")),
    ));
    let Some(paired) = paired else { return };
    for (p, raw) in paired
        .corrected
        .into_iter()
        .zip([paired.randomisation.p, paired.wilcoxon.p])
    {
        corrected(ui, p, raw);
    }
}

/// A corrected p-value, strong where it is small, with the one before the correction on hover.
fn corrected(ui: &mut Ui, p: f64, raw: f64) {
    let words = RichText::new(p_value(p)).monospace();
    let label = ui.label(if p <= 0.05 { words.strong() } else { words });
    label.on_hover_text(format!("{} before the correction", p_value(raw)));
}

/// The slices of the chosen runs, one beside another.
pub(super) fn by_slice(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let Some(significance) = ready(ui, app, actions) else {
        return;
    };
    let found = &significance.comparison;
    if significance.slices.iter().all(Vec::is_empty) {
        ui.weak(
            "These runs kept nothing to divide their test results by; runs that are trained \
                 anew do.",
        );
        return;
    }
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        ui.weak(format!(
            "{} on test for some of the users, with the 95 % interval on hover.",
            found.metric.title()
        ));
        egui::Grid::new("slices")
            .striped(true)
            .spacing([14.0, 4.0])
            .show(ui, |ui| {
                ui.label("");
                ui.strong("Users");
                for run in &found.runs {
                    name(ui, app, &run.id);
                }
                ui.end_row();
                slice_rows(ui, &significance.slices);
            });
    });
}

fn slice_rows(ui: &mut Ui, slices: &[Vec<Slice>]) {
    let mut kinds: Vec<(SliceBy, &str)> = Vec::new();
    for slice in slices.iter().flatten() {
        if !kinds.contains(&(slice.by, &slice.name)) {
            kinds.push((slice.by, &slice.name));
        }
    }
    kinds.sort_by_key(|(by, _)| *by);
    for (by, name) in kinds {
        let of_run = |run: &'_ [Slice]| {
            run.iter()
                .find(|slice| slice.by == by && slice.name == name)
                .cloned()
        };
        let found: Vec<Option<Slice>> = slices.iter().map(|run| of_run(run)).collect();
        ui.horizontal(|ui| {
            ui.weak(by.to_string());
            ui.label(name);
        });
        let n_users = found
            .iter()
            .flatten()
            .map(|slice| slice.n_users)
            .max()
            .unwrap_or_default();
        ui.label(RichText::new(text::count(n_users)).monospace());
        for slice in found {
            let value = slice.as_ref().map_or(f64::NAN, |slice| slice.value);
            let label = ui.label(RichText::new(text::metric(value)).monospace());
            if let Some(interval) = slice.and_then(|slice| slice.interval) {
                label.on_hover_text(bounds(interval));
            }
        }
        ui.end_row();
    }
}

/// The comparison, asked for where it is not that of the runs chosen.
fn ready<'a>(ui: &mut Ui, app: &'a App, actions: &mut Actions) -> Option<&'a Arc<Significance>> {
    if app.significance_is_due() {
        actions.push(Action::TestDifferences);
    }
    match app.significance() {
        Loadable::Ready(significance) => return Some(significance),
        Loadable::Failed(why) => {
            ui.colored_label(ui.visuals().error_fg_color, why);
        }
        Loadable::Loading(what) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(what);
            });
        }
        Loadable::Idle => {
            ui.weak(
                "Choose run A and tick others in the table; they are compared with it here, \
                     user by user.",
            );
        }
    }
    None
}

fn header(ui: &mut Ui, metric: Metric) {
    let words = |statistic: Statistic| statistic.about().hover();
    let corrected = |statistic: Statistic| {
        format!(
            "{}, corrected by Holm\n\n{}",
            statistic.about().title,
            words(statistic)
        )
    };
    let columns = [
        (
            "Run",
            "The first is run A, which the others are compared with".to_owned(),
        ),
        (metric.title(), metric.about().hover()),
        ("Interval", words(Statistic::Bootstrap)),
        (
            "Gain",
            "Mean gain over run A, with its interval on hover".to_owned(),
        ),
        ("d_z", words(Statistic::EffectSize)),
        (
            "Better",
            "Share of users who fare better than under run A".to_owned(),
        ),
        (
            "Worse",
            "Share of users who fare worse than under run A".to_owned(),
        ),
        ("p, flips", corrected(Statistic::SignFlips)),
        ("p, ranks", corrected(Statistic::Wilcoxon)),
        (
            "Trials",
            "Saved runs of the same data, split, task and family: the run may be the best of so \
             many"
                .to_owned(),
        ),
    ];
    for (name, help) in columns {
        ui.strong(name).on_hover_text(help);
    }
    ui.end_row();
}

fn row(ui: &mut Ui, app: &App, run: &Compared, range: &RangeInclusive<f64>) {
    name(ui, app, &run.id);
    let refused = match &run.against_first {
        Some(Err(why)) => Some(why),
        _ => None,
    };
    let value = RichText::new(run.value.map_or_else(|| "–".to_owned(), text::metric)).monospace();
    ui.label(if refused.is_some() {
        value.weak()
    } else {
        value.strong()
    });
    let color = if refused.is_some() {
        theme::colors(ui).weak
    } else {
        theme::run_color(ui, app, &run.id)
    };
    line(ui, run, range, color);
    match &run.against_first {
        None => {
            ui.weak("run A");
            (0..5).for_each(|_| {
                ui.label("");
            });
        }
        Some(Ok(versus)) => gains(ui, versus),
        Some(Err(why)) => {
            ui.label(RichText::new(format!("≠ {why}")).color(theme::colors(ui).weak))
                .on_hover_text(format!(
                    "Not compared with run A: {why}. Figures that were made otherwise say nothing \
                 beside each other."
                ));
            (0..5).for_each(|_| {
                ui.label("");
            });
        }
    }
    ui.label(RichText::new(run.n_trials.to_string()).monospace());
}

fn gains(ui: &mut Ui, versus: &Versus) {
    let effect = &versus.paired.effect;
    let mono = |words: String| RichText::new(words).monospace();
    let gain = ui.label(mono(format!("{:+.4}", effect.mean)));
    if let Some(interval) = versus.interval {
        gain.on_hover_text(format!(
            "{}, {} users",
            bounds(interval),
            text::count(effect.n_users)
        ));
    }
    ui.label(mono(
        effect
            .d_z
            .map_or_else(|| "–".to_owned(), |d_z| format!("{d_z:+.2}")),
    ));
    ui.label(mono(text::percent(effect.share_better)));
    ui.label(mono(text::percent(effect.share_worse)));
    for (p, raw) in versus
        .paired
        .corrected
        .into_iter()
        .zip([versus.paired.randomisation.p, versus.paired.wilcoxon.p])
    {
        corrected(ui, p, raw);
    }
}

/// A run's dot and title.
fn name(ui: &mut Ui, app: &App, id: &RunId) {
    ui.horizontal(|ui| {
        run_words::dot(ui, theme::run_color(ui, app, id));
        let title = app
            .runs
            .summary(id)
            .map_or_else(|| id.to_string(), run_words::distinct_title);
        ui.label(text::clipped(&title, 40))
            .on_hover_text(id.to_string());
    });
}

/// An interval as a line with a dot at the value, on a scale that all runs share.
fn line(ui: &mut Ui, run: &Compared, range: &RangeInclusive<f64>, color: Color32) {
    let (rect, response) = ui.allocate_exact_size(vec2(LINE, 16.0), Sense::hover());
    let (Some(value), Some(interval)) = (run.value, run.interval) else {
        return;
    };
    let width = range.end() - range.start();
    let x = |value: f64| {
        rect.left() + 4.0 + ((value - range.start()) / width) as f32 * (rect.width() - 8.0)
    };
    let y = rect.center().y;
    let painter = ui.painter();
    painter.line_segment(
        [pos2(x(interval.low), y), pos2(x(interval.high), y)],
        Stroke::new(2.0, color),
    );
    for end in [interval.low, interval.high] {
        painter.line_segment(
            [pos2(x(end), y - 4.0), pos2(x(end), y + 4.0)],
            Stroke::new(1.0, color),
        );
    }
    painter.circle_filled(pos2(x(value), y), 3.5, color);
    response.on_hover_text(bounds(interval));
}

/// The scale that holds all intervals; never of no width.
fn range(intervals: impl Iterator<Item = Interval>) -> RangeInclusive<f64> {
    let (low, high) = intervals.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
        (low.min(it.low), high.max(it.high))
    });
    if low < high {
        low..=high
    } else {
        low - 0.5..=low + 0.5
    }
}

fn bounds(interval: Interval) -> String {
    format!("95 % interval {:.4} to {:.4}", interval.low, interval.high)
}

fn p_value(p: f64) -> String {
    match p {
        p if p.is_nan() => "–".to_owned(),
        p if p < 0.0001 => "<.0001".to_owned(),
        p => text::metric(p),
    }
}
