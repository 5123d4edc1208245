//! Charts, heatmaps and timelines do what a person expects of them: read with the pointer, pick
//! with a click, keep every extreme, upload nothing twice.

use egui::{Color32, Event, Pos2, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use proptest::prelude::*;
use seqscope::explain::{AskedThere, HeadSummary, Scored, TaskAnswers, TimelineStep, UserView};
use seqscope::run::{Curve, Part};
use seqscope::ui::widget::heatmap::{
    Allowance, ColorScale, Heatmap, HeatmapLabels, HeatmapMatrix, HeatmapStyle, Pointed, Thumbnail,
};
use seqscope::ui::widget::line_chart::{
    ChartData, ChartSeries, Chrome, LineChart, LinkedCursor, PlayheadLine, Reference,
};
use seqscope::ui::widget::timeline::{Timeline, TimelineData, summary};

fn title(at: usize) -> String {
    ["Alien", "Brazil", "Casablanca", "Dune"]
        .get(at)
        .map_or_else(|| format!("item {at}"), |t| (*t).to_owned())
}

// ---------------------------------------------------------------------------------------------
// Thinning
// ---------------------------------------------------------------------------------------------

proptest! {
    /// Whatever the curve, its highest and lowest number stay, nothing is invented, order stays,
    /// and no more than two points a pixel column are left.
    #[test]
    fn thinning_keeps_the_extremes(
        values in prop::collection::vec(-1e6_f64..1e6, 4000..7000),
        n_columns in 1_usize..2000,
    ) {
        let points: Vec<[f64; 2]> = values.iter().enumerate().map(|(x, y)| [x as f64, *y]).collect();
        let thinned = Curve::from(points.clone()).thinned([f64::NEG_INFINITY, f64::INFINITY], n_columns);
        let highest = |p: &[[f64; 2]]| p.iter().map(|p| p[1]).fold(f64::NEG_INFINITY, f64::max);
        let lowest = |p: &[[f64; 2]]| p.iter().map(|p| p[1]).fold(f64::INFINITY, f64::min);
        prop_assert_eq!(highest(&thinned).to_bits(), highest(&points).to_bits());
        prop_assert_eq!(lowest(&thinned).to_bits(), lowest(&points).to_bits());
        prop_assert!(thinned.len() <= 2 * n_columns + 6);
        prop_assert!(thinned.windows(2).all(|w| w[0][0] < w[1][0]), "in order, without repeats");
        prop_assert!(thinned.iter().all(|p| points[p[0] as usize][1].to_bits() == p[1].to_bits()), "nothing is invented");
    }
}

proptest! {
    /// In any part of a curve, the extremes of each pixel column are within two columns of their
    /// place, and what lies outside is not looked at but for one neighbour on either side.
    #[test]
    fn thinning_a_part_keeps_its_extremes(from in 0_usize..9_000, len in 2_usize..1_000, n_columns in 1_usize..200) {
        let y = |x: usize| ((x * 7919) % 1009) as f64;
        let curve: Curve = (0..10_000).map(|x| [x as f64, y(x)]).collect::<Vec<_>>().into();
        let to = from + len - 1;
        let thinned = curve.thinned([from as f64, to as f64], n_columns);
        prop_assert!(thinned.len() <= 2 * n_columns + 6, "{}", thinned.len());
        let (first, last) = (thinned[0][0] as usize, thinned[thinned.len() - 1][0] as usize);
        prop_assert_eq!((first, last), (from.saturating_sub(1), to + 1));
        let inside = |x: &usize| (first..=last).contains(x);
        let highest = (0..10_000).filter(inside).map(y).fold(f64::NEG_INFINITY, f64::max);
        let lowest = (0..10_000).filter(inside).map(y).fold(f64::INFINITY, f64::min);
        prop_assert_eq!(thinned.iter().map(|p| p[1]).fold(f64::NEG_INFINITY, f64::max).to_bits(), highest.to_bits());
        prop_assert_eq!(thinned.iter().map(|p| p[1]).fold(f64::INFINITY, f64::min).to_bits(), lowest.to_bits());
        // Two columns are 2 * (len + 2) / n_columns points wide: the extremes of any such window
        // are there.
        let window = (2 * (len + 2)).div_ceil(n_columns).max(8) * 2;
        for start in (first..last.saturating_sub(window)).step_by(window) {
            let here = |p: &&[f64; 2]| (start..start + window).contains(&(p[0] as usize));
            prop_assert!(thinned.iter().any(|p| here(&p)), "nothing is left of {start} and what \
                follows");
        }
    }
}

#[test]
fn thinning_keeps_each_spike_and_each_gap() {
    // 20,000 points on 10 columns, so stretches of 2,048 to 4,096: a spike in two of them, then a
    // gap.
    let mut points: Vec<[f64; 2]> = (0..20_000).map(|x| [f64::from(x), 0.0]).collect();
    points[123][1] = 9.0;
    points[15_000][1] = -7.0;
    let all = [f64::NEG_INFINITY, f64::INFINITY];
    let thinned = Curve::from(points.clone()).thinned(all, 10);
    assert!(
        thinned.contains(&[123.0, 9.0]) && thinned.contains(&[15_000.0, -7.0]),
        "{thinned:?}"
    );

    for point in &mut points[5_000..15_000] {
        point[1] = f64::NAN;
    }
    let thinned = Curve::from(points).thinned(all, 10);
    assert!(
        thinned.iter().any(|p| p[1].is_nan()),
        "a stretch of nothing but NaN stays a gap"
    );
    assert!(
        thinned.contains(&[15_000.0, -7.0]) && thinned.contains(&[19_999.0, 0.0]),
        "{thinned:?}"
    );
}

#[test]
fn thinning_to_a_zoomed_range_keeps_a_neighbour_on_either_side() {
    let points: Vec<[f64; 2]> = (0..100).map(|x| [f64::from(x), 1.0]).collect();
    let xs: Vec<f64> = Curve::from(points)
        .thinned([10.5, 12.5], 100)
        .iter()
        .map(|p| p[0])
        .collect();
    assert_eq!(xs, [10.0, 11.0, 12.0, 13.0]);
}

// ---------------------------------------------------------------------------------------------
// Curves
// ---------------------------------------------------------------------------------------------

fn chart() -> LineChart {
    let series = |name: &str, points: Vec<[f64; 2]>| ChartSeries {
        name: name.to_owned(),
        color: Color32::LIGHT_BLUE,
        points: points.into(),
        keep_raw: false,
    };
    let mut chart = LineChart::new("Loss");
    chart.set(ChartData {
        x_label: "Epoch".to_owned(),
        y_label: "Loss (nats an event)".to_owned(),
        series: vec![
            series("training", vec![[1.0, 4.0], [2.0, 3.0], [3.0, 2.5]]),
            series("validation, smoothed", vec![[1.0, 4.5], [3.0, 3.5]]),
        ],
        references: vec![Reference {
            name: "Popularity".to_owned(),
            value: 5.0,
        }],
        ..ChartData::default()
    });
    chart
}

fn chart_harness<'a>() -> Harness<'a, LineChart> {
    Harness::builder()
        .with_size(vec2(900.0, 400.0))
        .build_ui_state(
            |ui, chart: &mut LineChart| chart.ui(ui, 360.0, Chrome::Full),
            chart(),
        )
}

#[test]
fn a_chart_copies_its_numbers_as_csv() {
    let mut harness = chart_harness();
    harness.get_by_label("Copy as CSV").click();
    harness.step();
    let commands = &harness.output().platform_output.commands;
    let copied = commands.iter().find_map(|c| {
        if let egui::OutputCommand::CopyText(t) = c {
            Some(t.as_str())
        } else {
            None
        }
    });
    // The comma in a name is quoted; where a curve has no number the field is empty.
    let wanted = "Epoch,training,\"validation, smoothed\"\n1,4,4.5\n2,3,\n3,2.5,3.5\n";
    assert_eq!(copied, Some(wanted));
}

#[test]
fn a_chart_shows_its_numbers_as_a_table() {
    let mut harness = chart_harness();
    harness.run();
    assert!(harness.query_by_label("4.5").is_none());
    harness.get_by_label("Table").click();
    harness.run();
    harness.get_by_label("4.5");
}

#[test]
fn the_hover_table_reads_every_curve_at_the_nearest_epoch() {
    let mut harness = chart_harness();
    harness.run();
    // The plot fills the window; three epochs from 1 to 3: its right end is epoch 3.
    harness.hover_at(pos2(870.0, 200.0));
    harness.run();
    harness.get_by_label("Epoch 3");
    harness.get_by_label("2.5");
    harness.get_by_label("3.5");
}

#[test]
fn a_name_in_the_legend_hides_its_curve() {
    let mut harness = chart_harness();
    harness.run();
    harness.get_by_label("training").click();
    harness.run();
    harness.hover_at(pos2(870.0, 200.0));
    harness.run();
    assert!(
        harness.query_by_label("2.5").is_none(),
        "a hidden curve has no row in the hover table"
    );
    harness.get_by_label("3.5");
}

/// Two charts of one page.
struct Linked {
    large: LineChart,
    small: LineChart,
    cursor: LinkedCursor,
    playhead: Vec<PlayheadLine>,
    clicked: Option<f64>,
}

fn linked_harness<'a>() -> Harness<'a, Linked> {
    let mut small = LineChart::new("Learning rate");
    small.set(ChartData {
        series: vec![ChartSeries {
            name: "lr".to_owned(),
            color: Color32::LIGHT_BLUE,
            points: vec![[1.0, 0.75], [2.0, 0.625], [3.0, 0.375]].into(),
            keep_raw: true,
        }],
        ..ChartData::default()
    });
    let state = Linked {
        large: chart(),
        small,
        cursor: LinkedCursor::default(),
        playhead: Vec::new(),
        clicked: None,
    };
    let paint = |ui: &mut egui::Ui, state: &mut Linked| {
        state.cursor.begin(state.playhead.clone());
        // The small one first: it hears of the pointer in the next frame.
        state
            .small
            .linked(ui, 150.0, Chrome::Small, &mut state.cursor);
        state
            .large
            .linked(ui, 360.0, Chrome::Full, &mut state.cursor);
        let clicked = state.cursor.end(ui.ctx());
        state.clicked = clicked.or(state.clicked);
    };
    Harness::builder()
        .with_size(vec2(900.0, 560.0))
        .build_ui_state(paint, state)
}

#[test]
fn charts_of_a_page_share_one_cursor_and_a_click_tells_its_place() {
    let mut harness = linked_harness();
    harness.run();
    assert!(harness.query_by_label("0.375").is_none());
    harness.hover_at(pos2(870.0, 380.0));
    harness.run();
    harness.get_by_label("Epoch 3");
    harness.get_by_label("0.375");
    for pressed in [true, false] {
        harness.event(Event::PointerButton {
            pos: pos2(870.0, 380.0),
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        });
        harness.step();
    }
    harness.run();
    assert_eq!(harness.state().clicked, Some(3.0));
    // Without a pointer the numbers are those at the playhead.
    harness.event(Event::PointerGone);
    harness.run();
    assert!(harness.query_by_label("0.375").is_none());
    harness.state_mut().playhead = vec![PlayheadLine {
        x: 2.0,
        color: None,
    }];
    harness.run();
    harness.get_by_label("0.625");
}

#[test]
fn a_logarithmic_x_axis_reads_the_same_numbers() {
    let mut harness = linked_harness();
    harness.run();
    harness.get_by_label("Log x").click();
    harness.run();
    harness.hover_at(pos2(870.0, 380.0));
    harness.run();
    harness.get_by_label("Epoch 3");
    harness.get_by_label("2.5");
    assert!(harness.run() <= 2, "it comes to rest");
}

/// Ten curves of 100,000 points each.
fn long_chart() -> LineChart {
    let points = |at: usize| {
        (0..100_000)
            .map(move |x| [x as f64, ((x * 7919 + at) % 997) as f64])
            .collect::<Vec<_>>()
    };
    let series = |at: usize| ChartSeries {
        name: format!("run {at}"),
        color: Color32::LIGHT_BLUE,
        points: points(at).into(),
        keep_raw: false,
    };
    let mut chart = LineChart::new("Loss");
    chart.set(ChartData {
        series: (0..10).map(series).collect(),
        ..ChartData::default()
    });
    chart
}

/// Points of all lines in a picture.
fn n_line_points(shapes: &[egui::epaint::ClippedShape]) -> usize {
    fn of(shape: &egui::Shape) -> usize {
        match shape {
            egui::Shape::Vec(shapes) => shapes.iter().map(of).sum(),
            egui::Shape::Path(path) => path.points.len(),
            egui::Shape::LineSegment { .. } => 2,
            _ => 0,
        }
    }
    shapes.iter().map(|clipped| of(&clipped.shape)).sum()
}

#[test]
fn a_million_points_are_painted_by_as_many_as_there_are_pixels() {
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 400.0))
        .build_ui_state(
            |ui, chart: &mut LineChart| chart.ui(ui, 360.0, Chrome::Full),
            long_chart(),
        );
    harness.run();
    // Two points for each of 900 columns and curve; grid lines and samples of the legend are few.
    let most = 10 * (2 * 900 + 6) + 500;
    let whole = n_line_points(&harness.output().shapes);
    assert!(
        (5_000..most).contains(&whole),
        "{whole} points for the whole"
    );
    // The wheel zooms in: the points are others, and no more.
    harness.hover_at(pos2(450.0, 250.0));
    harness.step();
    harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 600.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    });
    harness.run_steps(20);
    let zoomed = n_line_points(&harness.output().shapes);
    assert!(
        (5_000..most).contains(&zoomed) && zoomed != whole,
        "{zoomed} points zoomed, {whole} before"
    );
}

