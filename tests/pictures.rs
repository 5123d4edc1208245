//! Pictures of every page and view of the window, for eyes: each in two sizes, dark and light, in
//! English and Chinese. Neither display nor GPU is needed; the pictures are drawn by wgpu.
//!
//!     SEQSCOPE_RUNS=RUNS cargo test --test pictures
//!     SEQSCOPE_RUNS=RUNS SEQSCOPE_ONLY=compare,gates SEQSCOPE_WAYS=1280,light cargo test --test pictures
//!     montage OUT/compare*.png -geometry 960x600+4+4 -tile 2x sheet.png
//!
//! What is looked at stands in `pictures.txt`, a line a picture; the runs are those of a folder of
//! yours. Beside the pictures lies `english.txt`: what is shown in Chinese with English words in it
//! (titles of the data among them).
#![expect(
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool for the terminal of whoever paints"
)]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{By, Queryable as _};
use seqscope::app::{
    Action, AppOptions, Arrange, ExplainView, FilePicker, Page, PickKind, ReadyLayout, Scale,
    Select, ThemeChoice, TileSide, TourAction, TrainStrip, run_name,
};
use seqscope::language::Language;
use seqscope::run::{RunId, RunStore};
use seqscope::train::StopMode;
use seqscope::ui::Window;
use strum::IntoEnumIterator as _;

/// What is looked at.
const SCRIPT: &str = include_str!("pictures.txt");

/// Longest wait until a window is at rest; then it is painted as it is.
const PATIENCE: Duration = Duration::from_secs(20);

/// Frames without a wish for another that make a window be at rest.
const AT_REST: usize = 4;

struct NoDialog;

impl FilePicker for NoDialog {
    fn pick(&self, _kind: PickKind) -> Result<Option<PathBuf>, String> {
        Err("No dialog here; type the path.".to_owned())
    }
}

/// Way in which a picture is painted.
#[derive(Clone, Copy)]
struct Way {
    size: [f32; 2],
    theme: ThemeChoice,
    language: Language,
}

/// The way in which steps are taken.
const PLAIN: Way = Way {
    size: [1280.0, 800.0],
    theme: ThemeChoice::Dark,
    language: Language::English,
};

impl Way {
    fn all() -> Vec<Self> {
        let mut ways = Vec::new();
        for language in [Language::English, Language::Chinese] {
            for theme in [ThemeChoice::Dark, ThemeChoice::Light] {
                for size in [[1280.0, 800.0], [1920.0, 1080.0]] {
                    ways.push(Self {
                        size,
                        theme,
                        language,
                    });
                }
            }
        }
        ways
    }

    /// Name of it in that of a file.
    fn name(self) -> String {
        let theme = match self.theme {
            ThemeChoice::Dark => "dark",
            ThemeChoice::Light => "light",
            ThemeChoice::System => "system",
        };
        let language = match self.language {
            Language::English => "en",
            Language::Chinese => "zh",
        };
        format!("{}-{theme}-{language}", self.size[0])
    }
}

/// The window, and where its pictures go.
struct Walk {
    harness: Harness<'static, Window>,
    out: PathBuf,
    english: BTreeSet<String>,
}

fn open(runs: Option<PathBuf>) -> Harness<'static, Window> {
    // Of a window with no runs, so long as it paints.
    let nothing = std::env::temp_dir().join(format!("seqscope-none-{}", std::process::id()));
    let store = RunStore::at(runs.unwrap_or(nothing));
    let builder = Harness::builder().with_size(PLAIN.size);
    builder.allow_missing_glyphs().build_eframe(move |cc| {
        let ctx = cc.egui_ctx.clone();
        let options = AppOptions {
            store,
            waker: Arc::new(move || ctx.request_repaint()),
            picker: Arc::new(NoDialog),
            open: None,
            recent: vec!["/data/clicks.csv".into()],
            theme: PLAIN.theme,
            language: PLAIN.language,
        };
        Window::new(&cc.egui_ctx, options)
    })
}

impl Walk {
    fn rest(&mut self) {
        let start = Instant::now();
        let mut n_still = 0;
        while n_still < AT_REST && start.elapsed() < PATIENCE {
            self.harness.step();
            let outputs = &self.harness.output().viewport_output;
            let delay = outputs.values().map(|output| output.repaint_delay).min();
            let is_still = delay.is_none_or(|delay| delay > Duration::from_millis(300));
            n_still = if is_still { n_still + 1 } else { 0 };
            std::thread::sleep(Duration::from_millis(6));
        }
        if n_still < AT_REST {
            eprintln!("    is not at rest");
        }
    }

