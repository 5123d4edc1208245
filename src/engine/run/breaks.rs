//! Breaks in a run, as its log tells of them: held, gone on, left and resumed.

use std::path::Path;

use super::RunError;
use super::disk::read_text;

/// Line of the log when a run is held.
pub(crate) const HELD: &str = "paused";

/// Line of the log when a held run goes on.
pub(crate) const WENT_ON: &str = "goes on";

/// Beginning of the line of the log when a run is left at the system's word.
pub(crate) const LEFT: &str = "paused at the system's word";

/// Kind of a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakKind {
    /// Held by the user, with the program open.
    Held,
    /// Gone on after it was held.
    WentOn,
    /// Left at the system's word, to go on later.
    Left,
    /// Resumed from its folder.
    Resumed,
}

/// One break in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainingBreak {
    /// Epoch in work at the time, from 1.
    pub epoch: usize,
    /// Kind of the break.
    pub kind: BreakKind,
}

/// Breaks that a log tells of, in their order; none where there is no log, as in an export.
///
/// # Errors
/// [`RunError`] when the log is there and cannot be read.
pub(super) fn breaks_of_log(path: &Path) -> Result<Vec<TrainingBreak>, RunError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    Ok(breaks(&read_text(path)?))
}

/// Breaks that the lines tell of. Lines of an unknown kind, and one that was cut off, are passed
/// over.
fn breaks(text: &str) -> Vec<TrainingBreak> {
    let (mut found, mut in_work, mut has_started) = (Vec::new(), 1, false);
    for line in text.lines() {
        // Day and time stand before the words.
        let words = line.splitn(3, ' ').nth(2).unwrap_or_default();
        let kind = match words {
            HELD => Some(BreakKind::Held),
            WENT_ON => Some(BreakKind::WentOn),
            left if left.starts_with(LEFT) => Some(BreakKind::Left),
            other => {
                let Some((epoch, rest)) = epoch_of(other) else {
                    continue;
                };
                let is_done = rest.starts_with(':');
                in_work = if is_done { epoch + 1 } else { epoch };
                // The first start is none; every later one goes on with what the folder holds.
                let is_resumed = !is_done && has_started;
                has_started |= !is_done;
                is_resumed.then_some(BreakKind::Resumed)
            }
        };
        found.extend(kind.map(|kind| TrainingBreak {
            epoch: in_work,
            kind,
        }));
    }
    found
}

/// The number of the epoch that a line is about, and what it says of it.
fn epoch_of(words: &str) -> Option<(usize, &str)> {
    let rest = words.strip_prefix("epoch ")?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    let (number, said) = rest.split_at(end);
    let is_known =
        said.starts_with(':') || said.starts_with(" starts") || said.starts_with(" goes");
    Some((number.parse().ok()?, said)).filter(|_| is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_fall_into_the_epoch_in_work() {
        let lines = [
            "epoch 1 starts on cpu (CPU)",
            "epoch 1: train loss 3.0000, valid loss 3.0000, NDCG@10 0.1000 (best)",
            "paused",
            "goes on",
            "warning: paused is a word here, epoch 9 another",
            "epoch 2: train loss 2.0000, valid loss 3.0000, NDCG@10 0.1000",
            "paused at the system's word in epoch 3 after step 4",
            "epoch 3 goes on after step 4 on cpu (CPU)",
            "epoch 3: train loss 2.0000, valid loss 3.0000, NDCG@10 0.1000",
            // Killed in epoch 4, and begun again.
            "epoch 4 starts on cpu (CPU)",
            "finished",
        ];
        let dated = lines.map(|line| format!("2026-11-30 12:38:12+00:00 {line}"));
        let text = dated.join("\n");
        let at = |epoch, kind| TrainingBreak { epoch, kind };
        let wanted = [
            at(2, BreakKind::Held),
            at(2, BreakKind::WentOn),
            at(3, BreakKind::Left),
            at(3, BreakKind::Resumed),
            at(4, BreakKind::Resumed),
        ];
        assert_eq!(breaks(&text), wanted);
        assert_eq!(breaks("nothing\n\nepoch x\n2026 12 epoch"), []);
    }
}
