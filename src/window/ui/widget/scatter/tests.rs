//! A map of a hundred thousand points under the pointer, frame by frame.

use egui::{Event, RawInput, pos2, vec2};

use super::*;

/// Size of the window; the plot fills it but for its margins.
const SIZE: Vec2 = vec2(500.0, 400.0);

/// A plot of points in a window, and the frames it has painted.
struct Plot {
    ctx: egui::Context,
    scatter: Scatter,
    points: Arc<[[f32; 2]]>,
    colors: Arc<[Color32]>,
    tool: DragTool,
    time: f64,
    /// Room of the plot, and of the picture that was painted in it.
    rooms: Option<(Rect, Rect)>,
    pointed: ScatterPointed,
    /// Whether the last frame asked for another.
    wants_more: bool,
}

impl Plot {
    fn new(n_points: usize) -> Self {
        let number = |at: usize| ((at * 7919 % 40_009) as f32 * 0.0137).sin();
        let points = (0..n_points).map(|at| [number(2 * at), number(3 * at + 1)]);
        Self {
            ctx: egui::Context::default(),
            scatter: Scatter::default(),
            points: points.collect(),
            colors: vec![Color32::RED; n_points].into(),
            tool: DragTool::Move,
            time: 0.0,
            rooms: None,
            pointed: ScatterPointed::default(),
            wants_more: false,
        }
    }

    /// One frame; the number of points that it has drawn.
    fn frame(&mut self, events: Vec<Event>) -> usize {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.time),
            events,
            ..RawInput::default()
        };
        let next = |drawing: &Option<Drawing>| drawing.as_ref().map_or(0, Drawing::n_drawn);
        let before = next(&self.scatter.drawing);
        let was_shown = self.scatter.shown.as_ref().map(|picture| picture.key);
        let (scatter, points, colors) = (&mut self.scatter, &self.points, &self.colors);
        let (tool, pointed) = (self.tool, &mut self.pointed);
        let mut room = Rect::NOTHING;
        let output = self.ctx.run_ui(input, |ui| {
            let size = ui.available_size();
            room = whole_pixels(ui, Rect::from_min_size(ui.cursor().min, size));
            let shown = ScatterPoints {
                name: "Points",
                revision: 1,
                points,
                colors,
                colors_revision: 1,
                title: &|at| format!("point {at}"),
                marks: &[],
            };
            *pointed = scatter.ui(ui, size, tool, shown);
        });
        let picture = output
            .shapes
            .iter()
            .find_map(|clipped| match &clipped.shape {
                Shape::Mesh(mesh) => Some(mesh.calc_bounds()),
                _ => None,
            });
        self.rooms = picture.map(|picture| (room, picture));
        let delays = output.viewport_output.values().map(|it| it.repaint_delay);
        self.wants_more = delays.min() == Some(std::time::Duration::ZERO);
        output.drop_without_applying_deltas();
        let is_new = self.scatter.shown.as_ref().map(|picture| picture.key) != was_shown;
        let after = next(&self.scatter.drawing);
        match (is_new, self.scatter.drawing.is_some()) {
            (true, _) => self.points.len() - before,
            (false, true) => after - before,
            (false, false) => 0,
        }
    }

    /// Frames until the picture is that of what is in sight; how many there were.
    fn rest(&mut self) -> usize {
        for n in 1..200 {
            self.frame(Vec::new());
            if !self.wants_more && self.scatter.drawing.is_none() {
                return n;
            }
        }
        panic!("the picture is never drawn");
    }
}

fn press(at: Pos2, pressed: bool) -> Event {
    Event::PointerButton {
        pos: at,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::default(),
    }
}

#[test]
fn a_map_of_many_points_is_drawn_a_part_a_frame() {
    const N_POINTS: usize = 100_000;
    // A disc of so many points has nine pixels.
    let most = WORK_A_FRAME / 9 + 1;
    let mut plot = Plot::new(N_POINTS);
    let drawn = plot.frame(Vec::new());
    assert!(drawn > 0 && drawn <= most, "{drawn}");
    assert!(
        plot.wants_more && plot.rooms.is_none(),
        "half a picture is not painted"
    );
    assert!(plot.rest() <= N_POINTS / most + 3);
    let (room, picture) = plot.rooms.unwrap();
    assert_eq!(room, picture);
    assert_eq!(plot.frame(Vec::new()), 0, "a map at rest draws nothing");

    // While it is dragged, each frame draws no more than that, and the last picture goes along.
    let mut at = pos2(250.0, 200.0);
    plot.frame(vec![Event::PointerMoved(at)]);
    plot.frame(vec![press(at, true)]);
    let mut has_moved = false;
    for _ in 0..60 {
        at += vec2(2.0, 1.0);
        let drawn = plot.frame(vec![Event::PointerMoved(at)]);
        assert!(drawn <= most, "{drawn}");
        let (room, picture) = plot.rooms.unwrap();
        has_moved |= picture.min.x - room.min.x > 1.0;
        // A picture is never older than the frames that it takes.
        assert!(
            (picture.min - room.min).length() < 40.0,
            "{picture:?} in {room:?}"
        );
    }
    assert!(has_moved);
    plot.frame(vec![press(at, false)]);
    plot.rest();
    let (room, picture) = plot.rooms.unwrap();
    assert_eq!(room, picture);

    // And so it is while one comes nearer.
    for _ in 0..30 {
        let wheel = Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: vec2(0.0, 12.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: egui::Modifiers::default(),
        };
        assert!(plot.frame(vec![wheel]) <= WORK_A_FRAME);
    }
    plot.rest();
}

#[test]
fn a_lasso_tells_its_points_and_a_few_points_are_drawn_at_once() {
    let mut plot = Plot::new(200);
    assert_eq!(plot.frame(Vec::new()), 200);
    assert!(plot.rooms.is_some() && plot.scatter.drawing.is_none());
    plot.rest();
    plot.tool = DragTool::Lasso;
    let corners = [[20.0, 20.0], [480.0, 20.0], [480.0, 380.0], [20.0, 380.0]];
    let corners = corners.map(|[x, y]| pos2(x, y));
    plot.frame(vec![Event::PointerMoved(corners[0])]);
    plot.frame(vec![press(corners[0], true)]);
    for corner in corners {
        plot.frame(vec![Event::PointerMoved(corner)]);
    }
    plot.frame(vec![press(corners[3], false)]);
    let enclosed = plot.pointed.enclosed.clone().unwrap();
    assert_eq!(enclosed.len(), 200, "all of them");
}
