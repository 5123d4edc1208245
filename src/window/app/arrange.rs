//! Frame of the window: how large everything is, what stands around the page, and how the views of
//! Explain share it.

use serde::{Deserialize, Serialize};

use super::layout::{Layout, ReadyLayout, TileSide};
use super::train_charts::{ChartChange, TrainCharts};
use super::{App, ExplainView, Page, Tone};
use seqscope_engine::run::RunId;
use seqscope_model::ModelKind;

/// Version of what is kept; a later one is told and left alone.
const VERSION: u32 = 1;

/// Layouts that can be taken back.
const BEFORE_KEPT: usize = 50;

/// Layouts that are kept by name, at most.
const NAMED_KEPT: usize = 20;

/// Size of a presentation over that of the window before it.
const PRESENTED: f32 = 1.3;

/// Size of everything, in percent of the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u16", into = "u16")]
pub struct Scale(u16);

impl From<u16> for Scale {
    fn from(percent: u16) -> Self {
        Self(percent.clamp(Self::STEPS[0], Self::STEPS[Self::STEPS.len() - 1]))
    }
}

impl From<Scale> for u16 {
    fn from(scale: Scale) -> Self {
        scale.0
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self(100)
    }
}

impl Scale {
    /// The sizes that are offered, in percent.
    pub const STEPS: [u16; 6] = [100, 110, 125, 150, 175, 200];

    /// The size in percent.
    #[must_use]
    pub fn percent(self) -> u16 {
        self.0
    }

    fn larger(self) -> Option<Self> {
        let mut steps = Self::STEPS.into_iter();
        steps.find(|step| *step > self.0).map(Self)
    }

    fn smaller(self) -> Option<Self> {
        let mut steps = Self::STEPS.into_iter().rev();
        steps.find(|step| *step < self.0).map(Self)
    }
}

/// Change to the frame of the window.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrange {
    /// Everything one step larger.
    Larger,
    /// Everything one step smaller.
    Smaller,
    /// Everything in this size.
    Scale(Scale),
    /// Show or hide the list of runs at the left.
    FoldRuns,
    /// Show or hide what stands at the right of a view.
    FoldSide,
    /// Begin or end a presentation: the page alone, large.
    Present,
    /// One of the ready layouts.
    Ready(ReadyLayout),
    /// A layout that was kept by name.
    Named(String),
    /// Keep the present layout under a name; one of that name is replaced.
    Keep(String),
    /// Forget the layout of this name.
    Forget(String),
    /// Put a view beside another, or in its place.
    Put {
        /// The view, which may be shown already.
        view: ExplainView,
        /// The view that it goes to.
        at: ExplainView,
        /// The side; `None` for its place.
        side: Option<TileSide>,
    },
    /// Take a view away.
    Close(ExplainView),
    /// Let a view stay when another is chosen, or no longer.
    Pin(ExplainView),
    /// Move the edge between two views.
    Resize {
        /// Number of the split, in the order of the tree.
        split: usize,
        /// Share of its first part.
        share: f32,
    },
    /// Change the large charts of Train.
    Chart(ChartChange),
    /// Take back the last change of the layout.
    Undo,
    /// Do it again.
    Redo,
}

impl Arrange {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Larger => "Larger text",
            Self::Smaller => "Smaller text",
            Self::Scale(_) => "Size of everything",
            Self::FoldRuns => "Show or hide the list of runs",
            Self::FoldSide => "Show or hide what stands at the right of a view",
            Self::Present => "Begin or end a presentation",
            Self::Ready(_) => "Use layout",
            Self::Named(_) => "Use my layout",
            Self::Keep(_) => "Keep this layout",
            Self::Forget(_) => "Forget this layout",
            Self::Put { side: Some(_), .. } => "Show beside",
            Self::Put { side: None, .. } => "Change places",
            Self::Close(_) => "Close view",
            Self::Pin(_) => "Pin view",
            Self::Resize { .. } => "Resize view",
            Self::Chart(ChartChange::Toggle(_)) => "Show or hide the large chart",
            Self::Chart(ChartChange::Earlier(_)) => "Move the chart forward",
            Self::Chart(ChartChange::Usual) => "Usual charts",
            Self::Undo => "Undo layout",
            Self::Redo => "Redo layout",
        }
    }
}

