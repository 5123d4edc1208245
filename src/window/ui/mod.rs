//! Painting. The only place that knows egui.
//!
//! A page is a small struct with its view state and
//! `ui(&mut self, ui: &mut egui::Ui, app: &App, actions: &mut Actions)`; it reads the application
//! and pushes what the person asks. Colours and sizes live in `theme`, numbers and words that
//! several pages share in `text`.

mod close;
mod drop;
mod focus;
mod font;
mod fork;
mod frame;
mod keys;
mod language;
mod manual;
mod memory;
mod notices;
mod page;
mod palette;
mod picker;
mod run;
mod scale;
mod shortcut;
mod text;
mod theme;
mod tour;
pub mod widget;

pub use run::{Renderer, WindowError, WindowOptions, run_window};

use crate::app::{Action, App, AppOptions, FOREIGN_RUNS_EVERY, Page};

/// Actions that a person asked for in this frame, in order; applied after painting.
pub(crate) type Actions = Vec<Action>;

/// The window: the application, and what each part of it shows at the moment.
pub struct Window {
    app: App,
    frame: frame::Frame,
    pages: page::Pages,
    closing: close::Closing,
    manual: manual::Manual,
    keys: keys::KeySheet,
    palette: palette::Palette,
    scaling: scale::Scaling,
    fonts: font::Fonts,
    focus: focus::Focus,
    notices: notices::NoticeList,
}

impl Window {
    /// A window on a fresh application.
    #[must_use]
    pub fn new(ctx: &egui::Context, options: AppOptions) -> Self {
        // First, for it begins to read the folder of runs while fonts are read here.
        let app = App::new(options);
        theme::install(ctx);
        let mut fonts = font::Fonts::read();
        fonts.follow(ctx, app.language);
        Self {
            app,
            frame: frame::Frame::default(),
            pages: page::Pages::default(),
            closing: close::Closing::default(),
            manual: manual::Manual::default(),
            keys: keys::KeySheet::default(),
            palette: palette::Palette::default(),
            scaling: scale::Scaling::default(),
            fonts,
            focus: focus::Focus::default(),
            notices: notices::NoticeList::default(),
        }
    }

    /// The application behind the window.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The application behind the window, to be changed from outside; for tests.
    #[doc(hidden)]
    pub fn app_mut(&mut self) -> &mut App {
        &mut self.app
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        // Something may have been trained on the command line meanwhile.
        if ctx.input(|input| input.events.contains(&egui::Event::WindowFocused(true))) {
            self.app.apply(Action::RefreshRuns);
        }
        // First, so that what the playhead comes to is asked for at once.
        if let Some(wait) = self.app.tick(ctx.input(|input| input.time)) {
            ctx.request_repaint_after(wait);
        }
        self.app.receive();
        if self.app.trains_elsewhere() {
            ctx.request_repaint_after(FOREIGN_RUNS_EVERY);
        }
        theme::follow(ctx, self.app.theme);
        self.scaling.follow(ctx, &self.app.arrangement);
        language::speak(self.app.language);
        self.fonts.follow(ctx, self.app.language);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let mut actions = Actions::new();
        self.focus.scroll(ui.ctx());
        shortcut::read(ui, &self.app, &mut actions);
        self.frame.ui(ui, &self.app, &mut actions, &mut self.pages);
        tour::ui(ui, &self.app, &mut actions);
        drop::ui(ui, &mut actions);
        fork::ui(ui, &self.app, &mut actions);
        self.closing.ui(ui, &self.app, &mut actions);
        self.palette.ui(ui, &self.app, &mut self.keys, &mut actions);
        self.keys.ui(ui, &self.app, &mut actions);
        self.manual.ui(ui);
        self.notices.ui(ui, &self.app, &mut actions);
        let asked = widget::figure_menu::take(ui.ctx());
        actions.extend(asked.into_iter().map(Action::Report));
        let is_form = matches!(self.app.page, Page::Data | Page::Model | Page::Report);
        self.focus.ring(ui, is_form);
        let has_asked = !actions.is_empty();
        for action in actions {
            self.app.apply(action);
        }
        if has_asked {
            // What was asked shows in the next frame.
            ui.ctx().request_repaint();
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        memory::write(storage, &self.app);
    }
}
