//! Drawings read back as XML, with the places of their parts worked out from the frame alone.

use resvg::tiny_skia::Pixmap;
use resvg::usvg::roxmltree::{Document, Node};

use super::*;

fn size() -> FigureSize {
    FigureSize {
        width_mm: 85.0,
        ..FigureSize::default()
    }
}

fn axis(label: &str, range: [f64; 2], is_log: bool) -> FigureAxis {
    FigureAxis {
        is_log,
        range: Some(range),
        ..FigureAxis::named(label)
    }
}

fn figure_of(points: Vec<[f64; 2]>, x: FigureAxis, y: FigureAxis) -> PrintFigure {
    PrintFigure {
        title: "Loss".to_owned(),
        caption: vec!["Of a known series.".to_owned()],
        body: FigureBody::Curves(CurveFigure {
            x,
            y,
            series: vec![FigureSeries {
                name: "known".to_owned(),
                color: FigureColor::of_series(0),
                form: SeriesForm::Dots,
                points,
                band: Vec::new(),
            }],
            ..CurveFigure::default()
        }),
    }
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// Left, top, width and height of the plot: what curves are clipped to.
fn plot(svg: &Document<'_>) -> [f64; 4] {
    let clip = svg.descendants().find(|node| node.has_tag_name("clipPath"));
    let rect = clip.unwrap().children().find(Node::is_element).unwrap();
    ["x", "y", "width", "height"].map(|name| number(rect, name))
}

/// Places of the points of the first curve, from its path `Mx yh.01Mx y...`.
fn places(svg: &Document<'_>) -> Vec<[f64; 2]> {
    let path = svg.descendants().find(|node| node.has_tag_name("path"));
    let path = path.unwrap().attribute("d").unwrap();
    let each = path.split('M').filter(|part| !part.is_empty());
    each.map(|part| {
        let part = part.trim_end_matches("h.01");
        let (x, y) = part.split_once(' ').unwrap();
        [x.parse().unwrap(), y.parse().unwrap()]
    })
    .collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.011
}

#[test]
fn a_point_lies_where_its_numbers_say_on_plain_and_logarithmic_axes() {
    let x = axis("Epoch", [0.0, 10.0], false);
    let points = vec![[0.0, 0.0], [10.0, 100.0], [2.5, 40.0]];
    let svg = drawn(
        &figure_of(points, x.clone(), axis("Loss", [0.0, 100.0], false)),
        size(),
    );
    let svg = Document::parse(&svg).unwrap();
    let [left, top, width, height] = plot(&svg);
    let expected = [[0.0, 1.0], [1.0, 0.0], [0.25, 0.6]];
    for (place, share) in places(&svg).iter().zip(expected) {
        assert!(near(place[0], left + share[0] * width), "{place:?}");
        assert!(near(place[1], top + share[1] * height), "{place:?}");
    }
    // One thousandth to ten are four decades: 0.1 lies two above the bottom, 1 three.
    let points = vec![[1.0, 0.1], [2.0, 1.0], [3.0, -1.0], [4.0, 10.0]];
    let svg = drawn(
        &figure_of(points, x, axis("Loss", [0.001, 10.0], true)),
        size(),
    );
    assert!(svg.contains("1 not above 0 left out"));
    let svg = Document::parse(&svg).unwrap();
    let [_, top, _, height] = plot(&svg);
    let ys: Vec<f64> = places(&svg).iter().map(|place| place[1]).collect();
    assert_eq!(ys.len(), 3);
    for (y, decades) in ys.iter().zip([2.0, 3.0, 4.0]) {
        assert!(near(*y, top + height * (1.0 - decades / 4.0)), "{y}");
    }
}

#[test]
fn a_turned_axis_has_its_smallest_number_at_the_top() {
    let y = FigureAxis {
        is_turned: true,
        ..axis("Rank", [1.0, 100.0], true)
    };
    let svg = drawn(
        &figure_of(
            vec![[1.0, 1.0], [2.0, 10.0]],
            axis("Event", [0.0, 2.0], false),
            y,
        ),
        size(),
    );
    let svg = Document::parse(&svg).unwrap();
    let [_, top, _, height] = plot(&svg);
    let places = places(&svg);
    assert!(near(places[0][1], top) && near(places[1][1], top + height / 2.0));
}

#[test]
fn marks_stand_at_their_numbers() {
    let x = axis("Epoch", [0.0, 20.0], false);
    let svg = drawn(
        &figure_of(vec![[1.0, 1.0]], x, axis("Loss", [0.0, 1.0], false)),
        size(),
    );
    let svg = Document::parse(&svg).unwrap();
    let [left, top, width, height] = plot(&svg);
    let mut n = 0;
    for text in svg.descendants().filter(|node| node.has_tag_name("text")) {
        let Ok(value) = text.text().unwrap_or_default().parse::<f64>() else {
            continue;
        };
        n += 1;
        match text.attribute("text-anchor") {
            Some("middle") => assert!(near(number(text, "x"), left + value / 20.0 * width)),
            // The foot of a digit lies a little below the line that it stands at.
            _ => assert!((number(text, "y") - 2.45 - (top + (1.0 - value) * height)).abs() < 0.05),
        }
    }
    assert!(n >= 7, "{n}");
}

#[test]
fn nothing_that_a_name_says_is_taken_for_markup() {
    let mut figure = figure_of(
        vec![[1.0, 2.0]],
        FigureAxis::named("a<b"),
        FigureAxis::default(),
    );
    let odd = "</text><script>alert(\"1\")</script> & \u{1} 影響 کتاب";
    figure.title = odd.to_owned();
    figure.caption = vec![odd.to_owned()];
    if let FigureBody::Curves(curves) = &mut figure.body {
        curves.series[0].name = odd.to_owned();
        curves.levels = vec![FigureLevel {
            name: odd.to_owned(),
            value: 2.0,
        }];
    }
    let svg = drawn(
        &figure,
        FigureSize {
            width_mm: 200.0,
            ..size()
        },
    );
    let svg = Document::parse(&svg).unwrap();
    assert!(svg.descendants().all(|node| !node.has_tag_name("script")));
    let title = svg.descendants().find(|node| node.has_tag_name("title"));
    let title = title.unwrap().text().unwrap();
    assert!(
        title.starts_with("</text><script>alert(\"1\")</script> & "),
        "{title}"
    );
    assert!(title.contains("影響"));
}

#[test]
fn numbers_that_are_none_draw_nothing_and_panic_nowhere() {
    let odd = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        1e300,
        -1e300,
    ];
    for is_log in [false, true] {
        for a in odd {
            for b in odd {
                let y = FigureAxis {
                    is_log,
                    ..FigureAxis::named("y")
                };
                let figure = figure_of(vec![[a, b], [b, a], [1.0, 2.0]], y.clone(), y);
                Document::parse(&drawn(&figure, size())).unwrap();
            }
        }
    }
    for body in [
        FigureBody::Curves(CurveFigure::default()),
        FigureBody::Heat(HeatFigure::default()),
        FigureBody::Bars(BarFigure::default()),
    ] {
        let figure = PrintFigure {
            body,
            ..PrintFigure::default()
        };
        Document::parse(&drawn(&figure, size())).unwrap();
    }
}

