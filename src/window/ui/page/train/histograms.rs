//! How large the weights and gradients are, epoch by epoch.

use egui::{Align2, ComboBox, Rect, Role, Sense, TextStyle, Ui, Vec2, WidgetInfo, pos2, vec2};
use strum::IntoEnumIterator as _;

use crate::app::{App, Loadable};
use crate::ui::language::tr;
use crate::ui::widget::heatmap::{ColorScale, Heatmap, HeatmapLabels, HeatmapMatrix, HeatmapStyle};
use crate::ui::widget::panel;
use crate::ui::{text, theme};
use seqscope_engine::run::{ALL_PARAMETERS, ParamHistograms, RunId};
use seqscope_model::{Counted, ValueCounts};

/// Share of the width that the map over the epochs takes.
const MAP_SHARE: f32 = 0.62;

/// Room under the bars for the ends of the axis and what they count.
const BELOW_BARS: f32 = 34.0;

/// View state.
#[derive(Default)]
pub(super) struct HistogramsView {
    counted: Counted,
    /// Parameter that is shown; all together where it is none of the run.
    name: Option<String>,
    heatmap: Heatmap,
    made: Option<Made>,
    revision: u64,
}

/// Numbers of the map, made when what is shown has changed.
struct Made {
    of: (RunId, Counted, String, usize),
    /// Bins that are shown, each with its first and last.
    bins: Vec<[usize; 2]>,
    /// Shares, the largest values above. `[n_bins, n_epochs]`
    shares: Vec<f32>,
    most: f32,
}

