//! Views of two runs at once: one attention map less the other, and both timelines in one.

mod difference;
mod timelines;

use std::sync::Arc;

use egui::{Button, Ui};
use strum::IntoEnumIterator as _;

use crate::app::{App, Loadable};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::widget::panel;
use difference::DifferenceView;
use seqscope_data::Prepared;
use seqscope_engine::explain::{UserView, aligned_events, signs_of};
use seqscope_engine::run::RunId;
use timelines::BothTimelines;

/// Ways of looking at two runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub(in crate::ui::page) enum PairView {
    /// Each by itself.
    #[default]
    #[strum(to_string = "Side by side")]
    SideBySide,
    /// Attention of the first less that of the second.
    #[strum(to_string = "Difference")]
    Difference,
    /// Ranks of both at every event.
    #[strum(to_string = "Both timelines")]
    Timelines,
}

impl PairView {
    fn help(self) -> &'static str {
        match self {
            Self::SideBySide => "Each run by itself, in a column of its own",
            Self::Difference => "Attention of run A less that of run B, event by event",
            Self::Timelines => "Rank and probability of the true item by both runs at every event",
        }
    }
}

/// View state of those of two runs at once.
#[derive(Default)]
pub(in crate::ui::page) struct PairViews {
    view: PairView,
    of: Option<[Arc<UserView>; 2]>,
    aligned: Vec<[usize; 2]>,
    difference: DifferenceView,
    timelines: BothTimelines,
}

/// One user through two runs.
#[derive(Clone, Copy)]
struct UserPairView<'a> {
    runs: [&'a RunId; 2],
    views: &'a [Arc<UserView>; 2],
    data: [&'a Prepared; 2],
    /// Positions in both histories of the events that are the same.
    aligned: &'a [[usize; 2]],
}

impl PairViews {
    /// The way that is chosen.
    pub(in crate::ui::page) fn view(&self) -> PairView {
        self.view
    }

    /// Paints a button for each of these ways.
    pub(in crate::ui::page) fn buttons(&mut self, ui: &mut Ui) {
        for view in PairView::iter() {
            let button = Button::selectable(self.view == view, tr(view.to_string()));
            if ui.add(button).on_hover_text(tr(view.help())).clicked() {
                self.view = view;
            }
        }
    }

    /// Paints both runs in one.
    pub(in crate::ui::page) fn ui(
        &mut self,
        ui: &mut Ui,
        runs: [&RunId; 2],
        app: &App,
        actions: &mut Actions,
    ) {
        let found = runs.map(|run| view_of(app, run));
        for (name, found) in ["A", "B"].into_iter().zip(&found) {
            match found {
                Ok(_) => {}
                Err(Missing::Failed(why)) => panel::failed(ui, &format!("Run {name}: {why}")),
                Err(Missing::OnItsWay(what)) => panel::loading(ui, what),
            }
        }
        let [Ok(first), Ok(second)] = found else {
            return;
        };
        let views = [first.0, second.0];
        let data = [first.1, second.1];
        self.refresh(&views, data);
        let pair = UserPairView {
            runs,
            views: &views,
            data,
            aligned: &self.aligned,
        };
        match self.view {
            PairView::SideBySide => {}
            PairView::Difference => self.difference.ui(ui, pair, app, actions),
            PairView::Timelines => self.timelines.ui(ui, pair, app, actions),
        }
    }

    fn refresh(&mut self, views: &[Arc<UserView>; 2], data: [&Prepared; 2]) {
        let is_of = |of: &[Arc<UserView>; 2]| of.iter().zip(views).all(|(a, b)| Arc::ptr_eq(a, b));
        if self.of.as_ref().is_some_and(is_of) {
            return;
        }
        let [first, second] = [0, 1].map(|at| signs_of(&data[at].dataset, views[at].user_idx));
        self.aligned = aligned_events(&first, &second);
        self.of = Some(views.clone());
    }
}

/// Reason why a run's view of the user is not here.
enum Missing {
    Failed(String),
    OnItsWay(String),
}

/// The view of the user that is looked at through a run, while it is on its way that of the nearest
/// epoch; with the data of the run.
fn view_of<'a>(app: &'a App, run: &RunId) -> Result<(Arc<UserView>, &'a Prepared), Missing> {
    let way = |what: &str| Err(Missing::OnItsWay(what.to_owned()));
    let prepared = match app.views.data_state(run) {
        Loadable::Ready(prepared) => prepared.as_ref(),
        Loadable::Failed(why) => return Err(Missing::Failed(why.clone())),
        Loadable::Loading(what) => return way(what),
        Loadable::Idle => {
            let why = "it has no weights yet, so it shows nothing of a user; choose another run";
            return Err(Missing::Failed(why.to_owned()));
        }
    };
    let Some(key) = app.selection.view_key(run) else {
        return way("Choosing a user");
    };
    match app.views.user(&key) {
        Loadable::Ready(view) => Ok((Arc::clone(view), prepared)),
        Loadable::Failed(why) => Err(Missing::Failed(why.clone())),
        Loadable::Idle => way("Looking through the kept weights"),
        Loadable::Loading(what) => match app.nearest_view(&key) {
            Some((_, view)) => Ok((Arc::clone(view), prepared)),
            None => way(what),
        },
    }
}

/// Sentence on the events that the two histories do not share; empty where there are none.
fn words_of_others(pair: UserPairView<'_>) -> String {
    let n_only = [0, 1].map(|at| {
        let n = pair.data[at]
            .dataset
            .sequences
            .items(pair.views[at].user_idx)
            .len();
        n - pair.aligned.len()
    });
    match n_only {
        [0, 0] => String::new(),
        [a, b] => format!(
            "The runs do not have the same history of this user: {a} of its events are in run A \
             alone and {b} in run B alone; events are brought together by item and time."
        ),
    }
}
