//! The real window without a screen: frames are driven by hand and each one's time is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eframe::App as _;
use egui::{Event, Modifiers, Pos2, Rect, Shape, pos2, vec2};
use seqscope::app::{AppOptions, FilePicker, PickKind, ThemeChoice};
use seqscope::language::Language;
use seqscope::run::RunStore;
use seqscope::ui::Window;

/// Size of the window in points; one pixel a point.
const SIZE: [f32; 2] = [1400.0, 900.0];

/// Pause between two frames that wait for background work.
const PAUSE: Duration = Duration::from_millis(8);

/// Longer than anything here takes on a busy machine.
const MOST_WAITS: usize = 40_000;

/// Times of some frames, in milliseconds of the processor.
#[derive(Default)]
pub(crate) struct Frames(Vec<f64>);

impl Frames {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest time that this share of the frames does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() as f64 * share).ceil().max(1.0) as usize - 1;
        sorted.get(at).copied().unwrap_or(f64::NAN)
    }
}

struct NoDialog;

impl FilePicker for NoDialog {
    fn pick(&self, _kind: PickKind) -> Result<Option<std::path::PathBuf>, String> {
        Ok(None)
    }
}

/// The window, its context, and what it painted last.
pub(crate) struct Screen {
    ctx: egui::Context,
    pub(crate) window: Window,
    frame: eframe::Frame,
    time: f64,
    pointer: Pos2,
    /// Words painted in the last frame, and where.
    words: Vec<(String, Rect)>,
    frames: Frames,
    is_woken: Arc<AtomicBool>,
}

impl Screen {
    pub(crate) fn new(store: RunStore) -> Self {
        let ctx = egui::Context::default();
        let is_woken = Arc::new(AtomicBool::new(false));
        let woken = Arc::clone(&is_woken);
        let options = AppOptions {
            store,
            waker: Arc::new(move || woken.store(true, Ordering::SeqCst)),
            picker: Arc::new(NoDialog),
            open: None,
            recent: Vec::new(),
            theme: ThemeChoice::Dark,
            language: Language::default(),
        };
        Self {
            window: Window::new(&ctx, options),
            ctx,
            frame: eframe::Frame::_new_kittest(),
            time: 0.0,
            pointer: pos2(0.0, 0.0),
            words: Vec::new(),
            frames: Frames::default(),
            is_woken,
        }
    }

    /// Waits so long, or until background work has sent something.
    pub(crate) fn wait(&self, at_most: Duration) {
        let start = Instant::now();
        while start.elapsed() < at_most && !self.is_woken.swap(false, Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// One frame with these events.
    pub(crate) fn frame(&mut self, events: Vec<Event>) {
        self.time += 1.0 / 60.0;
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(SIZE[0], SIZE[1]))),
            max_texture_side: Some(8192),
            time: Some(self.time),
            focused: true,
            events,
            ..egui::RawInput::default()
        };
        let start = thread_ms();
        let (window, frame) = (&mut self.window, &mut self.frame);
        let mut output = self.ctx.run_ui(input, |ui| {
            window.logic(ui, frame);
            window.ui(ui, frame);
        });
        let painted = thread_ms() - start;
        self.words.clear();
        output
            .shapes
            .iter()
            .for_each(|clipped| read(&clipped.shape, clipped.clip_rect, &mut self.words));
        let start = thread_ms();
        let shapes = std::mem::take(&mut output.shapes);
        let triangles = self.ctx.tessellate(shapes, output.pixels_per_point);
        self.frames.0.push(painted + thread_ms() - start);
        std::hint::black_box(&triangles);
        output.drop_without_applying_deltas();
    }

    /// The frames since the last call.
    pub(crate) fn take_frames(&mut self) -> Frames {
        std::mem::take(&mut self.frames)
    }

    /// Frames until something is so, with pauses for background work; then some more.
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Window) -> bool) {
        for _ in 0..MOST_WAITS {
            self.frame(Vec::new());
            if is_so(&self.window) {
                (0..20).for_each(|_| self.frame(Vec::new()));
                return;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("waited for {what} in vain; {:?}", self.window.app().notices);
    }

    fn shows(&self, words: &str) -> bool {
        self.words.iter().any(|(text, _)| text.contains(words))
    }

    /// Fails unless words stand on the screen: then something else was measured than is told.
    pub(crate) fn expect(&self, words: &str) {
        assert!(
            self.shows(words),
            "`{words}` is not on the screen: {:?}",
            self.all_words()
        );
    }

    /// Where words stand; the first of those that begin so.
    pub(crate) fn place(&self, words: &str) -> Rect {
        let found = self.words.iter().find(|(text, _)| text == words);
        let found = found.or_else(|| self.words.iter().find(|(text, _)| text.starts_with(words)));
        found
            .unwrap_or_else(|| panic!("`{words}` is not on the screen: {:?}", self.all_words()))
            .1
    }

    fn all_words(&self) -> Vec<&str> {
        self.words.iter().map(|(text, _)| text.as_str()).collect()
    }

    pub(crate) fn click(&mut self, words: &str) {
        let at = self.place(words).center();
        self.click_at(at);
    }

    pub(crate) fn click_at(&mut self, at: Pos2) {
        self.move_to(at);
        for pressed in [true, false] {
            self.frame(vec![button(at, pressed)]);
        }
        (0..3).for_each(|_| self.frame(Vec::new()));
    }

    pub(crate) fn move_to(&mut self, at: Pos2) {
        self.pointer = at;
        self.frame(vec![Event::PointerMoved(at)]);
    }

    /// The pointer goes from one place to another in so many frames.
    pub(crate) fn glide(&mut self, to: Pos2, n_frames: usize) {
        let from = self.pointer;
        (1..=n_frames)
            .for_each(|n| self.move_to(from + (to - from) * (n as f32 / n_frames as f32)));
    }

    /// The wheel turns by so many points in each of so many frames.
    pub(crate) fn wheel(&mut self, points: f32, n_frames: usize) {
        for _ in 0..n_frames {
            self.frame(vec![Event::MouseWheel {
                unit: egui::MouseWheelUnit::Point,
                delta: vec2(0.0, points),
                phase: egui::TouchPhase::Move,
                source: egui::MouseWheelSource::Unknown,
                modifiers: Modifiers::NONE,
            }]);
        }
    }

    /// The pointer goes to a place with its button held.
    pub(crate) fn drag(&mut self, to: Pos2, n_frames: usize) {
        self.frame(vec![button(self.pointer, true)]);
        self.glide(to, n_frames);
        self.frame(vec![button(self.pointer, false)]);
    }

    pub(crate) fn key(&mut self, key: egui::Key) {
        for pressed in [true, false] {
            let modifiers = Modifiers::NONE;
            self.frame(vec![Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers,
            }]);
        }
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        text.chars()
            .for_each(|c| self.frame(vec![Event::Text(c.to_string())]));
    }
}

fn button(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    }
}

/// The words in a shape that can be seen.
fn read(shape: &Shape, clip: Rect, words: &mut Vec<(String, Rect)>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| read(shape, clip, words)),
        Shape::Text(text) => {
            let place = shape.visual_bounding_rect();
            if clip.intersects(place) {
                words.push((text.galley.text().to_owned(), place));
            }
        }
        _ => {}
    }
}

/// Milliseconds that this thread has had of the processor; where the system does not tell, of time.
#[cfg(unix)]
pub(crate) fn thread_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

#[cfg(not(unix))]
pub(crate) fn thread_ms() -> f64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64() * 1e3
}
