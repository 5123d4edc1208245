//! A run as it is shown to others: its ids replaced wherever they stand.
//!
//! Ids stand in the results, in the rows that the audit and the cleaning show, and, where a cell
//! slipped its column, in what is said of refused rows.

use std::collections::HashMap;

use super::writer::{WARNING, in_one_line};
use super::{Manifest, ReferenceResults, RunError, UserResult};
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::Problem;
use seqscope_data::{JoinReport, Pseudonymiser, Pseudonyms, RefusedRow};

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
        let refused = std::mem::take(&mut data.report.refused).into_iter();
        data.report.refused = refused.map(RefusedRow::without_examples).collect();
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
        for problems in [&mut data.report.problems, &mut manifest.problems] {
            let bare = std::mem::take(problems).into_iter();
            *problems = bare.map(Problem::without_examples).collect();
        }
        manifest.data.report.pseudonyms = Some(self.pseudonymiser.stamp().clone());
    }
}

/// Words of a warning in the log that is none of the manifest's, so that nobody knows what of the
/// data it quotes.
const UNKNOWN: &str = "left out, since it may quote the log";

/// The log of a run, of which this is the manifest as it lies on disk, without what its warnings
/// quote of the data.
pub(super) fn log(text: &str, manifest: &Manifest) -> String {
    let problems = manifest.data.report.problems.iter();
    let bare: HashMap<String, String> = problems
        .chain(&manifest.problems)
        .map(|problem| {
            let bare = problem.clone().without_examples();
            (
                in_one_line(&problem.sentence()),
                in_one_line(&bare.sentence()),
            )
        })
        .collect();
    let mut hidden = String::with_capacity(text.len());
    for line in text.lines() {
        match warning_of(line) {
            None => hidden.push_str(line),
            Some((time, told)) => {
                hidden.push_str(time);
                hidden.push_str(WARNING);
                hidden.push_str(bare.get(told).map_or(UNKNOWN, String::as_str));
            }
        }
        hidden.push('\n');
    }
    hidden
}

/// The time and the sentence of a line of the log that warns.
fn warning_of(line: &str) -> Option<(&str, &str)> {
    // Date, time, then what was told.
    let start = line.match_indices(' ').nth(1)?.0 + 1;
    let (time, told) = line.split_at_checked(start)?;
    Some((time, told.strip_prefix(WARNING)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::run::DataStamp;
    use seqscope_base::spec::Sentence;
    use seqscope_model::{DeviceInfo, DeviceKind};

    #[test]
    fn a_log_keeps_its_lines_and_loses_what_warnings_quote() {
        for odd in [
            "Alice",
            "a (the first: b`).",
            "warning: Alice",
            "Al\nice",
            "",
        ] {
            let first = Sentence::from(" (the first: `").raw_example(odd.to_owned());
            let sentence = Sentence::from("2 ids are odd").aside(first.words("`)"));
            let quoting = Problem::warning("data", sentence.words("."));
            let plain = Problem::warning("training.lr", "it is high");
            let mut manifest = Manifest::new(
                Experiment::default(),
                DataStamp::default(),
                DeviceInfo {
                    key: "cpu".to_owned(),
                    name: "flex".to_owned(),
                    backend: "flex".to_owned(),
                    kind: DeviceKind::Cpu,
                },
                1,
            );
            manifest.problems = vec![quoting.clone(), plain];
            let time = "2024-01-02 03:04:05+00:00";
            let told = in_one_line(&quoting.sentence());
            let text = format!(
                "{time} epoch 1\n{time} warning: {told}\n{time} warning: it is high\n{time} \
                 warning: of `Alice`\n"
            );
            assert_eq!(
                log(&text, &manifest),
                format!(
                    "{time} epoch 1\n{time} warning: 2 ids are odd.\n{time} warning: it is \
                     high\n{time} warning: {UNKNOWN}\n"
                )
            );
        }
    }
}