    fn apply(&mut self, action: Action) {
        self.harness.state_mut().app_mut().apply(action);
    }

    fn dress(&mut self, way: Way) {
        // As on a screen of this size, however large everything is.
        let zoom = self.harness.state().app().arrangement.zoom();
        self.harness.set_size(egui::Vec2::from(way.size) / zoom);
        self.apply(Action::SetTheme(way.theme));
        self.apply(Action::SetLanguage(way.language));
        self.harness.run_steps(3);
        self.rest();
    }

    /// One picture in each of these ways.
    fn picture(&mut self, name: &str, ways: &[Way]) {
        for way in ways {
            self.dress(*way);
            if way.language == Language::Chinese {
                self.note_english(name);
            }
            match self.harness.render() {
                Ok(image) => {
                    let path = self.out.join(format!("{name}-{}.png", way.name()));
                    image.save(path).unwrap();
                }
                Err(why) => panic!("no picture can be drawn here: {why}"),
            }
        }
        self.dress(PLAIN);
    }

    fn note_english(&mut self, name: &str) {
        let found = RefCell::new(BTreeSet::new());
        let all = By::new().predicate(|node| {
            let texts = [node.label(), node.value()];
            found.borrow_mut().extend(texts.into_iter().flatten());
            false
        });
        assert_eq!(self.harness.query_all(all).count(), 0);
        let has_word = |text: &String| {
            let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
            words.any(|word| word.len() >= 3)
        };
        let told = found.into_inner().into_iter().filter(has_word);
        self.english
            .extend(told.map(|text| format!("{text:?}    {name}")));
    }

