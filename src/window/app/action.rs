//! Everything that a person can ask.

use std::path::PathBuf;

use super::{
    Arrange, ExplainView, FeedbackAction, ForecastKey, GalleryAction, HeadIdx, ItemQuery,
    MeanAttentionKey, NoticeId, Page, ProjectionKey, Question, QueueAction, ReportAction, RulesKey,
    RunSide, SliceAction, SteerAction, ThemeChoice, TourAction, TrainStrip, Transport, Visit,
    WhatIfAction,
};
use seqscope_base::language::Language;
use seqscope_data::{ProfileView, PseudonymKey, TitleSpec};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{AboutChange, AgreementBy, RunId};
use seqscope_engine::train::StopMode;
use seqscope_model::ModelKind;

/// One thing that a person asks. [`super::App::apply`] carries it out.
#[derive(Clone, Debug, PartialEq, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(ActionKind),
    derive(strum::EnumIter, PartialOrd, Ord),
    doc = "Kind of action, whatever it is done to."
)]
pub enum Action {
    /// Show a page.
    GoTo(Page),
    /// Dark, light or as the system.
    SetTheme(ThemeChoice),
    /// Change the frame of the window, or the layout of views.
    Arrange(Arrange),
    /// Paint in another language.
    SetLanguage(Language),
    /// Train a small Transformer on the synthetic world at once.
    TryIt,
    /// Put the run that the program carries among the others, and explain it.
    OpenExample,
    /// Ask for a log with the system's dialog.
    PickData,
    /// Ask for a table of titles with the system's dialog.
    PickTitles,
    /// Ask for an experiment file with the system's dialog.
    PickExperiment,
    /// Open a log: look at its head and guess.
    OpenData(PathBuf),
    /// Open an experiment file into the draft.
    OpenExperiment(PathBuf),
    /// Write the draft as an experiment file; never over a file that exists.
    SaveExperiment(PathBuf),
    /// Use the synthetic world as it stands in the draft.
    UseWorld,
    /// Join a table of titles, or none.
    SetTitles(Option<TitleSpec>),
    /// Open, clean, code and split what the draft says.
    Prepare,
    /// Stop opening.
    CancelPrepare,
    /// Write one view of the log's profile as CSV, beside the exported runs.
    ExportProfile(ProfileView),
    /// Write all rows of the log that could not be read as CSV, beside the exported runs.
    ExportRefused,
    /// Count the open log by period and forecast the counts.
    Forecast(ForecastKey),
    /// Another family, with its defaults or as it was last edited.
    ChooseModel(ModelKind),
    /// The draft as a form has changed it.
    Edit(Box<Experiment>),
    /// Take back the last change of the draft.
    Undo,
    /// Do it again.
    Redo,
    /// Train what the draft says.
    Start,
    /// Train on the processor what could not be trained on the chosen device.
    StartOnCpu,
    /// Train what the draft says and a run's experiment side by side, each in its turn.
    Race(RunId),
    /// Change the queue of experiments, or work on it.
    Queue(QueueAction),
    /// Hold training.
    Pause,
    /// Go on.
    Resume,
    /// End training.
    Stop(StopMode),
    /// Go on with an interrupted or stopped run.
    ResumeRun(RunId),
    /// Read the folder of runs again.
    RefreshRuns,
    /// Work out how sure the differences between the chosen runs are.
    TestDifferences,
    /// Take the run's experiment as the draft.
    UseExperimentOf(RunId),
    /// Take the run's experiment as the draft, with a seed that none of its sisters has.
    UseNextSeedOf(RunId),
    /// Put a run into the bin.
    DeleteRun(RunId),
    /// Take a run out of the bin, by its name there.
    RestoreRun(String),
    /// Read what is in the bin.
    ReadBin,
    /// Delete every run in the bin for good.
    EmptyBin,
    /// Change what is written about a run: label, tags, note, star, whether it is put away.
    WriteAbout(RunId, Box<AboutChange>),
    /// List the runs that were put away too, or no longer.
    ShowArchived(bool),
    /// Copy a run to a new folder.
    ExportRun(RunId, PathBuf),
    /// Copy a run to a new folder, with the ids of users and items replaced.
    ExportHidden(RunId, PathBuf),
    /// Make pseudonyms under this key, in place of that of the environment, or else a random one.
    SetKey(PseudonymKey),
    /// Look at something else.
    Select(Select),
    /// Move the playhead, or let it play.
    Transport(Transport),
    /// Look again at a run, and at a user through it.
    Revisit(Visit),
    /// Take the tour, or leave it.
    Tour(TourAction),
    /// Ask the models about what is looked at.
    Ask(Box<Question>),
    /// Choose, make or keep a slice of users.
    Slices(SliceAction),
    /// Look for the users of a gallery.
    Gallery(GalleryAction),
    /// Change the history that is looked at, or ask about its changes.
    WhatIf(WhatIfAction),
    /// Say something of the list that is looked at.
    Feedback(FeedbackAction),
    /// Train a new run from a run's weights, on what was said of its lists.
    FineTune(RunId),
    /// Train step by step, change what trains, add epochs, or fork.
    Steer(SteerAction),
    /// Look for items by id or title.
    FindItems(ItemQuery),
    /// End the question that takes long.
    StopQuestion,
    /// Place vectors of a run and epoch on a map.
    Project(ProjectionKey),
    /// End that work.
    StopProjecting,
    /// Look for the rules that a run keeps.
    FindRules(RulesKey),
    /// End the search for rules.
    StopRules,
    /// Average the attention of a run and epoch over users.
    AverageAttention(Box<MeanAttentionKey>),
    /// End that work on a run.
    StopAveraging(RunId),
    /// Do something with charts and reports.
    Report(ReportAction),
    /// Take a notice away.
    Dismiss(NoticeId),
}

