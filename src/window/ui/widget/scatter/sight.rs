//! Part of the plane that is in sight.

use egui::{Pos2, Rect, Vec2, vec2};

/// Share of the room that is left around the points.
const MARGIN: f32 = 0.06;

/// How much smaller points may become before the part in sight follows them: a map that plays over
/// epochs should not shake.
const LOOSE: f32 = 0.6;

/// Farthest that one can come nearer, and go away.
const ZOOM: [f32; 2] = [0.2, 400.0];

/// Part in sight: all points, or a part of them that a person has chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sight {
    /// Least and greatest of both coordinates that are fitted.
    fitted: Option<[[f32; 2]; 2]>,
    revision: u64,
    zoom: f32,
    /// Way that the middle has been moved, in widths of what is fitted.
    moved: Vec2,
}

impl Default for Sight {
    fn default() -> Self {
        Self {
            fitted: None,
            revision: 0,
            zoom: 1.0,
            moved: Vec2::ZERO,
        }
    }
}

impl Sight {
    /// Looks at these points, unless they lie within what is in sight and fill it.
    pub(super) fn follow(&mut self, points: &[[f32; 2]], revision: u64) {
        if self.fitted.is_some() && self.revision == revision {
            return;
        }
        self.revision = revision;
        let bounds = bounds(points);
        let is_good = self.fitted.is_some_and(|[least, greatest]| {
            let inside = |at: usize| least[at] <= bounds[0][at] && bounds[1][at] <= greatest[at];
            let size = |[least, greatest]: [[f32; 2]; 2]| {
                (greatest[0] - least[0]).max(greatest[1] - least[1])
            };
            inside(0) && inside(1) && size(bounds) >= LOOSE * size([least, greatest])
        });
        if !is_good {
            self.fitted = Some(bounds);
        }
    }

    /// Whether both show the same part, of whichever points.
    pub(super) fn is_same_part(&self, other: &Self) -> bool {
        let of_points = |sight: &Self| Self {
            revision: 0,
            ..*sight
        };
        of_points(self) == of_points(other)
    }

    /// Middle of what is in sight, and length of the plane that one point of the screen shows.
    fn middle_and_step(&self, size: Vec2) -> ([f32; 2], f32) {
        let [least, greatest] = self.fitted.unwrap_or_default();
        let extent = [greatest[0] - least[0], greatest[1] - least[1]];
        let widest = extent[0].max(extent[1]).max(1e-6);
        let room = size * (1.0 - 2.0 * MARGIN);
        let step = (extent[0] / room.x.max(1.0))
            .max(extent[1] / room.y.max(1.0))
            .max(widest * 1e-6);
        let middle = [
            f32::midpoint(least[0], greatest[0]) + self.moved.x * widest,
            f32::midpoint(least[1], greatest[1]) + self.moved.y * widest,
        ];
        (middle, step / self.zoom)
    }

    /// Length of the plane that one point of the screen shows.
    pub(super) fn per_point(&self, rect: Rect) -> f32 {
        self.middle_and_step(rect.size()).1
    }

    /// Place on the screen; the second coordinate grows upwards.
    pub(super) fn on_screen(&self, rect: Rect, point: [f32; 2]) -> Pos2 {
        let (middle, step) = self.middle_and_step(rect.size());
        let away = vec2(point[0] - middle[0], middle[1] - point[1]) / step;
        rect.center() + away
    }

    /// Way from the plane to a picture of so many pixels.
    pub(super) fn in_picture(&self, pixels: [usize; 2]) -> Placing {
        let size = vec2(pixels[0] as f32, pixels[1] as f32);
        let (middle, step) = self.middle_and_step(size);
        Placing {
            middle,
            step,
            centre: [size.x / 2.0, size.y / 2.0],
        }
    }

    /// Room on the screen that a picture takes now which filled a room of this size when `then` was
    /// in sight.
    pub(super) fn room_of(&self, rect: Rect, then: &Self, size: Vec2) -> Rect {
        if self.is_same_part(then) && size == rect.size() {
            return rect;
        }
        let room = Rect::from_min_size(Pos2::ZERO, size);
        let corner = |at: Pos2| self.on_screen(rect, then.in_plane(room, at));
        Rect::from_min_max(corner(room.min), corner(room.max))
    }

    /// Place in the plane of a point of the screen.
    pub(super) fn in_plane(&self, rect: Rect, pointer: Pos2) -> [f32; 2] {
        let (middle, step) = self.middle_and_step(rect.size());
        let away = (pointer - rect.center()) * step;
        [middle[0] + away.x, middle[1] - away.y]
    }

