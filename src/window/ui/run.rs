//! Opens the window, and says in one sentence why it cannot.

use std::path::PathBuf;
use std::sync::Arc;

use super::Window;
use super::picker::SystemPicker;
use super::theme::size;
use crate::app::{AppOptions, Waker};
use seqscope_engine::run::RunStore;

/// Name under which the window keeps its size and recent files, and by which systems know it.
const APP_ID: &str = "seqscope";

/// Way in which the window is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renderer {
    /// OpenGL: about five times faster than wgpu where there is no GPU.
    #[default]
    Glow,
    /// Vulkan, Metal or DirectX 12.
    Wgpu,
}

/// Options that the window is opened with.
#[derive(Clone, Debug)]
pub struct WindowOptions {
    /// Folder of runs.
    pub store: RunStore,
    /// A log or an experiment (`.ron`) to open at the start.
    pub open: Option<PathBuf>,
    /// Way in which it is drawn.
    pub renderer: Renderer,
}

/// Why the window cannot open: one sentence with the cure.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct WindowError {
    /// Sentence that says what went wrong and what to do.
    pub sentence: String,
}

/// Shows the window and returns when it is closed. With the environment variable `SEQSCOPE_FORGET`
/// it neither reads nor keeps its size, colours and recent files: for automation.
///
/// # Errors
/// [`WindowError`] when there is no display, or no way to draw on it.
pub fn run_window(options: WindowOptions) -> Result<(), WindowError> {
    let forget = std::env::var_os("SEQSCOPE_FORGET").is_some();
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Seqscope")
            .with_app_id(APP_ID)
            .with_inner_size(size::WINDOW)
            .with_drag_and_drop(true),
        renderer: match options.renderer {
            Renderer::Glow => eframe::Renderer::Glow,
            Renderer::Wgpu => eframe::Renderer::Wgpu,
        },
        persist_window: !forget,
        persistence_path: forget
            .then(|| std::env::temp_dir().join(format!("seqscope-{}.ron", std::process::id()))),
        ..eframe::NativeOptions::default()
    };
    let renderer = options.renderer;
    eframe::run_native(
        APP_ID,
        native,
        Box::new(move |cc| Ok(Box::new(open(cc, options)))),
    )
    .map_err(|error| WindowError {
        sentence: sentence(&error.to_string(), renderer),
    })
}

fn open(cc: &eframe::CreationContext<'_>, options: WindowOptions) -> Window {
    let memory = super::memory::read(cc.storage);
    let mut window = Window::new(
        &cc.egui_ctx,
        AppOptions {
            store: options.store,
            waker: waker(&cc.egui_ctx),
            picker: Arc::new(SystemPicker),
            open: options.open,
            recent: memory.recent,
            theme: memory.theme,
            language: memory.language,
        },
    );
    window.app.recall_runs(memory.runs);
    if let Some(kept) = super::memory::read_arrangement(cc.storage) {
        window.app.arrange_as_kept(kept);
    }
    window
}

/// Wakes the window from any thread; several calls before a frame cost one frame.
pub(crate) fn waker(ctx: &egui::Context) -> Waker {
    let ctx = ctx.clone();
    Arc::new(move || ctx.request_repaint())
}

/// Sentence on what works without a window, at the end of each refusal.
const WITHOUT: &str = "Without a window these work: `seqscope train FILE.ron`, `data FILE`, \
                       `runs`, `compare`, `predict`, `export`, `describe`; `seqscope --help` lists \
                       them.";

/// The cure for each way in which a window can fail to open, by the words of eframe 0.37.
fn sentence(error: &str, renderer: Renderer) -> String {
    let has = |words: &str| error.contains(words);
    let cause = if has("WAYLAND_DISPLAY") || has("DISPLAY is set") {
        "There is no display to open a window on: log in to a desktop, or set DISPLAY.".to_owned()
    } else if has("open connection to X server") || has("XOpenDisplay") {
        let display = std::env::var("DISPLAY").unwrap_or_default();
        format!(
            "The display `{display}` does not answer: set DISPLAY to one that runs (`echo \
             $DISPLAY` in a desktop terminal shows it)."
        )
    } else if has("xlib") || has("libX") || has("xkbcommon") || has("dlopen") {
        format!(
            "A library that windows need is missing ({error}): on Debian or Ubuntu install \
             libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libgl1 libegl1."
        )
    } else if renderer == Renderer::Glow {
        format!(
            "OpenGL cannot be started here ({error}): on Debian or Ubuntu install libgl1 libegl1, \
             or try `seqscope --renderer wgpu`."
        )
    } else {
        format!(
            "Neither Vulkan nor OpenGL can be started here ({error}): on Debian or Ubuntu install \
             mesa-vulkan-drivers libvulkan1, or leave out `--renderer wgpu`."
        )
    };
    format!("{cause} {WITHOUT}")
}

#[cfg(test)]
mod tests {
    use super::{Renderer, sentence};

    /// The messages as eframe 0.37 was seen to give them.
    #[test]
    fn every_refusal_names_its_cure_and_what_works_without_a_window() {
        let cases = [
            (
                "neither WAYLAND_DISPLAY nor WAYLAND_SOCKET nor DISPLAY is set",
                "no display",
            ),
            ("Failed to open connection to X server", "does not answer"),
            ("Failed to load one of xlib's shared libraries", "libx11-6"),
            (
                "Found no glutin configs matching the template",
                "--renderer wgpu",
            ),
        ];
        for (error, cure) in cases {
            let told = sentence(error, Renderer::Glow);
            assert!(
                told.contains(cure) && told.contains("seqscope train FILE.ron"),
                "{told}"
            );
        }
        assert!(
            sentence(
                "Failed to create surface for any enabled backend",
                Renderer::Wgpu
            )
            .contains("mesa-vulkan")
        );
    }
}