impl HistogramsView {
    /// Paints the histograms of a run. Returns the epoch that was clicked.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        size: Vec2,
        app: &App,
        run: Option<&RunId>,
        playhead: Option<usize>,
    ) -> Option<usize> {
        let all = match run.map(|run| app.views.histograms(run)) {
            Some(Loadable::Ready(all)) => all,
            Some(Loadable::Failed(why)) => {
                panel::failed(ui, why);
                return None;
            }
            Some(Loadable::Loading(_) | Loadable::Idle) => {
                panel::loading(ui, "Reading the counts of weights and gradients");
                return None;
            }
            None => return None,
        };
        if all.is_empty() {
            ui.weak(tr(
                "No counts of weights and gradients: they are kept at the end of every epoch, and \
                 this run has none yet, or is from before there were any.",
            ));
            return None;
        }
        let top = ui.cursor().top();
        let shown = self.choice(ui, all)?;
        let (run, left) = (run?, size.y - (ui.cursor().top() - top));
        self.make(run, shown);
        let at = playhead.and_then(|epoch| shown.place_of(epoch));
        let at = at.unwrap_or(shown.epochs.len().saturating_sub(1));
        let mut clicked = None;
        ui.horizontal_top(|ui| {
            let map = vec2(size.x * MAP_SHARE, left);
            ui.allocate_ui(map, |ui| {
                clicked = self.map(ui, map, shown, at);
            });
            let room = vec2(ui.available_width(), left);
            if let (Some(counts), Some(made)) = (shown.counts.get(at), &self.made) {
                let epoch = shown.epochs.get(at).copied().unwrap_or_default();
                let told = told(epoch, self.counted, counts);
                bars(ui, room, &told, counts, &made.bins);
            }
        });
        clicked.and_then(|place: usize| shown.epochs.get(place).copied())
    }

    /// The choice of what is counted, and of which parameter.
    fn choice<'a>(
        &mut self,
        ui: &mut Ui,
        all: &'a [ParamHistograms],
    ) -> Option<&'a ParamHistograms> {
        ui.horizontal(|ui| {
            for counted in Counted::iter() {
                let (name, help) = words(counted);
                ui.selectable_value(&mut self.counted, counted, tr(name))
                    .on_hover_text(tr(help));
            }
            let names = all.iter().filter(|one| one.counted == self.counted);
            let shown = self
                .name
                .clone()
                .unwrap_or_else(|| ALL_PARAMETERS.to_owned());
            let combo = ComboBox::from_id_salt("parameter")
                .selected_text(tr(&shown))
                .width(220.0);
            let response = combo.show_ui(ui, |ui| {
                for one in names {
                    if ui
                        .selectable_label(one.name == shown, tr(&one.name))
                        .clicked()
                    {
                        self.name = Some(one.name.clone());
                    }
                }
            });
            let label = || WidgetInfo::labeled(Role::ComboBox, true, tr("Parameter"));
            response.response.widget_info(label);
        });
        let mut counted = all.iter().filter(|one| one.counted == self.counted);
        let first = counted.clone().next();
        let found = counted.find(|one| Some(&one.name) == self.name.as_ref());
        let shown = found.or(first);
        if shown.is_none() {
            ui.weak(tr("No step of this run had a gradient."));
        }
        shown
    }

    fn make(&mut self, run: &RunId, shown: &ParamHistograms) {
        let of = (
            run.clone(),
            shown.counted,
            shown.name.clone(),
            shown.epochs.len(),
        );
        if self.made.as_ref().is_some_and(|made| made.of == of) {
            return;
        }
        let bins = shown.shown_bins();
        let mut shares = Vec::new();
        for bins in bins.iter().rev() {
            let epochs = shown.counts.iter();
            shares.extend(epochs.map(|counts| share(counts, *bins)));
        }
        let most = shares.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        self.made = Some(Made {
            of,
            bins,
            shares,
            most,
        });
        self.revision += 1;
    }

    /// The map of epochs and values; returns the place of the epoch that was clicked.
    fn map(
        &mut self,
        ui: &mut Ui,
        size: Vec2,
        shown: &ParamHistograms,
        at: usize,
    ) -> Option<usize> {
        let made = self.made.as_ref()?;
        let row = |row: usize| {
            let bins = made.bins.iter().rev().nth(row);
            bins.map_or_else(String::new, |bins| nearer_end(*bins))
        };
        let col = |col: usize| {
            let epoch = shown.epochs.get(col);
            epoch.map_or_else(String::new, usize::to_string)
        };
        let name = format!("{} of {} over epochs", words(shown.counted).0, shown.name);
        let words = HeatmapLabels {
            name: &name,
            row_axis: "value",
            col_axis: "epoch",
            value: "share",
            nothing: "none",
            row_title: &row,
            col_title: &col,
        };
        let matrix = HeatmapMatrix {
            values: &made.shares,
            n_rows: made.bins.len(),
            n_cols: shown.epochs.len(),
            is_causal: false,
        };
        let look = HeatmapStyle {
            words: &words,
            scale: ColorScale::Root { most: made.most },
            size,
            selected_row: None,
        };
        let pointed = self
            .heatmap
            .filled(ui, self.revision, &matrix, look, Some(at));
        pointed.clicked.map(|(_, col)| col)
    }
}

fn words(counted: Counted) -> (&'static str, &'static str) {
    match counted {
        Counted::Weights => ("Weights", "All weights at the end of each epoch"),
        Counted::Gradients => (
            "Gradients",
            "The gradient of the last step of each epoch, before it is clipped",
        ),
    }
}

/// How many numbers lie in some bins.
fn n_in(counts: &ValueCounts, [first, last]: [usize; 2]) -> u64 {
    let bins = counts.bins.get(first..=last);
    bins.unwrap_or_default().iter().sum()
}

/// Share of all numbers that lies in some bins; NaN where none does, so that nothing is painted.
fn share(counts: &ValueCounts, bins: [usize; 2]) -> f32 {
    match n_in(counts, bins) {
        0 => f32::NAN,
        n => (n as f64 / counts.total().max(1) as f64) as f32,
    }
}

/// The ends of some bins, the smaller first.
fn ends([first, last]: [usize; 2]) -> [f64; 2] {
    [ValueCounts::ends(first)[0], ValueCounts::ends(last)[1]]
}

/// The end of some bins that is nearer to 0; 0 of those around it.
fn nearer_end(bins: [usize; 2]) -> String {
    let end = match ends(bins) {
        [low, high] if low < 0.0 && high > 0.0 => 0.0,
        [low, _] if low >= 0.0 => low,
        [_, high] => high,
    };
    text::significant(end, 2)
}

