//! The epochs of a run as a bar: which of them are kept, what happened in them, and the playhead.

use egui::accesskit::{Action, ActionData};
use egui::{Align2, Color32, Key, Pos2, Rect, Response, Role, Sense, Stroke, TextStyle, Ui};
use egui::{WidgetInfo, pos2, vec2};

use crate::ui::language::tr;
use crate::ui::theme;
use seqscope_engine::run::{Milestone, MilestoneKind};

/// Height of the bar: flags of one run above the track, of another below it.
const HEIGHT: f32 = 30.0;
/// Height of the track.
const TRACK: f32 = 6.0;
/// Room at both ends, so that the knob of the first and of the last epoch is whole.
const END: f32 = 8.0;
/// Least distance between two epochs at which each kept one is a segment of its own.
const SEGMENTS_FROM: f32 = 4.0;
/// Distance within which the pointer is at a flag.
const NEAR: f32 = 5.0;

/// Name of the bar for those who cannot see it.
pub(crate) const BAR_NAME: &str = "Playhead";

/// Flags of one run.
pub(crate) struct FlagLane<'a> {
    /// Name before each sentence, which then tells its own epoch; empty where there is one run only.
    pub(crate) name: &'a str,
    /// The milestones.
    pub(crate) milestones: &'a [Milestone],
}

/// Everything that the bar shows.
pub(crate) struct EpochBar<'a> {
    /// Number of epochs of the run.
    pub(crate) n_epochs: usize,
    /// Those whose weights are kept, in order.
    pub(crate) kept: &'a [usize],
    /// The epoch that is shown.
    pub(crate) shown: usize,
    /// Those whose view is in memory, in order.
    pub(crate) ready: &'a [usize],
    /// Flags above the track, and below it.
    pub(crate) lanes: [FlagLane<'a>; 2],
}

impl EpochBar<'_> {
    /// Paints the bar over the width at hand; the epoch that a person goes to.
    pub(crate) fn ui(&self, ui: &mut Ui) -> Option<usize> {
        let size = vec2(ui.available_width().max(80.0), HEIGHT);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::slider(true, self.shown as f64, tr(BAR_NAME)));
        let last = self.n_epochs;
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_role(Role::Slider);
            node.set_min_numeric_value(1.0);
            node.set_max_numeric_value(last as f64);
            for action in [Action::SetValue, Action::Increment, Action::Decrement] {
                node.add_action(action);
            }
        });
        if ui.is_rect_visible(rect) {
            self.paint(ui, rect, &response);
        }
        let asked = self.asked(ui, rect, &response);
        if let Some(pointer) = response.hover_pos().filter(|_| !response.dragged()) {
            self.tell(&response, rect, pointer);
        }
        asked
    }

    /// The x of an epoch.
    fn x(&self, rect: Rect, epoch: usize) -> f32 {
        let inside = rect.x_range().shrink(END);
        let share = (epoch.max(1) - 1) as f32 / self.n_epochs.saturating_sub(1).max(1) as f32;
        inside.min + share.min(1.0) * inside.span()
    }

    /// The epoch that is nearest to an x.
    fn epoch_at(&self, rect: Rect, x: f32) -> usize {
        let inside = rect.x_range().shrink(END);
        let share = ((x - inside.min) / inside.span().max(1.0)).clamp(0.0, 1.0);
        1 + (share * self.n_epochs.saturating_sub(1) as f32).round() as usize
    }

    fn asked(&self, ui: &Ui, rect: Rect, response: &Response) -> Option<usize> {
        let dragged = response
            .interact_pointer_pos()
            .filter(|_| response.clicked() || response.dragged())
            .map(|at| self.epoch_at(rect, at.x));
        // Asked before the input is held: both are behind the same lock.
        let has_focus = response.has_focus();
        let set = ui.input(|input| {
            let values = input.accesskit_action_requests(response.id, Action::SetValue);
            let set = values.filter_map(|request| match request.data {
                Some(ActionData::NumericValue(value)) => Some(value.round().max(1.0) as usize),
                _ => None,
            });
            let set = set.last();
            let mut by = input.num_accesskit_action_requests(response.id, Action::Increment) as i64
                - input.num_accesskit_action_requests(response.id, Action::Decrement) as i64;
            if has_focus {
                by += input.num_presses(Key::ArrowRight) as i64;
                by -= input.num_presses(Key::ArrowLeft) as i64;
            }
            set.or_else(|| self.stepped(by))
        });
        if has_focus {
            // The arrows move the playhead, not the focus.
            let filter = egui::EventFilter {
                horizontal_arrows: true,
                ..egui::EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        }
        dragged
            .or(set)
            .map(|epoch| epoch.min(self.n_epochs.max(1)))
            .filter(|epoch| *epoch != self.shown)
    }

    /// The kept epoch so many steps from the one that is shown; `None` for no step.
    fn stepped(&self, by: i64) -> Option<usize> {
        let at = self.kept.partition_point(|epoch| *epoch < self.shown);
        let to = at.saturating_add_signed(by as isize);
        let last = self.kept.len().checked_sub(1)?;
        (by != 0).then(|| self.kept.get(to.min(last)).copied())?
    }

    fn paint(&self, ui: &Ui, rect: Rect, response: &Response) {
        let colors = theme::colors(ui);
        let painter = ui.painter();
        let y = rect.center().y;
        let track = Rect::from_x_y_ranges(
            rect.x_range().shrink(END - 3.0),
            y - TRACK / 2.0..=y + TRACK / 2.0,
        );
        painter.rect_filled(
            track,
            TRACK / 2.0,
            theme::mix(colors.bar, colors.text, 0.12),
        );
        let gap = rect.x_range().shrink(END).span() / self.n_epochs.saturating_sub(1).max(1) as f32;
        let half = if gap >= SEGMENTS_FROM {
            gap / 2.0 - 1.0
        } else {
            gap / 2.0
        };
        let half = half.clamp(0.5, 9.0);
        for &epoch in self.kept {
            let x = self.x(rect, epoch);
            let (color, share) = if self.ready.binary_search(&epoch).is_ok() {
                (colors.accent, 0.85)
            } else {
                (colors.text, 0.4)
            };
            let segment = Rect::from_x_y_ranges(
                (x - half).max(track.left())..=(x + half).min(track.right()),
                track.y_range(),
            );
            painter.rect_filled(segment, 1.0, theme::mix(colors.bar, color, share));
        }
        for (lane, is_above) in self.lanes.iter().zip([true, false]) {
            for milestone in lane.milestones {
                let x = self.x(rect, milestone.epoch);
                flag(ui, pos2(x, y), is_above, milestone.kind);
            }
        }
        let knob = pos2(self.x(rect, self.shown), y);
        let is_held = response.hovered() || response.has_focus();
        let ring = if is_held {
            colors.accent
        } else {
            colors.strong
        };
        painter.circle(knob, 6.5, colors.strong, Stroke::new(2.0, ring));
    }

    /// Tells the epoch under the pointer, and what happened there.
    fn tell(&self, response: &Response, rect: Rect, pointer: Pos2) {
        let epoch = self.epoch_at(rect, pointer.x);
        let is_kept = self.kept.binary_search(&epoch).is_ok();
        let told = self.lanes.iter().flat_map(|lane| {
            let near = lane
                .milestones
                .iter()
                .filter(|milestone| (self.x(rect, milestone.epoch) - pointer.x).abs() <= NEAR);
            near.map(|milestone| words_of(lane.name, milestone))
        });
        let told: Vec<String> = told.collect();
        response.clone().on_hover_ui_at_pointer(|ui| {
            let thinned = if is_kept { "" } else { ", thinned away" };
            ui.strong(format!("{}{}", tr(format!("Epoch {epoch}")), tr(thinned)));
            for sentence in &told {
                ui.label(sentence);
            }
        });
    }
}