/// A layout with the name it was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedLayout {
    /// The name.
    pub name: String,
    /// The layout.
    pub layout: Layout,
}

/// The frame of the window.
#[derive(Debug)]
pub struct Arrangement {
    /// Size of everything.
    pub scale: Scale,
    /// Whether the list of runs is shown.
    pub shows_runs: bool,
    /// Whether what stands at the right of a view is shown.
    pub shows_side: bool,
    /// Whether the page is presented: alone and large.
    pub is_presenting: bool,
    charts: TrainCharts,
    layout: Layout,
    named: Vec<NamedLayout>,
    before: Vec<Layout>,
    after: Vec<Layout>,
    /// The split whose edge was moved last: a whole drag is taken back at once.
    resized: Option<usize>,
}

impl Default for Arrangement {
    fn default() -> Self {
        Self {
            scale: Scale::default(),
            shows_runs: true,
            shows_side: true,
            is_presenting: false,
            charts: TrainCharts::default(),
            layout: Layout::default(),
            named: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            resized: None,
        }
    }
}

/// The frame as it is kept from one start to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptArrangement {
    version: u32,
    scale: Scale,
    shows_runs: bool,
    shows_side: bool,
    layout: Layout,
    named: Vec<NamedLayout>,
    /// Nothing of them was kept by earlier versions.
    #[serde(default)]
    charts: TrainCharts,
}

impl KeptArrangement {
    /// Whether this version of the program wrote it.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.version == VERSION
    }
}

impl Arrangement {
    /// The layout of Explain as the person arranged it; [`App::shown_layout`] is what the present
    /// model shows of it.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The large charts of Train.
    #[must_use]
    pub fn charts(&self) -> &TrainCharts {
        &self.charts
    }

    /// Layouts that were kept by name, in order of their names.
    #[must_use]
    pub fn named(&self) -> &[NamedLayout] {
        &self.named
    }

    /// Size of everything over its usual one.
    #[must_use]
    pub fn zoom(&self) -> f32 {
        let zoom = f32::from(self.scale.percent()) / 100.0;
        if self.is_presenting {
            zoom * PRESENTED
        } else {
            zoom
        }
    }

    /// The part of it that is kept.
    #[must_use]
    pub fn kept(&self) -> KeptArrangement {
        KeptArrangement {
            version: VERSION,
            scale: self.scale,
            shows_runs: self.shows_runs,
            shows_side: self.shows_side,
            layout: self.layout.clone(),
            named: self.named.clone(),
            charts: self.charts.clone(),
        }
    }

    fn of_kept(kept: KeptArrangement) -> Self {
        Self {
            scale: kept.scale,
            shows_runs: kept.shows_runs,
            shows_side: kept.shows_side,
            layout: kept.layout,
            named: kept.named,
            charts: kept.charts,
            ..Self::default()
        }
    }

