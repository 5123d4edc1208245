//! How many events each day, week or month had, and how many the next ones will have.

use egui::{ComboBox, RichText, ScrollArea, Ui};
use egui_plot::{
    Corner, FilledArea, GridInput, GridMark, HoverPosition, Legend, Line, LineStyle, Plot,
    PlotPoints, VLine,
};
use strum::IntoEnumIterator as _;

use crate::app::{Action, App, CountForecast, ForecastKey, Loadable};
use crate::baseline::forecast::{Band, Forecast, ForecastKind};
use crate::data::{Period, Prepared, day_text};
use crate::ui::theme::{self, size};
use crate::ui::widget::panel;
use crate::ui::{Actions, text};

/// Room below the chart: the table of errors.
const TABLE: f32 = 226.0;

/// View state.
pub(super) struct ForecastView {
    key: ForecastKey,
    /// Which way of forecasting is drawn beside the naive one.
    drawn: ForecastKind,
}

impl Default for ForecastView {
    fn default() -> Self {
        Self {
            key: ForecastKey::default(),
            drawn: ForecastKind::Arima,
        }
    }
}

impl ForecastView {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        app: &App,
        prepared: &Prepared,
        actions: &mut Actions,
    ) {
        self.choices(ui, prepared);
        let state = &app.data.forecast;
        if !state.is_of(&prepared.dataset, self.key) {
            actions.push(Action::Forecast(self.key));
            return panel::loading(ui, "Counting and fitting");
        }
        match &state.view {
            Loadable::Ready(made) => self.shown(ui, made),
            Loadable::Loading(words) => panel::loading(ui, words),
            Loadable::Failed(why) => panel::failed(ui, why),
            Loadable::Idle => {}
        }
    }

    fn choices(&mut self, ui: &mut Ui, prepared: &Prepared) {
        ui.horizontal(|ui| {
            ui.label("Count by");
            for period in Period::iter() {
                ui.selectable_value(&mut self.key.period, period, period.to_string());
            }
            let behaviours = &prepared.dataset.behaviours;
            let name = |idx: Option<u16>| {
                idx.and_then(|idx| behaviours.id(u32::from(idx)))
                    .map_or_else(|| "all events".to_owned(), str::to_owned)
            };
            if !behaviours.is_empty() {
                let label = ui.label("of");
                let combo =
                    ComboBox::from_id_salt("behaviour").selected_text(name(self.key.behaviour));
                let shown = combo.show_ui(ui, |ui| {
                    let all = std::iter::once(None)
                        .chain((0..behaviours.len()).map(|idx| Some(idx as u16)));
                    for behaviour in all {
                        ui.selectable_value(&mut self.key.behaviour, behaviour, name(behaviour));
                    }
                });
                shown.response.labelled_by(label.id);
            }
            ui.separator();
            let label = ui.label("Draw");
            let combo =
                ComboBox::from_id_salt("way of forecasting").selected_text(self.drawn.title());
            let shown = combo.show_ui(ui, |ui| {
                for kind in ForecastKind::iter() {
                    ui.selectable_value(&mut self.drawn, kind, kind.title())
                        .on_hover_text(kind.about().hover());
                }
            });
            shown.response.labelled_by(label.id);
        });
    }

    fn shown(&self, ui: &mut Ui, made: &CountForecast) {
        let drawn = made
            .made
            .iter()
            .find(|forecast| forecast.kind == self.drawn);
        let height = (ui.available_height() - TABLE).max(size::CHART);
        theme::card(ui).show(ui, |ui| chart(ui, made, drawn, height));
        ui.add_space(size::GAP_SMALL);
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let period = made.counted.period;
            let heading = format!(
                "One step ahead, the last {} held out",
                text::counted(made.held_out, &period.to_string())
            );
            ui.label(RichText::new(heading).strong()).on_hover_text(
                "Orders and parameters come of the counts before; each held-out \
                                count is forecast from all true ones before it",
            );
            ScrollArea::vertical()
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    errors(ui, made);
                    for sentence in &made.left_out {
                        ui.weak(sentence);
                    }
                    if made.counted.n_left_out > 0 {
                        let n = text::counted(made.counted.n_left_out, "event");
                        ui.weak(format!(
                            "{n} in a {period} that the log does not span whole are left \
                                     out."
                        ));
                    }
                });
        });
    }
}

