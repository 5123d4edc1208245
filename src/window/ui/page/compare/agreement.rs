//! Two runs over all users: how well each ranked the true item of everyone's test question, as a
//! scatter, and the users by how far the two are apart.

use std::sync::Arc;

use egui::{Color32, RichText, ScrollArea, Ui, vec2};
use strum::IntoEnumIterator as _;

use super::super::explain::{counts_words, next_disagreement};
use crate::app::{Action, AgreementMap, App, RunSide, Select, SliceAction};
use crate::ui::frame::action_button;
use crate::ui::language::tr;
use crate::ui::theme;
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use crate::ui::widget::scatter::{DragTool, Scatter, ScatterAxes, ScatterMark, ScatterPoints};
use crate::ui::widget::timeline::rank_text;
use crate::ui::{Actions, text};
use seqscope_base::spec::shown;
use seqscope_engine::run::{AgreementBy, RunId, SliceRule, UserAgreement, UserPair};

/// View state.
#[derive(Default)]
pub(super) struct AgreementTab {
    scatter: Scatter,
    tool: DragTool,
    drawn: Option<Arc<AgreementMap>>,
    revision: u64,
    colors: Arc<[Color32]>,
    /// Colours that the points have, of A, of B and of neither, in the theme of the moment.
    palette: [Color32; 3],
    colors_revision: u64,
    /// Users inside the lasso, those farthest apart first.
    chosen: Vec<usize>,
    own: Option<usize>,
    own_of: Option<OwnPlace>,
}

/// User and agreement of a place.
#[derive(PartialEq)]
struct OwnPlace {
    user_id: Option<String>,
    revision: u64,
}

