//! Explained answers about the user that is looked at: which events moved them.

use std::sync::Arc;

use super::job::{ModelCache, sentence};
use super::question::{Answerable, Answers};
use super::views::Views;
use super::{ExplainView, ViewKey};
use seqscope_base::metric::Seen;
use seqscope_data::Prepared;
use seqscope_engine::explain::{
    AnswerAttribution, AnswerQuestion, AnswerTarget, AttributionEffort, attribute_watched,
};

/// One answer to be explained.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributionAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
    /// Position of the event before which the answer was given; `None` for that after the last.
    pub before: Option<usize>,
    /// The item whose probability is explained.
    pub target: AnswerTarget,
}

impl Answerable for AttributionAsk {
    type Answer = AnswerAttribution;
    const VIEW: Option<ExplainView> = Some(ExplainView::Faithfulness);

    const IS_LONG: bool = true;

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<AnswerAttribution, String> {
        let watch = models.watch();
        let (restored, user_idx) = models.of_user(&self.key, known)?;
        if !restored.questions.ranks_items() {
            return Err(
                "This run does not rank items, and only answers about an item are explained; \
                 choose a run that predicts the next item."
                    .to_owned(),
            );
        }
        let n_events = restored.prepared.dataset.sequences.items(user_idx).len();
        let asked = AnswerQuestion {
            user_idx,
            history_len: self.before.map_or(n_events, |before| before.min(n_events)),
            target: self.target,
            filter_seen: restored.manifest.seen() == Seen::LeftOut,
            tells_test: restored.manifest.test.is_some(),
            features: &restored.manifest.experiment.data.features,
            effort: AttributionEffort::default(),
        };
        let model = restored.model.as_ref();
        let goes_on = |share: f32| watch.goes_on(share);
        attribute_watched(model, &restored.prepared, &asked, &goes_on).map_err(sentence)
    }

    fn home(views: &mut Views) -> &mut Answers<Self, AnswerAttribution> {
        &mut views.attributions
    }
}
