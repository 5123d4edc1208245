//! The cursor that the charts of a page share: the x under the pointer, and the playhead as a line.

use egui::{Color32, Context};

/// The playhead in a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlayheadLine {
    /// Its x, in the unit of the charts' axis.
    pub x: f64,
    /// Colour of the run that it is of; `None` where it is that of all.
    pub color: Option<Color32>,
}

/// Cursor of the charts of one page, which have the same x axis.
///
/// A page calls [`LinkedCursor::begin`] before its charts and [`LinkedCursor::end`] after them. A
/// chart that was painted before the one under the pointer follows it in the next frame.
#[derive(Debug, Default)]
pub struct LinkedCursor {
    pointed: Option<f64>,
    points_now: Option<f64>,
    playheads: Vec<PlayheadLine>,
    clicked: Option<f64>,
}

impl LinkedCursor {
    /// Begins a frame with the playhead at these places.
    pub fn begin(&mut self, playheads: Vec<PlayheadLine>) {
        self.pointed = self.points_now.take();
        (self.playheads, self.clicked) = (playheads, None);
    }

    /// Ends a frame. Returns the x that was clicked in one of the charts.
    pub fn end(&mut self, ctx: &Context) -> Option<f64> {
        if self.pointed != self.points_now {
            // The charts before the pointed one have not heard of it yet.
            ctx.request_repaint();
        }
        self.clicked.take()
    }

    /// The x under the pointer, in whichever chart it is.
    pub(super) fn pointed(&self) -> Option<f64> {
        self.points_now.or(self.pointed)
    }

    /// The x whose numbers stand beside the names: under the pointer, else at the playhead.
    pub(super) fn read_at(&self) -> Option<f64> {
        self.pointed()
            .or_else(|| self.playheads.first().map(|playhead| playhead.x))
    }

    pub(super) fn playheads(&self) -> &[PlayheadLine] {
        &self.playheads
    }

    pub(super) fn point_at(&mut self, x: f64) {
        self.points_now = Some(x);
    }

    pub(super) fn click_at(&mut self, x: f64) {
        self.clicked = Some(x);
    }
}