#[test]
fn the_cells_of_a_map_lie_in_their_row_and_column_and_nan_has_none() {
    // One number in the second row and third column, a weaker one in the first cell.
    let mut values = vec![f32::NAN; 12];
    (values[0], values[6]) = (0.0, 2.0);
    let names = |n: usize| (0..n).map(|at| at.to_string()).collect();
    let figure = PrintFigure {
        body: FigureBody::Heat(HeatFigure {
            columns: names(4),
            rows: names(3),
            values,
            unit: "Weight".to_owned(),
            ..HeatFigure::default()
        }),
        ..PrintFigure::default()
    };
    let svg = drawn(&figure, size());
    let svg = Document::parse(&svg).unwrap();
    let outline = svg
        .descendants()
        .find(|node| node.attribute("fill") == Some("none") && node.has_tag_name("rect"))
        .unwrap();
    let [left, top, width, height] =
        ["x", "y", "width", "height"].map(|name| number(outline, name));
    let paths = svg.descendants().filter(|node| node.has_tag_name("path"));
    let cells: Vec<(&str, &str)> = paths
        .map(|node| {
            (
                node.attribute("d").unwrap(),
                node.attribute("fill").unwrap(),
            )
        })
        .collect();
    let start = |path: &str| -> [f64; 2] {
        let (x, rest) = path.strip_prefix('M').unwrap().split_once(' ').unwrap();
        [
            x.parse().unwrap(),
            rest.split('h').next().unwrap().parse().unwrap(),
        ]
    };
    // Viridis begins at #440154 and ends at #fde725 (matplotlib's own table).
    let [lowest, highest] = [cells[0], cells[1]];
    assert_eq!(
        (cells.len(), lowest.1, highest.1),
        (2, "#440154", "#fde725")
    );
    let ([x, y], [x0, y0]) = (start(highest.0), start(lowest.0));
    assert!(near(x0, left) && near(y0, top));
    assert!(
        near(x, left + width / 2.0) && near(y, top + height / 3.0),
        "{x} {y}"
    );
}

