//! How many events each day, week or month had, and how many the next ones will have.

use egui::{ComboBox, RichText, ScrollArea, Ui};
use egui_plot::{
    Corner, FilledArea, GridInput, GridMark, HoverPosition, Legend, Line, LineStyle, Plot,
    PlotPoints, VLine,
};
use strum::IntoEnumIterator as _;

use crate::app::{Action, App, CountForecast, ForecastKey, Loadable};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::panel;
use crate::ui::widget::report::{self, PlainCells};
use crate::ui::{Actions, text};
use seqscope_base::spec::Entry;
use seqscope_data::{Period, Prepared, Vocab, day_text};
use seqscope_engine::report::forecast_errors;
use seqscope_model::baseline::forecast::{Band, ForecastKind, MethodForecast};

/// Room below the chart: the table of errors.
const TABLE: f32 = 226.0;

/// View state.
pub(super) struct ForecastView {
    key: ForecastKey,
    /// Way of forecasting that is drawn beside the naive one.
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
            ui.label(tr("Count by"));
            for period in Period::iter() {
                ui.selectable_value(&mut self.key.period, period, tr(period.to_string()));
            }
            let behaviours = &prepared.dataset.behaviours;
            if !behaviours.is_empty() {
                let label = ui.label(tr("of"));
                let combo = ComboBox::from_id_salt("behaviour")
                    .selected_text(behaviour_name(behaviours, self.key.behaviour));
                let shown = combo.show_ui(ui, |ui| {
                    let all = std::iter::once(None)
                        .chain((0..behaviours.len()).map(|idx| Some(idx as u16)));
                    for behaviour in all {
                        let name = behaviour_name(behaviours, behaviour);
                        ui.selectable_value(&mut self.key.behaviour, behaviour, name);
                    }
                });
                shown.response.labelled_by(label.id);
            }
            ui.separator();
            let label = ui.label(tr("Draw"));
            let combo =
                ComboBox::from_id_salt("way of forecasting").selected_text(tr(self.drawn.title()));
            let shown = combo.show_ui(ui, |ui| {
                for kind in ForecastKind::iter() {
                    ui.selectable_value(&mut self.drawn, kind, tr(kind.title()))
                        .on_hover_text(tr(kind.hover()));
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
            ui.label(RichText::new(tr(heading)).strong())
                .on_hover_text(tr(
                    "Orders and parameters come of the counts before; each held-out \
                                count is forecast from all true ones before it",
                ));
            ScrollArea::vertical()
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    errors(ui, made);
                    for sentence in &made.left_out {
                        ui.weak(tr(sentence));
                    }
                    if made.counted.n_left_out > 0 {
                        let n = text::counted(made.counted.n_left_out, "event");
                        ui.weak(tr(format!(
                            "{n} in a {period} that the log does not span whole are left \
                                     out."
                        )));
                    }
                });
        });
    }
}

/// Name of the behaviour whose events are counted.
fn behaviour_name(behaviours: &Vocab, idx: Option<u16>) -> String {
    idx.and_then(|idx| behaviours.id(u32::from(idx)))
        .map_or_else(|| tr("all events"), str::to_owned)
}

/// The counts, the chosen forecast with its bounds, and the naive one as the bar to beat.
fn chart(ui: &mut Ui, made: &CountForecast, drawn: Option<&MethodForecast>, height: f32) {
    let days = &made.counted.first_days;
    let pairs = days
        .iter()
        .zip(&made.counted.counts)
        .map(|(day, n)| [*day as f64, *n as f64]);
    let counts = Line::new(tr("events"), pairs.collect::<PlotPoints<'_>>())
        .color(theme::series_color(ui, 2))
        .width(size::LINE);
    let held_out = &days[days.len().saturating_sub(made.held_out)..];
    let forecast_days: Vec<f64> = held_out
        .iter()
        .chain(&made.next_days)
        .map(|day| *day as f64)
        .collect();
    let color = theme::series_color(ui, 1);
    let weak = theme::colors(ui).weak;
    let naive = made
        .made
        .iter()
        .find(|forecast| forecast.kind == ForecastKind::Naive)
        .filter(|naive| drawn.is_none_or(|drawn| drawn.kind != naive.kind));
    plot(ui, made, height).show(ui, |plot| {
        if let Some(forecast) = drawn {
            plot.add(
                interval(forecast, &forecast_days)
                    .fill_color(color.gamma_multiply(0.15))
                    .allow_hover(false),
            );
        }
        if let Some(first) = held_out.first() {
            plot.vline(
                VLine::new(tr("held out from here"), *first as f64)
                    .color(weak)
                    .width(1.0)
                    .style(LineStyle::dotted_dense()),
            );
        }
        plot.line(counts);
        if let Some(naive) = naive {
            plot.line(
                Line::new(tr("naive"), means(naive, &forecast_days))
                    .color(weak)
                    .width(1.2)
                    .style(LineStyle::dashed_dense()),
            );
        }
        if let Some(forecast) = drawn {
            plot.line(
                Line::new(forecast.model.clone(), means(forecast, &forecast_days))
                    .color(color)
                    .width(size::LINE),
            );
        }
    });
}

/// The empty plot: its axes in days and counts, its legend and its hover text.
fn plot(ui: &Ui, made: &CountForecast, height: f32) -> Plot<'static> {
    Plot::new("counts and forecasts")
        .height(height)
        .allow_scroll(false)
        .include_y(0.0)
        .y_axis_label(RichText::new(tr(format!("events a {}", made.counted.period))).small())
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
        })
}

/// Forecasts of the held-out periods, then of the next ones.
fn bands(forecast: &MethodForecast) -> impl Iterator<Item = &Band> {
    forecast.tail.iter().chain(&forecast.next)
}

/// The expected counts over the days.
fn means(forecast: &MethodForecast, days: &[f64]) -> PlotPoints<'static> {
    days.iter()
        .zip(bands(forecast))
        .map(|(day, band)| [*day, band.mean])
        .collect()
}

/// The area between the bounds, as far as there are both days and forecasts.
fn interval(forecast: &MethodForecast, days: &[f64]) -> FilledArea {
    let (low, high): (Vec<f64>, Vec<f64>) = bands(forecast)
        .take(days.len())
        .map(|band| (band.low, band.high))
        .unzip();
    FilledArea::new("95 %", &days[..low.len()], &low, &high)
}

/// Each forecast's errors.
fn errors(ui: &mut Ui, made: &CountForecast) {
    let table = forecast_errors(&made.made);
    ui.scope(|ui| report::rows(ui, "errors of forecasts", &table, &PlainCells));
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
