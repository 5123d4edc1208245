//! Attention averaged over many users: what each head looks at by how far back an event lies, and by
//! behaviour.

use std::sync::Arc;

use egui::{DragValue, ProgressBar, RichText, ScrollArea, Ui, vec2};

use crate::app::{Action, App, AveragedUsers, Loadable, MeanAttentionKey, ViewKey};
use crate::ui::frame::action_button;
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::heatmap::{ColorScale, Heatmap, HeatmapLabels, HeatmapMatrix, HeatmapStyle};
use crate::ui::widget::line_chart::{ChartData, ChartSeries, Chrome, LineChart};
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use crate::ui::widget::report::{self, PlainCells};
use crate::ui::{Actions, text};
use seqscope_engine::explain::{HeadMean, MeanAttention};
use seqscope_engine::report::{ReportTable, heads_tables};

/// Users at first: enough for a mean, and seconds for most models.
const USERS_AT_FIRST: usize = 200;

/// Height of the curves and of the picture at least.
const CHART: f32 = 230.0;

/// View state.
pub(super) struct OverUsersView {
    most: usize,
    drawn: Option<Arc<MeanAttention>>,
    revision: u64,
    /// Shares by head and distance. `[n_heads, n_distances]`
    values: Vec<f32>,
    largest: f32,
    heatmap: Heatmap,
    chosen: usize,
    charted: Option<[u64; 2]>,
    chart: LineChart,
    tables: Vec<ReportTable>,
}

impl Default for OverUsersView {
    fn default() -> Self {
        Self {
            most: USERS_AT_FIRST,
            drawn: None,
            revision: 0,
            values: Vec::new(),
            largest: 0.0,
            heatmap: Heatmap::default(),
            chosen: 0,
            charted: None,
            chart: LineChart::new("Share of the weight by events back"),
            tables: Vec::new(),
        }
    }
}