#[test]
fn a_chart_at_rest_is_painted_without_a_look_at_its_points() {
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 400.0))
        .build_ui_state(
            |ui, chart: &mut LineChart| chart.ui(ui, 360.0, Chrome::Full),
            long_chart(),
        );
    harness.run();
    // `run` returns once nothing asks for a further frame.
    assert!(harness.run() <= 2, "a chart at rest asks for no frame");
    // Some numbers are 0, so each curve is looked through once: one a frame.
    harness.get_by_label("Log").click();
    harness.run_steps(15);
    assert!(harness.run() <= 2, "it comes to rest again");
}

// ---------------------------------------------------------------------------------------------
// Heatmaps
// ---------------------------------------------------------------------------------------------

/// 64 maps of 200 × 200 in a grid.
fn paint_grid(ui: &mut egui::Ui, maps: &mut [Heatmap], values: &[f32], content: u64) {
    let mut allowance = Allowance::of_a_frame();
    let matrix = HeatmapMatrix {
        values,
        n_rows: 200,
        n_cols: 200,
        is_causal: true,
    };
    egui::Grid::new("maps").show(ui, |ui| {
        for (at, map) in maps.iter_mut().enumerate() {
            let small = Thumbnail {
                name: "map",
                hint: "",
                scale: ColorScale::OfRow,
                side: 60.0,
            };
            map.thumbnail(
                ui,
                content * 100 + at as u64,
                &matrix,
                small,
                &mut allowance,
            );
            if at % 8 == 7 {
                ui.end_row();
            }
        }
    });
}

