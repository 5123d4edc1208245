//! Colours of figures, on paper and on a dark slide.

use serde::{Deserialize, Serialize};

use super::HeatScale;
use super::run_color::{N_HUES, RunColor};

/// Colour of a series, told apart from its place on paper or on a dark slide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FigureColor {
    /// The colour of text.
    #[default]
    Ink,
    /// The colour of text beside the point.
    Weak,
    /// One of the hues for runs and series, in a shade.
    Hue {
        /// Which of the hues.
        hue: usize,
        /// Which of its shades; 0 is the hue itself.
        shade: usize,
    },
    /// Red, green and blue, the same everywhere.
    Rgb([u8; 3]),
}

impl From<RunColor> for FigureColor {
    fn from(RunColor { hue, shade }: RunColor) -> Self {
        Self::Hue { hue, shade }
    }
}

impl FigureColor {
    /// Colour of the n-th series; beyond the hues it begins again in another shade.
    #[must_use]
    pub fn of_series(at: usize) -> Self {
        let n = N_HUES as usize;
        Self::Hue {
            hue: at % n,
            shade: at / n,
        }
    }
}

/// Ground that a figure is drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FigureTheme {
    /// Paper.
    #[default]
    Light,
    /// A dark slide.
    Dark,
}

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];

/// Hues on paper: after Okabe & Ito 2008, dark enough for thin lines on white.
const LIGHT: [u32; N_HUES as usize] = [
    0x1F_7F_C4, 0xC7_7F_00, 0x00_85_62, 0xB4_4C_8C, 0x8A_7D_00, 0xC9_4A_00, 0x57_52_C4, 0x6B_72_7D,
];

/// Hues on a dark ground, the same ones.
const DARK: [u32; N_HUES as usize] = [
    0x56_B4_E9, 0xE6_9F_00, 0x2D_BE_92, 0xE0_7A_B8, 0xF0_E4_42, 0xE8_6A_2A, 0x8E_8C_F0, 0xB8_BC_C4,
];

impl FigureTheme {
    /// The hues on this ground, as red, green and blue.
    #[must_use]
    pub fn hues(self) -> [[u8; 3]; N_HUES as usize] {
        match self {
            Self::Light => LIGHT.map(rgb),
            Self::Dark => DARK.map(rgb),
        }
    }

    pub(super) fn ground(self) -> Rgb {
        match self {
            Self::Light => [0xff; 3],
            Self::Dark => rgb(0x15_18_1D),
        }
    }

    pub(super) fn ink(self) -> Rgb {
        match self {
            Self::Light => rgb(0x1B_20_27),
            Self::Dark => rgb(0xE6_E9_EE),
        }
    }

    pub(super) fn weak(self) -> Rgb {
        match self {
            Self::Light => rgb(0x5B_63_6F),
            Self::Dark => rgb(0x97_9F_AB),
        }
    }

    /// Lines of the grid.
    pub(super) fn grid(self) -> Rgb {
        match self {
            Self::Light => rgb(0xE3_E6_EA),
            Self::Dark => rgb(0x33_39_43),
        }
    }

    /// Cells without a number.
    pub(super) fn nothing(self) -> Rgb {
        match self {
            Self::Light => rgb(0xEC_EE_F1),
            Self::Dark => rgb(0x28_2D_35),
        }
    }

    /// A colour on this ground. Of the shades of a hue the second is darker, the third paler, and
    /// the fourth looks like the first.
    pub(super) fn rgb(self, color: FigureColor) -> Rgb {
        match color {
            FigureColor::Ink => self.ink(),
            FigureColor::Weak => self.weak(),
            FigureColor::Rgb(rgb) => rgb,
            FigureColor::Hue { hue, shade } => {
                let hues = self.hues();
                let own = hues.get(hue % hues.len()).copied().unwrap_or_default();
                match shade % 3 {
                    1 => mixed(own, self.ink(), 0.5),
                    2 => mixed(own, self.ground(), 0.5),
                    _ => own,
                }
            }
        }
    }
}

fn rgb(hex: u32) -> Rgb {
    [(hex >> 16) as u8, (hex >> 8) as u8, hex as u8]
}

/// `share` of `top` over `base`.
pub(super) fn mixed(base: Rgb, top: Rgb, share: f64) -> Rgb {
    std::array::from_fn(|at| {
        let (base, top) = (f64::from(base[at]), f64::from(top[at]));
        (base + (top - base) * share).round() as u8
    })
}

/// A colour as SVG writes it.
pub(super) fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The colour at a share of a heat scale's length, 0 to 1: viridis, and purple to orange around 0,
/// as in the window.
pub(super) fn heat(scale: HeatScale, share: f64) -> Rgb {
    let share = share.clamp(0.0, 1.0);
    let color = match scale {
        HeatScale::Linear | HeatScale::Root | HeatScale::OfRow => {
            colorous::VIRIDIS.eval_continuous(share)
        }
        HeatScale::Signed => colorous::PURPLE_ORANGE.eval_continuous(share),
    };
    [color.r, color.g, color.b]
}