impl OverUsersView {
    pub(super) fn ui(&mut self, ui: &mut Ui, key: &ViewKey, app: &App, actions: &mut Actions) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            self.choices(ui, key, app, actions);
        });
        ui.add_space(size::GAP_SMALL);
        let job = app.mean_attention.of_run(&key.run);
        let found = match job.map(|job| &job.found) {
            Some(Loadable::Ready(found)) => Arc::clone(found),
            Some(Loadable::Failed(why)) => return panel::failed(ui, why),
            Some(Loadable::Loading(_) | Loadable::Idle) => return,
            None => {
                let words = "Shares of the weight in the answers after the last event, mean over \
                             the users, appear here once they are averaged.";
                return panel::empty(ui, "Not averaged yet", words, |_| {});
            }
        };
        self.refresh(&found);
        if let Some(job) = job {
            words(ui, &found, &job.key, key);
        }
        self.shares(ui, &found);
    }

    /// Whom it is averaged over, and how far the work is.
    fn choices(&mut self, ui: &mut Ui, key: &ViewKey, app: &App, actions: &mut Actions) {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(tr("Attention over users")).strong());
            let n_all = app
                .views
                .data(&key.run)
                .map_or(1, |data| data.dataset.users.len());
            let of = match app.slice_users(&key.run) {
                None => None,
                Some(Loadable::Ready(members)) => Some(Arc::clone(members)),
                Some(Loadable::Failed(why)) => return panel::failed(ui, why),
                Some(Loadable::Idle | Loadable::Loading(_)) => {
                    return panel::loading(ui, "Looking for the users of the slice");
                }
            };
            let slice = app.slice_words().filter(|_| of.is_some());
            let users = AveragedUsers {
                name: slice.map_or_else(|| "everyone".to_owned(), |words| format!("slice {words}")),
                of,
                most: self.most,
            };
            let words = text::clipped(&users.name, 40);
            let name = ui
                .label(tr(format!("At most, of {words}")))
                .on_hover_text(tr(
                    "Everyone, or the slice of users that is chosen at the left of the window",
                ));
            let field = DragValue::new(&mut self.most)
                .range(1..=n_all.max(1))
                .speed(4.0);
            ui.add(field).labelled_by(name.id).on_hover_text(tr(
                "Spread evenly over the log; each user costs a pass of the model",
            ));
            let asked = MeanAttentionKey {
                run: key.run.clone(),
                epoch: key.epoch,
                users,
            };
            action_button(ui, app, actions, Action::AverageAttention(Box::new(asked)));
            let job = app.mean_attention.of_run(&key.run);
            if let Some(job) = job.filter(|job| job.found.is_loading()) {
                let [done, all] = job.progress;
                let share = done as f32 / all.max(1) as f32;
                let words = format!(
                    "{}{}{}",
                    text::count(done),
                    tr(" of "),
                    tr(text::counted(all, "user"))
                );
                ui.add(ProgressBar::new(share).desired_width(140.0).text(tr(words)));
                action_button(ui, app, actions, Action::StopAveraging(key.run.clone()));
            }
        });
    }

    fn refresh(&mut self, found: &Arc<MeanAttention>) {
        let is_drawn = self
            .drawn
            .as_ref()
            .is_some_and(|drawn| Arc::ptr_eq(drawn, found));
        if is_drawn {
            return;
        }
        self.drawn = Some(Arc::clone(found));
        self.revision += 1;
        let heads = found.heads.iter();
        let shares = heads.flat_map(|head| head.by_distance.iter());
        self.values = shares.map(|share| share.mean as f32).collect();
        self.largest = self
            .values
            .iter()
            .copied()
            .fold(f32::MIN_POSITIVE, f32::max);
        self.chosen = self.chosen.min(found.heads.len().saturating_sub(1));
        // The one by distance has a row a head and event; the picture shows it.
        self.tables = heads_tables(found);
        self.tables.retain(|table| table.key != "distances");
    }

    fn shares(&mut self, ui: &mut Ui, found: &MeanAttention) {
        let widths = AsideWidths {
            usual: (ui.available_width() * 0.42).max(320.0),
            least: 260.0,
            most: (ui.available_width() - 300.0).max(300.0),
        };
        panel::aside(ui, PanelSide::After, "over users", widths)
            .frame(egui::Frame::new())
            .show(ui, |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    for table in &self.tables {
                        theme::card(ui).show(ui, |ui| {
                            ui.set_width(ui.available_width());
                            table_card(ui, table);
                        });
                        ui.add_space(size::GAP_SMALL);
                    }
                });
            });
        let right = egui::Margin {
            right: 8,
            ..egui::Margin::default()
        };
        egui::CentralPanel::default()
            .frame(egui::Frame::new().inner_margin(right))
            .show(ui, |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    let height = ui.available_height();
                    theme::card(ui).show(ui, |ui| {
                        ui.set_width(ui.available_width());
                        self.picture(ui, found, (height * 0.4).max(CHART));
                    });
                    ui.add_space(size::GAP_SMALL);
                    theme::card(ui).show(ui, |ui| {
                        ui.set_width(ui.available_width());
                        self.curves(ui, found, (height * 0.45).max(CHART));
                    });
                });
            });
    }

    /// All heads: a row each, by how far back an event lies. A click chooses the head of the curves.
    fn picture(&mut self, ui: &mut Ui, found: &MeanAttention, height: f32) {
        let scale = ColorScale::Root { most: self.largest };
        scale.bar(ui, "share of the weight", None);
        let head = |row: usize| {
            found
                .heads
                .get(row)
                .map_or_else(String::new, |head| tr(name(head)))
        };
        let back = |col: usize| text::count(col + 1);
        let words = HeatmapLabels {
            name: "Attention by events back",
            row_axis: "head",
            col_axis: "events back",
            value: "share",
            nothing: "nobody has an event there",
            row_title: &head,
            col_title: &back,
        };
        let matrix = HeatmapMatrix {
            values: &self.values,
            n_rows: found.heads.len(),
            n_cols: found.distances.len(),
            is_causal: false,
        };
        let look = HeatmapStyle {
            words: &words,
            scale,
            size: vec2(ui.available_width(), height),
            selected_row: Some(self.chosen),
        };
        let pointed = self.heatmap.filled(ui, self.revision, &matrix, look, None);
        if let Some((row, _)) = pointed.clicked {
            self.chosen = row;
        }
    }

    /// The chosen head: mean, spread over the users, and what even weights would give.
    fn curves(&mut self, ui: &mut Ui, found: &MeanAttention, height: f32) {
        let Some(head) = found.heads.get(self.chosen) else {
            return;
        };
        let made = [
            self.revision << 16 | self.chosen as u64,
            u64::from(ui.visuals().dark_mode),
        ];
        if self.charted != Some(made) {
            self.chart.set(curves_of(ui, found, head));
            self.charted = Some(made);
        }
        ui.label(RichText::new(tr(name(head))).strong())
            .on_hover_text(tr("Click a row of the picture to choose another head"));
        self.chart.ui(ui, height, Chrome::Full);
    }
}

