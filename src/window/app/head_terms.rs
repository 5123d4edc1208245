//! Terms of the weights of one attention head, for the user that is looked at.

use std::sync::Arc;

use super::job::{ModelCache, sentence};
use super::question::{Answerable, Answers};
use super::views::Views;
use super::{ExplainView, HeadIdx, ViewKey};
use seqscope_data::Prepared;
use seqscope_model::{HeadPlace, HeadTerms};

/// One head over the history of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadTermsAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
    /// The head.
    pub head: HeadIdx,
}

impl Answerable for HeadTermsAsk {
    type Answer = HeadTerms;
    const VIEW: Option<ExplainView> = Some(ExplainView::Overview);

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<HeadTerms, String> {
        let (restored, user_idx) = models.of_user(&self.key, known)?;
        let n_events = restored.prepared.dataset.sequences.items(user_idx).len();
        let history = restored.prepared.histories([(user_idx, n_events)]);
        let HeadIdx { layer, head } = self.head;
        let terms = restored
            .model
            .head_terms(&history, HeadPlace { layer, head })
            .map_err(sentence)?;
        terms.ok_or_else(|| {
            "The arithmetic of a weight is told for the plain Transformer only; choose a run of \
             that family."
                .to_owned()
        })
    }

    fn home(views: &mut Views) -> &mut Answers<Self, HeadTerms> {
        &mut views.head_terms
    }
}
