//! Places the labels of lines and marks: none over another, and all within the plot.

use egui::{Align, Align2, Pos2, Rect, Vec2, pos2, vec2};

/// Room between two labels, in points.
const GAP: f32 = 2.0;

/// Less than can be seen, in points: `bottom - height + height` need not be `bottom` again.
const ROUNDING: f32 = 1e-3;

/// Places across the plot that are tried where a label fits nowhere near its own.
const COLUMNS: u8 = 8;

/// A label that wants to be somewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Label {
    /// Best place of its anchor.
    pub(super) at: Pos2,
    /// Corner that its anchor is.
    pub(super) anchor: Align2,
    /// Its size.
    pub(super) size: Vec2,
}

/// The place of each label, as near to where it wants to be as those before it allow; `None` where
/// the frame has no room left for it. Earlier labels are the more important ones.
pub(super) fn place(frame: Rect, labels: &[Label]) -> Vec<Option<Rect>> {
    let mut placed: Vec<Rect> = Vec::new();
    let found = labels.iter().map(|label| {
        let found = nearest(frame, label, &placed)?;
        placed.push(found);
        Some(found)
    });
    let mut places: Vec<Option<Rect>> = found.collect();
    uncross(frame, labels, &mut places);
    places
}

/// Lets labels at one side stand in the order of what they name, where one that gave way went past
/// another.
fn uncross(frame: Rect, labels: &[Label], places: &mut [Option<Rect>]) {
    // Each exchange leaves fewer pairs out of order, so this ends.
    let mut goes_on = true;
    while goes_on {
        goes_on = false;
        for one in 0..labels.len() {
            for other in one + 1..labels.len() {
                if let Some([place, other_place]) = exchanged(frame, labels, places, [one, other]) {
                    (places[one], places[other]) = (Some(place), Some(other_place));
                    goes_on = true;
                }
            }
        }
    }
}

/// Two labels each in the place of the other, where they are out of order and there is room.
fn exchanged(
    frame: Rect,
    labels: &[Label],
    places: &[Option<Rect>],
    [one, other]: [usize; 2],
) -> Option<[Rect; 2]> {
    let (a, b) = (labels.get(one)?, labels.get(other)?);
    let (at_a, at_b) = ((*places.get(one)?)?, (*places.get(other)?)?);
    let is_alike = a.anchor == b.anchor
        && (a.at.x - b.at.x).abs() < ROUNDING
        && (a.size.y - b.size.y).abs() < ROUNDING;
    let is_crossed = (a.at.y - b.at.y) * (at_a.top() - at_b.top()) < 0.0;
    if !(is_alike && is_crossed) {
        return None;
    }
    let put = |label: &Label, place: Rect| {
        let left = if label.anchor.x() == Align::Max {
            place.right() - label.size.x
        } else {
            place.left()
        };
        Rect::from_min_size(pos2(left, place.top()), label.size)
    };
    let rects = [put(a, at_b), put(b, at_a)];
    let others: Vec<Rect> = (0..places.len())
        .filter(|at| *at != one && *at != other)
        .filter_map(|at| places[at])
        .collect();
    let is_free = |rect: &Rect| {
        let mut others = others.iter();
        frame.expand(ROUNDING).contains_rect(*rect)
            && others.all(|other| !rect.expand(GAP - ROUNDING).intersects(*other))
    };
    rects.iter().all(is_free).then_some(rects)
}

/// The free place that is nearest to the one that a label wants.
fn nearest(frame: Rect, label: &Label, placed: &[Rect]) -> Option<Rect> {
    let Vec2 {
        x: width,
        y: height,
    } = label.size;
    // The negation is false for sizes that are no numbers, too.
    if !(width <= frame.width()
        && height <= frame.height()
        && label.at.x.is_finite()
        && label.at.y.is_finite())
    {
        return None;
    }
    let wanted = label.anchor.anchor_size(label.at, label.size).min;
    let wanted = pos2(
        wanted.x.clamp(frame.left(), frame.right() - width),
        wanted.y.clamp(frame.top(), frame.bottom() - height),
    );
    // Beside its own place a label may stand at the other side of its anchor, at either edge, or in
    // between.
    let across = (0..=COLUMNS)
        .map(|n| frame.left() + (frame.width() - width) * f32::from(n) / f32::from(COLUMNS));
    let mirrored = (2.0 * label.at.x - wanted.x - width).clamp(frame.left(), frame.right() - width);
    let lefts = [wanted.x, mirrored].into_iter().chain(across);
    let best = lefts
        .filter_map(|left| {
            let top = free_top(frame, left, label.size, wanted.y, placed)?;
            let min = pos2(left, top);
            Some((min.distance(wanted), Rect::from_min_size(min, label.size)))
        })
        .reduce(|best, other| if other.0 < best.0 { other } else { best });
    best.map(|(_, rect)| rect)
}

