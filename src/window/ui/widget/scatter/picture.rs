//! Points to pixels.

use egui::{Color32, ColorImage};

/// Opaqueness of a point: where many lie on each other it is denser.
const OPAQUE: f32 = 0.82;

/// The picture of points in their colours; `place` says where a point stands in it. Points beside it
/// and such as are no numbers are passed over.
pub(super) fn drawn(
    points: &[[f32; 2]],
    colors: &[Color32],
    pixels: [usize; 2],
    per_point: f32,
    place: impl Fn([f32; 2]) -> [f32; 2],
) -> ColorImage {
    let [width, height] = pixels;
    let mut image = ColorImage::filled(pixels, Color32::TRANSPARENT);
    let disc = disc(radius(points.len()) * per_point);
    for (point, &color) in points.iter().zip(colors) {
        let [x, y] = place(*point);
        let is_near = |at: f32, len: usize| at > -REACH && at < len as f32 + REACH;
        // What is no number is near nothing.
        if !is_near(x, width) || !is_near(y, height) {
            continue;
        }
        let (x, y) = (x.floor() as i64, y.floor() as i64);
        for &(dx, dy, share) in &disc {
            let (x, y) = (x + dx, y + dy);
            let is_inside = x >= 0 && y >= 0 && (x as usize) < width && (y as usize) < height;
            if is_inside && let Some(pixel) = image.pixels.get_mut(y as usize * width + x as usize)
            {
                *pixel = pixel.blend(color.gamma_multiply(share));
            }
        }
    }
    image
}

/// Pixels beyond the picture whose points may still be seen in it.
const REACH: f32 = 64.0;

/// Radius of a point: smaller where there are many.
fn radius(n_points: usize) -> f32 {
    match n_points {
        ..300 => 4.0,
        300..3_000 => 3.0,
        3_000..30_000 => 2.0,
        _ => 1.3,
    }
}

/// Pixels of a disc, and how much of each it covers.
fn disc(radius: f32) -> Vec<(i64, i64, f32)> {
    let reach = radius.ceil() as i64;
    let mut pixels = Vec::new();
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let away = ((dx * dx + dy * dy) as f32).sqrt();
            let share = (radius + 0.5 - away).clamp(0.0, 1.0) * OPAQUE;
            if share > 0.0 {
                pixels.push((dx, dy, share));
            }
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_drawn_where_they_are_and_only_there() {
        let points = [[5.0, 5.0], [-100.0, 5.0], [f32::NAN, 5.0], [19.0, 9.0]];
        let image = drawn(&points, &[Color32::RED; 4], [20, 10], 1.0, |p| p);
        let at = |x: usize, y: usize| image.pixels[y * 20 + x];
        assert!(at(5, 5).a() > 180 && at(5, 5).r() > at(5, 5).g());
        assert!(at(19, 9).a() > 180);
        assert_eq!(at(12, 1), Color32::TRANSPARENT);
    }

    #[test]
    fn the_last_of_two_points_lies_on_top() {
        let colors = [Color32::RED, Color32::BLUE];
        let image = drawn(&[[5.0, 5.0]; 2], &colors, [10, 10], 1.0, |p| p);
        let pixel = image.pixels[55];
        assert!(pixel.b() > pixel.r(), "{pixel:?}");
    }
}
