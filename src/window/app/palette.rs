//! Everything that can be asked, by name: what the palette offers and finds.

use std::path::Path;

use strum::IntoEnumIterator;

use super::{
    Action, App, Arrange, ChartChange, ExplainView, Page, QueueAction, ReadyLayout, ReportAction,
    Select, SteerAction, ThemeChoice, TileSide, TourAction, TrainChart, TrainStrip, Transport,
    Visit, is_experiment,
};
use seqscope_base::language::Language;
use seqscope_base::spec::shown;
use seqscope_data::ProfileView;
use seqscope_engine::experiment::NamedModel;
use seqscope_engine::run::{RunId, Summary};
use seqscope_engine::train::{StepUnit, StopMode};
use seqscope_model::{ModelKind, ModelSpec};

/// Runs that are offered by name: the newest.
const RUNS_OFFERED: usize = 200;

/// One thing that can be asked, with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedAction {
    /// Name, with what it is done to: `Look at this run: films · Transformer`.
    pub name: String,
    /// Whatever is asked.
    pub action: Action,
}

impl NamedAction {
    /// An action by the name that its button has.
    fn plain(action: Action) -> Self {
        Self {
            name: action.label().to_owned(),
            action,
        }
    }

    /// An action and what it is done to.
    fn of(action: Action, object: &str) -> Self {
        Self {
            name: format!("{}: {object}", action.label()),
            action,
        }
    }
}

impl App {
    /// Everything that can be asked by name, whether or not it can be done now
    /// ([`App::enabled`] tells). What needs a form (a path, a setting, a key) or destroys a run is
    /// asked where it belongs.
    #[must_use]
    pub fn named_actions(&self) -> Vec<NamedAction> {
        let pages = Page::iter().map(|page| NamedAction::of(Action::GoTo(page), &page.to_string()));
        let views = ExplainView::iter()
            .map(|view| NamedAction::of(Action::Select(Select::View(view)), &view.to_string()));
        let strips = TrainStrip::iter()
            .map(|strip| NamedAction::of(Action::Select(Select::Strip(strip)), &strip.to_string()));
        let plain = [
            Action::TryIt,
            Action::OpenExample,
            Action::PickData,
            Action::PickExperiment,
            Action::PickTitles,
            Action::UseWorld,
            Action::Prepare,
            Action::CancelPrepare,
            Action::ExportRefused,
            Action::Undo,
            Action::Redo,
            Action::Start,
            Action::StartOnCpu,
            Action::Queue(QueueAction::Add),
            Action::Queue(QueueAction::Go),
            Action::Queue(QueueAction::Pause),
            Action::Queue(QueueAction::Clear),
            Action::Pause,
            Action::Resume,
            Action::Stop(StopMode::Keep),
            Action::Stop(StopMode::Discard),
            Action::Steer(SteerAction::Step(StepUnit::Batch)),
            Action::Steer(SteerAction::Step(StepUnit::Epoch)),
            Action::Steer(SteerAction::OpenFork),
            Action::RefreshRuns,
            Action::TestDifferences,
            Action::Select(Select::StepUser(1)),
            Action::Select(Select::StepUser(-1)),
            Action::Select(Select::StepDisagreement(1)),
            Action::Select(Select::StepDisagreement(-1)),
            Action::Select(Select::Beside(true)),
            Action::Select(Select::Beside(false)),
            Action::Transport(Transport::Best),
            Action::Transport(Transport::FollowLive),
            Action::Transport(Transport::First),
            Action::Transport(Transport::Step(-1)),
            Action::Transport(Transport::Step(1)),
            Action::Transport(Transport::Last),
            Action::Transport(Transport::Play),
            Action::Transport(Transport::Pause),
            Action::Select(Select::Head(None)),
            Action::Select(Select::Event(None)),
            Action::Select(Select::Sweep(None)),
            Action::Select(Select::SeedsApart(true)),
            Action::Select(Select::SeedsApart(false)),
            Action::Report(ReportAction::AddNote),
            Action::Report(ReportAction::New),
            Action::Report(ReportAction::Undo),
        ];
        let models = ModelKind::iter().map(|kind| {
            let title = ModelSpec::of_kind(kind).family().title();
            NamedAction::of(Action::ChooseModel(kind), title)
        });
        let themes = ThemeChoice::iter()
            .map(|theme| NamedAction::of(Action::SetTheme(theme), &theme.to_string()));
        let tour = TourAction::iter().map(|action| NamedAction::plain(Action::Tour(action)));
        let languages = Language::iter()
            .map(|language| NamedAction::of(Action::SetLanguage(language), language.own_name()));
        let profiles = ProfileView::iter()
            .map(|view| NamedAction::of(Action::ExportProfile(view), view.title()));
        self.named_visits()
            .chain(pages)
            .chain(views)
            .chain(strips)
            .chain(plain.map(NamedAction::plain))
            .chain(self.named_layouts())
            .chain(models)
            .chain(tour)
            .chain(themes)
            .chain(languages)
            .chain(self.recent.iter().map(|path| opening(path)))
            .chain(self.named_actions_of_runs())
            .chain(profiles)
            .chain(self.named_actions_of_slices())
            .collect()
    }

