//! Colours and sizes, all of them here: dark and light, readable with the common forms of colour
//! blindness.

use egui::{
    Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Theme, ThemePreference,
    Visuals, vec2,
};

use crate::app::{App, N_HUES, RunColor, ThemeChoice};
use seqscope_engine::figure::FigureColor;
use seqscope_engine::run::RunId;

/// Sizes in points.
pub(crate) mod size {
    /// Smallest window that shows everything.
    pub(crate) const MIN_WINDOW: [f32; 2] = [1024.0, 680.0];
    /// First window.
    pub(crate) const WINDOW: [f32; 2] = [1280.0, 800.0];
    /// Between things that belong together.
    pub(crate) const GAP_SMALL: f32 = 4.0;
    /// Between neighbours.
    pub(crate) const GAP: f32 = 8.0;
    /// Between groups.
    pub(crate) const GAP_LARGE: f32 = 16.0;
    /// Inside a card.
    pub(crate) const PAD: i8 = 12;
    /// Around a page.
    pub(crate) const PAGE_PAD: i8 = 16;
    /// Corners of cards and buttons.
    pub(crate) const CORNER: u8 = 6;
    /// Width of the rail of runs.
    pub(crate) const RAIL: f32 = 236.0;
    /// Height of a table's row.
    pub(crate) const ROW: f32 = 22.0;
    /// Height of a small chart.
    pub(crate) const CHART: f32 = 190.0;
    /// Width of a number field.
    pub(crate) const NUMBER: f32 = 92.0;
    /// Width of lines in charts.
    pub(crate) const LINE: f32 = 1.8;
    /// Text of every day.
    pub(crate) const TEXT: f32 = 14.0;
    /// Text beside the point.
    pub(crate) const TEXT_SMALL: f32 = 12.0;
    /// Titles of pages and cards.
    pub(crate) const TEXT_HEADING: f32 = 18.0;
}

/// The colours of one theme.
pub(crate) struct Colors {
    /// Distinct colours for runs and series, after Okabe & Ito 2008, set apart from the background.
    pub(crate) series: [Color32; N_HUES as usize],
    /// Colour of what is chosen and of what invites.
    pub(crate) accent: Color32,
    /// Text on `accent`.
    pub(crate) on_accent: Color32,
    /// It went well; a hit.
    pub(crate) good: Color32,
    /// Worth knowing.
    pub(crate) warning: Color32,
    /// It failed; a miss.
    pub(crate) error: Color32,
    /// Behind everything.
    pub(crate) background: Color32,
    /// Bars at the edges of the window.
    pub(crate) bar: Color32,
    /// A card on the background.
    pub(crate) card: Color32,
    /// Lines between things.
    pub(crate) line: Color32,
    /// Text.
    pub(crate) text: Color32,
    /// Text beside the point.
    pub(crate) weak: Color32,
    /// Titles and values.
    pub(crate) strong: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

static DARK: Colors = Colors {
    series: [
        rgb(0x56_B4_E9),
        rgb(0xE6_9F_00),
        rgb(0x2D_BE_92),
        rgb(0xE0_7A_B8),
        rgb(0xF0_E4_42),
        rgb(0xE8_6A_2A),
        rgb(0x8E_8C_F0),
        rgb(0xB8_BC_C4),
    ],
    accent: rgb(0x4C_9A_F0),
    on_accent: rgb(0x06_12_20),
    good: rgb(0x3F_C3_98),
    warning: rgb(0xE9_B0_2E),
    error: rgb(0xF2_73_5C),
    background: rgb(0x15_18_1D),
    bar: rgb(0x1B_1F_25),
    card: rgb(0x1F_23_2A),
    line: rgb(0x33_39_43),
    text: rgb(0xD3_D8_DF),
    weak: rgb(0x97_9F_AB),
    strong: rgb(0xF3_F5_F8),
};

static LIGHT: Colors = Colors {
    series: [
        rgb(0x1F_7F_C4),
        rgb(0xC7_7F_00),
        rgb(0x00_85_62),
        rgb(0xB4_4C_8C),
        rgb(0x8A_7D_00),
        rgb(0xC9_4A_00),
        rgb(0x57_52_C4),
        rgb(0x6B_72_7D),
    ],
    accent: rgb(0x1B_6F_D0),
    on_accent: rgb(0xFF_FF_FF),
    good: rgb(0x0A_80_5E),
    warning: rgb(0x9A_69_00),
    error: rgb(0xC0_3A_22),
    background: rgb(0xF5_F6_F8),
    bar: rgb(0xEC_EE_F1),
    card: rgb(0xFF_FF_FF),
    line: rgb(0xD5_D9_DF),
    text: rgb(0x2B_31_39),
    weak: rgb(0x63_6B_77),
    strong: rgb(0x0E_13_1A),
};

/// The colours of the theme in use.
pub(crate) fn colors(ui: &egui::Ui) -> &'static Colors {
    if ui.visuals().dark_mode {
        &DARK
    } else {
        &LIGHT
    }
}

