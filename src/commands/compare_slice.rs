//! Comparisons of some of the users: those whom a slice has by the first run.

use std::sync::Arc;

use serde_json::{Value, json};

use super::progress::OpeningBar;
use super::signals::Signals;
use super::slice_args::{SliceArgs, answers_to_test, nobody, users_of, words_of};
use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_data::Prepared;
use seqscope_engine::error::Error;
use seqscope_engine::run::{
    KeptSlice, Manifest, NamedSlice, ReferenceResults, RunStore, SliceRule, UserResult,
};
use seqscope_engine::slice::{NamedRows, SliceMembers, SliceSource, named_rows, words_of_slice};
use seqscope_engine::train::data_of_run_watched;

/// The first run with its data, where users are chosen by a slice.
pub(super) struct FirstRun {
    prepared: Arc<Prepared>,
    results: Vec<UserResult>,
    answers: AnswerKind,
    /// The slice that was asked for, and its users by this run.
    slice: Option<(NamedSlice, SliceMembers)>,
    /// Slices that are kept beside it, where they are to be told.
    kept: Vec<KeptSlice>,
}

impl FirstRun {
    /// Opens the data of the first run; `None` where no slice is asked for, and none is kept that is
    /// to be told.
    pub(super) fn open(
        args: &SliceArgs,
        tells_kept: bool,
        stores: &[&RunStore],
        manifests: &[Manifest],
    ) -> Result<Option<Self>, Error> {
        let (Some(store), Some(manifest)) = (stores.first(), manifests.first()) else {
            return Ok(None);
        };
        let kept = if tells_kept {
            store.kept_slices()?
        } else {
            Vec::new()
        };
        let chosen = args.chosen(store)?;
        if chosen.is_none() && kept.is_empty() {
            return Ok(None);
        }
        let control = Signals::of_keyboard()?;
        let prepared = data_of_run_watched(manifest, &OpeningBar::new(control.ends()))?;
        let results = answers_to_test(store, manifest)?;
        let mut first = Self {
            prepared,
            results,
            answers: manifest.experiment.answers(),
            slice: None,
            kept,
        };
        if let Some(slice) = chosen {
            let members = users_of(Some(&slice), &first.source())?;
            if let Some(why) = &members.why_empty {
                return Err(nobody(why));
            }
            first.slice = Some((slice, members));
        }
        Ok(Some(first))
    }

    fn source(&self) -> SliceSource<'_> {
        SliceSource::new(&self.prepared, self.answers, &self.results)
    }

    /// Sentences on whom the figures are of.
    pub(super) fn words(&self) -> Vec<String> {
        let slice = self.slice.as_ref();
        slice.map_or_else(Vec::new, |(slice, of)| words_of_slice(words_of(slice), of))
    }

    /// Answers about the users of the slice, of a run that may be another.
    pub(super) fn answers_of(&self, results: Vec<UserResult>) -> Vec<UserResult> {
        match &self.slice {
            None => results,
            Some((_, members)) => members.answers_of(&self.prepared.dataset.users, &results),
        }
    }

    /// Answers of references about the users of the slice.
    pub(super) fn references_of(&self, kept: ReferenceResults) -> ReferenceResults {
        match &self.slice {
            None => kept,
            Some((_, members)) => {
                let ids = members.ids(&self.prepared.dataset.users);
                kept.of_users(|id| ids.contains(id))
            }
        }
    }

    /// Figures of the slices that are kept.
    pub(super) fn named_rows(&self, runs: &[&[UserResult]], metric: Metric) -> NamedRows {
        named_rows(&self.kept, &self.source(), runs, metric)
    }

    /// The slice for a script; `None` where everyone is compared.
    pub(super) fn json(&self) -> Option<Value> {
        let (slice, of) = self.slice.as_ref()?;
        let expression = match &slice.rule {
            SliceRule::Where(text) => Some(text),
            SliceRule::Users(_) | SliceRule::Targets(_) => None,
        };
        Some(json!({
            "name": Some(&slice.name).filter(|name| !name.is_empty()),
            "where": expression,
            "users": of.users.len(),
            "of": of.n_users,
            "chosen_by_answers": of.by_answers,
        }))
    }
}
