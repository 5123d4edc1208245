//! Moves the playhead, and finds which epoch of each run it shows.

use std::sync::Arc;
use std::time::Duration;

use super::question::Answerable;
use super::{
    Answers, App, ExplainView, InsideQuestion, Page, PlayTick, PlayheadPlace, PlayheadUnit,
    Question, RunEpochs, RunSeries, ShownEpoch, TrainView, Transport, ViewKey,
};
use seqscope_engine::explain::UserView;
use seqscope_engine::run::RunId;

/// Pause before a run whose series are on their way is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Epochs ahead of the playhead about which the view in sight is asked: half of the answers that are
/// kept, so that those behind it stay too.
const QUESTIONS_AHEAD: usize = 8;

impl App {
    /// Runs over whose training time the playhead moves on the present page: the first one leads,
    /// a second one comes with it.
    #[must_use]
    pub fn playhead_runs(&self) -> Vec<RunId> {
        let selection = &self.selection;
        match self.page {
            Page::Data | Page::Model | Page::Report => Vec::new(),
            Page::Train => {
                let in_work = match self.train_view() {
                    TrainView::Run(training) => training.run.as_ref(),
                    TrainView::Loading(_) | TrainView::Failed(_) | TrainView::Nothing => None,
                };
                let run = in_work.or(selection.run.as_ref());
                run.into_iter().cloned().collect()
            }
            Page::Explain | Page::Compare => self.runs_looked_at(),
        }
    }

    /// Runs through which the present page looks at a user: the chosen one and, where two stand side
    /// by side, the second.
    #[must_use]
    pub fn runs_looked_at(&self) -> Vec<RunId> {
        let selection = &self.selection;
        let second = match self.page {
            Page::Data | Page::Model | Page::Train | Page::Report => return Vec::new(),
            Page::Explain => selection.beside(),
            Page::Compare => selection.second_run.as_ref(),
        };
        let first = selection.run.iter();
        first.chain(second).cloned().collect()
    }

    /// Moves the playhead on to the time `now_secs` of any clock, where it plays. Returns the time
    /// after which to look again.
    pub fn tick(&mut self, now_secs: f64) -> Option<Duration> {
        if !self.selection.playhead.playing.is_on {
            return None;
        }
        let run = self.playhead_runs().into_iter().next()?;
        let series = self.views.series(&run).ready().cloned();
        let shown = self.selection.shown_epoch(&run).map(|shown| shown.epoch);
        let (Some(series), Some(shown)) = (series, shown) else {
            return Some(LOOK_AGAIN);
        };
        let (epochs, playhead) = (RunEpochs::of_series(&series), &mut self.selection.playhead);
        match playhead.playing.tick(now_secs, shown, &epochs) {
            PlayTick::Stay(wait) => Some(wait),
            PlayTick::To(epoch, wait) => {
                playhead.place = epochs.place_of(epoch, playhead.unit);
                self.follow_playhead();
                Some(wait)
            }
            PlayTick::Ended => {
                // At the end of a run that goes on the newest epoch is the next one, too.
                if self.training.run_at_work() == Some(&run) {
                    playhead.place = PlayheadPlace::Newest;
                }
                Some(Duration::ZERO)
            }
        }
    }

    /// The view of a run's user at the playhead that is there already: while it is on its way, the
    /// one of the nearest epoch.
    #[must_use]
    pub fn nearest_view(&self, key: &ViewKey) -> Option<(usize, &Arc<UserView>)> {
        let shown = self.selection.shown_epoch(&key.run)?;
        let series = self.views.series(&key.run).ready()?;
        self.views
            .nearest_user(key, shown.epoch, series.manifest.best_epoch)
    }

    /// Sentence on which epoch stands in for one whose view is on its way.
    #[must_use]
    pub fn on_its_way(&self, run: &RunId) -> Option<String> {
        let key = self.selection.view_key(run)?;
        if !self.views.user(&key).is_loading() {
            return None;
        }
        let wanted = self.selection.shown_epoch(run)?.epoch;
        let (near, _) = self
            .nearest_view(&key)
            .filter(|(near, _)| *near != wanted)?;
        Some(format!("Epoch {wanted} is on its way; {near} is shown"))
    }

