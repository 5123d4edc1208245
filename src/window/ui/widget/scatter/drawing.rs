//! A picture of points that is drawn a part a frame.

use std::sync::Arc;

use egui::{Color32, ColorImage};

use super::sight::Sight;

/// Opaqueness of a point: where many lie on each other it is denser.
const OPAQUE: f32 = 0.82;

/// Work of one frame, in pixels that are blended: some two milliseconds. A point that is out of
/// sight costs as much as one.
pub(super) const WORK_A_FRAME: usize = 250_000;

/// Everything that a picture depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PictureKey {
    /// Number that changes with the points.
    pub(super) revision: u64,
    /// Number that changes with the colours.
    pub(super) colors_revision: u64,
    /// Part of the plane that it shows.
    pub(super) sight: Sight,
    /// Width and height in pixels.
    pub(super) pixels: [usize; 2],
    /// Pixels of one point of the screen.
    pub(super) per_point: f32,
}

impl PictureKey {
    /// Width and height in points of the screen.
    pub(super) fn size(&self) -> egui::Vec2 {
        egui::vec2(self.pixels[0] as f32, self.pixels[1] as f32) / self.per_point
    }
}

/// Picture on its way. It holds what it is drawn of, so that it comes to its end whatever changes
/// meanwhile: a map that is moved all the time would else never be seen whole.
pub(super) struct Drawing {
    key: PictureKey,
    points: Arc<[[f32; 2]]>,
    colors: Arc<[Color32]>,
    disc: Vec<DiscPixel>,
    image: ColorImage,
    /// The point that comes next.
    next: usize,
}

/// Pixel of a disc, and how much of it the disc covers.
#[derive(Clone, Copy)]
struct DiscPixel {
    dx: i64,
    dy: i64,
    share: f32,
}

impl Drawing {
    /// A picture without points as yet.
    pub(super) fn new(key: PictureKey, points: Arc<[[f32; 2]]>, colors: Arc<[Color32]>) -> Self {
        Self {
            disc: disc(radius(points.len()) * key.per_point),
            image: ColorImage::filled(key.pixels, Color32::TRANSPARENT),
            key,
            points,
            colors,
            next: 0,
        }
    }

    /// What is drawn.
    pub(super) fn key(&self) -> PictureKey {
        self.key
    }

    /// Draws on for so much work; whether every point is drawn. Points beside the picture and such
    /// as are no numbers are passed over.
    pub(super) fn go_on(&mut self, mut work: usize) -> bool {
        let [width, height] = self.key.pixels;
        let placing = self.key.sight.in_picture(self.key.pixels);
        let points = self.points.iter().zip(self.colors.iter());
        for (point, &color) in points.skip(self.next) {
            if work == 0 {
                return false;
            }
            self.next += 1;
            let [x, y] = placing.at(*point);
            let is_near = |at: f32, len: usize| at > -REACH && at < len as f32 + REACH;
            // What is no number is near nothing.
            if !is_near(x, width) || !is_near(y, height) {
                work -= 1;
                continue;
            }
            let (x, y) = (x.floor() as i64, y.floor() as i64);
            blend_disc(&mut self.image, &self.disc, [x, y], color);
            work = work.saturating_sub(self.disc.len());
        }
        true
    }

    /// Number of points that are drawn, or passed over.
    #[cfg(test)]
    pub(super) fn n_drawn(&self) -> usize {
        self.next
    }

    /// The picture as far as it is drawn.
    pub(super) fn into_image(self) -> ColorImage {
        self.image
    }
}

/// Pixels beyond the picture whose points may still be seen in it.
const REACH: f32 = 64.0;

fn blend_disc(image: &mut ColorImage, disc: &[DiscPixel], [x, y]: [i64; 2], color: Color32) {
    let [width, height] = image.size;
    for pixel in disc {
        let (x, y) = (x + pixel.dx, y + pixel.dy);
        let is_inside = x >= 0 && y >= 0 && (x as usize) < width && (y as usize) < height;
        if is_inside && let Some(below) = image.pixels.get_mut(y as usize * width + x as usize) {
            *below = below.blend(color.gamma_multiply(pixel.share));
        }
    }
}

/// Radius of a point: smaller where there are many.
fn radius(n_points: usize) -> f32 {
    match n_points {
        ..300 => 4.0,
        300..3_000 => 3.0,
        3_000..30_000 => 2.0,
        _ => 1.3,
    }
}

/// Pixels of a disc.
fn disc(radius: f32) -> Vec<DiscPixel> {
    let reach = radius.ceil() as i64;
    let mut pixels = Vec::new();
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let away = ((dx * dx + dy * dy) as f32).sqrt();
            let share = (radius + 0.5 - away).clamp(0.0, 1.0) * OPAQUE;
            if share > 0.0 {
                pixels.push(DiscPixel { dx, dy, share });
            }
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of 20 × 10 pixels in which `(0, 0)` is the middle and the points before `fitted`
    /// fill the width.
    fn key(fitted: &[[f32; 2]]) -> PictureKey {
        let mut sight = Sight::default();
        sight.follow(fitted, 1);
        PictureKey {
            revision: 1,
            colors_revision: 1,
            sight,
            pixels: [20, 10],
            per_point: 1.0,
        }
    }

    fn drawn(points: &[[f32; 2]], colors: &[Color32]) -> ColorImage {
        let fitted = [[-10.0, -5.0], [10.0, 5.0]];
        let mut drawing = Drawing::new(key(&fitted), points.into(), colors.into());
        assert!(drawing.go_on(usize::MAX));
        drawing.into_image()
    }

    #[test]
    fn points_are_drawn_where_they_are_and_only_there() {
        // The margin leaves 17.6 of 20 pixels to a width of 20.
        let points = [[0.0, 0.0], [-300.0, 0.0], [f32::NAN, 0.0], [10.0, 0.0]];
        let image = drawn(&points, &[Color32::RED; 4]);
        let at = |x: usize, y: usize| image.pixels[y * 20 + x];
        assert!(at(10, 5).a() > 180 && at(10, 5).r() > at(10, 5).g());
        assert!(at(18, 5).a() > 180);
        assert_eq!(at(3, 1), Color32::TRANSPARENT);
    }

    #[test]
    fn the_last_of_two_points_lies_on_top() {
        let image = drawn(&[[0.0, 0.0]; 2], &[Color32::RED, Color32::BLUE]);
        let pixel = image.pixels[5 * 20 + 10];
        assert!(pixel.b() > pixel.r(), "{pixel:?}");
    }

    #[test]
    fn in_parts_it_is_the_picture_that_it_is_at_once() {
        let number = |at: usize| ((at * 7919 % 4001) as f32 * 0.713).sin() * 12.0;
        let points: Vec<[f32; 2]> = (0..500)
            .map(|at| [number(2 * at), number(2 * at + 1)])
            .collect();
        let colors: Vec<Color32> = (0..500)
            .map(|at| Color32::from_rgb((at % 256) as u8, 90, 200))
            .collect();
        let whole = drawn(&points, &colors);
        let key = key(&[[-10.0, -5.0], [10.0, 5.0]]);
        let mut drawing = Drawing::new(key, points.into(), colors.into());
        let mut n_parts = 1;
        while !drawing.go_on(200) {
            n_parts += 1;
        }
        assert!(n_parts > 20, "{n_parts}");
        assert_eq!(drawing.into_image().pixels, whole.pixels);
    }
}
