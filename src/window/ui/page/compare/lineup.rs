//! Runs as their curves are drawn: each by itself, or with those that differ in their seed alone.

use egui::{Color32, Ui};

use crate::app::App;
use crate::ui::page::seed_curves::SeedCurves;
use crate::ui::theme;
use crate::ui::widget::line_chart::ChartSeries;
use crate::ui::widget::run_words;
use seqscope_engine::run::{Curve, Manifest, RunId, SeedRuns};

/// Runs and groups of seeds, in the order of their first members.
#[derive(Default)]
pub(super) struct Lineup(Vec<LinedUp>);

/// One line of a chart.
pub(super) enum LinedUp {
    /// A run by itself.
    Run(LinedUpRun),
    /// Runs that differ in their seed alone.
    Seeds(LinedUpSeeds),
}

/// A run by itself.
pub(super) struct LinedUpRun {
    pub(super) id: RunId,
    color: Color32,
}

/// Runs that differ in their seed alone.
pub(super) struct LinedUpSeeds {
    ids: Vec<RunId>,
    color: Color32,
}

impl Lineup {
    /// The line-up of some runs.
    pub(super) fn of_runs(ui: &Ui, app: &App, runs: &[&RunId]) -> Self {
        let groups = if app.selection.seeds_apart {
            Vec::new()
        } else {
            groups(app, runs)
        };
        let is_alone = |run: &RunId| groups.iter().all(|group| !group.ids.contains(run));
        let mut beside: Vec<RunId> = Vec::new();
        beside.extend(
            runs.iter()
                .filter(|run| is_alone(run))
                .map(|run| (**run).clone()),
        );
        let mut lines = Vec::new();
        for run in runs {
            let group = groups.iter().find(|group| group.ids.contains(run));
            match group {
                None => lines.push(LinedUp::Run(LinedUpRun {
                    id: (*run).clone(),
                    color: theme::run_color(ui, app, run),
                })),
                Some(group) if is_first_of(group, run, runs) => {
                    let color = app.seeds_color(run, &beside);
                    beside.push(app.first_of_seeds(run));
                    lines.push(LinedUp::Seeds(LinedUpSeeds {
                        ids: group.ids.clone(),
                        color: theme::color_of(ui, color),
                    }));
                }
                Some(_) => {}
            }
        }
        Self(lines)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LinedUp> {
        self.0.iter()
    }

    /// The colour in which a run is drawn; `None` of one that is not.
    pub(super) fn color_of(&self, run: &RunId) -> Option<Color32> {
        self.iter().find_map(|line| match line {
            LinedUp::Run(one) => (one.id == *run).then_some(one.color),
            LinedUp::Seeds(seeds) => seeds.ids.contains(run).then_some(seeds.color),
        })
    }
}

/// Whether a member is the one whose place in the list its group takes.
fn is_first_of(group: &SeedRuns, run: &RunId, runs: &[&RunId]) -> bool {
    let mut members = runs.iter().filter(|other| group.ids.contains(other));
    members.next().is_some_and(|first| *first == run)
}

fn groups(app: &App, runs: &[&RunId]) -> Vec<SeedRuns> {
    let manifests = runs
        .iter()
        .filter_map(|run| app.runs.summary(run)?.manifest.as_deref());
    SeedRuns::among(&manifests.collect::<Vec<&Manifest>>())
}

fn title(app: &App, run: &RunId) -> String {
    let summary = app.runs.summary(run);
    summary.map_or_else(|| run.to_string(), run_words::distinct_title)
}

impl LinedUpRun {
    /// One of its series, as a chart takes it.
    pub(super) fn series(&self, app: &App, points: Curve) -> ChartSeries {
        ChartSeries {
            name: title(app, &self.id),
            color: self.color,
            points,
            keep_raw: false,
        }
    }
}

impl LinedUpSeeds {
    /// One series of each of them.
    pub(super) fn group(&self, app: &App, curve: impl Fn(&RunId) -> Curve) -> SeedCurves {
        let name = self
            .ids
            .first()
            .map_or_else(String::new, |first| title(app, first));
        let members = self.ids.iter().map(|run| (title(app, run), curve(run)));
        SeedCurves {
            name: format!("{name} · mean of {} seeds", self.ids.len()),
            color: self.color,
            members: members.collect(),
            keep_raw: false,
        }
    }
}
