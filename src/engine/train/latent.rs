//! Whether a model uses its latent vector, asked on validation histories.

use std::cell::Cell;

use super::TrainError;
use super::evaluate::question;
use seqscope_base::metric::{Rank, ndcg_term};
use seqscope_base::spec::{Problem, ProblemKind};
use seqscope_data::{EvalCase, Histories, Prepared};
use seqscope_model::{LatentReport, ModelError, Questions, Trainable};

/// What a model with a latent vector used of it after an epoch, asked of the first users of
/// validation.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentUse {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Optimiser steps done.
    pub step: usize,
    /// Each dimension.
    pub report: LatentReport,
    /// At the end of a run: NDCG@10 of these users, and what it would be with the latent vector of
    /// the next user in place of each one's own.
    pub shuffled: Option<[f64; 2]>,
}

impl LatentUse {
    /// It in words.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self {
            report, shuffled, ..
        } = self;
        let (n_active, width, kl) = (report.n_active(), report.width(), report.total_kl());
        let used =
            format!("Latent vector: {n_active} of {width} units active, {kl:.2} nats a user");
        match shuffled {
            None => used,
            Some([own, other]) => {
                format!(
                    "{used}; NDCG@10 on validation {own:.4} with a user's own, {other:.4} with \
                     another's"
                )
            }
        }
    }

    /// The warning that the latent vector says nearly nothing, or that the decoder does not listen
    /// to what it says, and the cure.
    pub(super) fn collapse(&self) -> Option<Problem> {
        let report = &self.report;
        let is_unheard = self
            .shuffled
            .is_some_and(|[own, other]| own <= HEARD * other);
        let what = match (report.is_collapsed(), is_unheard) {
            (false, false) => return None,
            (true, _) => format!(
                "{} of {} units differ between users",
                report.n_active(),
                report.width()
            ),
            (false, true) => "it ranks as well with another user's as with a user's own".to_owned(),
        };
        let sentence = format!(
            "the latent vector has collapsed: {what}, so the decoder hardly looks at it; let beta \
             grow over more of the run (`model.anneal`) or in cycles (`model.annealing: \
             Cyclical`), give each dimension free nats (`model.free_bits: 0.1`), lower \
             `model.beta`, or make the vector shorter (`model.d_latent`)"
        );
        Some(Problem::warning("model.beta", sentence).of_kind(ProblemKind::LatentCollapsed))
    }
}

/// How many times as well as with another user's vector a model must rank with a user's own, or the
/// decoder is taken not to listen: ours.
const HEARD: f64 = 1.05;

/// Most users who are asked: enough for a mean, and little beside an evaluation.
const MOST_USERS: usize = Questions::AT_A_TIME;

/// Use that the model makes of its latent vector; `None` for one that has none.
pub(super) fn latent_report(
    model: &dyn Trainable,
    prepared: &Prepared,
    cases: &[EvalCase],
) -> Result<Option<LatentReport>, ModelError> {
    let cases = cases.get(..MOST_USERS).unwrap_or(cases);
    Ok(model
        .latent(&histories_of(prepared, cases.iter()))?
        .as_ref()
        .and_then(LatentReport::from_vectors))
}

/// NDCG@10 of the first users, each with its own latent vector and with the next user's.
///
/// All that such a model sees of a history goes through the latent vector, so that another user's
/// history is another user's latent vector; which items are left out stays the user's own.
pub(super) fn shuffled(
    model: &dyn Trainable,
    prepared: &Prepared,
    cases: &[EvalCase],
    filter_seen: bool,
) -> Result<[f64; 2], TrainError> {
    let cases = cases.get(..MOST_USERS).unwrap_or(cases);
    let questions = Questions {
        histories: histories_of(prepared, cases.iter()),
        targets: cases
            .iter()
            .map(|case| question(prepared, *case).target)
            .collect(),
        filter_seen,
        n_items: prepared.dataset.n_items(),
    };
    let first = Cell::new(0);
    let ndcg = |ranks: Vec<Rank>| {
        ranks.iter().map(|rank| ndcg_term(*rank, 10)).sum::<f64>() / ranks.len().max(1) as f64
    };
    let own = model
        .answers(&questions)?
        .iter()
        .map(|answer| answer.rank)
        .collect();
    let other = questions
        .answered_by(|histories| {
            let start = first.replace(first.get() + histories.n_rows());
            let next = cases
                .iter()
                .cycle()
                .skip(start + 1)
                .take(histories.n_rows());
            model.scores(&histories_of(prepared, next))
        })?
        .iter()
        .map(|answer| answer.rank)
        .collect();
    Ok([ndcg(own), ndcg(other)])
}

fn histories_of<'a>(prepared: &Prepared, cases: impl Iterator<Item = &'a EvalCase>) -> Histories {
    prepared.histories(cases.map(|case| (case.user_idx as usize, case.history_len as usize)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latent_vector_is_told_in_words_and_its_collapse_with_the_cure() {
        let report = LatentReport {
            kl: vec![1.5, 0.0],
            variance: vec![0.8, 0.0],
        };
        let mut used = LatentUse {
            epoch: 3,
            step: 30,
            report,
            shuffled: None,
        };
        assert_eq!(
            used.sentence(),
            "Latent vector: 1 of 2 units active, 1.50 nats a user"
        );
        used.shuffled = Some([0.25, 0.125]);
        let wanted = "; NDCG@10 on validation 0.2500 with a user's own, 0.1250 with another's";
        assert!(used.sentence().ends_with(wanted), "{}", used.sentence());
        assert_eq!(used.collapse(), None);
        let unheard = LatentUse {
            shuffled: Some([0.25, 0.24]),
            ..used.clone()
        }
        .collapse()
        .unwrap();
        assert!(
            unheard.sentence().contains("as well with another user's"),
            "{}",
            unheard.sentence()
        );
        used.report.variance = vec![0.001, 0.0];
        let told = used.collapse().unwrap();
        assert!(
            told.sentence().contains("0 of 2 units") && told.sentence().contains("free_bits"),
            "{}",
            told.sentence()
        );
    }
}