impl AgreementTab {
    /// Paints the scatter and the list; whether a user was opened.
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) -> bool {
        let (Some(left), Some(right)) = (&app.selection.run, &app.selection.second_run) else {
            ui.weak(tr(
                "Choose two runs in the table: A for the left side, B for the right one.",
            ));
            return false;
        };
        self.choices(ui, app, actions);
        let idle = "The two runs are compared once both have been read.";
        let Some(map) = panel::loaded(ui, app.agreement.found(), idle) else {
            return false;
        };
        let map = Arc::clone(map);
        self.refresh(ui, app, &map, [left, right]);
        remarks(ui, &map);
        if map.found.users.is_empty() {
            ui.label(tr(
                "No user was asked about the same item by both runs, so none can be compared. \
                 Choose two runs of the same data and split.",
            ));
            return false;
        }
        let widths = AsideWidths {
            usual: 330.0,
            least: 220.0,
            most: (ui.available_width() * 0.6).max(260.0),
        };
        let listed = panel::aside(ui, PanelSide::After, "users apart", widths)
            .frame(egui::Frame::new())
            .show(ui, |ui| {
                theme::card(ui)
                    .show(ui, |ui| {
                        ui.set_width(ui.available_width());
                        self.list(ui, app, &map, actions)
                    })
                    .inner
            })
            .inner;
        let margin = egui::Margin {
            right: 8,
            ..egui::Margin::default()
        };
        let pointed = egui::CentralPanel::default()
            .frame(egui::Frame::new().inner_margin(margin))
            .show(ui, |ui| self.points(ui, app, &map))
            .inner;
        let opened = listed.or(pointed);
        let pair = opened.and_then(|at| map.found.users.get(at));
        if let Some(pair) = pair {
            actions.push(Action::Select(Select::User(pair.user_id.clone())));
        }
        pair.is_some()
    }

    fn choices(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        ui.horizontal_wrapped(|ui| {
            ui.label(tr("By"));
            for by in AgreementBy::iter() {
                let is_chosen = app.agreement.by == by;
                let button = ui.selectable_label(is_chosen, tr(by.to_string()));
                if button.on_hover_text(tr(by.help())).clicked() {
                    actions.push(Action::Select(Select::AgreeBy(by)));
                }
            }
            ui.separator();
            for side in RunSide::iter() {
                seeds(ui, app, side, actions);
            }
            ui.separator();
            for (tool, name, help) in [
                (
                    DragTool::Move,
                    "Move",
                    "Drag to move, scroll to come nearer",
                ),
                (
                    DragTool::Lasso,
                    "Lasso",
                    "Draw a line around users to list them",
                ),
            ] {
                ui.selectable_value(&mut self.tool, tool, tr(name))
                    .on_hover_text(tr(help));
            }
            if ui
                .button(tr("Fit"))
                .on_hover_text(tr("Show all points"))
                .clicked()
            {
                self.scatter.fit();
            }
            next_disagreement(ui, app, actions);
        });
    }

    fn refresh(&mut self, ui: &Ui, app: &App, map: &Arc<AgreementMap>, runs: [&RunId; 2]) {
        let is_drawn = self
            .drawn
            .as_ref()
            .is_some_and(|drawn| Arc::ptr_eq(drawn, map));
        let [a, b] = theme::pair_colors(ui, app, runs);
        let palette = [a, b, theme::colors(ui).weak];
        if !is_drawn {
            self.revision += 1;
            self.chosen.clear();
            self.scatter.forget();
            self.drawn = Some(Arc::clone(map));
        }
        if !is_drawn || self.palette != palette {
            let by = map.found.by;
            let color = |pair: &UserPair| match pair.difference(by) {
                ahead if ahead > 0.0 => palette[0],
                behind if behind < 0.0 => palette[1],
                _ => palette[2],
            };
            self.colors = map.found.users.iter().map(color).collect();
            self.palette = palette;
            self.colors_revision += 1;
        }
    }

    /// Place of the user that is looked at, looked for when it is another.
    fn own(&mut self, app: &App, map: &AgreementMap) -> Option<usize> {
        let of = OwnPlace {
            user_id: app.selection.user_id.clone(),
            revision: self.revision,
        };
        if self.own_of.as_ref() != Some(&of) {
            let mut users = map.found.users.iter();
            self.own = users.position(|pair| Some(&pair.user_id) == of.user_id.as_ref());
            self.own_of = Some(of);
        }
        self.own
    }

    /// The scatter; the user that was clicked.
    fn points(&mut self, ui: &mut Ui, app: &App, map: &Arc<AgreementMap>) -> Option<usize> {
        let found = &map.found;
        let own = self.own(app, map);
        let accent = theme::colors(ui).accent;
        let marks: Vec<ScatterMark> = own
            .map(|at| ScatterMark {
                at,
                color: accent,
                is_named: false,
            })
            .into_iter()
            .collect();
        let title = |at: usize| words_of_point(map, at);
        let tick = |at: f32| words_of_tick(map, at);
        let measure = found.by.to_string();
        let points = ScatterPoints {
            name: "Agreement of users",
            revision: self.revision,
            points: &map.places,
            colors: &self.colors,
            colors_revision: self.colors_revision,
            title: &title,
            marks: &marks,
        };
        let axes = ScatterAxes {
            across: &format!("{measure} by A"),
            up: &format!("{measure} by B"),
            tick: &tick,
            sides: match found.by {
                AgreementBy::ReciprocalRank => ["A better", "B better"],
                AgreementBy::LogProbability => ["B better", "A better"],
            },
        };
        let room = ui.available_size().max(vec2(80.0, 80.0));
        let pointed = self.scatter.on_axes(ui, room, self.tool, points, axes);
        if let Some(mut enclosed) = pointed.enclosed {
            let size = |at: &usize| {
                let pair = found.users.get(*at);
                pair.map_or(0.0, |pair| pair.difference(found.by).abs())
            };
            enclosed.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
            self.chosen = enclosed;
        }
        pointed.clicked
    }

    /// The users inside the lasso, or all by how far the two are apart; the one that was clicked.
    fn list(
        &mut self,
        ui: &mut Ui,
        app: &App,
        map: &AgreementMap,
        actions: &mut Actions,
    ) -> Option<usize> {
        let found = &map.found;
        let mut is_cleared = false;
        let rows = if self.chosen.is_empty() {
            ui.label(RichText::new(tr("By size of the disagreement")).strong())
                .on_hover_text(tr(found.by.help()));
            &found.by_size
        } else {
            ui.horizontal(|ui| {
                let words = format!("{} chosen", text::counted(self.chosen.len(), "user"));
                ui.label(RichText::new(tr(words)).strong());
                is_cleared = ui.small_button(tr("Clear")).clicked();
                let users = self.chosen.iter().filter_map(|at| found.users.get(*at));
                let rule = SliceRule::of_users(users.map(|pair| pair.user_id.clone()));
                action_button(ui, app, actions, Action::Slices(SliceAction::Use(rule)));
            });
            &self.chosen
        };
        ui.label(RichText::new(tr(counts_words(map))).small().weak());
        if rows.is_empty() {
            ui.weak(tr("The two say the same of every user."));
        }
        let mut clicked = None;
        let height = ui.spacing().interact_size.y;
        ScrollArea::vertical()
            .id_salt("users apart")
            .auto_shrink(false)
            .show_rows(ui, height, rows.len(), |ui, in_sight| {
                for &at in rows.get(in_sight).unwrap_or_default() {
                    let Some(pair) = found.users.get(at) else {
                        continue;
                    };
                    let is_present = app.selection.user_id.as_ref() == Some(&pair.user_id);
                    let row = ui.selectable_label(is_present, tr(words_of_row(found, pair)));
                    if row.on_hover_text(tr("Look at this user")).clicked() {
                        clicked = Some(at);
                    }
                }
            });
        if is_cleared {
            self.chosen.clear();
        }
        clicked
    }
}

