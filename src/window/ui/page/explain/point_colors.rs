//! Colours of points by a fact about each, and the legend that tells which is which.

use std::hash::{DefaultHasher, Hash, Hasher};

use egui::{Color32, RichText, Sense, Ui, vec2};

use crate::ui::widget::heatmap::viridis;
use crate::ui::{text, theme};

/// Number of no group.
pub(super) const NO_GROUP: u16 = u16::MAX;

/// Groups with a colour of their own; all others share one.
const OWN_COLORS: usize = 7;

/// Fact about every point.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PointFact {
    /// A group of each point, [`NO_GROUP`] for none, and the names of the groups.
    Groups { of: Vec<u16>, names: Vec<String> },
    /// A number of each point, NaN for none, coloured by its logarithm or as it is.
    Numbers { of: Vec<f32>, is_log: bool },
}

/// Colours of the points, made again only when the fact or the theme changes.
#[derive(Default)]
pub(super) struct PointColors {
    key: Option<u64>,
    colors: Vec<Color32>,
    legend: Legend,
}

#[derive(Default)]
enum Legend {
    #[default]
    None,
    Groups(Vec<(Color32, String)>),
    Numbers {
        low: String,
        high: String,
    },
}

/// Share of the scale from its dark end that cannot be told from a dark ground, and from its light
/// end from a light one.
const TOO_DARK: f32 = 0.22;
const TOO_LIGHT: f32 = 0.08;

/// Colour of a share from 0 to 1 that stands out from the ground of the theme.
fn on_ground(is_dark: bool, share: f32) -> Color32 {
    viridis(if is_dark {
        TOO_DARK + (1.0 - TOO_DARK) * share
    } else {
        (1.0 - TOO_LIGHT) * share
    })
}

impl PointColors {
    /// Takes a fact in; `key` says which it is, and it is asked for only where that has changed.
    pub(super) fn refresh(&mut self, ui: &Ui, key: impl Hash, fact: impl FnOnce() -> PointFact) {
        let mut hasher = DefaultHasher::new();
        (key, ui.visuals().dark_mode).hash(&mut hasher);
        let key = hasher.finish();
        if self.key == Some(key) {
            return;
        }
        self.key = Some(key);
        match fact() {
            PointFact::Groups { of, names } => self.by_group(ui, &of, &names),
            PointFact::Numbers { of, is_log } => self.by_number(ui, &of, is_log),
        }
    }

    /// Number that changes with the colours.
    pub(super) fn revision(&self) -> u64 {
        self.key.unwrap_or_default()
    }

    /// Colour of each point.
    pub(super) fn colors(&self) -> &[Color32] {
        &self.colors
    }

    fn by_group(&mut self, ui: &Ui, of: &[u16], names: &[String]) {
        let mut sizes = vec![0_usize; names.len()];
        for &group in of {
            if let Some(size) = sizes.get_mut(usize::from(group)) {
                *size += 1;
            }
        }
        let mut order: Vec<usize> = (0..names.len()).filter(|at| sizes[*at] > 0).collect();
        order.sort_by_key(|&at| (std::cmp::Reverse(sizes[at]), at));
        let weak = theme::colors(ui).weak;
        let mut palette = vec![weak; names.len()];
        let mut rows = Vec::new();
        for (place, &group) in order.iter().take(OWN_COLORS).enumerate() {
            palette[group] = theme::series_color(ui, place);
            rows.push((palette[group], names[group].clone()));
        }
        let n_others = order.len().saturating_sub(OWN_COLORS);
        if n_others > 0 {
            rows.push((weak, format!("{} others", text::count(n_others))));
        }
        if of.iter().any(|group| usize::from(*group) >= names.len()) {
            rows.push((theme::colors(ui).line, "none".to_owned()));
        }
        let none = theme::colors(ui).line;
        let color = |group: &u16| palette.get(usize::from(*group)).copied().unwrap_or(none);
        self.colors = of.iter().map(color).collect();
        self.legend = Legend::Groups(rows);
    }

    fn by_number(&mut self, ui: &Ui, of: &[f32], is_log: bool) {
        let scaled = |value: f32| {
            if is_log {
                value.max(0.0).ln_1p()
            } else {
                value
            }
        };
        let known = || of.iter().copied().filter(|value| value.is_finite());
        let (least, most) = known().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        let none = theme::colors(ui).line;
        let is_dark = ui.visuals().dark_mode;
        let (low, high) = (scaled(least), scaled(most));
        let width = (high - low).max(f32::MIN_POSITIVE);
        let color = |value: &f32| {
            if value.is_finite() {
                on_ground(is_dark, (scaled(*value) - low) / width)
            } else {
                none
            }
        };
        self.colors = of.iter().map(color).collect();
        self.legend = if least <= most {
            Legend::Numbers {
                low: text::significant(f64::from(least), 3),
                high: text::significant(f64::from(most), 3),
            }
        } else {
            Legend::None
        };
    }

    /// Paints which colour is which.
    pub(super) fn legend(&self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 2.0);
            match &self.legend {
                Legend::None => {}
                Legend::Groups(rows) => {
                    for (color, name) in rows {
                        let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
                        ui.painter().circle_filled(rect.center(), 5.0, *color);
                        ui.label(RichText::new(text::clipped(name, 24)).small());
                    }
                }
                Legend::Numbers { low, high } => {
                    ui.label(RichText::new(low).small());
                    let (rect, _) = ui.allocate_exact_size(vec2(120.0, 9.0), Sense::hover());
                    let steps = 40_u8;
                    let step = rect.width() / f32::from(steps);
                    for at in 0..steps {
                        let left = rect.left() + f32::from(at) * step;
                        let piece = egui::Rect::from_min_size(
                            egui::pos2(left, rect.top()),
                            vec2(step + 0.5, rect.height()),
                        );
                        let share = f32::from(at) / f32::from(steps - 1);
                        let color = on_ground(ui.visuals().dark_mode, share);
                        ui.painter().rect_filled(piece, 0.0, color);
                    }
                    ui.label(RichText::new(high).small());
                }
            }
        });
    }
}
