//! Train: is it learning? Curves of the run in work, what it is doing, and what to make of it.

mod charts;
mod header;
mod histograms;
mod latent;
mod machine;
mod notes;
mod reliability;
mod result;
mod sisters;
mod steer;
mod strip;
mod trust;
mod tuning;

pub(super) use latent::ui as latent_bars;

use egui::{ScrollArea, Ui};

use super::run_picker::{self, RunChoice};
use crate::app::{Action, App, Page, RunSide, TrainView, Training, Transport};
use crate::ui::Actions;
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::theme::size;
use crate::ui::widget::panel;

/// View state of the page.
#[derive(Default)]
pub(in crate::ui) struct TrainPage {
    charts: charts::Charts,
    header: header::Header,
    trust: trust::Trust,
    steer: steer::SteerRow,
    beside: reliability::ResultView,
}

impl TrainPage {
    /// Paints the page.
    pub(in crate::ui) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let view = app.train_view();
        let is_in_work = matches!(view, TrainView::Run(training) if training.is_active());
        if let (Some(runs), false) = (app.runs.ready().filter(|runs| !runs.is_empty()), is_in_work)
        {
            let shown = match view {
                TrainView::Run(training) => training.run.as_ref(),
                _ => app.selection.run.as_ref(),
            };
            let choice = RunChoice {
                side: RunSide::A,
                chosen: shown,
            };
            ui.horizontal(|ui| run_picker::ui(ui, app, runs, choice, actions));
        }
        match view {
            // Where notes leave the charts too little, the page scrolls.
            TrainView::Run(training) => {
                ScrollArea::vertical()
                    .id_salt("train")
                    .auto_shrink(false)
                    .show(ui, |ui| self.run(ui, training, app, actions));
            }
            TrainView::Nothing => nothing_yet(ui, app, actions),
            TrainView::Failed(why) => panel::empty(ui, "This run cannot be shown", why, |ui| {
                action_button_as(
                    ui,
                    app,
                    actions,
                    Action::GoTo(Page::Model),
                    tr("Choose a model"),
                );
            }),
            TrainView::Loading(run) => {
                ui.spinner();
                ui.weak(tr(format!("Reading {run}")));
            }
        }
    }

    fn run(&mut self, ui: &mut Ui, training: &Training, app: &App, actions: &mut Actions) {
        self.header.ui(ui, training, app, actions);
        if let Some(run) = training.run.as_ref().filter(|_| !training.is_active()) {
            self.trust.ui(ui, app, run, actions);
            tuning::ui(ui, app, run);
        }
        self.steer.ui(ui, training, app, actions);
        for note in notes::notes(training) {
            note.ui(ui);
        }
        if let Some(used) = &training.latent {
            latent::ui(ui, used);
        }
        ui.add_space(4.0);
        let beside = &mut self.beside;
        let run = training.run.as_ref();
        let shown = run.and_then(|run| app.selection.shown_epoch(run));
        let playhead = shown.map(|shown| shown.epoch);
        let clicked = self.charts.ui(ui, app, training, playhead, actions, |ui| {
            reliability::ui(ui, training, beside, |ui| result::ui(ui, training));
        });
        actions.extend(clicked.map(|epoch| Action::Transport(Transport::Epoch(epoch))));
    }
}