#[test]
fn many_maps_are_uploaded_a_few_a_frame_and_each_once() {
    let ctx = egui::Context::default();
    let values: Vec<f32> = (0..40_000).map(|at| (at % 7) as f32 / 7.0).collect();
    let mut maps: Vec<Heatmap> = (0..64).map(|_| Heatmap::default()).collect();
    let mut uploads = |content: u64| {
        let rect = egui::Rect::from_min_size(Pos2::ZERO, vec2(900.0, 900.0));
        let input = egui::RawInput {
            screen_rect: Some(rect),
            ..egui::RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| paint_grid(ui, &mut maps, &values, content));
        let mut textures = std::mem::take(&mut output.textures_delta);
        let set = std::mem::take(&mut textures.set);
        textures.free.clear();
        // Maps of 200 cells on 60 pixels: four cells each way are one pixel.
        set.values()
            .flatten()
            .filter(|delta| delta.image.size() == [50, 50])
            .count()
    };
    for content in [0, 1] {
        let frames: Vec<usize> = (0..40).map(|_| uploads(content)).collect();
        assert_eq!(frames.iter().sum::<usize>(), 64, "each once: {frames:?}");
        assert!(frames.iter().all(|n| *n <= 4), "a few a frame: {frames:?}");
        assert!(
            frames[20..].iter().all(|n| *n == 0),
            "nothing more once all are there: {frames:?}"
        );
    }
}

