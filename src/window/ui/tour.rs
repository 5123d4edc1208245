//! The tour in the window: a ring around what a step is about, and a card that says what to do.

use egui::{Area, Context, Id, LayerId, Order, Pos2, Rect, RichText, StrokeKind, Ui, pos2, vec2};

use super::Actions;
use super::frame::{action_button, action_button_as};
use super::theme::{self, size};
use crate::app::{Action, App, TourAction, TourStand, TourStep, n_tour_steps};
use crate::ui::language::tr;

/// Width of the card.
const WIDTH: f32 = 330.0;

/// Height that is kept free for it.
const HEIGHT: f32 = 190.0;

/// Height from which what a step is about is a part of the page, and the card stands in the corner.
const LARGE: f32 = 160.0;

/// Place of a widget in a frame.
#[derive(Clone, Copy)]
struct Marked {
    pass: u64,
    rect: Rect,
}

fn marked(step: TourStep) -> Id {
    Id::unique(("tour", step))
}

/// Notes where the widget is that a step is about, as far as it is in sight.
pub(super) fn mark(ui: &Ui, step: TourStep, rect: Rect) {
    let (ctx, rect) = (ui.ctx(), rect.intersect(ui.clip_rect()));
    if !rect.is_positive() {
        return;
    }
    let pass = ctx.cumulative_pass_nr();
    ctx.data_mut(|data| data.insert_temp(marked(step), Marked { pass, rect }));
}

/// The widget of a step, where it was painted in this frame.
fn place(ctx: &Context, step: TourStep) -> Option<Rect> {
    let marked: Marked = ctx.data(|data| data.get_temp(marked(step)))?;
    (marked.pass == ctx.cumulative_pass_nr()).then_some(marked.rect)
}

/// Paints the present step over the window.
pub(super) fn ui(ui: &Ui, app: &App, actions: &mut Actions) {
    let ctx = ui.ctx();
    let rect = match app.tour.stand() {
        TourStand::Away => return,
        TourStand::At(step) => place(ctx, step),
        TourStand::Over => None,
    };
    if let Some(rect) = rect {
        let layer = LayerId::new(Order::Foreground, Id::unique("tour ring"));
        let (around, stroke) = (rect.expand(5.0), (3.0, theme::colors(ui).warning));
        let painter = ctx.layer_painter(layer);
        painter.rect_stroke(around, size::CORNER, stroke, StrokeKind::Outside);
    }
    // The menu hangs down where the card would be.
    let opens_a_menu = app.tour.stand() == TourStand::At(TourStep::Layout);
    Area::new(Id::unique("tour card"))
        .order(Order::Foreground)
        .fixed_pos(card_place(
            ctx.content_rect(),
            rect.filter(|_| !opens_a_menu),
        ))
        .show(ctx, |ui| {
            let colors = theme::colors(ui);
            theme::card(ui)
                .stroke((2.0, colors.warning))
                .show(ui, |ui| {
                    ui.set_width(WIDTH - 2.0 * f32::from(size::PAD));
                    match app.tour.stand() {
                        TourStand::At(step) => step_card(ui, app, step, actions),
                        TourStand::Over | TourStand::Away => over_card(ui, app, actions),
                    }
                });
        });
}

/// Upper left corner of the card: under what it is about, or over it, and never on it.
fn card_place(screen: Rect, about: Option<Rect>) -> Pos2 {
    let corner = screen.max - vec2(WIDTH + 24.0, HEIGHT + 70.0);
    let Some(about) = about.filter(|about| about.height() < LARGE) else {
        return corner;
    };
    let x = about
        .left()
        .clamp(12.0, (screen.right() - WIDTH - 12.0).max(12.0));
    let below = about.bottom() + 14.0;
    if below + HEIGHT < screen.bottom() {
        pos2(x, below)
    } else {
        pos2(x, (about.top() - HEIGHT - 14.0).max(12.0))
    }
}

fn step_card(ui: &mut Ui, app: &App, step: TourStep, actions: &mut Actions) {
    let number = format!("Tour: step {} of {}", step.number(), n_tour_steps());
    ui.weak(RichText::new(tr(number)).small());
    ui.heading(tr(step.title()));
    ui.label(tr(step.words()));
    ui.add_space(size::GAP);
    ui.horizontal_wrapped(|ui| {
        let page = step.page();
        if app.page != page {
            let words = format!("Show {page}");
            action_button_as(ui, app, actions, Action::GoTo(page), tr(words));
        }
        if step == TourStep::Train && app.has_begun {
            action_button(ui, app, actions, Action::TryIt);
        }
        for action in [TourAction::Skip, TourAction::Leave] {
            action_button(ui, app, actions, Action::Tour(action));
        }
    });
}

fn over_card(ui: &mut Ui, app: &App, actions: &mut Actions) {
    ui.heading(tr("That was the tour"));
    ui.label(tr(
        "Ctrl+K finds anything that can be done by its name, ? shows the keys, and F1 opens the \
         manual. Compare sets runs beside each other; Data opens a log of your own.",
    ));
    ui.add_space(size::GAP);
    action_button_as(
        ui,
        app,
        actions,
        Action::Tour(TourAction::Leave),
        tr("Close"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_is_never_on_what_it_is_about_and_stays_on_the_screen() {
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0));
        let size = vec2(WIDTH, HEIGHT);
        for (x, y) in [(5.0, 5.0), (1200.0, 20.0), (600.0, 400.0), (1240.0, 770.0)] {
            let about = Rect::from_min_size(pos2(x, y), vec2(60.0, 26.0));
            let card = Rect::from_min_size(card_place(screen, Some(about)), size);
            assert!(!card.intersects(about), "{about:?}");
            assert!(screen.contains_rect(card), "{card:?}");
        }
        let large = Rect::from_min_size(pos2(300.0, 200.0), vec2(900.0, 400.0));
        let card = Rect::from_min_size(card_place(screen, Some(large)), size);
        assert!(screen.contains_rect(card));
    }
}
