//! Charts of cards as pictures for the screen: drawn on threads, and a few kept.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::super::job::sentence;
use super::super::{App, Loadable};
use seqscope_engine::cards::CardContent;
use seqscope_engine::figure::{FigureSize, FigureTheme, Raster, rastered};

/// Pictures that are kept: more than a screen shows.
const KEPT: usize = 48;

/// A picture that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PictureAsk {
    /// Which card.
    pub card: u64,
    /// Width in pixels.
    pub width: u32,
    /// Pixels a point of the screen, in hundredths.
    pub per_point: u32,
    /// Whether it is for the dark theme.
    pub is_dark: bool,
}

/// A picture as pixels.
pub type CardPicture = Raster;

/// Pictures that are drawn, or being drawn.
#[derive(Debug, Default)]
pub(super) struct CardPictures {
    drawn: BTreeMap<PictureAsk, Loadable<Arc<CardPicture>>>,
    /// In the order in which they were asked for.
    order: VecDeque<PictureAsk>,
}

static NOT_ASKED: Loadable<Arc<CardPicture>> = Loadable::Idle;

impl CardPictures {
    pub(super) fn get(&self, ask: &PictureAsk) -> &Loadable<Arc<CardPicture>> {
        self.drawn.get(ask).unwrap_or(&NOT_ASKED)
    }

    fn begin(&mut self, ask: PictureAsk) {
        self.drawn
            .insert(ask, Loadable::Loading("Drawing".to_owned()));
        self.order.push_back(ask);
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.drawn.remove(&oldest);
            }
        }
    }

    fn take(&mut self, ask: PictureAsk, drawn: Result<Arc<CardPicture>, String>) {
        // It may have had to give way meanwhile.
        if let Some(place) = self.drawn.get_mut(&ask) {
            *place = drawn.into();
        }
    }
}

/// Width in millimetres at which a chart is drawn for so many points of the screen: its letters are
/// then of the size of the window's small ones.
fn width_mm(points: f64) -> f64 {
    points * 0.62 * 25.4 / 72.0
}

impl App {
    pub(super) fn draw_card(&mut self, ask: PictureAsk) {
        if *self.reports.pictures.get(&ask) != Loadable::Idle {
            return;
        }
        let Some(open) = self.reports.open.ready() else {
            return;
        };
        let Some(one) = open.cards.iter().find(|one| one.id == ask.card) else {
            return;
        };
        let card = Arc::clone(&one.card);
        self.reports.pictures.begin(ask);
        let points = f64::from(ask.width) * 100.0 / f64::from(ask.per_point.max(1));
        let size = FigureSize {
            width_mm: width_mm(points),
            ratio: 0.42,
            has_caption: true,
            theme: if ask.is_dark {
                FigureTheme::Dark
            } else {
                FigureTheme::Light
            },
        };
        let work = move || match &card.content {
            CardContent::Figure(figure) => rastered(figure, size, ask.width)
                .map(Arc::new)
                .map_err(sentence),
            CardContent::Table(_) | CardContent::Note(_) => Err("It is no chart.".to_owned()),
        };
        self.jobs.start("draw-card", work, move |app, drawn| {
            app.reports.pictures.take(ask, drawn);
        });
    }
}