#[derive(Default)]
struct Map {
    heatmap: Heatmap,
    content: u64,
    pointed: Pointed,
    clicked: Option<(usize, usize)>,
}

/// Four by four, causal: nothing above the diagonal.
fn weights() -> Vec<f32> {
    vec![
        1.0, 0.0, 0.0, 0.0, 0.25, 0.75, 0.0, 0.0, 0.125, 0.5, 0.375, 0.0, 0.1, 0.2, 0.3, 0.4,
    ]
}

fn paint_map(ui: &mut egui::Ui, map: &mut Map) {
    let values = weights();
    let matrix = HeatmapMatrix {
        values: &values,
        n_rows: 4,
        n_cols: 4,
        is_causal: true,
    };
    let words = HeatmapLabels {
        name: "Attention",
        row_axis: "after",
        col_axis: "looks at",
        value: "weight",
        nothing: "not seen yet",
        row_title: &title,
        col_title: &title,
    };
    let look = HeatmapStyle {
        words: &words,
        scale: ColorScale::OfRow,
        size: vec2(500.0, 500.0),
        selected_row: Some(1),
    };
    map.pointed = map.heatmap.ui(ui, map.content, &matrix, look);
    map.clicked = map.clicked.or(map.pointed.clicked);
}

fn map_harness<'a>() -> Harness<'a, Map> {
    Harness::builder()
        .with_size(Vec2::splat(560.0))
        .build_ui_state(paint_map, Map::default())
}