/// The counts, the chosen forecast with its bounds, and the naive one as the bar to beat.
fn chart(ui: &mut Ui, made: &CountForecast, drawn: Option<&Forecast>, height: f32) {
    let days = &made.counted.first_days;
    let pairs = days
        .iter()
        .zip(&made.counted.counts)
        .map(|(day, n)| [*day as f64, *n as f64]);
    let counts = Line::new("events", pairs.collect::<PlotPoints<'_>>())
        .color(theme::series_color(ui, 2))
        .width(size::LINE);
    let tail: Vec<i64> = days
        .iter()
        .skip(days.len().saturating_sub(made.held_out))
        .copied()
        .collect();
    let all_days: Vec<f64> = tail
        .iter()
        .chain(&made.next_days)
        .map(|day| *day as f64)
        .collect();
    let line = |forecast: &Forecast| -> PlotPoints<'static> {
        let bands = forecast.tail.iter().chain(&forecast.next);
        all_days
            .iter()
            .zip(bands)
            .map(|(day, band)| [*day, band.mean])
            .collect()
    };
    let color = theme::series_color(ui, 1);
    let weak = theme::colors(ui).weak;
    let naive = made
        .made
        .iter()
        .find(|forecast| forecast.kind == ForecastKind::Naive);
    let plot = Plot::new("counts and forecasts")
        .height(height)
        .allow_scroll(false)
        .include_y(0.0)
        .y_axis_label(RichText::new(format!("events a {}", made.counted.period)).small())
        .show_x(false)
        .show_y(false)
        .grid_color(theme::colors(ui).line)
        .legend(Legend::default().position(Corner::LeftTop))
        .x_grid_spacer(|input| day_marks(&input))
        .x_axis_formatter(|mark, _| day_text(mark.value as i64))
        .label_formatter(|at: &HoverPosition<'_>| match at {
            HoverPosition::NearDataPoint {
                position,
                plot_name,
                ..
            } => Some(format!(
                "{plot_name}, {}: {:.0}",
                day_text(position.x as i64),
                position.y
            )),
            HoverPosition::Elsewhere { .. } => None,
        });
    plot.show(ui, |plot| {
        if let Some(forecast) = drawn {
            let bands: Vec<_> = all_days
                .iter()
                .zip(forecast.tail.iter().chain(&forecast.next))
                .collect();
            let of = |bound: fn(&Band) -> f64| {
                bands
                    .iter()
                    .map(|(_, band)| bound(band))
                    .collect::<Vec<f64>>()
            };
            let days: Vec<f64> = bands.iter().map(|(day, _)| **day).collect();
            let area = FilledArea::new("95 %", &days, &of(|band| band.low), &of(|band| band.high));
            plot.add(
                area.fill_color(color.gamma_multiply(0.15))
                    .allow_hover(false),
            );
        }
        if let Some(first) = tail.first() {
            let held_out = VLine::new("held out from here", *first as f64);
            plot.vline(
                held_out
                    .color(weak)
                    .width(1.0)
                    .style(LineStyle::dotted_dense()),
            );
        }
        plot.line(counts);
        if let Some(naive) =
            naive.filter(|naive| drawn.is_none_or(|drawn| drawn.kind != naive.kind))
        {
            let style = LineStyle::dashed_dense();
            plot.line(
                Line::new("naive", line(naive))
                    .color(weak)
                    .width(1.2)
                    .style(style),
            );
        }
        if let Some(forecast) = drawn {
            plot.line(
                Line::new(forecast.model.clone(), line(forecast))
                    .color(color)
                    .width(size::LINE),
            );
        }
    });
}

/// Each forecast's errors; the least of a column in bold.
fn errors(ui: &mut Ui, made: &CountForecast) {
    let least = |of: fn(&Forecast) -> f64| made.made.iter().map(of).fold(f64::INFINITY, f64::min);
    let (mae, rmse) = (
        least(|forecast| forecast.mae),
        least(|forecast| forecast.rmse),
    );
    // Six ways, and what was left out, must fit below the chart.
    ui.spacing_mut().interact_size.y = 18.0;
    egui::Grid::new("errors of forecasts")
        .striped(true)
        .num_columns(5)
        .spacing([14.0, 2.0])
        .show(ui, |ui| {
            for head in ["", "MAE", "RMSE", "within 95 %", "next"] {
                ui.label(RichText::new(head).small());
            }
            ui.end_row();
            for forecast in &made.made {
                ui.label(&forecast.model)
                    .on_hover_text(forecast.kind.about().hover());
                for (value, best) in [(forecast.mae, mae), (forecast.rmse, rmse)] {
                    let shown = RichText::new(format!("{value:.1}")).monospace();
                    ui.label(if value <= best {
                        shown.strong()
                    } else {
                        shown.weak()
                    });
                }
                ui.label(
                    RichText::new(text::percent(forecast.coverage))
                        .monospace()
                        .weak(),
                );
                let next = forecast.next.first();
                ui.label(next.map_or_else(String::new, |band| {
                    format!("{:.0} ({:.0} to {:.0})", band.mean, band.low, band.high)
                }));
                ui.end_row();
            }
        });
}

/// Marks at whole days, far enough apart for their dates.
fn day_marks(input: &GridInput) -> Vec<GridMark> {
    // egui's base step is 8 points wide; a date takes some ten of them.
    let step = (input.base_step_size * 11.0).ceil().max(1.0);
    let (first, last) = (
        (input.bounds.0 / step).ceil() as i64,
        (input.bounds.1 / step).floor() as i64,
    );
    (first..=last)
        .take(100)
        .map(|at| GridMark {
            value: at as f64 * step,
            step_size: step,
        })
        .collect()
}
