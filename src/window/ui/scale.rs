//! Size of everything: follows the person's choice, and tells the system how small the window may be.

use egui::{Context, ViewportCommand, vec2};

use super::theme::size;
use crate::app::Arrangement;

/// The size that the system has been told of.
#[derive(Default)]
pub(super) struct Scaling {
    zoom: Option<f32>,
    is_presenting: bool,
}

impl Scaling {
    pub(super) fn follow(&mut self, ctx: &Context, arrangement: &Arrangement) {
        let zoom = arrangement.zoom();
        if (ctx.zoom_factor() - zoom).abs() > 1e-3 {
            // It holds from the next frame on, and so do sizes in its points.
            ctx.set_zoom_factor(zoom);
        } else if self.zoom != Some(zoom) {
            // Of the same size on the screen, however large the text is.
            let least = vec2(size::MIN_WINDOW[0], size::MIN_WINDOW[1]) / zoom;
            ctx.send_viewport_cmd(ViewportCommand::MinInnerSize(least));
            self.zoom = Some(zoom);
        }
        if self.is_presenting != arrangement.is_presenting {
            self.is_presenting = arrangement.is_presenting;
            ctx.send_viewport_cmd(ViewportCommand::Fullscreen(self.is_presenting));
        }
    }
}