    /// Changes the layout so that it can be taken back.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Layout)) {
        self.change_by(None, change);
    }

    fn change_by(&mut self, resized: Option<usize>, change: impl FnOnce(&mut Layout)) {
        let mut next = self.layout.clone();
        change(&mut next);
        if next == self.layout {
            return;
        }
        let before = std::mem::replace(&mut self.layout, next);
        let goes_on = resized.is_some() && self.resized == resized;
        if !goes_on {
            if self.before.len() >= BEFORE_KEPT {
                self.before.remove(0);
            }
            self.before.push(before);
        }
        self.resized = resized;
        self.after.clear();
    }

    fn undo(&mut self) {
        if let Some(before) = self.before.pop() {
            let present = std::mem::replace(&mut self.layout, before);
            self.after.push(present);
        }
        self.resized = None;
    }

    fn redo(&mut self) {
        if let Some(after) = self.after.pop() {
            let present = std::mem::replace(&mut self.layout, after);
            self.before.push(present);
        }
        self.resized = None;
    }

    fn keep(&mut self, name: &str) {
        let name = name.trim().to_owned();
        self.named.retain(|other| other.name != name);
        self.named.push(NamedLayout {
            name,
            layout: self.layout.clone(),
        });
        self.named.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Whether a change can be made now.
    ///
    /// # Errors
    /// The reason why not.
    pub(super) fn enabled(&self, arrange: &Arrange) -> Result<(), String> {
        let reason = match arrange {
            Arrange::Larger if self.scale.larger().is_none() => "200 % is the largest size.",
            Arrange::Smaller if self.scale.smaller().is_none() => "100 % is the smallest size.",
            Arrange::Undo if self.before.is_empty() => "The layout has not been changed yet.",
            Arrange::Redo if self.after.is_empty() => "No change of the layout was taken back.",
            Arrange::Close(_) if self.layout.views().len() < 2 => {
                "It is the only view; choose another one instead."
            }
            Arrange::Put {
                view,
                side: Some(_),
                ..
            } => return self.layout.has_room_for(*view).map_err(str::to_owned),
            Arrange::Chart(change) => {
                return self.charts.enabled(*change).map_err(str::to_owned);
            }
            Arrange::Keep(name) if name.trim().is_empty() => "Give the layout a name.",
            Arrange::Keep(name)
                if self.named.len() >= NAMED_KEPT
                    && self.named.iter().all(|other| other.name != name.trim()) =>
            {
                "Twenty layouts are kept; forget one first."
            }
            Arrange::Named(name) | Arrange::Forget(name)
                if self.named.iter().all(|other| other.name != *name) =>
            {
                "No layout of this name is kept."
            }
            Arrange::Larger
            | Arrange::Smaller
            | Arrange::Scale(_)
            | Arrange::FoldRuns
            | Arrange::FoldSide
            | Arrange::Present
            | Arrange::Ready(_)
            | Arrange::Named(_)
            | Arrange::Keep(_)
            | Arrange::Forget(_)
            | Arrange::Put { .. }
            | Arrange::Close(_)
            | Arrange::Pin(_)
            | Arrange::Resize { .. }
            | Arrange::Undo
            | Arrange::Redo => return Ok(()),
        };
        Err(reason.to_owned())
    }
}

impl App {
    /// Arranges the window as it was kept; what could not be read is told, and the usual frame
    /// stays.
    pub fn arrange_as_kept(&mut self, kept: Result<KeptArrangement, String>) {
        let why = match kept {
            Ok(kept) if kept.is_known() => {
                self.arrangement = Arrangement::of_kept(kept);
                self.follow_layout();
                return;
            }
            Ok(_) => "they are of a later version".to_owned(),
            Err(why) => why,
        };
        let sentence = format!(
            "The layouts that were kept cannot be read ({why}), so the usual one is used; choose \
             another under Layout on the Explain page."
        );
        self.notices.tell(Tone::Error, sentence, None);
    }

    /// The layout of Explain as the model that is looked at can show it: as it was arranged, unless
    /// the model has none of its views.
    #[must_use]
    pub fn shown_layout(&self) -> Layout {
        let layout = self.arrangement.layout();
        let lacks = |view: &ExplainView| self.why_no_view(*view).is_some();
        if layout.views().iter().all(lacks) {
            Layout::default()
        } else {
            layout.clone()
        }
    }

    /// The view that was used last, of those shown.
    #[must_use]
    pub fn active_view(&self) -> ExplainView {
        let views = self.shown_layout().views();
        let chosen = self.selection.view;
        if views.contains(&chosen) {
            chosen
        } else {
            views.first().copied().unwrap_or_default()
        }
    }