fn nothing_yet(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let sentence = "Loss and ranking curves appear here while a model trains, with the best of the \
                    classical references as lines to beat. No run has been started since the \
                    program was opened.";
    panel::empty(ui, "Nothing is training", sentence, |ui| {
        action_button(ui, app, actions, Action::TryIt);
        ui.add_space(size::GAP_SMALL);
        action_button_as(
            ui,
            app,
            actions,
            Action::GoTo(Page::Model),
            tr("Choose a model"),
        );
        ui.add_space(size::GAP_SMALL);
        action_button_as(
            ui,
            app,
            actions,
            Action::GoTo(Page::Compare),
            tr("Look at past runs"),
        );
    });
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use egui_kittest::Harness;
    use egui_kittest::kittest::{NodeT as _, Queryable};

    use super::*;
    use crate::app::{TrainingPhase, bare_app};
    use seqscope_base::metric::{AnswerKind, Metric, Metrics};
    use seqscope_engine::run::{EpochRecord, RunId, RunOutcome};
    use seqscope_engine::train::{Ended, Progress, StopMode};

    struct State {
        app: App,
        page: TrainPage,
        asked: Actions,
    }

    fn training(phase: TrainingPhase) -> Training {
        let point = |epoch: usize| EpochRecord {
            epoch,
            step: epoch * 10,
            train_loss: 5.0 - epoch as f64 * 0.1,
            valid_loss: 5.0,
            valid: Metrics::new(AnswerKind::Ranking, 9).with(Metric::Ndcg10, 0.05 * epoch as f64),
            lr: 1e-3,
            grad_norm: 1.0,
            events_per_sec: 12_345.0,
            is_best: true,
            ..EpochRecord::default()
        };
        Training {
            run: None,
            title: "quickstart · Transformer".to_owned(),
            phase,
            device: None,
            n_params: Some(12_345),
            live: Vec::new(),
            n_epochs: 30,
            progress: Progress {
                epoch: 3,
                step_in_epoch: 5,
                steps_per_epoch: 10,
                step: 25,
                ..Progress::default()
            },
            preparing: None,
            is_saved: false,
            step_losses: (0..25).map(|s| (s, 5.0 - s as f64 * 0.01)).collect(),
            points: vec![point(1), point(2)],
            references_valid: seqscope_engine::run::References::new(),
            latent: None,
            problems: Vec::new(),
        }
    }

    fn harness<'a>(training: Option<Training>) -> Harness<'a, State> {
        let mut app = bare_app(Path::new("no such folder"));
        app.training.current = training;
        let state = State {
            app,
            page: TrainPage::default(),
            asked: Actions::new(),
        };
        let paint =
            |ui: &mut Ui, state: &mut State| state.page.ui(ui, &state.app, &mut state.asked);
        Harness::builder()
            .with_size([1100.0, 700.0])
            .build_ui_state(paint, state)
    }

    fn ended(outcome: Option<RunOutcome>) -> Ended {
        Ended {
            outcome,
            pause: None,
            epochs: 2,
            best_epoch: Some(2),
            train_secs: 61.0,
            valid: None,
            test: None,
            reliability: None,
            references_test: seqscope_engine::run::References::new(),
            references_left_out: seqscope_engine::run::LeftOutReferences::new(),
            optimum: None,
            diverged_epoch: None,
            test_ties: None,
            told_of_seen: Vec::new(),
        }
    }

    #[test]
    fn with_no_run_the_page_says_what_will_appear_and_offers_what_fills_it() {
        let mut harness = harness(None);
        harness.run();
        harness.get_by_label("Nothing is training");
        harness.get_by_label("Try it in 30 seconds").click();
        harness.run();
        assert_eq!(harness.state().asked, [Action::TryIt]);
    }

    #[test]
    fn a_button_that_cannot_be_pressed_says_why() {
        let mut harness = harness(Some(training(TrainingPhase::Starting)));
        harness.run();
        let pause = harness.get_by_label("Pause");
        assert!(pause.accesskit_node().is_disabled());
        pause.hover();
        harness.run();
        harness.get_by_label("Only a run at work can be paused.");
    }

    #[test]
    fn a_run_is_paused_at_once_but_deleted_only_after_a_second_word() {
        let mut harness = harness(Some(training(TrainingPhase::Running)));
        harness.run();
        harness.get_by_label("Pause").click();
        harness.run();
        harness.get_by_label("Stop and discard…").click();
        harness.run();
        assert_eq!(
            harness.state().asked,
            [Action::Pause],
            "asking is not doing"
        );
        harness.get_by_label("Delete the run").click();
        harness.run();
        assert_eq!(
            harness.state().asked,
            [Action::Pause, Action::Stop(StopMode::Discard)]
        );
        assert!(
            harness.query_by_label("Delete the run").is_none(),
            "the question is gone"
        );
    }

    #[test]
    fn a_run_that_diverged_has_no_best_epoch_from_then_on_and_one_above_the_bound_is_told_what_that_is()
     {
        use seqscope_data::world::{Ceiling, Scatter};
        let scatter = Scatter {
            ndcg_at_10: 0.02,
            ..Scatter::default()
        };
        let test = Metrics::new(AnswerKind::Ranking, 300).with(Metric::Ndcg10, 0.53);
        let ended = |diverged_epoch| Ended {
            diverged_epoch,
            test: Some(test.clone()),
            optimum: Some(Ceiling {
                ndcg_at_10: 0.5,
                hr_at_10: 1.0,
                hr_at_1: 1.0,
                scatter,
            }),
            ..ended(Some(RunOutcome::Finished))
        };
        for (diverged, has_best) in [
            (None, true),
            (Some(3), true),
            (Some(2), false),
            (Some(1), false),
        ] {
            let mut harness = harness(Some(training(TrainingPhase::Ended(Box::new(ended(
                diverged,
            ))))));
            harness.run();
            assert_eq!(
                harness.query_by_label_contains("best epoch 2").is_some(),
                has_best,
                "{diverged:?}"
            );
            assert_eq!(
                harness
                    .query_by_label_contains("diverged in epoch")
                    .is_some(),
                diverged.is_some()
            );
            harness.get_by_label_contains("1.5 standard errors above it are luck");
        }
    }

    #[test]
    fn at_the_end_the_test_stands_beside_the_references() {
        use seqscope_model::baseline::BaselineKind;
        let metrics = |ndcg| Metrics::new(AnswerKind::Ranking, 9).with(Metric::Ndcg10, ndcg);
        let ended = Ended {
            test: Some(metrics(0.321)),
            references_test: [(BaselineKind::MarkovWindow.into(), metrics(0.123))].into(),
            optimum: Some(seqscope_data::world::Ceiling {
                ndcg_at_10: 0.777,
                ..Default::default()
            }),
            test_ties: Some(seqscope_data::TestTies {
                n_tied: 2,
                n_asked: 9,
            }),
            told_of_seen: vec![
                "Why so.".to_owned(),
                "3 of 9 test targets return.".to_owned(),
            ],
            ..ended(Some(RunOutcome::Finished))
        };
        let mut harness = harness(Some(training(TrainingPhase::Ended(Box::new(ended)))));
        harness.run();
        harness.get_by_label("This run");
        harness.get_by_label("0.3210");
        harness.get_by_label("Windowed Markov chain");
        harness.get_by_label("0.1230");
        harness.get_by_label("Best possible");
        harness.get_by_label("The one reference is not ahead of this run by NDCG@10.");
        harness.get_by_label_contains("decides 2 of 9 test targets");
        harness.get_by_label("0.7770");
        harness.get_by_label_contains("2 epochs in 1 min 01 s");
        harness.get_by_label("3 of 9 test targets return.");
        assert!(
            harness.query_by_label("Pause").is_none(),
            "there is nothing to pause any more"
        );
    }

    #[test]
    fn chances_are_shown_beside_what_came_true() {
        use seqscope_base::metric::Reliability;
        let metrics = Metrics::new(AnswerKind::Binary, 9).with(Metric::Auc, 0.9);
        let table = Reliability::from_pairs([(0.2, 0.0), (0.2, 1.0), (0.9, 1.0), (0.9, 1.0)]);
        let ended = Ended {
            test: Some(metrics),
            reliability: Some(table),
            ..ended(Some(RunOutcome::Finished))
        };
        let mut harness = harness(Some(training(TrainingPhase::Ended(Box::new(ended)))));
        harness.run();
        harness.get_by_label("Reliability").click();
        harness.run();
        // Two answers said .2 and half came true, two said .9 and both did: (2 · .3 + 2 · .1) / 4.
        harness.get_by_label("Reliability of 4 answers, ECE 0.2000");
        harness.get_by_label("Metrics").click();
        harness.run();
        harness.get_by_label("This run");
    }

    #[test]
    fn each_dimension_of_a_latent_vector_has_a_bar() {
        use seqscope_model::LatentReport;
        let report = LatentReport {
            kl: vec![0.0, 1.5, 0.2],
            variance: vec![0.0, 0.8, 0.05],
        };
        let used = seqscope_engine::train::LatentUse {
            epoch: 2,
            step: 20,
            report,
            shuffled: None,
        };
        let latent = Some(Box::new(used));
        let mut harness = harness(Some(Training {
            latent,
            ..training(TrainingPhase::Running)
        }));
        harness.run();
        harness.get_by_label_contains("2 of 3 units active");
        let bars = harness.get_by_label("KL of 3 dimensions, 2 active").rect();
        // The first bar is that of the dimension that is used most.
        harness.hover_at(egui::pos2(bars.left() + 50.0, bars.bottom() - 5.0));
        harness.run();
        harness.get_by_label_contains("Dimension 2: 1.50 nats, active");
    }

    #[test]
    fn the_strip_shows_what_is_chosen_and_says_what_a_run_has_not() {
        use crate::app::{Select, TrainStrip};
        let mut harness = harness(Some(training(TrainingPhase::Running)));
        harness.run();
        harness.get_by_label("Gradient norm");
        harness.get_by_label("Machine").click();
        harness.run();
        let asked = Action::Select(Select::Strip(TrainStrip::Machine));
        assert_eq!(harness.state().asked, [asked]);
        harness.state_mut().app.selection.train_strip = TrainStrip::Machine;
        harness.run();
        harness.get_by_label_contains("Nothing was told of the machine");
        harness.state_mut().app.selection.train_strip = TrainStrip::Bound;
        harness.run();
        harness.get_by_label_contains("Only a variational model");
        let training = harness.state_mut().app.training.current.as_mut().unwrap();
        for point in &mut training.points {
            (point.reconstruction, point.kl) = (Some(4.5), Some(1.25));
        }
        // The charts are filled again with the next epoch.
        training.points.push(EpochRecord {
            epoch: 3,
            reconstruction: Some(4.0),
            kl: Some(1.5),
            ..EpochRecord::default()
        });
        harness.run();
        harness.get_by_label("Reconstruction");
        harness.get_by_label("Kullback–Leibler term");
        assert!(
            harness
                .query_by_label_contains("Only a variational")
                .is_none()
        );
    }

    #[test]
    fn a_chart_is_large_or_small_and_the_large_ones_are_chosen_in_the_menu() {
        use crate::app::{Arrange, ChartChange, TrainChart};
        let mut harness = harness(Some(training(TrainingPhase::Running)));
        harness.run();
        let n_large = |harness: &Harness<'_, State>| {
            let whole = harness.query_all_by_label("Copy as CSV").count();
            whole + harness.query_all_by_label("Options").count()
        };
        assert_eq!(n_large(&harness), 2);
        harness.get_by_label("Charts ⏷").click();
        harness.run();
        {
            let boxes = harness.get_all_by_role(egui::accesskit::Role::CheckBox);
            let mut norm = boxes
                .filter(|one| one.accesskit_node().label().as_deref() == Some("Gradient norm"));
            norm.next_back().unwrap().click();
        }
        harness.run();
        let toggle = |chart| Action::Arrange(Arrange::Chart(ChartChange::Toggle(chart)));
        assert_eq!(harness.state().asked, [toggle(TrainChart::GradientNorm)]);
        harness.key_press(egui::Key::Escape);
        let app = &mut harness.state_mut().app;
        app.apply(toggle(TrainChart::GradientNorm));
        harness.run();
        assert_eq!(n_large(&harness), 3);
        let app = &mut harness.state_mut().app;
        for chart in [
            TrainChart::Loss,
            TrainChart::Metric,
            TrainChart::GradientNorm,
        ] {
            app.apply(toggle(chart));
        }
        harness.run();
        assert_eq!(n_large(&harness), 0);
        harness.get_by_label_contains("No chart is shown large");
    }

    #[test]
    fn an_axis_on_which_a_run_has_no_places_says_why() {
        let mut harness = harness(Some(training(TrainingPhase::Running)));
        harness.run();
        let events = harness.get_by_label("Events seen");
        assert!(events.accesskit_node().is_disabled());
        events.hover();
        harness.run();
        harness.get_by_label_contains("before events were counted");
    }

    #[test]
    fn a_run_that_was_discarded_is_not_there_to_be_explained() {
        for (outcome, is_offered) in [(Some(RunOutcome::Stopped), true), (None, false)] {
            let phase = TrainingPhase::Ended(Box::new(ended(outcome)));
            let mut harness = harness(Some(Training {
                run: Some(RunId("a".to_owned())),
                ..training(phase)
            }));
            harness.run();
            assert_eq!(
                harness.query_by_label("Explain this run").is_some(),
                is_offered
            );
            harness.get_by_label("Compare runs");
        }
    }

    #[test]
    fn progress_is_told_in_words() {
        let mut harness = harness(Some(training(TrainingPhase::Running)));
        harness.run();
        harness.get_by_label_contains("Epoch 3 of 30 · step 5 of 10");
    }
}
