//! What each epoch used of its latent vector, dimension by dimension, in a file of its own: a run
//! has it where its model has a latent vector that is uncertain.

use std::fmt::Write as _;
use std::path::Path;

use super::disk::{append_under, read_text, write_whole};
use super::writer::RunWriter;
use super::{RunError, RunId, RunStore};
use seqscope_model::LatentReport;

/// Name of the file.
pub(super) const LATENT_FILE: &str = "latent.csv";

/// Its first line.
const HEADER: &str = "epoch,dimension,kl,variance\n";

impl RunWriter {
    /// Adds a line for each latent dimension: its Kullback–Leibler term in nats, mean over users,
    /// and the variance of its mean over users. They are on disk when this returns.
    ///
    /// # Errors
    /// [`RunError`] when they cannot be written.
    pub fn append_latent(&mut self, epoch: usize, report: &LatentReport) -> Result<(), RunError> {
        let path = self.dir().join(LATENT_FILE);
        let mut text = String::new();
        for (at, (kl, variance)) in report.kl.iter().zip(&report.variance).enumerate() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{epoch},{},{kl},{variance}", at + 1);
        }
        append_under(&path, HEADER, &text, true)
    }

    /// Takes the lines of epochs after `last` out of the file, if there is one.
    pub(super) fn rewind_latent(&self, last: usize) -> Result<(), RunError> {
        let path = self.dir().join(LATENT_FILE);
        if !path.exists() {
            return Ok(());
        }
        write_whole(&path, up_to(&read_text(&path)?, last).as_bytes())
    }
}

/// The largest dimension that the file names; `None` where there is no file, or no line in it.
///
/// # Errors
/// [`RunError`] when the file is there and cannot be read.
pub(super) fn latent_width(path: &Path) -> Result<Option<usize>, RunError> {
    if !path.exists() {
        return Ok(None);
    }
    Ok(width(&read_text(path)?))
}

/// The largest dimension of the first epoch: every epoch has the same.
fn width(text: &str) -> Option<usize> {
    let mut lines = text.lines().skip(1).map(|line| {
        let mut fields = line.split(',');
        let epoch = fields.next()?;
        Some((epoch, fields.next()?.parse::<usize>().ok()?))
    });
    let (first, dimension) = lines.next()??;
    let others = lines.map_while(|line| line.filter(|(epoch, _)| *epoch == first));
    Some(others.last().map_or(dimension, |(_, dimension)| dimension))
}

/// Use that a model made of its latent vector after one epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentEpoch {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Use of each dimension.
    pub report: LatentReport,
}

impl RunStore {
    /// What a run kept of the use of its latent vector, in the order of its epochs; nothing for a
    /// model without an uncertain one. A line that was cut off is passed over.
    ///
    /// # Errors
    /// [`RunError`] when the file cannot be read.
    pub fn latent_epochs(&self, id: &RunId) -> Result<Vec<LatentEpoch>, RunError> {
        let path = self.dir(id).join(LATENT_FILE);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let epochs = epochs_of(&read_text(&path)?);
        self.check_file(id, &path)?;
        Ok(epochs)
    }
}

fn epochs_of(text: &str) -> Vec<LatentEpoch> {
    let mut epochs: Vec<LatentEpoch> = Vec::new();
    for line in up_to(text, usize::MAX).lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [epoch, _, kl, variance] = fields.as_slice() else {
            continue;
        };
        let (Ok(epoch), Ok(kl), Ok(variance)) = (epoch.parse(), kl.parse(), variance.parse())
        else {
            continue;
        };
        if epochs.last().is_none_or(|last| last.epoch != epoch) {
            epochs.push(LatentEpoch {
                epoch,
                report: LatentReport::default(),
            });
        }
        if let Some(last) = epochs.last_mut() {
            last.report.kl.push(kl);
            last.report.variance.push(variance);
        }
    }
    epochs
}

/// The lines up to an epoch. A line that was cut off goes too.
fn up_to(text: &str, last: usize) -> String {
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    let epoch = |line: &&str| {
        line.split(',')
            .next()
            .and_then(|epoch| epoch.parse::<usize>().ok())
    };
    let kept = whole
        .lines()
        .skip(1)
        .filter(|line| epoch(line).is_some_and(|epoch| epoch <= last));
    kept.fold(HEADER.to_owned(), |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_epoch_by_epoch() {
        let text = format!("{HEADER}1,1,0.5,0.1\n1,2,0,0\n2,1,0.25,0.2\n2,2");
        let epochs = epochs_of(&text);
        assert_eq!(epochs.len(), 2);
        assert_eq!(epochs[0].report.kl, [0.5, 0.0]);
        assert_eq!(
            (epochs[1].epoch, epochs[1].report.variance.clone()),
            (2, vec![0.2])
        );
        assert!(epochs_of("").is_empty());
    }

    #[test]
    fn lines_of_later_epochs_go() {
        let text = format!("{HEADER}1,1,0.5,0.1\n1,2,0,0\n2,1,0.25,0.2\n2,2");
        assert_eq!(up_to(&text, 1), format!("{HEADER}1,1,0.5,0.1\n1,2,0,0\n"));
        assert_eq!(
            up_to(&text, 2),
            format!("{HEADER}1,1,0.5,0.1\n1,2,0,0\n2,1,0.25,0.2\n")
        );
        assert_eq!(up_to("", 2), HEADER);
    }

    #[test]
    fn the_width_is_that_of_the_first_epoch() {
        let text = format!("{HEADER}1,1,0.5,0.1\n1,2,0,0\n2,1,0.25,0.2\n2,2");
        assert_eq!(
            (width(&text), width(HEADER), width("")),
            (Some(2), None, None)
        );
    }
}
