//! Chinese, Japanese and Korean text.

use std::path::Path;

use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::{FontData, FontFamily};

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

/// Adds Noto Sans CJK behind the usual fonts where it is installed. Elsewhere eframe looks for
/// system fonts by itself when a character is missing.
pub(super) fn install(ctx: &egui::Context) {
    let Some(bytes) = NOTO_CJK
        .iter()
        .find_map(|path| std::fs::read(Path::new(path)).ok())
    else {
        return;
    };
    let mut data = FontData::from_owned(bytes);
    data.index = SIMPLIFIED_CHINESE;
    let families =
        [FontFamily::Proportional, FontFamily::Monospace].map(|family| InsertFontFamily {
            family,
            priority: FontPriority::Lowest,
        });
    ctx.add_font(FontInsert::new("noto-sans-cjk", data, families.to_vec()));
}