    /// Carries out what a person does to the playhead.
    pub(super) fn transport(&mut self, transport: Transport) {
        match transport {
            Transport::Best => self.place_playhead(PlayheadPlace::Best),
            Transport::FollowLive => self.place_playhead(PlayheadPlace::Newest),
            Transport::Epoch(epoch) => self.go_to_epoch(epoch),
            Transport::Step(by) => self.step_epoch(by),
            Transport::First => self.step_epoch(i64::MIN),
            Transport::Last => self.step_epoch(i64::MAX),
            Transport::Play => {
                if let Some((series, shown)) = self.leading() {
                    let epochs = RunEpochs::of_series(&series);
                    self.selection.playhead.playing.start(shown.epoch, &epochs);
                }
            }
            Transport::Pause => self.selection.playhead.playing.stop(),
            Transport::Loop(loops) => self.selection.playhead.playing.loops = loops,
            Transport::Speed(speed) => self.selection.playhead.playing.speed = speed,
            Transport::Unit(unit) => self.keep_place_in(unit),
        }
    }

    /// Why the playhead cannot be moved so now.
    pub(super) fn can_move(&self, transport: Transport) -> Result<(), String> {
        let n_kept = self.leading().map_or(0, |(series, _)| series.epochs.len());
        let fewest = match transport {
            Transport::Pause | Transport::Loop(_) | Transport::Speed(_) | Transport::Unit(_) => 0,
            Transport::Best | Transport::FollowLive | Transport::Epoch(_) => 1,
            Transport::Step(_) | Transport::First | Transport::Last | Transport::Play => 2,
        };
        match n_kept {
            _ if n_kept >= fewest => Ok(()),
            0 => Err("No epoch's weights are kept yet.".to_owned()),
            _ => Err("Only one epoch's weights are kept.".to_owned()),
        }
    }

    /// Finds the epoch that each run shows at the playhead.
    pub(super) fn follow_playhead(&mut self) {
        let place = self.selection.playhead.place;
        let mut runs = self.playhead_runs();
        runs.extend(self.selection.runs().cloned());
        self.selection.shown = runs
            .into_iter()
            .filter_map(|run| {
                let series = self.views.series(&run).ready()?;
                let shown = RunEpochs::of_series(series).shown_at(place)?;
                Some((run, shown))
            })
            .collect();
    }

    /// The next view that is worth having before the playhead comes to it, as many as fit into
    /// memory.
    pub(super) fn view_ahead(&self, runs: &[RunId]) -> Option<ViewKey> {
        let most = self.views.room_ahead() / runs.len().max(1);
        let is_idle = |key: &ViewKey| matches!(self.views.user(key), super::Loadable::Idle);
        self.first_ahead(runs, most, |key| is_idle(&key).then_some(key))
    }

    /// The question of the view in sight about the next epoch to which the playhead comes, of those
    /// that do not take long.
    pub(super) fn question_ahead(&self, runs: &[RunId]) -> Option<Question> {
        let views = &self.views;
        match self.active_view() {
            ExplainView::Gates => self
                .asked_ahead(runs, &views.inside.gates)
                .map(|ask| Question::Inside(InsideQuestion::Gates(ask))),
            ExplainView::WhatIf => self.asked_ahead(runs, &views.edits).map(Question::Edits),
            ExplainView::Overview
            | ExplainView::Gallery
            | ExplainView::OverUsers
            | ExplainView::Rules
            | ExplainView::Faithfulness
            | ExplainView::LatentSpace
            | ExplainView::ItemMap => None,
        }
    }