    /// Runs and users that were looked at of late, as far as they are still there.
    fn named_visits(&self) -> impl Iterator<Item = NamedAction> {
        let runs = self.visited.runs().iter().map(|run| Visit {
            run: run.clone(),
            user_id: None,
        });
        let all = self.visited.users().iter().cloned().chain(runs);
        all.filter_map(|visit| {
            let run = run_name(self.runs.summary(&visit.run)?);
            let name = match &visit.user_id {
                Some(user_id) => format!("user {}, {run}", shown(user_id)),
                None => run,
            };
            Some(NamedAction::of(Action::Revisit(visit), &name))
        })
    }

    /// Changes to the frame of the window and to the layout of views.
    fn named_layouts(&self) -> impl Iterator<Item = NamedAction> {
        let plain = [
            Arrange::Larger,
            Arrange::Smaller,
            Arrange::FoldRuns,
            Arrange::FoldSide,
            Arrange::Present,
            Arrange::Undo,
            Arrange::Redo,
        ];
        let plain = plain.map(|arrange| NamedAction::plain(Action::Arrange(arrange)));
        let ready = ReadyLayout::iter().map(|ready| {
            NamedAction::of(Action::Arrange(Arrange::Ready(ready)), &ready.to_string())
        });
        let named = self.arrangement.named().iter().map(|kept| {
            let action = Action::Arrange(Arrange::Named(kept.name.clone()));
            NamedAction::of(action, &shown(&kept.name))
        });
        let at = self.active_view();
        let others = ExplainView::iter().filter(move |view| *view != at);
        let beside = others.map(move |view| {
            let side = Some(TileSide::Right);
            let action = Action::Arrange(Arrange::Put { view, at, side });
            NamedAction::of(action, &view.to_string())
        });
        let charts = TrainChart::iter().map(|chart| {
            let action = Action::Arrange(Arrange::Chart(ChartChange::Toggle(chart)));
            NamedAction::of(action, &chart.to_string())
        });
        let usual = Action::Arrange(Arrange::Chart(ChartChange::Usual));
        plain
            .into_iter()
            .chain(ready)
            .chain(named)
            .chain(beside)
            .chain(charts)
            .chain([NamedAction::plain(usual)])
    }

    fn named_actions_of_runs(&self) -> impl Iterator<Item = NamedAction> {
        let runs = self.runs.ready().into_iter().flatten().take(RUNS_OFFERED);
        runs.flat_map(|summary| {
            let (id, name) = (&summary.id, run_name(summary));
            let all: [fn(RunId) -> Action; 8] = [
                |id| Action::Select(Select::Run(id)),
                |id| Action::Select(Select::SecondRun(Some(id))),
                |id| Action::Select(Select::ToggleCompared(id)),
                Action::UseExperimentOf,
                Action::UseNextSeedOf,
                Action::ResumeRun,
                Action::FineTune,
                Action::Race,
            ];
            all.map(|ask| NamedAction::of(ask(id.clone()), &name))
        })
    }
}

/// `films · LSTM · s1 · 4ab2`: experiment, model, seed and the sign at the end of the folder's name.
#[must_use]
pub fn run_name(summary: &Summary) -> String {
    let sign = summary.id.0.rsplit('_').next().unwrap_or_default();
    match &summary.manifest {
        Some(manifest) => {
            let experiment = &manifest.experiment;
            let model = NamedModel::title_of(experiment);
            let seed = experiment.seed;
            format!("{} · {model} · s{seed} · {sign}", shown(&experiment.name))
        }
        None => summary.id.to_string(),
    }
}