    /// Moves what is in sight along with the pointer.
    pub(super) fn drag(&mut self, rect: Rect, by: Vec2) {
        let [least, greatest] = self.fitted.unwrap_or_default();
        let widest = (greatest[0] - least[0])
            .max(greatest[1] - least[1])
            .max(1e-6);
        let step = self.per_point(rect);
        self.moved += vec2(-by.x, by.y) * step / widest;
    }

    /// Comes nearer to where the pointer is, or goes away from it.
    pub(super) fn zoom(&mut self, rect: Rect, pointer: Pos2, factor: f32) {
        let before = self.in_plane(rect, pointer);
        self.zoom = (self.zoom * factor).clamp(ZOOM[0], ZOOM[1]);
        let now = self.on_screen(rect, before);
        self.drag(rect, pointer - now);
    }
}

/// Way from the plane to the pixels of a picture.
pub(super) struct Placing {
    middle: [f32; 2],
    step: f32,
    centre: [f32; 2],
}

impl Placing {
    /// Place of a point in the picture.
    pub(super) fn at(&self, point: [f32; 2]) -> [f32; 2] {
        [
            self.centre[0] + (point[0] - self.middle[0]) / self.step,
            self.centre[1] + (self.middle[1] - point[1]) / self.step,
        ]
    }
}

/// Least and greatest of both coordinates; those that are no numbers are passed over.
pub(super) fn bounds(points: &[[f32; 2]]) -> [[f32; 2]; 2] {
    let mut bounds = [[f32::INFINITY; 2], [f32::NEG_INFINITY; 2]];
    for point in points.iter().filter(|p| p.iter().all(|v| v.is_finite())) {
        for (at, &value) in point.iter().enumerate() {
            bounds[0][at] = bounds[0][at].min(value);
            bounds[1][at] = bounds[1][at].max(value);
        }
    }
    if bounds[0][0] > bounds[1][0] {
        return [[0.0; 2]; 2];
    }
    bounds
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    fn room() -> Rect {
        Rect::from_min_size(pos2(10.0, 20.0), vec2(200.0, 100.0))
    }

    #[test]
    fn all_points_are_in_sight_upright_and_come_back_from_the_screen() {
        let points = [[-1.0, 5.0], [3.0, 1.0], [0.0, f32::NAN]];
        let mut sight = Sight::default();
        sight.follow(&points, 1);
        let [a, b] = [points[0], points[1]].map(|point| sight.on_screen(room(), point));
        assert!(room().contains(a) && room().contains(b) && a.y < b.y && a.x < b.x);
        let back = sight.in_plane(room(), a);
        assert!((back[0] + 1.0).abs() < 1e-4 && (back[1] - 5.0).abs() < 1e-4);
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer_and_dragging_follows_it() {
        let mut sight = Sight::default();
        sight.follow(&[[0.0, 0.0], [4.0, 2.0]], 1);
        let pointer = pos2(60.0, 50.0);
        let under = sight.in_plane(room(), pointer);
        sight.zoom(room(), pointer, 3.0);
        assert!((sight.on_screen(room(), under) - pointer).length() < 1e-2);
        sight.drag(room(), vec2(7.0, -4.0));
        let moved = sight.on_screen(room(), under) - pointer;
        assert!((moved - vec2(7.0, -4.0)).length() < 1e-2, "{moved:?}");
    }

    #[test]
    fn points_that_move_a_little_do_not_shake_the_view() {
        let mut sight = Sight::default();
        sight.follow(&[[0.0, 0.0], [4.0, 2.0]], 1);
        let before = sight;
        sight.follow(&[[0.1, 0.0], [3.9, 2.0]], 2);
        assert!(sight.is_same_part(&before));
        sight.follow(&[[0.0, 0.0], [9.0, 2.0]], 3);
        assert!(!sight.is_same_part(&before));
    }

    /// A picture of what was in sight before goes where its points are now.
    #[test]
    fn a_picture_follows_its_points() {
        let mut sight = Sight::default();
        sight.follow(&[[0.0, 0.0], [4.0, 2.0]], 1);
        let then = sight;
        assert_eq!(sight.room_of(room(), &then, room().size()), room());
        sight.drag(room(), vec2(30.0, -12.0));
        let moved = sight.room_of(room(), &then, room().size());
        assert!((moved.min - room().min - vec2(30.0, -12.0)).length() < 1e-2);
        assert!((moved.size() - room().size()).length() < 1e-2);
        sight.zoom(room(), pos2(60.0, 50.0), 2.0);
        let nearer = sight.room_of(room(), &then, room().size());
        assert!((nearer.size() - 2.0 * room().size()).length() < 1e-2);
        // The pixel of a point in the old picture is its place now.
        let place = [3.0, 0.5];
        let share = (then.on_screen(room(), place) - room().min) / room().size();
        let at = nearer.min + share * nearer.size();
        assert!((at - sight.on_screen(room(), place)).length() < 1e-2);
    }
}