    /// Takes one step, in the words of the script.
    fn step(&mut self, step: &str) {
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        match word {
            "page" => self.apply(Action::GoTo(known(Page::iter(), rest))),
            "run" => self.of_run(rest, |run| Action::Select(Select::Run(run))),
            "with" => self.of_run(rest, |run| Action::Select(Select::SecondRun(Some(run)))),
            "draw" => self.of_run(rest, |run| Action::Select(Select::ToggleCompared(run))),
            "beside" => self.apply(Action::Select(Select::Beside(rest == "on"))),
            "view" => self.apply(Action::Select(Select::View(known(
                ExplainView::iter(),
                rest,
            )))),
            "strip" => self.apply(Action::Select(Select::Strip(known(
                TrainStrip::iter(),
                rest,
            )))),
            "layout" => {
                let ready = known(ReadyLayout::iter(), rest);
                self.apply(Action::Arrange(Arrange::Ready(ready)));
            }
            "add" => {
                let view = known(ExplainView::iter(), rest);
                let at = self.harness.state().app().active_view();
                let side = Some(TileSide::Right);
                self.apply(Action::Arrange(Arrange::Put { view, at, side }));
            }
            "scale" => self.apply(Action::Arrange(Arrange::Scale(Scale::from(
                rest.parse::<u16>().unwrap(),
            )))),
            "user" => self.apply(Action::Select(Select::User(rest.to_owned()))),
            "next" => self.apply(Action::Select(Select::StepUser(rest.parse().unwrap()))),
            "event" => self.apply(Action::Select(Select::Event(rest.parse().ok()))),
            "open" => self.apply(Action::OpenExperiment(rest.into())),
            "log" => self.apply(Action::OpenData(rest.into())),
            "prepare" => self.apply(Action::Prepare),
            "start" => self.apply(Action::Start),
            "pause" => self.apply(Action::Pause),
            "discard" => self.apply(Action::Stop(StopMode::Discard)),
            "tour" => self.apply(Action::Tour(TourAction::Take)),
            "test" => self.apply(Action::TestDifferences),
            "example" => self.apply(Action::OpenExample),
            "wait" => {
                let until = Instant::now() + Duration::from_secs(rest.parse().unwrap());
                while Instant::now() < until {
                    self.harness.step();
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            "key" => {
                let modifiers = match rest.split_once('+') {
                    Some(("ctrl", _)) => egui::Modifiers::COMMAND,
                    _ => egui::Modifiers::NONE,
                };
                let name = rest.rsplit('+').next().unwrap();
                let key = egui::Key::from_name(name).unwrap();
                self.harness.key_press_modifiers(modifiers, key);
            }
            "type" => self.harness.event(egui::Event::Text(rest.to_owned())),
            "click" | "point" => self.at(rest, word == "click"),
            // From the pointer's place.
            "scroll" => self.harness.event(egui::Event::MouseWheel {
                unit: egui::MouseWheelUnit::Point,
                delta: egui::vec2(0.0, -rest.parse::<f32>().unwrap()),
                phase: egui::TouchPhase::Move,
                modifiers: egui::Modifiers::NONE,
                source: egui::MouseWheelSource::Unknown,
            }),
            _ => panic!("`{step}` is no step"),
        }
        self.harness.run_steps(4);
        if word != "start" {
            self.rest();
        }
    }

    /// Clicks what reads so, or begins so, or a place `X,Y`; or only points there.
    fn at(&mut self, words: &str, is_click: bool) {
        let place = words.split_once(',').and_then(|(x, y)| {
            let (x, y) = (x.trim().parse().ok()?, y.trim().parse().ok()?);
            Some(egui::pos2(x, y))
        });
        if let Some(place) = place {
            self.harness.hover_at(place);
            if is_click {
                self.harness.step();
                self.harness.drag_at(place);
                self.harness.step();
                self.harness.drop_at(place);
            }
            return;
        }
        let harness = &self.harness;
        let exact = harness.query_all_by_label(words).next();
        let node = exact.or_else(|| harness.query_all_by_label_contains(words).next());
        match node {
            Some(node) if is_click => node.click(),
            Some(node) => node.hover(),
            None => eprintln!("    `{words}` is not in sight"),
        }
    }

    /// Does something to the first run, or the one of this number, whose name holds these words.
    fn of_run(&mut self, words: &str, ask: impl Fn(RunId) -> Action) {
        let (words, at) = match words.rsplit_once(' ') {
            Some((words, at)) if at.parse::<usize>().is_ok() => (words, at.parse().unwrap()),
            _ => (words, 1),
        };
        let app = self.harness.state().app();
        let mut runs = app.runs.ready().into_iter().flatten();
        let is_meant = |name: String| name.to_lowercase().contains(&words.to_lowercase());
        let run = runs
            .by_ref()
            .filter(|run| is_meant(run_name(run)))
            .nth(at - 1)
            .map(|run| run.id.clone());
        match run {
            Some(run) => self.apply(ask(run)),
            None => eprintln!("    there is no run {words} {at}"),
        }
    }
}

/// The one of these that is called so.
fn known<T: std::fmt::Display>(all: impl Iterator<Item = T>, name: &str) -> T {
    let mut all = all;
    all.find(|one| one.to_string() == name)
        .unwrap_or_else(|| panic!("`{name}` is unknown"))
}

/// What an environment variable lists, comma by comma.
fn listed(variable: &str) -> Vec<String> {
    let text = std::env::var(variable).unwrap_or_default();
    let parts = text.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn pictures_of_every_view() {
    let out = std::env::var_os("SEQSCOPE_PICTURES").map_or_else(
        || PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures"),
        PathBuf::from,
    );
    std::fs::create_dir_all(&out).unwrap();
    eprintln!("pictures go to {}", out.display());
    let (only, parts) = (listed("SEQSCOPE_ONLY"), listed("SEQSCOPE_WAYS"));
    let is_wanted = |name: &str| only.is_empty() || only.iter().any(|part| name.contains(part));
    let ways: Vec<Way> = Way::all()
        .into_iter()
        .filter(|way| parts.iter().all(|part| way.name().contains(part)))
        .collect();
    let script = std::env::var("SEQSCOPE_SCRIPT").map_or_else(
        |_| SCRIPT.to_owned(),
        |path| std::fs::read_to_string(path).unwrap(),
    );
    let lines = script.lines().map(str::trim);
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let mut english = BTreeSet::new();
    // Each window is one for itself: where none of its pictures is wanted it is not opened.
    for section in lines.split(|line| *line == "---") {
        let names: Vec<&str> = section.iter().map(|line| name_of(line)).collect();
        let Some(last) = names.iter().rposition(|name| is_wanted(name)) else {
            continue;
        };
        let has_runs = !names.iter().any(|name| name.starts_with("first"));
        let runs = std::env::var_os("SEQSCOPE_RUNS").map(PathBuf::from);
        let mut walk = Walk {
            harness: open(runs.filter(|_| has_runs)),
            out: out.clone(),
            english: BTreeSet::new(),
        };
        walk.rest();
        for line in section.iter().take(last + 1) {
            let name = name_of(line);
            eprintln!("{name}");
            let steps = line.split_once(':').map_or("", |(_, steps)| steps);
            for step in steps.split(';').map(str::trim) {
                if !step.is_empty() {
                    walk.step(step);
                }
            }
            if is_wanted(name) {
                walk.picture(name, &ways);
            }
        }
        english.append(&mut walk.english);
    }
    let english: Vec<String> = english.into_iter().collect();
    std::fs::write(out.join("english.txt"), english.join("\n")).unwrap();
}

fn name_of(line: &str) -> &str {
    line.split(':').next().unwrap_or(line)
}