/// Colour of the n-th series; beyond the palette it begins again.
pub(crate) fn series_color(ui: &egui::Ui, at: usize) -> Color32 {
    let series = &colors(ui).series;
    series
        .get(at % series.len())
        .copied()
        .unwrap_or(colors(ui).accent)
}

/// The colour that stays with a run; of runs that share a hue the second is paler, the third
/// darker, and the fourth looks like the first.
pub(crate) fn run_color(ui: &egui::Ui, app: &App, run: &RunId) -> Color32 {
    color_of(ui, app.run_color(run))
}

/// A hue in its shade.
pub(crate) fn color_of(ui: &egui::Ui, color: RunColor) -> Color32 {
    let RunColor { hue, shade } = color;
    shaded(series_color(ui, hue), shade, colors(ui))
}

fn shaded(color: Color32, shade: usize, colors: &Colors) -> Color32 {
    match shade % 3 {
        1 => mix(color, colors.strong, 0.5),
        2 => mix(color, colors.background, 0.5),
        _ => color,
    }
}

/// A colour of this window as figures know it: a hue in its shade where it is one, so that it is drawn
/// on paper as it is there.
pub(crate) fn figure_color(color: Color32) -> FigureColor {
    for colors in [&DARK, &LIGHT] {
        for (hue, own) in colors.series.iter().enumerate() {
            for shade in 0..3 {
                if shaded(*own, shade, colors) == color {
                    return FigureColor::Hue { hue, shade };
                }
            }
        }
    }
    let [r, g, b, _] = color.to_array();
    FigureColor::Rgb([r, g, b])
}

/// Colours of two runs in one picture: their own, or two that can be told apart where theirs are of
/// one hue.
pub(crate) fn pair_colors(ui: &egui::Ui, app: &App, runs: [&RunId; 2]) -> [Color32; 2] {
    let [a, b] = runs.map(|run| app.run_color(run).hue);
    if a == b {
        [0, 1].map(|at| series_color(ui, at))
    } else {
        runs.map(|run| run_color(ui, app, run))
    }
}

/// A card: a group of things on the page.
pub(crate) fn card(ui: &egui::Ui) -> egui::Frame {
    let colors = colors(ui);
    egui::Frame::new()
        .fill(colors.card)
        .stroke(Stroke::new(1.0, colors.line))
        .corner_radius(size::CORNER)
        .inner_margin(size::PAD)
}

/// A page's margins and background.
pub(crate) fn page(ui: &egui::Ui) -> egui::Frame {
    egui::Frame::new()
        .fill(colors(ui).background)
        .inner_margin(size::PAGE_PAD)
}

/// A bar at an edge of the window.
pub(crate) fn bar(ui: &egui::Ui) -> egui::Frame {
    egui::Frame::new()
        .fill(colors(ui).bar)
        .inner_margin(Margin::symmetric(size::PAD, 6))
}