/// The bins of one epoch as bars from the most negative to the most positive, and what is told of
/// it below.
fn bars(ui: &mut Ui, size: Vec2, told: &str, counts: &ValueCounts, bins: &[[usize; 2]]) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, tr(told)));
    let frame = Rect::from_min_max(rect.min + vec2(6.0, 4.0), rect.max - vec2(6.0, BELOW_BARS));
    if !ui.is_rect_visible(rect) || frame.height() < 10.0 || frame.width() < 10.0 {
        return;
    }
    let width = frame.width() / bins.len().max(1) as f32;
    let in_sight = bins.iter().map(|bins| n_in(counts, *bins));
    let most = in_sight.clone().max().unwrap_or_default().max(1) as f32;
    ui.painter()
        .rect_filled(frame, 2.0, ui.visuals().extreme_bg_color);
    let color = theme::series_color(ui, 0);
    for (at, n) in in_sight.enumerate().filter(|(_, n)| *n > 0) {
        let left = frame.left() + at as f32 * width;
        let top = frame.bottom() - frame.height() * (n as f32 / most);
        let bar = Rect::from_min_max(
            pos2(left + width * 0.08, top.min(frame.bottom() - 1.0)),
            pos2(left + width * 0.92, frame.bottom()),
        );
        ui.painter().rect_filled(bar, 0.0, color);
    }
    words_below(ui, frame, told, bins);
    let pointer = response.hover_pos().filter(|at| frame.contains(*at));
    let pointed = pointer.and_then(|at| bins.get(((at.x - frame.left()) / width) as usize));
    if let Some(bins) = pointed {
        let [low, high] = ends(*bins).map(|end| text::significant(end, 3));
        let n = n_in(counts, *bins);
        let share = text::percent(n as f64 / counts.total().max(1) as f64);
        let n = text::count(n as usize);
        response.on_hover_text(tr(format!("{low} to {high}: {n} ({share})")));
    }
}

/// Values at both ends of the bars and in their middle, and what is told of the epoch.
fn words_below(ui: &Ui, frame: Rect, told: &str, bins: &[[usize; 2]]) {
    let font = TextStyle::Small.resolve(ui.style());
    let weak = ui.visuals().weak_text_color();
    let below = frame.bottom() + 2.0;
    let is_around_zero =
        |bins: &[usize; 2]| matches!(ends(*bins), [low, high] if low < 0.0 && high > 0.0);
    let width = frame.width() / bins.len().max(1) as f32;
    let zero = bins.iter().position(is_around_zero);
    let zero = zero.map(|at| frame.left() + (at as f32 + 0.5) * width);
    // At an end its own value stands there already.
    let zero = zero.filter(|x| frame.shrink2(vec2(60.0, 0.0)).x_range().contains(*x));
    let marks = [
        bins.first()
            .map(|bins| (frame.left(), Align2::LEFT_TOP, nearer_end(*bins))),
        zero.map(|x| (x, Align2::CENTER_TOP, "0".to_owned())),
        bins.last()
            .map(|bins| (frame.right(), Align2::RIGHT_TOP, nearer_end(*bins))),
    ];
    for (x, anchor, text) in marks.into_iter().flatten() {
        ui.painter()
            .text(pos2(x, below), anchor, text, font.clone(), weak);
    }
    let at = pos2(frame.left(), below + 15.0);
    let color = ui.visuals().text_color();
    ui.painter()
        .text(at, Align2::LEFT_TOP, tr(told), font, color);
}

/// An epoch's counts in words: `Epoch 3: 12,345 weights, 2 of them NaN`.
fn told(epoch: usize, counted: Counted, counts: &ValueCounts) -> String {
    let total = counts.total() as usize;
    let all = match counted {
        Counted::Weights => text::counted(total, "weight"),
        Counted::Gradients => format!("{} numbers of the gradient", text::count(total)),
    };
    let broken = [(counts.n_nan, "NaN"), (counts.n_infinite, "infinite")];
    let broken = broken.iter().filter(|(n, _)| *n > 0);
    let broken = broken.map(|(n, what)| format!("{} {what}", text::count(*n as usize)));
    let told: Vec<String> = std::iter::once(all).chain(broken).collect();
    format!("Epoch {epoch}: {}", told.join(", "))
}