fn opening(path: &Path) -> NamedAction {
    let action = if is_experiment(path) {
        Action::OpenExperiment(path.to_owned())
    } else {
        Action::OpenData(path.to_owned())
    };
    let path = path.display().to_string();
    NamedAction {
        name: format!("Open {}", shown(&path)),
        action,
    }
}

/// Places, in order, of the names that hold every word of a query, in any order and letters small
/// or large. Names in which more of the words begin a word come first; else the order stays.
#[must_use]
pub fn find_names<'a>(names: impl IntoIterator<Item = &'a str>, query: &str) -> Vec<usize> {
    let query = query.to_lowercase();
    let wanted: Vec<&str> = query.split_whitespace().collect();
    let mut found: Vec<(usize, usize)> = names
        .into_iter()
        .enumerate()
        .filter_map(|(at, name)| Some((misses(&name.to_lowercase(), &wanted)?, at)))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, at)| at).collect()
}

/// How many of the words begin no word of the name; `None` when one of them is not in it at all.
fn misses(name: &str, wanted: &[&str]) -> Option<usize> {
    let mut n_misses = 0;
    for word in wanted {
        if !name.contains(word) {
            return None;
        }
        let mut words = name.split(|letter: char| !letter.is_alphanumeric());
        n_misses += usize::from(!words.any(|other| other.starts_with(word)));
    }
    Some(n_misses)
}

#[cfg(test)]
mod tests {
    use super::find_names;
    use crate::app::action::ActionKind;
    use crate::app::bare_app;
    use std::collections::BTreeSet;
    use strum::IntoEnumIterator;

    #[test]
    fn every_word_counts_and_beginnings_come_first() {
        let names = [
            "Restart",
            "Start training",
            "Choose model: LSTM",
            "Go on training: art",
        ];
        assert_eq!(find_names(names, ""), [0, 1, 2, 3]);
        assert_eq!(find_names(names, "START"), [1, 0]);
        assert_eq!(find_names(names, "train art"), [3, 1]);
        assert_eq!(find_names(names, "lstm choose"), [2]);
        assert!(find_names(names, "lstm start").is_empty());
        assert!(find_names([], "x").is_empty());
    }

    #[test]
    fn every_action_is_offered_or_has_its_place_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        app.recent = vec!["a.csv".into(), "b.ron".into()];
        let offered: BTreeSet<ActionKind> = app
            .named_actions()
            .iter()
            .map(|named| ActionKind::from(&named.action))
            .collect();
        let elsewhere: BTreeSet<ActionKind> = [
            // They are filled in on a form, or follow from what is on the page.
            ActionKind::SaveExperiment,
            ActionKind::SetTitles,
            ActionKind::Forecast,
            ActionKind::Edit,
            ActionKind::ExportRun,
            ActionKind::ExportHidden,
            ActionKind::SetKey,
            ActionKind::Ask,
            ActionKind::Gallery,
            ActionKind::WhatIf,
            ActionKind::Feedback,
            ActionKind::FindItems,
            ActionKind::StopQuestion,
            ActionKind::Project,
            ActionKind::StopProjecting,
            ActionKind::FindRules,
            ActionKind::StopRules,
            ActionKind::AverageAttention,
            ActionKind::StopAveraging,
            ActionKind::Dismiss,
            // It destroys, and is asked for where one sees what goes.
            ActionKind::DeleteRun,
            ActionKind::RestoreRun,
            ActionKind::ReadBin,
            ActionKind::EmptyBin,
            // Written on a form, or switched in the menu of the list.
            ActionKind::WriteAbout,
            ActionKind::ShowArchived,
            // Offered for each run, and there is none here.
            ActionKind::Revisit,
            ActionKind::UseExperimentOf,
            ActionKind::UseNextSeedOf,
            ActionKind::ResumeRun,
            ActionKind::FineTune,
            ActionKind::Race,
        ]
        .into();
        for kind in ActionKind::iter() {
            assert_ne!(
                offered.contains(&kind),
                elsewhere.contains(&kind),
                "{kind:?} is to be offered in the palette or to be asked for elsewhere"
            );
        }
        let mut names: Vec<String> = app.named_actions().into_iter().map(|n| n.name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "two actions of one name");
    }
}
