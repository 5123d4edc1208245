//! Map of the places of events: points in degrees, in the proportions of the log's latitude.

use egui::{Color32, RichText, ScrollArea, Ui};
use egui_extras::{Column, TableBuilder};
use egui_plot::{HoverPosition, Plot, Points};

use crate::app::App;
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use seqscope_data::{PlaceCell, Places};

/// Sizes of points: each is twice as many visits as the one before.
const CLASSES: usize = 8;
/// Rows of the table beneath the map.
const ROWS: usize = 500;

pub(super) fn ui(ui: &mut Ui, app: &App) {
    let Some(places) = app
        .data
        .places
        .as_deref()
        .filter(|places| !places.cells.is_empty())
    else {
        ui.weak(tr(
            "No event of this log has a place. Where it has columns of latitude and longitude, \
             give them their roles; a map of visits then shows here.",
        ));
        return;
    };
    let height = (ui.available_height() * 0.62).max(size::CHART);
    theme::card(ui).show(ui, |ui| {
        ui.take_available_width();
        ui.horizontal(|ui| {
            ui.label(RichText::new(tr("Places")).color(theme::colors(ui).strong));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let hover = "Every point of the map: latitude, longitude, visits, users, items";
                if ui
                    .button(tr("Copy as CSV"))
                    .on_hover_text(tr(hover))
                    .clicked()
                {
                    ui.copy_text(places.csv());
                }
            });
        });
        ui.label(
            RichText::new(tr(remark(places)))
                .size(size::TEXT_SMALL)
                .color(theme::colors(ui).weak),
        );
        map(ui, places, height);
    });
    ui.add_space(size::GAP_SMALL);
    theme::card(ui).show(ui, |ui| {
        ui.take_available_width();
        ScrollArea::horizontal().show(ui, |ui| table(ui, places));
    });
}

fn remark(places: &Places) -> String {
    let unplaced = match places.n_unplaced {
        0 => String::new(),
        n => format!("; {} without a place", text::counted(n, "event")),
    };
    format!(
        "{} in {} of {}° (more visits: larger and brighter); degrees north and east, drawn true at \
         {:.1}°{unplaced}",
        text::counted(places.n_placed, "event"),
        text::counted(places.cells.len(), "cell"),
        text::significant(places.cell_degrees, 3),
        places.mean_latitude,
    )
}

fn map(ui: &mut Ui, places: &Places, height: f32) {
    let grid = theme::colors(ui).line;
    let degrees = |value: f64, marks: [&str; 2]| {
        let side = if value < 0.0 { marks[1] } else { marks[0] };
        format!("{}° {side}", (value.abs() * 1e6).round() / 1e6)
    };
    // A degree of longitude is shorter than one of latitude by the cosine of the latitude.
    let aspect = places.mean_latitude.to_radians().cos().max(0.05) as f32;
    Plot::new("places")
        .height(height)
        .data_aspect(aspect)
        .grid_color(grid)
        .show_x(false)
        .show_y(false)
        .x_axis_formatter(move |mark, _| degrees(mark.value, ["E", "W"]))
        .y_axis_formatter(move |mark, _| degrees(mark.value, ["N", "S"]))
        .label_formatter(|at| match at {
            HoverPosition::NearDataPoint { position, .. } => {
                near(places, position.x, position.y).map(place_words)
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            let most = places.cells.first().map_or(1, |cell| cell.n_visits);
            // Rare places first, so that busy ones lie on top.
            for class in 0..CLASSES {
                let points: Vec<[f64; 2]> = places
                    .cells
                    .iter()
                    .filter(|cell| class_of(cell.n_visits, most) == class)
                    .map(|cell| [cell.longitude, cell.latitude])
                    .collect();
                if !points.is_empty() {
                    let share = class as f32 / (CLASSES - 1) as f32;
                    plot.points(
                        Points::new("Places", points)
                            .radius(1.5 + 5.0 * share)
                            .color(color(share)),
                    );
                }
            }
        });
}

/// The class of a number of visits: the busiest place is of the last, half as many of the one
/// before.
fn class_of(n_visits: usize, most: usize) -> usize {
    let halvings = (most.max(1) as f64 / n_visits.max(1) as f64).log2().floor() as usize;
    (CLASSES - 1).saturating_sub(halvings)
}

/// From viridis, without its darkest end, which dark pages swallow.
fn color(share: f32) -> Color32 {
    let color = colorous::VIRIDIS.eval_continuous(f64::from(0.25 + 0.7 * share));
    Color32::from_rgb(color.r, color.g, color.b)
}

/// The cell that a point of the map stands for.
fn near(places: &Places, longitude: f64, latitude: f64) -> Option<&PlaceCell> {
    places.cells.iter().min_by(|a, b| {
        let far = |cell: &PlaceCell| {
            (cell.longitude - longitude).powi(2) + (cell.latitude - latitude).powi(2)
        };
        far(a).total_cmp(&far(b))
    })
}

fn place_words(cell: &PlaceCell) -> String {
    let PlaceCell {
        latitude,
        longitude,
        n_visits,
        n_users,
        n_items,
    } = cell;
    format!(
        "{latitude:.4}, {longitude:.4}\n{}\n{}, {}",
        tr(text::counted(*n_visits, "visit")),
        tr(text::counted(*n_users, "user")),
        tr(text::counted(*n_items, "item"))
    )
}

fn table(ui: &mut Ui, places: &Places) {
    let colors = theme::colors(ui);
    let n_rows = places.cells.len().min(ROWS);
    TableBuilder::new(ui)
        .id_salt("places")
        .striped(true)
        .auto_shrink(false)
        .columns(Column::exact(110.0), 4)
        .column(Column::remainder().at_least(110.0))
        .header(size::ROW, |mut header| {
            for words in ["Latitude (°)", "Longitude (°)", "Visits", "Users", "Items"] {
                header.col(|ui| {
                    ui.label(
                        RichText::new(tr(words))
                            .size(size::TEXT_SMALL)
                            .color(colors.weak),
                    );
                });
            }
        })
        .body(|body| {
            body.rows(size::ROW, n_rows, |mut row| {
                let Some(cell) = places.cells.get(row.index()) else {
                    return;
                };
                let counts = [cell.n_visits, cell.n_users, cell.n_items].map(text::count);
                let place = [cell.latitude, cell.longitude].map(|degrees| format!("{degrees:.4}"));
                for words in place.into_iter().chain(counts) {
                    row.col(|ui| {
                        ui.label(RichText::new(words).monospace());
                    });
                }
            });
        });
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, class_of};

    #[test]
    fn each_class_has_half_the_visits_of_the_next() {
        assert_eq!(
            [100, 51, 50, 25, 12, 1].map(|n| class_of(n, 100)),
            [7, 7, 6, 5, 4, 1]
        );
        assert_eq!((class_of(1, 1_000_000), class_of(0, 0)), (0, CLASSES - 1));
    }
}
