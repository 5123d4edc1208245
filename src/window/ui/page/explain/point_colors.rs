//! Colours of points by a fact about each, and the legend that tells which is which.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use egui::{Color32, RichText, Sense, Ui, vec2};

use crate::ui::language::{spoken, tr};
use crate::ui::widget::heatmap::viridis;
use crate::ui::{text, theme};

/// Number of no group.
pub(super) const NO_GROUP: u32 = u32::MAX;

/// Groups with a colour of their own; all others share one.
const OWN_COLORS: usize = 7;

/// Fact about every point.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PointFact {
    /// A group of each point, [`NO_GROUP`] for none, and the names of the groups; those that keep
    /// their places have the colours of their numbers, others those of their sizes.
    Groups {
        of: Vec<u32>,
        names: Vec<String>,
        keep_places: bool,
    },
    /// A number of each point, NaN for none, coloured by its logarithm or as it is.
    Numbers { of: Vec<f32>, is_log: bool },
}

/// Points that stand out, while the others step back.
#[derive(Clone, Debug, Default)]
pub(super) struct LitPoints {
    number: u64,
    /// Whether each stands out; none does, and none steps back, where it is empty.
    of: Vec<bool>,
}

impl LitPoints {
    /// Lets these of so many points stand out; where there are none, no others step back.
    pub(super) fn light(&mut self, lit: &[usize], n_points: usize) {
        self.number += 1;
        self.of.clear();
        if lit.is_empty() {
            return;
        }
        self.of.resize(n_points, false);
        for &at in lit {
            if let Some(slot) = self.of.get_mut(at) {
                *slot = true;
            }
        }
    }
}

/// Opaqueness that is left to points that step back.
const DIM: f32 = 0.16;

/// Colours of the points, made again only when the fact, the theme or the language changes.
#[derive(Default)]
pub(super) struct PointColors {
    key: Option<u64>,
    colors: Arc<[Color32]>,
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
    /// Takes a fact in; `key` says which it is, and it is asked for only where that or the points
    /// that stand out have changed.
    pub(super) fn refresh(
        &mut self,
        ui: &Ui,
        key: impl Hash,
        lit: &LitPoints,
        fact: impl FnOnce() -> PointFact,
    ) {
        let mut hasher = DefaultHasher::new();
        (key, lit.number, ui.visuals().dark_mode, spoken()).hash(&mut hasher);
        let key = hasher.finish();
        if self.key == Some(key) {
            return;
        }
        self.key = Some(key);
        let mut colors = match fact() {
            PointFact::Groups {
                of,
                names,
                keep_places,
            } => self.by_group(ui, &of, &names, keep_places),
            PointFact::Numbers { of, is_log } => self.by_number(ui, &of, is_log),
        };
        let dimmed = colors
            .iter_mut()
            .zip(&lit.of)
            .filter(|(_, is_lit)| !**is_lit);
        dimmed.for_each(|(color, _)| *color = color.gamma_multiply(DIM));
        self.colors = colors.into();
    }

    /// Number that changes with the colours.
    pub(super) fn revision(&self) -> u64 {
        self.key.unwrap_or_default()
    }

    /// Colour of each point.
    pub(super) fn colors(&self) -> &Arc<[Color32]> {
        &self.colors
    }

    fn by_group(
        &mut self,
        ui: &Ui,
        of: &[u32],
        names: &[String],
        keep_places: bool,
    ) -> Vec<Color32> {
        let mut sizes = vec![0_usize; names.len()];
        for &group in of {
            if let Some(size) = sizes.get_mut(group as usize) {
                *size += 1;
            }
        }
        let mut order: Vec<usize> = (0..names.len()).filter(|at| sizes[*at] > 0).collect();
        if !keep_places {
            order.sort_by_key(|&at| (std::cmp::Reverse(sizes[at]), at));
        }
        let weak = theme::colors(ui).weak;
        let mut palette = vec![weak; names.len()];
        let mut rows = Vec::new();
        let n_own = if keep_places {
            order.iter().filter(|group| **group < OWN_COLORS).count()
        } else {
            order.len().min(OWN_COLORS)
        };
        for (place, &group) in order.iter().take(n_own).enumerate() {
            let place = if keep_places { group } else { place };
            palette[group] = theme::series_color(ui, place);
            rows.push((palette[group], names[group].clone()));
        }
        let n_others = order.len() - n_own;
        if n_others > 0 {
            rows.push((weak, tr(format!("{} others", text::count(n_others)))));
        }
        if of.iter().any(|group| *group as usize >= names.len()) {
            rows.push((theme::colors(ui).line, tr("none")));
        }
        let none = theme::colors(ui).line;
        let color = |group: &u32| palette.get(*group as usize).copied().unwrap_or(none);
        self.legend = Legend::Groups(rows);
        of.iter().map(color).collect()
    }

    fn by_number(&mut self, ui: &Ui, of: &[f32], is_log: bool) -> Vec<Color32> {
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
        let colors = of.iter().map(color).collect();
        self.legend = if least <= most {
            Legend::Numbers {
                low: text::significant(f64::from(least), 3),
                high: text::significant(f64::from(most), 3),
            }
        } else {
            Legend::None
        };
        colors
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

#[cfg(test)]
mod tests {
    use super::*;

    fn colored(fact: &PointFact, lit: &LitPoints) -> (Vec<Color32>, Vec<String>) {
        let mut colors = PointColors::default();
        let ctx = egui::Context::default();
        let output = ctx.run_ui(egui::RawInput::default(), |ui| {
            colors.refresh(ui, 0, lit, || fact.clone());
        });
        output.drop_without_applying_deltas();
        let names = match colors.legend {
            Legend::Groups(rows) => rows.into_iter().map(|(_, name)| name).collect(),
            Legend::None | Legend::Numbers { .. } => Vec::new(),
        };
        (colors.colors.to_vec(), names)
    }

    /// Group 70,000 of many has its own colour, being the largest, and is not told as none.
    #[test]
    fn a_group_of_a_large_number_is_a_group() {
        let fact = PointFact::Groups {
            of: vec![70_000, 70_000, 3, NO_GROUP],
            names: (0..80_000).map(|at| format!("group {at}")).collect(),
            keep_places: false,
        };
        let (colors, names) = colored(&fact, &LitPoints::default());
        assert_eq!(names, ["group 70000", "group 3", "none"]);
        assert!(colors[0] == colors[1] && colors[1] != colors[2] && colors[2] != colors[3]);
    }

    #[test]
    fn groups_that_keep_their_places_keep_their_colours_whatever_their_sizes() {
        let of = |of: Vec<u32>| PointFact::Groups {
            of,
            names: (0..3).map(|at| format!("cluster {at}")).collect(),
            keep_places: true,
        };
        let (before, _) = colored(&of(vec![0, 1, 2]), &LitPoints::default());
        let (after, names) = colored(&of(vec![2, 2, 2, 1]), &LitPoints::default());
        assert_eq!(names, ["cluster 1", "cluster 2"]);
        assert_eq!([after[0], after[3]], [before[2], before[1]]);
    }

    #[test]
    fn points_that_are_not_lit_step_back() {
        let fact = PointFact::Numbers {
            of: vec![1.0, 2.0, f32::NAN],
            is_log: false,
        };
        let (all, _) = colored(&fact, &LitPoints::default());
        let mut lit = LitPoints::default();
        lit.light(&[0], 3);
        let (some, _) = colored(&fact, &lit);
        assert!(some[0] == all[0] && some[1].a() < 60 && some[2].a() < all[2].a());
    }
}