    /// As [`Self::question_ahead`], of those that take long.
    pub(super) fn long_question_ahead(&self, runs: &[RunId]) -> Option<Question> {
        let inside = &self.views.inside;
        match self.active_view() {
            ExplainView::LatentSpace => self
                .asked_ahead(runs, &inside.latent)
                .map(|ask| Question::Inside(InsideQuestion::Latent(ask))),
            ExplainView::ItemMap => self
                .asked_ahead(runs, &inside.items)
                .map(|ask| Question::Inside(InsideQuestion::Items(ask))),
            ExplainView::Overview
            | ExplainView::Gallery
            | ExplainView::OverUsers
            | ExplainView::Rules
            | ExplainView::WhatIf
            | ExplainView::Faithfulness
            | ExplainView::Gates => None,
        }
    }

    /// What is asked now, of the first epoch ahead that has no answer.
    fn asked_ahead<Q: Answerable>(
        &self,
        runs: &[RunId],
        answers: &Answers<Q, Q::Answer>,
    ) -> Option<Q> {
        self.first_ahead(runs, QUESTIONS_AHEAD, |key| {
            let ask = answers.wanted_of(&key.run)?.of_epoch(&key)?;
            answers.to(&ask).is_none().then_some(ask)
        })
    }

    /// The first thing that is found at one of the epochs to which the playhead comes next, in the
    /// direction of play, while something plays: of at most so many.
    fn first_ahead<T>(
        &self,
        runs: &[RunId],
        most: usize,
        found: impl FnMut(ViewKey) -> Option<T>,
    ) -> Option<T> {
        let playhead = &self.selection.playhead;
        if !playhead.playing.fills {
            return None;
        }
        let (user_id, (leading, shown)) = (self.selection.user_id.as_ref()?, self.leading()?);
        let epochs = RunEpochs::of_series(&leading);
        let mut keys = epochs.ahead_of(shown.epoch).take(most).flat_map(|epoch| {
            let place = epochs.place_of(epoch, playhead.unit);
            runs.iter().filter_map(move |run| {
                let series = self.views.series(run).ready()?;
                Some(ViewKey {
                    run: run.clone(),
                    epoch: RunEpochs::of_series(series).shown_at(place)?.key,
                    user_id: user_id.clone(),
                })
            })
        });
        keys.find_map(found)
    }

    /// Series of the run that leads, and the epoch that it shows.
    fn leading(&self) -> Option<(Arc<RunSeries>, ShownEpoch)> {
        let run = self.playhead_runs().into_iter().next()?;
        let series = self.views.series(&run).ready()?;
        let place = self.selection.playhead.place;
        let shown = RunEpochs::of_series(series).shown_at(place)?;
        Some((series.clone(), shown))
    }

    fn place_playhead(&mut self, place: PlayheadPlace) {
        self.selection.playhead.place = place;
        if let Some((_, shown)) = self.leading() {
            self.selection.playhead.playing.jump(shown.epoch);
        }
    }

    fn go_to_epoch(&mut self, epoch: usize) {
        if let Some((series, _)) = self.leading() {
            let unit = self.selection.playhead.unit;
            self.place_playhead(RunEpochs::of_series(&series).place_of(epoch, unit));
        }
    }

    fn step_epoch(&mut self, by: i64) {
        if let Some((series, shown)) = self.leading()
            && let Some(epoch) = RunEpochs::of_series(&series).stepped(shown.epoch, by)
        {
            self.go_to_epoch(epoch);
        }
    }

    /// The leading run stays where it is; the other one comes to the same place in another unit.
    fn keep_place_in(&mut self, unit: PlayheadUnit) {
        self.selection.playhead.unit = unit;
        let is_anywhere = match self.selection.playhead.place {
            PlayheadPlace::Best | PlayheadPlace::Newest => false,
            PlayheadPlace::Epoch(_) | PlayheadPlace::Share(_) | PlayheadPlace::Secs(_) => true,
        };
        if let Some((_, shown)) = self.leading().filter(|_| is_anywhere) {
            self.go_to_epoch(shown.epoch);
        }
    }
}
