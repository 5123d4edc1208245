//! What each epoch used of its latent vector, dimension by dimension, in a file of its own: a run
//! has it where its model has a latent vector that is uncertain.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use super::RunError;
use super::disk::{file_error, read_text, write_whole};
use super::writer::{RunWriter, append_to};
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
        let mut text = if path.exists() {
            String::new()
        } else {
            HEADER.to_owned()
        };
        for (at, (kl, variance)) in report.kl.iter().zip(&report.variance).enumerate() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{epoch},{},{kl},{variance}", at + 1);
        }
        let mut file = append_to(&path)?;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_data());
        written.map_err(|e| file_error(&path, &e))
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
