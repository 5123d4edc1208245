//! Which events are for training, validation and test.

use egui::{RichText, Slider, Ui};

use super::super::form::{labelled, problems};
use crate::app::App;
use crate::data::SplitSpec;
use crate::experiment::Experiment;
use crate::ui::text;
use crate::ui::theme::{self, size};

/// Shares that a global cut begins with.
const FIRST_CUT: SplitSpec = SplitSpec::GlobalTemporal { valid_fraction: 0.1, test_fraction: 0.1 };

pub(super) fn ui(ui: &mut Ui, app: &App, edited: &mut Experiment) {
    let is_global = matches!(edited.split, SplitSpec::GlobalTemporal { .. });
    if ui.radio(!is_global, "Leave-one-out").clicked() {
        edited.split = SplitSpec::LeaveOneOut;
    }
    remark(
        ui,
        "Each user's last event is test, the one before it validation. The usual protocol; the future of some users is the past of others.",
    );
    if ui.radio(is_global, "Global cut in time").clicked() && !is_global {
        edited.split = FIRST_CUT;
    }
    remark(
        ui,
        "One cut for all users: nothing after it is seen in training. Stricter, closer to use; needs a time column.",
    );
    if let SplitSpec::GlobalTemporal { valid_fraction, test_fraction } = &mut edited.split {
        fraction(ui, "Validation", valid_fraction);
        fraction(ui, "Test", test_fraction);
    }
    for path in ["split", "split.valid_fraction", "split.test_fraction"] {
        problems(ui, &app.draft, path);
    }
}

fn remark(ui: &mut Ui, words: &str) {
    ui.horizontal(|ui| {
        ui.add_space(24.0);
        ui.add(egui::Label::new(RichText::new(words).size(size::TEXT_SMALL).color(theme::colors(ui).weak)).wrap());
    });
}

fn fraction(ui: &mut Ui, label: &str, share: &mut f64) {
    let help = |ui: &mut Ui| {
        ui.label("Share of all events, the latest ones.");
    };
    let input = |ui: &mut Ui| {
        let format = |value: f64, _: std::ops::RangeInclusive<usize>| text::percent(value);
        let parse = |typed: &str| typed.trim().trim_end_matches('%').trim().parse::<f64>().ok().map(|v| v / 100.0);
        ui.add(Slider::new(share, 0.01..=0.49).step_by(0.01).custom_formatter(format).custom_parser(parse));
    };
    labelled(ui, label, help, input, |_| {});
}