/// The switch that lets a side stand for all seeds of its experiment.
fn seeds(ui: &mut Ui, app: &App, side: RunSide, actions: &mut Actions) {
    let mut has_seeds = app.agreement.has_seeds[side.at()];
    let action = Action::Select(Select::Seeds(side, !has_seeds));
    let why_not = app.enabled(&action).err();
    let n = app.agreement.seeds_of(side).len();
    ui.add_enabled_ui(why_not.is_none(), |ui| {
        let words = format!("All seeds of {side} ({n})");
        let switch = ui
            .checkbox(&mut has_seeds, tr(words))
            .on_hover_text(tr(
                "The mean over the runs that differ from this one in their seed alone: of the \
                 reciprocal rank, or of the log-probability",
            ))
            .on_disabled_hover_text(tr(why_not.as_deref().unwrap_or_default()));
        if switch.clicked() {
            actions.push(action);
        }
    });
}

/// What must be known of the figures, and who is not among them.
fn remarks(ui: &mut Ui, map: &AgreementMap) {
    let found = &map.found;
    if let Some(doubt) = &map.doubt {
        let words = format!(
            "The figures of the two are not comparable: {doubt}. Users whose test item is the same \
             in both are shown all the same."
        );
        ui.label(RichText::new(tr(words)).color(theme::colors(ui).warning));
    }
    let [a, b] = found.n_runs;
    if a > 1 || b > 1 {
        ui.weak(tr(format!(
            "A is the mean of {} over {}, B over {}",
            found.by.measure(),
            text::counted(a, "seed"),
            text::counted(b, "seed"),
        )));
    }
    if map.missed_at.is_some() {
        ui.weak(tr(
            "Misses, which have no rank, stand half a power of ten beyond the worst rank.",
        ));
    }
    let out = found.left_out;
    let parts: Vec<String> = [
        (out.not_in_all, "not asked by every run"),
        (out.other_target, "asked about another item"),
        (out.unknown, "without a number"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, why)| format!("{} {why}", text::count(n)))
    .collect();
    if !parts.is_empty() {
        ui.weak(tr(format!("Users left out: {}", parts.join(", "))));
    }
}

/// A side's answer in the measure of the moment.
fn answer_words(by: AgreementBy, pair: &UserPair, side: RunSide) -> String {
    match by {
        AgreementBy::ReciprocalRank => {
            let rank = pair.ranks()[side.at()];
            if rank.is_finite() {
                rank_text(rank)
            } else {
                "missed".to_owned()
            }
        }
        AgreementBy::LogProbability => text::percent(pair.probabilities()[side.at()]),
    }
}

fn words_of_row(found: &UserAgreement, pair: &UserPair) -> String {
    let of = |side: RunSide| answer_words(found.by, pair, side);
    let user = text::clipped(&shown(&pair.user_id), 18);
    format!("User {user}: A {}, B {}", of(RunSide::A), of(RunSide::B))
}

fn words_of_point(map: &AgreementMap, at: usize) -> String {
    let Some(pair) = map.found.users.get(at) else {
        return String::new();
    };
    let others = map.n_here.get(at).map_or(0, |n| n.saturating_sub(1));
    let crowd = match others {
        0 => String::new(),
        n => tr(format!(
            "\n{} at the same place",
            text::counted(n as usize, "other user")
        )),
    };
    let row = tr(words_of_row(&map.found, pair));
    let item = text::clipped(&shown(&pair.item_id), 40);
    let item = tr(format!("True item {item}"));
    format!("{row}\n{item}{crowd}")
}

/// Words of a power of ten on either axis.
fn words_of_tick(map: &AgreementMap, at: f32) -> Option<String> {
    let beyond = map
        .missed_at
        .is_some_and(|missed| f64::from(at) > missed - 0.5);
    match map.found.by {
        AgreementBy::ReciprocalRank if at < 0.0 => None,
        // Beyond the worst rank there are only misses.
        AgreementBy::ReciprocalRank if beyond => None,
        AgreementBy::ReciprocalRank => Some(text::count(10_f32.powf(at).round() as usize)),
        AgreementBy::LogProbability if at > 0.0 => None,
        AgreementBy::LogProbability => Some(text::percent(f64::from(10_f32.powf(at)))),
    }
}