#[test]
fn a_figure_comes_back_from_its_file_as_it_was() {
    let mut figure = figure_of(
        vec![[1.0, 0.1 + 0.2], [2.0, 1e-300]],
        FigureAxis::default(),
        FigureAxis::default(),
    );
    figure.caption.push("影響 \"quoted\"\n".to_owned());
    let text = ron::to_string(&figure).unwrap();
    assert_eq!(ron::from_str::<PrintFigure>(&text).unwrap(), figure);
}

#[test]
fn pictures_have_the_size_that_was_asked_for_and_are_not_blank() {
    let figure = figure_of(
        vec![[1.0, 2.0], [2.0, 3.0]],
        FigureAxis::named("Epoch"),
        FigureAxis::named("Loss"),
    );
    let png = match pictured(&figure, size(), FigureForm::Png, 300) {
        Err(PictureError::NoFonts) => return,
        png => png.unwrap(),
    };
    let pixmap = Pixmap::decode_png(&png.bytes).unwrap();
    // 85 mm at 300 dots an inch are 1003.9 pixels.
    assert_eq!(pixmap.width(), 1004);
    let dark = pixmap
        .pixels()
        .iter()
        .filter(|pixel| pixel.red() < 128)
        .count();
    let share = dark as f64 / pixmap.pixels().len() as f64;
    assert!((0.005..0.2).contains(&share), "{share}");
    assert_eq!(png.doubt, None);
    let pdf = pictured(&figure, size(), FigureForm::Pdf, 300).unwrap();
    assert!(pdf.bytes.starts_with(b"%PDF-"));
    let svg = drawn(&figure, size());
    let two = pages_set("Two", &[svg.clone(), svg]).unwrap();
    let count =
        |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).filter(|w| w == &what).count();
    assert_eq!(
        (
            count(&pdf.bytes, b"/Count 1"),
            count(&two.bytes, b"/Count 2")
        ),
        (1, 1)
    );
    let huge = FigureSize {
        width_mm: 1200.0,
        ..size()
    };
    assert!(matches!(
        pictured(&figure, huge, FigureForm::Png, 2400),
        Err(PictureError::TooLarge { .. })
    ));
    // No font has a letter of the private area.
    let mut odd = figure;
    odd.title = "\u{10fffd}".to_owned();
    let odd = pictured(&odd, size(), FigureForm::Png, 72).unwrap();
    assert!(odd.doubt.unwrap().contains("fonts-noto-cjk"));
}

#[test]
fn a_text_is_wrapped_between_words_and_cut_where_there_is_no_room() {
    use super::svg::{cut, text_width, wrapped};
    let lines = wrapped("one two three four five six", 7.0, 40.0);
    assert!(lines.len() > 2 && lines.iter().all(|line| text_width(line, 7.0) <= 40.0));
    assert_eq!(lines.join(" "), "one two three four five six");
    assert!(wrapped(&"x".repeat(99), 7.0, 40.0).len() > 5);
    let short = cut("2026-11-30_2225_quickstart_9d19", 7.0, 60.0);
    assert!(short.ends_with('…') && text_width(&short, 7.0) <= 60.0);
}