/// Change to what is looked at, on every page alike.
#[derive(Clone, Debug, PartialEq)]
pub enum Select {
    /// Look at this run.
    Run(RunId),
    /// The right one of two runs on Compare.
    SecondRun(Option<RunId>),
    /// Show the second run beside the first on Explain, or no longer.
    Beside(bool),
    /// Draw this run's curves on Compare, or no longer.
    ToggleCompared(RunId),
    /// Look at this user, by id as in the log.
    User(String),
    /// Look at the next user (+1) or the previous one (−1).
    StepUser(i64),
    /// Look at the user on whom the two runs differ most after the present one (+1), or before
    /// (−1).
    StepDisagreement(i64),
    /// Measure disagreement in this way.
    AgreeBy(AgreementBy),
    /// Let a side of the comparison stand for all seeds of its experiment, or no longer.
    Seeds(RunSide, bool),
    /// Read a sweep and look at it; the one of before, or the newest, without a name.
    Sweep(Option<String>),
    /// Look at the user in another way.
    View(ExplainView),
    /// Open one attention head; `None` shows all.
    Head(Option<HeadIdx>),
    /// Look at one event of the history.
    Event(Option<usize>),
    /// Draw each of the runs that differ in their seed alone by itself, or their mean and band.
    SeedsApart(bool),
    /// Show something else under the large charts of Train.
    Strip(TrainStrip),
}

