//! The window: the application's state without a pixel (`app`), and its painting (`ui`).

pub mod app;
pub mod ui;