/// The top nearest to `wanted` at which a box with this left side and size meets none of the
/// others.
fn free_top(frame: Rect, left: f32, size: Vec2, wanted: f32, placed: &[Rect]) -> Option<f32> {
    let beside = Rect::from_min_size(pos2(left, frame.top()), vec2(size.x, frame.height()));
    let in_the_way: Vec<Rect> = placed
        .iter()
        .map(|other| other.expand(GAP))
        .filter(|other| other.left() < beside.right() && beside.left() < other.right())
        .collect();
    // The nearest free place is the wanted one, or one that touches a box in the way.
    let touching = in_the_way
        .iter()
        .flat_map(|other| [other.bottom(), other.top() - size.y]);
    let tops = std::iter::once(wanted).chain(touching).filter(|top| {
        let is_inside = *top >= frame.top() - ROUNDING && top + size.y <= frame.bottom() + ROUNDING;
        is_inside
            && in_the_way.iter().all(|other| {
                *top >= other.bottom() - ROUNDING || top + size.y <= other.top() + ROUNDING
            })
    });
    tops.reduce(|best, top| {
        if (top - wanted).abs() < (best - wanted).abs() {
            top
        } else {
            best
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(x, y), vec2(width, height))
    }

    fn label(x: f32, y: f32) -> Label {
        Label {
            at: pos2(x, y),
            anchor: Align2::RIGHT_BOTTOM,
            size: vec2(60.0, 12.0),
        }
    }

    #[test]
    fn a_label_stands_where_it_wants_and_gives_way_by_as_little_as_needed() {
        let frame = rect(0.0, 0.0, 200.0, 100.0);
        let places = place(
            frame,
            &[label(194.0, 50.0), label(194.0, 48.0), label(194.0, 8.0)],
        );
        assert_eq!(places[0], Some(rect(134.0, 38.0, 60.0, 12.0)));
        // It would overlap the first one: straight above it, two points away.
        assert_eq!(places[1], Some(rect(134.0, 24.0, 60.0, 12.0)));
        assert_eq!(
            places[2],
            Some(rect(134.0, 0.0, 60.0, 12.0)),
            "pushed into the frame"
        );
    }

    #[test]
    fn labels_that_give_way_keep_the_order_of_their_lines() {
        let frame = rect(0.0, 0.0, 200.0, 100.0);
        let lines = [label(194.0, 40.0), label(194.0, 8.0), label(194.0, 5.0)];
        let places = place(frame, &lines);
        let tops: Vec<f32> = places.iter().map(|at| at.unwrap().top()).collect();
        // The second is pushed into the frame, and the third finds room only under it: they change.
        assert_eq!(tops, [28.0, 14.0, 0.0]);
    }

    #[test]
    fn what_has_no_room_is_left_out_and_covers_nothing() {
        let frame = rect(0.0, 0.0, 70.0, 40.0);
        let places = place(
            frame,
            &[label(60.0, 20.0), label(60.0, 20.0), label(60.0, 20.0)],
        );
        assert_eq!(places.iter().flatten().count(), 2, "{places:?}");
        let too_wide = Label {
            size: vec2(71.0, 5.0),
            ..label(60.0, 20.0)
        };
        let no_number = label(f32::NAN, 20.0);
        assert_eq!(place(frame, &[too_wide, no_number]), [None, None]);
    }

    #[test]
    fn a_label_that_is_pushed_to_the_edge_is_not_lost_by_rounding() {
        // One and a half steps from number to number, as they are between 128 and 256.
        let tall = 13.0 + 3.0 * 0.5_f32.powi(17);
        let heights = (0..500_u16).map(|n| 150.0 + 0.137 * f32::from(n));
        let frames: Vec<Rect> = heights
            .map(|height| rect(10.0, 20.0, 160.0, height))
            .filter(|frame| frame.bottom() - tall + tall > frame.bottom())
            .collect();
        assert!(!frames.is_empty(), "in some frames the sum is more");
        for frame in frames {
            let low = Label {
                at: pos2(0.0, 500.0),
                anchor: Align2::RIGHT_BOTTOM,
                size: vec2(1.0, tall),
            };
            assert!(place(frame, &[low])[0].is_some(), "{frame:?}");
        }
    }

    fn any_label() -> impl Strategy<Value = Label> {
        let anchor = prop::sample::select(vec![
            Align2::RIGHT_BOTTOM,
            Align2::LEFT_BOTTOM,
            Align2::LEFT_TOP,
        ]);
        (
            -50.0..450.0_f32,
            -50.0..450.0_f32,
            anchor,
            1.0..120.0_f32,
            8.0..16.0_f32,
        )
            .prop_map(|(x, y, anchor, width, height)| Label {
                at: pos2(x, y),
                anchor,
                size: vec2(width, height),
            })
    }

    proptest! {
        #[test]
        fn no_label_is_over_another_and_all_are_inside(
            (width, height) in (20.0..400.0_f32, 20.0..400.0_f32),
            labels in prop::collection::vec(any_label(), 0..40),
        ) {
            let frame = rect(10.0, 20.0, width, height);
            let places = place(frame, &labels);
            prop_assert_eq!(places.len(), labels.len());
            let shown: Vec<Rect> = places.iter().copied().flatten().collect();
            for (at, one) in shown.iter().enumerate() {
                prop_assert!(frame.expand(0.01).contains_rect(*one), "{one:?} in {frame:?}");
                for other in &shown[at + 1..] {
                    prop_assert!(!one.shrink(0.01).intersects(other.shrink(0.01)), "{one:?} over {other:?}");
                }
            }
            // A frame with three times the height that all together need has room for each of them.
            let needed: f32 = labels.iter().map(|label| label.size.y + 2.0 * GAP).sum();
            let widest = labels.iter().map(|label| label.size.x).fold(0.0, f32::max);
            if widest <= width && 3.0 * needed <= height {
                prop_assert_eq!(shown.len(), labels.len());
            }
        }
    }
}