    /// Reason why the model that is looked at has no such view; `None` where it has, or that of the
    /// run beside it.
    #[must_use]
    pub fn why_no_view(&self, view: ExplainView) -> Option<&'static str> {
        let why_not = view.why_not(self.model_kind()?)?;
        let beside = self.selection.beside().and_then(|run| self.kind_of(run));
        match beside.map(|kind| view.why_not(kind)) {
            Some(None) => None,
            Some(Some(_)) | None => Some(why_not),
        }
    }

    /// Kind of the model that is looked at.
    #[must_use]
    pub fn model_kind(&self) -> Option<ModelKind> {
        self.kind_of(self.selection.run.as_ref()?)
    }

    /// Kind of the model of a run.
    #[must_use]
    pub fn kind_of(&self, run: &RunId) -> Option<ModelKind> {
        let manifest = self.runs.summary(run)?.manifest.as_ref()?;
        Some(ModelKind::from(&manifest.experiment.model))
    }

    /// Whether this view of Explain is before the person's eyes.
    pub(super) fn is_in_sight(&self, view: ExplainView) -> bool {
        self.page == Page::Explain && self.shown_layout().shows(view)
    }

    pub(super) fn arrange(&mut self, arrange: Arrange) {
        let kind = self.model_kind();
        let frame = &mut self.arrangement;
        match arrange {
            Arrange::Larger => frame.scale = frame.scale.larger().unwrap_or(frame.scale),
            Arrange::Smaller => frame.scale = frame.scale.smaller().unwrap_or(frame.scale),
            Arrange::Scale(scale) => frame.scale = scale,
            Arrange::FoldRuns => frame.shows_runs = !frame.shows_runs,
            Arrange::FoldSide => frame.shows_side = !frame.shows_side,
            Arrange::Present => frame.is_presenting = !frame.is_presenting,
            Arrange::Ready(ready) => {
                frame.is_presenting = ready == ReadyLayout::Presenter;
                frame.change(|layout| *layout = ready.layout(kind));
                self.page = Page::Explain;
            }
            Arrange::Named(name) => {
                let kept = frame.named.iter().find(|other| other.name == name);
                if let Some(kept) = kept.map(|kept| kept.layout.clone()) {
                    frame.change(|layout| *layout = kept);
                    self.page = Page::Explain;
                }
            }
            Arrange::Keep(name) => frame.keep(&name),
            Arrange::Forget(name) => frame.named.retain(|other| other.name != name),
            Arrange::Put { view, at, side } => {
                frame.change(|layout| layout.put(view, at, side));
                self.selection.view = view;
            }
            Arrange::Close(view) => frame.change(|layout| layout.close(view)),
            Arrange::Pin(view) => frame.change(|layout| layout.toggle_pin(view)),
            Arrange::Resize { split, share } => {
                frame.change_by(Some(split), |layout| layout.resize(split, share));
            }
            Arrange::Chart(change) => frame.charts.change(change),
            Arrange::Undo => frame.undo(),
            Arrange::Redo => frame.redo(),
        }
        self.follow_layout();
    }

    /// A view that was chosen comes into sight.
    pub(super) fn choose_view(&mut self, view: ExplainView) {
        let active = self.active_view();
        self.arrangement
            .change(|layout| layout.choose(view, active));
        self.selection.view = view;
    }

    /// The view that was used last is one of those that are arranged.
    fn follow_layout(&mut self) {
        let views = self.arrangement.layout.views();
        if !views.contains(&self.selection.view) {
            self.selection.view = views.first().copied().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Select, bare_app};
    use ExplainView::{Faithfulness, Gates, ItemMap, Overview, WhatIf};

    fn app() -> App {
        bare_app(tempfile::tempdir().unwrap().path())
    }

    fn ask(app: &mut App, arrange: Arrange) {
        app.apply(Action::Arrange(arrange));
    }

    #[test]
    fn sizes_go_in_steps_and_end_at_both_ends() {
        let mut app = app();
        for wanted in [110, 125, 150, 175, 200, 200] {
            ask(&mut app, Arrange::Larger);
            assert_eq!(app.arrangement.scale.percent(), wanted);
        }
        assert!(
            app.enabled(&Action::Arrange(Arrange::Larger))
                .unwrap_err()
                .contains("largest")
        );
        ask(&mut app, Arrange::Smaller);
        assert!((app.arrangement.zoom() - 1.75).abs() < 1e-6);
        ask(&mut app, Arrange::Scale(Scale::from(100)));
        ask(&mut app, Arrange::Present);
        assert!((app.arrangement.zoom() - PRESENTED).abs() < 1e-6);
        assert_eq!((Scale::from(3), Scale::from(999)), (Scale(100), Scale(200)));
    }

    #[test]
    fn a_drag_of_an_edge_is_taken_back_at_once_and_done_again() {
        let mut app = app();
        ask(&mut app, Arrange::Ready(ReadyLayout::Researcher));
        let ready = app.arrangement.layout().clone();
        for share in [0.4, 0.42, 0.45] {
            ask(&mut app, Arrange::Resize { split: 0, share });
        }
        let dragged = app.arrangement.layout().clone();
        ask(
            &mut app,
            Arrange::Resize {
                split: 1,
                share: 0.3,
            },
        );
        ask(&mut app, Arrange::Undo);
        assert_eq!(*app.arrangement.layout(), dragged);
        ask(&mut app, Arrange::Undo);
        assert_eq!(*app.arrangement.layout(), ready);
        ask(&mut app, Arrange::Redo);
        assert_eq!(*app.arrangement.layout(), dragged);
        ask(&mut app, Arrange::Pin(Overview));
        assert!(app.enabled(&Action::Arrange(Arrange::Redo)).is_err());
        ask(&mut app, Arrange::Undo);
        ask(&mut app, Arrange::Undo);
        ask(&mut app, Arrange::Undo);
        assert_eq!(*app.arrangement.layout(), Layout::default());
        assert!(app.enabled(&Action::Arrange(Arrange::Undo)).is_err());
    }

    #[test]
    fn the_active_view_follows_what_is_chosen_put_and_closed() {
        let mut app = app();
        app.apply(Action::Select(Select::View(WhatIf)));
        assert_eq!(app.arrangement.layout(), &Layout::one(WhatIf));
        ask(
            &mut app,
            Arrange::Put {
                view: ItemMap,
                at: WhatIf,
                side: Some(TileSide::Right),
            },
        );
        assert_eq!(app.active_view(), ItemMap);
        app.apply(Action::Select(Select::View(Faithfulness)));
        assert_eq!(app.arrangement.layout().views(), [WhatIf, Faithfulness]);
        ask(&mut app, Arrange::Close(Faithfulness));
        assert_eq!((app.active_view(), app.selection.view), (WhatIf, WhatIf));
        let last = app.enabled(&Action::Arrange(Arrange::Close(WhatIf)));
        assert!(last.unwrap_err().contains("only view"));
        app.page = Page::Explain;
        assert!(app.is_in_sight(WhatIf) && !app.is_in_sight(Gates));
        app.page = Page::Compare;
        assert!(!app.is_in_sight(WhatIf));
    }

    #[test]
    fn layouts_are_kept_by_name_and_from_one_start_to_the_next() {
        let mut app = app();
        ask(&mut app, Arrange::Ready(ReadyLayout::Teacher));
        ask(&mut app, Arrange::Keep(" two ".to_owned()));
        assert!(
            app.enabled(&Action::Arrange(Arrange::Keep(" ".to_owned())))
                .is_err()
        );
        ask(&mut app, Arrange::Ready(ReadyLayout::Compare));
        ask(&mut app, Arrange::FoldRuns);
        ask(&mut app, Arrange::Scale(Scale::from(150)));
        let kept = app.arrangement.kept();
        let mut next = self::app();
        next.arrange_as_kept(Ok(kept.clone()));
        assert_eq!(next.arrangement.kept(), kept);
        assert!(!next.arrangement.shows_runs && next.notices.is_empty());
        ask(&mut next, Arrange::Named("two".to_owned()));
        assert_eq!(next.arrangement.layout().views(), [Overview, WhatIf]);
        ask(&mut next, Arrange::Forget("two".to_owned()));
        assert!(next.arrangement.named().is_empty());
        assert!(
            next.enabled(&Action::Arrange(Arrange::Named("two".to_owned())))
                .is_err()
        );
    }

    #[test]
    fn a_later_or_broken_file_is_told_and_the_usual_frame_stays() {
        let mut app = app();
        let later = KeptArrangement {
            version: VERSION + 1,
            ..Arrangement::default().kept()
        };
        app.arrange_as_kept(Ok(later));
        app.arrange_as_kept(Err("expected `:` at line 2".to_owned()));
        let told: Vec<&str> = app.notices.iter().map(|n| n.sentence.as_str()).collect();
        assert!(told[0].contains("later version") && told[1].contains("line 2"));
        assert_eq!(app.arrangement.layout(), &Layout::default());
    }
}