/// The screen position of a cell, found by moving the pointer until the map says so.
fn point_at(harness: &mut Harness<'_, Map>, cell: (usize, usize)) -> Pos2 {
    for y in (4..500).step_by(7) {
        for x in (4..500).step_by(7) {
            let at = pos2(x as f32, y as f32);
            harness.hover_at(at);
            harness.step();
            harness.step();
            if harness.state().pointed.hovered == Some(cell) {
                return at;
            }
        }
    }
    panic!("no pixel of the map belongs to {cell:?}");
}

#[test]
fn hovering_a_cell_names_both_items_and_the_weight() {
    let mut harness = map_harness();
    point_at(&mut harness, (2, 1));
    harness.run();
    harness.get_by_label("after Casablanca");
    harness.get_by_label("looks at Brazil");
    harness.get_by_label("weight 0.5");
}

#[test]
fn a_cell_that_could_not_be_looked_at_is_not_a_zero() {
    let mut harness = map_harness();
    point_at(&mut harness, (0, 2));
    harness.run();
    harness.get_by_label("not seen yet");
    assert!(harness.query_by_label_contains("weight").is_none());
}

#[test]
fn clicking_a_cell_tells_which() {
    let mut harness = map_harness();
    let at = point_at(&mut harness, (3, 0));
    harness.drag_at(at);
    harness.step();
    harness.drop_at(at);
    harness.step();
    assert_eq!(harness.state().clicked, Some((3, 0)));
}

#[test]
fn a_heatmap_is_uploaded_once_and_again_only_when_its_numbers_change() {
    let ctx = egui::Context::default();
    let mut map = Map::default();
    // Uploads of a picture of four by four cells in one frame.
    let mut uploads = |content: u64| {
        map.content = content;
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| paint_map(ui, &mut map));
        // Taken, because dropping pictures that nobody has uploaded panics.
        let mut textures = std::mem::take(&mut output.textures_delta);
        let set = std::mem::take(&mut textures.set);
        textures.free.clear();
        set.values()
            .flatten()
            .filter(|delta| delta.image.size() == [4, 4])
            .count()
    };
    assert_eq!(uploads(0), 1, "the first time");
    assert_eq!(uploads(0), 0, "nothing changed");
    assert_eq!(uploads(1), 1, "other numbers");
    assert_eq!(uploads(1), 0, "nothing changed");
}

// ---------------------------------------------------------------------------------------------
// Timelines
// ---------------------------------------------------------------------------------------------

#[derive(Default)]
struct History {
    timeline: Timeline,
    steps: Vec<TimelineStep>,
    selected: Option<usize>,
}

fn step(position: usize, item_idx: u32, rank: Option<f64>) -> TimelineStep {
    let scored = |item_idx, probability| Scored {
        item_idx,
        probability,
    };
    TimelineStep {
        position,
        item_idx,
        part: if position >= 3 {
            Part::Test
        } else {
            Part::Train
        },
        rank,
        probability: rank.map(|r| (0.5 / r) as f32),
        top: rank
            .map(|_| vec![scored(1, 0.5), scored(2, 0.25)])
            .unwrap_or_default(),
    }
}