/// Sets both themes; once at the start.
pub(crate) fn install(ctx: &egui::Context) {
    // The size has keys of its own, and ends.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    for (theme, colors) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
        ctx.style_mut_of(theme, |style| {
            style.visuals = visuals(theme, colors);
            style.text_styles = [
                (
                    TextStyle::Heading,
                    FontId::new(size::TEXT_HEADING, FontFamily::Proportional),
                ),
                (
                    TextStyle::Body,
                    FontId::new(size::TEXT, FontFamily::Proportional),
                ),
                (
                    TextStyle::Button,
                    FontId::new(size::TEXT, FontFamily::Proportional),
                ),
                (
                    TextStyle::Small,
                    FontId::new(size::TEXT_SMALL, FontFamily::Proportional),
                ),
                (
                    TextStyle::Monospace,
                    FontId::new(13.0, FontFamily::Monospace),
                ),
            ]
            .into();
            let spacing = &mut style.spacing;
            spacing.item_spacing = vec2(size::GAP, 6.0);
            spacing.button_padding = vec2(10.0, 5.0);
            spacing.interact_size.y = 26.0;
            spacing.combo_width = 120.0;
            spacing.slider_width = 150.0;
            spacing.tooltip_width = 420.0;
            spacing.scroll = egui::style::ScrollStyle::thin();
        });
    }
}

/// Follows the person's choice.
pub(crate) fn follow(ctx: &egui::Context, choice: ThemeChoice) {
    let wanted = match choice {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Dark => ThemePreference::Dark,
        ThemeChoice::Light => ThemePreference::Light,
    };
    if ctx.options(|options| options.theme_preference) != wanted {
        ctx.set_theme(wanted);
    }
}

fn visuals(theme: Theme, colors: &Colors) -> Visuals {
    let mut visuals = theme.default_visuals();
    let corner = CornerRadius::same(size::CORNER);
    visuals.panel_fill = colors.background;
    visuals.window_fill = colors.card;
    visuals.window_stroke = Stroke::new(1.0, colors.line);
    visuals.window_corner_radius = corner;
    visuals.menu_corner_radius = corner;
    visuals.extreme_bg_color = match theme {
        Theme::Dark => rgb(0x11_13_17),
        Theme::Light => rgb(0xFF_FF_FF),
    };
    visuals.faint_bg_color = mix(colors.card, colors.text, 0.035);
    visuals.code_bg_color = mix(colors.card, colors.text, 0.08);
    visuals.hyperlink_color = colors.accent;
    visuals.warn_fg_color = colors.warning;
    visuals.error_fg_color = colors.error;
    visuals.weak_text_color = Some(colors.weak);
    visuals.selection.bg_fill = mix(colors.card, colors.accent, 0.38);
    visuals.selection.stroke = Stroke::new(1.0, colors.strong);
    visuals.slider_trailing_fill = true;
    let widgets = &mut visuals.widgets;
    widgets.noninteractive.bg_fill = colors.card;
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, colors.line);
    widgets.noninteractive.fg_stroke = Stroke::new(1.0, colors.text);
    // Of the same share an edge is paler on white than on black.
    let edges = match theme {
        Theme::Dark => [0.22, 0.36, 0.45, 0.32],
        Theme::Light => [0.36, 0.52, 0.60, 0.46],
    };
    let states = [
        (&mut widgets.inactive, 0.07, edges[0], colors.text),
        (&mut widgets.hovered, 0.13, edges[1], colors.strong),
        (&mut widgets.active, 0.20, edges[2], colors.strong),
        (&mut widgets.open, 0.10, edges[3], colors.strong),
    ];
    for (state, fill, edge, text) in states {
        state.bg_fill = mix(colors.card, colors.text, fill);
        state.weak_bg_fill = state.bg_fill;
        state.bg_stroke = Stroke::new(1.0, mix(colors.card, colors.text, edge));
        state.fg_stroke = Stroke::new(1.2, text);
        state.corner_radius = corner;
        state.expansion = 0.0;
    }
    visuals
}

/// `share` of `top` over `base`.
pub(crate) fn mix(base: Color32, top: Color32, share: f32) -> Color32 {
    base.lerp_to_gamma(top, share)
}
