//! A run as it is shown to others: its ids replaced wherever they stand.
//!
//! Ids stand in the results, in the rows that the audit and the cleaning show, and, where a cell
//! slipped its column, in what is said of refused rows.

use super::{Manifest, ReferenceResults, RunError, UserResult};
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::Problem;
use seqscope_data::{JoinReport, Pseudonymiser, Pseudonyms, without_first_refused, without_quoted};

/// What of a run's ids is to be replaced, beyond what was when its log was read.
pub(super) struct RunPseudonyms {
    pseudonymiser: Pseudonymiser,
    /// Whether the ids of users stand as in the log.
    users_are_bare: bool,
}

impl RunPseudonyms {
    /// `None` when there is nothing left to hide.
    pub(super) fn new(manifest: &Manifest, hidden: Pseudonyms) -> Result<Option<Self>, RunError> {
        let before = manifest.data.report.pseudonyms.as_ref();
        let is_done =
            before.is_some_and(|stamp| stamp.hidden.hides_items() || !hidden.hides_items());
        if is_done {
            return Ok(None);
        }
        if let Some(stamp) = before.filter(|_| !hidden.is_off()) {
            // Otherwise the export would hold pseudonyms of two keys.
            stamp.check()?;
        }
        let made = Pseudonymiser::new(hidden)?;
        Ok(made.map(|pseudonymiser| Self {
            pseudonymiser,
            users_are_bare: before.is_none(),
        }))
    }

    /// Whether the ids of items are replaced, and not those of users alone.
    pub(super) fn hides_items(&self) -> bool {
        self.pseudonymiser.stamp().hidden.hides_items()
    }

    pub(super) fn user(&self, id: &mut String) {
        if self.users_are_bare {
            *id = self.pseudonymiser.user(id);
        }
    }

    pub(super) fn item(&self, id: &mut String) {
        *id = self.pseudonymiser.item(id);
    }

    /// Hides the users, and the true answers where these are items.
    pub(super) fn hide_in_results(&self, results: &mut [UserResult], answers: AnswerKind) {
        for UserResult {
            user_id, item_id, ..
        } in results
        {
            self.user(user_id);
            if answers == AnswerKind::Ranking {
                self.item(item_id);
            }
        }
    }

    pub(super) fn hide_in_references(
        &self,
        references: &mut ReferenceResults,
        answers: AnswerKind,
    ) {
        references.user_ids.iter_mut().for_each(|id| self.user(id));
        if answers == AnswerKind::Ranking {
            references.item_ids.iter_mut().for_each(|id| self.item(id));
        }
    }

    pub(super) fn hide_in_manifest(&self, manifest: &mut Manifest) {
        let data = &mut manifest.data;
        for row in &mut data.report.refused {
            row.reason = without_quoted(&row.reason);
        }
        // They show ids cut short, and a user who became a session in a column of its own.
        data.report
            .steps
            .iter_mut()
            .filter_map(|step| step.effect.as_mut())
            .for_each(|effect| effect.examples.clear());
        for example in data
            .audit
            .iter_mut()
            .flat_map(|finding| &mut finding.examples)
        {
            self.user(&mut example.user_id);
            self.item(&mut example.item_id);
        }
        data.report
            .joins
            .iter_mut()
            .for_each(JoinReport::forget_ids);
        let tell =
            |problem: &mut Problem| problem.sentence = without_first_refused(&problem.sentence);
        data.report.problems.iter_mut().for_each(tell);
        manifest.problems.iter_mut().for_each(tell);
        manifest.data.report.pseudonyms = Some(self.pseudonymiser.stamp().clone());
    }
}

/// The log of a run without what it tells of single rows.
pub(super) fn log(text: &str) -> String {
    text.lines()
        .map(|line| without_first_refused(line) + "\n")
        .collect()
}