/// The model's window starts at the third event, so positions and rows differ.
fn history_harness<'a>() -> Harness<'a, History> {
    let steps = vec![
        step(2, 0, None),
        step(3, 1, Some(1.0)),
        step(4, 3, Some(40.0)),
    ];
    let paint = |ui: &mut egui::Ui, history: &mut History| {
        let title = |item: u32| title(item as usize);
        let data = TimelineData {
            steps: &history.steps,
            n_items: 100,
            said: None,
            title: &title,
        };
        let clicked = history.timeline.ui(ui, &data, history.selected);
        history.selected = clicked.or(history.selected);
    };
    Harness::builder()
        .with_size(vec2(900.0, 420.0))
        .build_ui_state(
            paint,
            History {
                steps,
                ..History::default()
            },
        )
}

#[test]
fn clicking_a_row_selects_its_event() {
    let mut harness = history_harness();
    harness.run();
    harness.get_by_label("Dune").click();
    harness.run();
    assert_eq!(harness.state().selected, Some(4));
}

#[test]
fn the_strip_tells_an_event_on_hover_and_selects_it_on_click() {
    let mut harness = history_harness();
    harness.run();
    let strip = harness.get_by_label("Timeline of 3 events").rect();
    let second = pos2(strip.left() + strip.width() * 0.5, strip.center().y);
    harness.hover_at(second);
    harness.run();
    harness.get_by_label("Event 4: Brazil");
    harness.get_by_label("Part: test");
    harness.get_by_label("Rank 1 of 100, probability 50 % over all items");
    harness.get_by_label("✔ Brazil (50 %)");
    harness.event(Event::PointerButton {
        pos: second,
        button: egui::PointerButton::Primary,
        pressed: true,
        modifiers: egui::Modifiers::NONE,
    });
    harness.step();
    harness.drop_at(second);
    harness.step();
    assert_eq!(harness.state().selected, Some(3));
}

#[test]
fn a_timeline_of_another_task_speaks_its_words() {
    let said = TaskAnswers {
        classes: vec!["view".to_owned(), "cart".to_owned()],
        unit: "",
        first: 2,
        rows: vec![vec![0.75, 0.25], vec![0.4, 0.6], vec![0.5, 0.5]],
        asked: [Some(0.0), Some(0.0), None]
            .map(|truth| {
                Some(AskedThere {
                    part: Part::Train,
                    truth: Some(truth?),
                })
            })
            .into(),
        now: None,
    };
    let steps = vec![step(2, 0, None), step(3, 1, None), step(4, 3, None)];
    let paint = |ui: &mut egui::Ui, history: &mut History| {
        let title = |item: u32| title(item as usize);
        let data = TimelineData {
            steps: &history.steps,
            n_items: 100,
            said: Some(&said),
            title: &title,
        };
        let clicked = history.timeline.ui(ui, &data, history.selected);
        history.selected = clicked.or(history.selected);
    };
    let history = History {
        steps,
        ..History::default()
    };
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 420.0))
        .build_ui_state(paint, history);
    harness.run();
    harness.get_by_label("In truth");
    harness.get_by_label("✔ view 75 % · cart 25 %");
    harness.get_by_label("cart 60 % · ✔ view 40 %");
    assert!(
        harness.query_by_label("Rank").is_none(),
        "a place among two classes is none"
    );
    let strip = harness.get_by_label("Timeline of 3 events").rect();
    harness.hover_at(pos2(strip.left() + strip.width() * 0.5, strip.center().y));
    harness.run();
    harness.get_by_label("After event 4: Brazil");
    harness.get_by_label("In truth view");
    harness.get_by_label("Dune").click();
    harness.run();
    assert_eq!(harness.state().selected, Some(4));
}

#[test]
fn the_summary_counts_hits_of_events_that_had_a_prediction() {
    let timeline = vec![
        step(2, 0, None),
        step(3, 1, Some(1.0)),
        step(4, 3, Some(40.0)),
    ];
    let view = UserView {
        user_idx: 0,
        timeline,
        next: Vec::new(),
        attention: None,
        heads: HeadSummary::default(),
        said: None,
    };
    assert_eq!(
        summary(&view),
        "1 of 2 events among the first 10 · test rank 40"
    );
}

#[test]
fn a_long_timeline_paints_only_what_is_in_sight() {
    let n_shapes = |n: usize| {
        let steps = (0..n).map(|p| step(p, 1, Some(3.0))).collect();
        let mut harness = history_harness();
        harness.state_mut().steps = steps;
        harness.run();
        harness.output().shapes.len()
    };
    let (hundred, thousands) = (n_shapes(300), n_shapes(20_000));
    assert!(
        thousands < hundred * 2,
        "{hundred} shapes for 300 events, {thousands} for 20,000"
    );
}