/// What the numbers are of, and whether they are still of what is looked at.
fn words(ui: &mut Ui, found: &MeanAttention, made: &MeanAttentionKey, key: &ViewKey) {
    ui.horizontal_wrapped(|ui| {
        ui.weak(tr(format!(
            "Mean over {} of {}, {} heads, up to {} back",
            text::counted(found.n_users, "user"),
            made.users.name,
            text::count(found.heads.len()),
            text::counted(found.distances.len(), "event"),
        )));
        if made.epoch != key.epoch {
            let words = "Averaged at another epoch; average again for the one of the playhead.";
            ui.label(RichText::new(tr(words)).color(theme::colors(ui).warning));
        }
    });
}

fn table_card(ui: &mut Ui, table: &ReportTable) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr(&table.title)).strong());
        report::copy_menu(ui, table);
    });
    ScrollArea::horizontal().id_salt(&table.key).show(ui, |ui| {
        report::small_letters(ui);
        report::rows(ui, &table.key, table, &PlainCells);
    });
    for note in &table.notes {
        ui.weak(RichText::new(tr(note)).small());
    }
}

fn name(head: &HeadMean) -> String {
    format!("Layer {}, head {}", head.layer + 1, head.head + 1)
}

fn curves_of(ui: &Ui, found: &MeanAttention, head: &HeadMean) -> ChartData {
    let color = theme::series_color(ui, 0);
    let shares = || head.by_distance.iter().enumerate();
    let series = |name: &str, color, points: Vec<[f64; 2]>| ChartSeries {
        name: name.to_owned(),
        color,
        points: points.into(),
        keep_raw: true,
    };
    let at = |distance: usize, value: f64| [(distance + 1) as f64, value];
    let spread = |sign: f64| -> Vec<[f64; 2]> {
        let known = shares().filter(|(_, share)| share.deviation.is_finite());
        known
            .map(|(d, share)| at(d, (share.mean + sign * share.deviation).max(0.0)))
            .collect()
    };
    let even = found.distances.iter().enumerate();
    let pale = theme::mix(color, theme::colors(ui).card, 0.5);
    ChartData {
        x_label: "Events back".to_owned(),
        y_label: "Share of the weight".to_owned(),
        series: vec![
            series(
                "mean",
                color,
                shares().map(|(d, share)| at(d, share.mean)).collect(),
            ),
            series("mean + deviation over users", pale, spread(1.0)),
            series("mean − deviation", pale, spread(-1.0)),
            series(
                "even weights",
                theme::colors(ui).weak,
                even.map(|(d, users)| at(d, users.even)).collect(),
            ),
        ],
        from_zero: true,
        ..ChartData::default()
    }
}