fn words_of(name: &str, milestone: &Milestone) -> String {
    let Milestone {
        epoch, sentence, ..
    } = milestone;
    if name.is_empty() {
        format!("{epoch}: {}", tr(sentence))
    } else {
        format!("{name}, {}", tr(sentence))
    }
}

/// A flag: a line from the track, and a sign of its kind at the end of it.
fn flag(ui: &Ui, track: Pos2, is_above: bool, kind: MilestoneKind) {
    let (sign, color) = sign(ui, kind);
    let up = if is_above { -1.0 } else { 1.0 };
    let (from, to) = (
        track.y + up * TRACK / 2.0,
        track.y + up * (TRACK / 2.0 + 3.0),
    );
    ui.painter().line_segment(
        [pos2(track.x, from), pos2(track.x, to)],
        Stroke::new(1.5, color),
    );
    let mut font = TextStyle::Small.resolve(ui.style());
    font.size = 9.5;
    let at = pos2(track.x, track.y + up * (TRACK / 2.0 + 7.0));
    ui.painter()
        .text(at, Align2::CENTER_CENTER, sign, font, color);
}

/// The sign and the colour of a kind; the signs differ, so that the colours need not be seen.
fn sign(ui: &Ui, kind: MilestoneKind) -> (&'static str, Color32) {
    let colors = theme::colors(ui);
    match kind {
        MilestoneKind::Best => ("★", colors.good),
        MilestoneKind::Overfitting => ("▲", colors.warning),
        MilestoneKind::Diverged => ("✖", colors.error),
        MilestoneKind::Collapsed => ("▼", colors.error),
        MilestoneKind::LearningRate => ("⚡", colors.accent),
        MilestoneKind::Steered => ("◆", colors.accent),
        MilestoneKind::Paused => ("⏸", colors.weak),
        MilestoneKind::Resumed => ("▶", colors.weak),
        MilestoneKind::EarlyStop => ("■", colors.good),
        MilestoneKind::Ended => ("■", colors.weak),
    }
}
