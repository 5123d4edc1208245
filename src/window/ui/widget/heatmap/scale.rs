//! Number to colour, and the bar that tells which is which.

use std::sync::LazyLock;

use egui::epaint::Mesh;
use egui::{Align2, Color32, Rect, Sense, TextStyle, Ui, pos2, vec2};

use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::widget::line_chart::tick;

/// Scale by which a number becomes a colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColorScale {
    /// Evenly from 0 to `most`.
    Linear {
        /// The number that is brightest.
        most: f32,
    },
    /// By the square root: small numbers can be told apart.
    Root {
        /// The number that is brightest.
        most: f32,
    },
    /// Each row evenly from 0 to its own largest number.
    OfRow,
    /// Evenly from −`most` to `most`, with a colour of its own on either side of 0.
    Signed {
        /// The size of the numbers that are strongest.
        most: f32,
    },
}

impl ColorScale {
    pub(super) fn key(self) -> (u8, u32) {
        match self {
            Self::Linear { most } => (0, most.to_bits()),
            Self::Root { most } => (1, most.to_bits()),
            Self::OfRow => (2, 0),
            Self::Signed { most } => (3, most.to_bits()),
        }
    }

    /// The colour of a number in a row whose largest is `top`.
    pub(super) fn color(self, value: f32, top: f32) -> Color32 {
        let share = self.share(value, top);
        match self {
            Self::Linear { .. } | Self::Root { .. } | Self::OfRow => viridis(share),
            Self::Signed { .. } => purple_or_orange(f32::midpoint(share, 1.0)),
        }
    }

    /// Strength of a number in a row whose largest is `top`: 1 at the strongest, with its sign.
    pub(super) fn share(self, value: f32, top: f32) -> f32 {
        match self {
            Self::Linear { most } | Self::Signed { most } => value / most,
            Self::Root { most } => (value / most).max(0.0).sqrt(),
            Self::OfRow => value / top,
        }
    }

    /// The colour at a share of the bar's length.
    fn color_at(self, share: f32) -> Color32 {
        match self {
            Self::Linear { .. } | Self::Root { .. } | Self::OfRow => viridis(share),
            Self::Signed { .. } => purple_or_orange(share),
        }
    }

    /// The one of two numbers that stands for both where there is no room for each: the larger, or
    /// the one farther from 0. NaN stands for none.
    pub(super) fn stronger(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Linear { .. } | Self::Root { .. } | Self::OfRow => a.max(b),
            Self::Signed { .. } if a.is_nan() || b.abs() > a.abs() => b,
            Self::Signed { .. } => a,
        }
    }

    /// The number at a share of the bar's length, as text.
    fn text_at(self, share: f32) -> String {
        match self {
            Self::Linear { most } => tick(f64::from(share * most)),
            Self::Root { most } => tick(f64::from(share * share * most)),
            Self::OfRow => text::percent(f64::from(share)),
            Self::Signed { most } => tick(f64::from((2.0 * share - 1.0) * most)),
        }
    }

    /// Paints the bar with numbers, what they are, and the colour of cells that have none.
    pub fn bar(self, ui: &mut Ui, value: &str, nothing: Option<&str>) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 2.0);
            let name = if self == Self::OfRow {
                format!("{value} / largest of its row")
            } else {
                value.to_owned()
            };
            ui.label(egui::RichText::new(tr(name)).small());
            let font = TextStyle::Small.resolve(ui.style());
            let (rect, _) = ui.allocate_exact_size(vec2(170.0, 26.0), Sense::hover());
            let bar =
                Rect::from_min_size(rect.min + vec2(12.0, 2.0), vec2(rect.width() - 24.0, 9.0));
            ui.painter().add(gradient(bar, self));
            for quarter in 0..=4_u8 {
                let at = f32::from(quarter) / 4.0;
                let x = egui::lerp(bar.x_range(), at);
                ui.painter().vline(
                    x,
                    bar.bottom()..=bar.bottom() + 2.0,
                    (1.0, ui.visuals().text_color()),
                );
                let color = ui.visuals().text_color();
                if quarter.is_multiple_of(2) {
                    // Long numbers at the ends stay over the bar, beside which words stand.
                    let (x, anchor) = match quarter {
                        0 => (rect.left(), Align2::LEFT_TOP),
                        4 => (rect.right(), Align2::RIGHT_TOP),
                        _ => (x, Align2::CENTER_TOP),
                    };
                    ui.painter().text(
                        pos2(x, bar.bottom() + 2.0),
                        anchor,
                        self.text_at(at),
                        font.clone(),
                        color,
                    );
                }
            }
            if let Some(nothing) = nothing {
                let (swatch, _) = ui.allocate_exact_size(vec2(14.0, 9.0), Sense::hover());
                ui.painter()
                    .rect_filled(swatch, 0.0, super::nothing_color(ui));
                ui.label(egui::RichText::new(tr(nothing)).small());
            }
        });
    }
}

/// The colours of a scale from left to right.
fn gradient(bar: Rect, scale: ColorScale) -> Mesh {
    const STEPS: u32 = 48;
    let mut mesh = Mesh::default();
    for step in 0..=STEPS {
        let share = step as f32 / STEPS as f32;
        let (x, color) = (egui::lerp(bar.x_range(), share), scale.color_at(share));
        mesh.colored_vertex(pos2(x, bar.top()), color);
        mesh.colored_vertex(pos2(x, bar.bottom()), color);
        if step > 0 {
            let at = step * 2;
            mesh.add_triangle(at - 2, at - 1, at);
            mesh.add_triangle(at - 1, at, at + 1);
        }
    }
    mesh
}

/// Viridis at `share` of its length, 0 dark to 1 light: even steps look even, survive a grey
/// printer, and can be told apart with the common color vision deficiencies.
pub(crate) fn viridis(share: f32) -> Color32 {
    static STEPS: LazyLock<Vec<Color32>> = LazyLock::new(|| {
        (0..256)
            .map(|at| colorous::VIRIDIS.eval_rational(at, 256))
            .map(|c| Color32::from_rgb(c.r, c.g, c.b))
            .collect()
    });
    let at = (share.clamp(0.0, 1.0) * 255.0).round() as usize;
    STEPS.get(at).copied().unwrap_or(Color32::BLACK)
}

/// From purple at `share` 0 over white to orange at 1: the sides can be told apart with the common
/// color vision deficiencies (Brewer's `PuOr`).
fn purple_or_orange(share: f32) -> Color32 {
    static STEPS: LazyLock<Vec<Color32>> = LazyLock::new(|| {
        (0..256)
            .map(|at| colorous::PURPLE_ORANGE.eval_rational(at, 256))
            .map(|c| Color32::from_rgb(c.r, c.g, c.b))
            .collect()
    });
    let at = (share.clamp(0.0, 1.0) * 255.0).round() as usize;
    STEPS.get(at).copied().unwrap_or(Color32::BLACK)
}
