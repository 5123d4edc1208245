//! Chinese, Japanese and Korean text.

use std::path::Path;
use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};
use seqscope_base::language::Language;

/// Paths at which Linux distributions put Noto Sans CJK.
const NOTO_CJK: [&str; 4] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
];

/// Face of the collection with the simplified Chinese shapes: which of the regional shapes the
/// system would choose by itself depends on its language, so that pictures would differ.
const SIMPLIFIED_CHINESE: u32 = 2;

/// Name of the font among egui's.
const NAME: &str = "noto-sans-cjk";

/// The fonts of the window.
#[derive(Default)]
pub(super) struct Fonts {
    /// Noto Sans CJK, where it is installed. Elsewhere eframe looks for system fonts by itself when a
    /// character is missing.
    cjk: Option<Arc<FontData>>,
    /// Language whose order of fonts is in use.
    language: Option<Language>,
}

impl Fonts {
    /// Reads what is installed.
    pub(super) fn read() -> Self {
        let bytes = NOTO_CJK
            .iter()
            .find_map(|path| std::fs::read(Path::new(path)).ok());
        let font = |bytes: Vec<u8>| {
            let mut data = FontData::from_owned(bytes);
            data.index = SIMPLIFIED_CHINESE;
            Arc::new(data)
        };
        Self {
            cjk: bytes.map(font),
            language: None,
        }
    }

    /// Puts the fonts in the order of a language. In English, Noto Sans CJK stands behind all others;
    /// in Chinese before those of signs, which have a few Chinese brackets and marks of their own
    /// that do not fit the text.
    pub(super) fn follow(&mut self, ctx: &egui::Context, language: Language) {
        if self.language.replace(language) == Some(language) {
            return;
        }
        let Some(cjk) = &self.cjk else { return };
        let mut fonts = FontDefinitions::default();
        fonts.font_data.insert(NAME.to_owned(), Arc::clone(cjk));
        for family in [FontFamily::Proportional, FontFamily::Monospace] {
            let names = fonts.families.entry(family).or_default();
            let place = match language {
                Language::English => names.len(),
                Language::Chinese => names.len().min(1),
            };
            names.insert(place, NAME.to_owned());
        }
        ctx.set_fonts(fonts);
    }
}
