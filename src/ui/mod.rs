//! Painting. The only place that knows egui.
//!
//! A page is a small struct with its view state and
//! `ui(&mut self, ui: &mut egui::Ui, app: &App, actions: &mut Actions)`; it reads the application
//! and pushes what the person asks. Colours and sizes live in `theme`, the interface's own words
//! that several pages share in `text`.

mod page;
mod widget;

use crate::app::Action;

/// What a person asked in this frame, in order; applied after painting.
pub(crate) type Actions = Vec<Action>;