impl Action {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::GoTo(_) => "Show page",
            Self::SetTheme(_) => "Colours",
            Self::Arrange(arrange) => arrange.label(),
            Self::SetLanguage(_) => "Language",
            Self::TryIt => "Try it in 30 seconds",
            Self::OpenExample => "Look at a finished run",
            Self::PickData | Self::OpenData(_) => "Open my data…",
            Self::PickTitles | Self::SetTitles(_) => "Join titles…",
            Self::PickExperiment | Self::OpenExperiment(_) => "Open an experiment…",
            Self::SaveExperiment(_) => "Save experiment",
            Self::UseWorld => "Use the synthetic world",
            Self::Prepare => "Prepare data",
            Self::CancelPrepare => "Cancel",
            Self::ExportProfile(_) => "Export CSV",
            Self::ExportRefused => "Export all",
            Self::Forecast(_) => "Forecast",
            Self::ChooseModel(_) => "Choose model",
            Self::Edit(_) => "Change",
            Self::Undo => "Undo",
            Self::Redo => "Redo",
            Self::Start => "Start training",
            Self::StartOnCpu => "Train on the CPU",
            Self::Race(_) => "Race against the draft",
            Self::Queue(action) => action.label(),
            Self::Pause => "Pause",
            Self::Resume => "Resume",
            Self::Stop(StopMode::Keep) => "Stop and keep",
            Self::Stop(StopMode::Discard) => "Stop and discard",
            Self::ResumeRun(_) => "Go on training",
            Self::RefreshRuns => "Read runs again",
            Self::TestDifferences => "Test the differences",
            Self::UseExperimentOf(_) => "Use its settings",
            Self::UseNextSeedOf(_) => "Use its settings, next seed",
            Self::DeleteRun(_) => "Delete run",
            Self::RestoreRun(_) => "Bring back",
            Self::ReadBin => "Deleted runs",
            Self::EmptyBin => "Delete for good",
            Self::WriteAbout(..) => "Write about this run",
            Self::ShowArchived(true) => "Show runs that were put away",
            Self::ShowArchived(false) => "Hide runs that were put away",
            Self::ExportRun(..) => "Export run",
            Self::ExportHidden(..) => "Export, ids hidden",
            Self::SetKey(_) => "Use this key",
            Self::Select(select) => select.label(),
            Self::Transport(transport) => transport.label(),
            Self::Revisit(_) => "Look again at",
            Self::Tour(action) => action.label(),
            Self::Ask(_) => "Ask the model",
            Self::Slices(action) => action.label(),
            Self::Report(action) => action.label(),
            Self::Gallery(action) => action.label(),
            Self::WhatIf(action) => action.label(),
            Self::Feedback(action) => action.label(),
            Self::FineTune(_) => "Fine-tune on feedback",
            Self::Steer(action) => action.label(),
            Self::FindItems(_) => "Find items",
            Self::StopQuestion => "Stop this question",
            Self::Project(key) => key.label(),
            Self::StopProjecting => "Stop placing",
            Self::FindRules(_) => "Find the rules",
            Self::StopRules => "Stop looking for rules",
            Self::AverageAttention(_) => "Average the attention",
            Self::StopAveraging(_) => "Stop averaging",
            Self::Dismiss(_) => "Dismiss",
        }
    }
}

impl Select {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Run(_) => "Look at this run",
            Self::SecondRun(_) => "Compare with",
            Self::Beside(true) => "Put run B beside",
            Self::Beside(false) => "Take run B away",
            Self::ToggleCompared(_) => "Draw its curves",
            Self::User(_) => "Look at this user",
            Self::StepUser(by) if *by < 0 => "Previous user",
            Self::StepUser(_) => "Next user",
            Self::StepDisagreement(by) if *by < 0 => "Previous disagreement",
            Self::StepDisagreement(_) => "Next disagreement",
            Self::Sweep(_) => "Look at this sweep",
            Self::AgreeBy(_) => "Measure disagreement by",
            Self::Seeds(RunSide::A, _) => "All seeds of A",
            Self::Seeds(RunSide::B, _) => "All seeds of B",
            Self::View(_) => "Look in this way",
            Self::Head(_) => "Open this head",
            Self::Event(_) => "Look at this event",
            Self::SeedsApart(true) => "Draw each seed by itself",
            Self::Strip(_) => "Under the curves",
            Self::SeedsApart(false) => "Draw seeds as mean and band",
        }
    }
}
