//! Counts of weights and gradients by size at the end of each epoch, in a file of their own.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::disk::{append_under, read_text, write_whole};
use super::writer::RunWriter;
use super::{RunError, RunId, RunStore};
use seqscope_model::{Counted, ParamCounts, ValueCounts};

/// Name of the file.
pub(super) const HISTOGRAMS_FILE: &str = "histograms.csv";

/// Columns before those of the bins.
const BEFORE_BINS: &str = "epoch,counted,parameter,nan,infinite";

/// Name under which all parameters of a model are counted together.
pub const ALL_PARAMETERS: &str = "all parameters";

/// Epochs up to which every one is counted.
const EVERY_EPOCH: usize = 200;

/// Whether weights and gradients are counted at the end of an epoch: of the first 200 at each, up to
/// 400 at every second, up to 800 at every fourth, and so on, so that a run of ten thousand epochs
/// has some 800 and not a file of hundreds of megabytes.
#[must_use]
pub fn counts_epoch(epoch: usize) -> bool {
    epoch.is_multiple_of(epoch.div_ceil(EVERY_EPOCH).next_power_of_two())
}

/// Share of all numbers that the bins around 0 may hold which are shown as one.
const AROUND_ZERO_SHARE: f64 = 0.01;

/// Counts of one parameter over the epochs of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamHistograms {
    /// Name of the parameter, as in the files of weights; [`ALL_PARAMETERS`] for all of them
    /// together.
    pub name: String,
    /// Numbers that were counted.
    pub counted: Counted,
    /// Epochs that were counted, in order.
    pub epochs: Vec<usize>,
    /// Counts of each of these epochs.
    pub counts: Vec<ValueCounts>,
}

impl ParamHistograms {
    /// Place of an epoch among those that were counted, of the last one before it where it was not.
    #[must_use]
    pub fn place_of(&self, epoch: usize) -> Option<usize> {
        let after = self.epochs.partition_point(|counted| *counted <= epoch);
        after.checked_sub(1)
    }

    /// Bins from the most negative to the most positive between the outermost ones that were used,
    /// each with its first and last; those around 0 which in no epoch hold more than a hundredth,
    /// but for the bin around 0 itself, are one: they are many and nearly empty. Nothing where all
    /// that was counted is no number.
    #[must_use]
    pub fn shown_bins(&self) -> Vec<[usize; 2]> {
        let is_used = |bin: &usize| {
            let mut counts = self.counts.iter();
            counts.any(|counts| counts.bins.get(*bin).is_some_and(|n| *n > 0))
        };
        let mut all = 0..ValueCounts::N_BINS;
        let (Some(first), Some(last)) = (all.clone().find(is_used), all.rfind(is_used)) else {
            return Vec::new();
        };
        let middle = ValueCounts::AROUND_ZERO;
        let within = (1..=middle)
            .take_while(|levels| self.share_within(*levels) <= AROUND_ZERO_SHARE)
            .last()
            .unwrap_or_default();
        let [from, to] = [middle - within, middle + within];
        let one = |bin: usize| [bin, bin];
        let inner = (first <= to && last >= from).then(|| [from.max(first), to.min(last)]);
        let outer_low = (first..from.min(last + 1)).map(one);
        let outer_high = ((to + 1).max(first)..=last).map(one);
        outer_low.chain(inner).chain(outer_high).collect()
    }

    /// Largest share of an epoch's numbers that lies within so many bins of 0, the bin around it
    /// left out.
    fn share_within(&self, levels: usize) -> f64 {
        let middle = ValueCounts::AROUND_ZERO;
        let shares = self.counts.iter().map(|counts| {
            let around = counts.bins.get(middle - levels..=middle + levels);
            let at = counts.bins.get(middle).copied().unwrap_or_default();
            let n = around.unwrap_or_default().iter().sum::<u64>() - at;
            n as f64 / counts.total().max(1) as f64
        });
        shares.fold(0.0, f64::max)
    }
}

impl RunWriter {
    /// Adds a line for the weights and one for the gradient of each parameter. Not waited for until
    /// it is on disk: what a cut loses is counted again when the run goes on.
    ///
    /// # Errors
    /// [`RunError`] when they cannot be written.
    pub fn append_histograms(
        &mut self,
        epoch: usize,
        counts: &[ParamCounts],
    ) -> Result<(), RunError> {
        if counts.is_empty() {
            return Ok(());
        }
        let path = self.dir().join(HISTOGRAMS_FILE);
        let mut text = String::new();
        for one in counts {
            line(&mut text, epoch, one);
        }
        append_under(&path, &header(), &text, false)
    }

    /// Takes the lines of epochs after `last` out of the file, if there is one.
    pub(super) fn rewind_histograms(&self, last: usize) -> Result<(), RunError> {
        let path = self.dir().join(HISTOGRAMS_FILE);
        if !path.exists() {
            return Ok(());
        }
        let mut kept = header();
        for line in whole_lines(&read_text(&path)?) {
            let epoch = line.split(',').next().and_then(|epoch| epoch.parse().ok());
            if epoch.is_some_and(|epoch: usize| epoch <= last) {
                kept += line;
                kept.push('\n');
            }
        }
        write_whole(&path, kept.as_bytes())
    }
}

impl RunStore {
    /// Counts of the weights and gradients of a run: of all parameters together, then of each in
    /// the order of the model; nothing where none were kept. A line that was cut off is passed over.
    ///
    /// # Errors
    /// [`RunError`] when the file cannot be read.
    pub fn histograms(&self, id: &RunId) -> Result<Vec<ParamHistograms>, RunError> {
        let path = self.dir(id).join(HISTOGRAMS_FILE);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let counted = of_text(&read_text(&path)?);
        self.check_file(id, &path)?;
        Ok(counted)
    }
}

/// The lines that have their end.
fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    let whole = text.rfind('\n').and_then(|end| text.get(..end));
    whole.unwrap_or_default().lines().skip(1)
}

fn of_text(text: &str) -> Vec<ParamHistograms> {
    let mut found = Found::default();
    whole_lines(text).for_each(|line| found.add(line));
    found.all()
}

/// Histograms as they are read.
#[derive(Default)]
struct Found {
    params: Vec<ParamHistograms>,
    /// Place of each among them.
    places: BTreeMap<(Counted, String), usize>,
}

impl Found {
    /// Takes in a line; one that was cut off changes nothing.
    fn add(&mut self, line: &str) {
        let Some((epoch, one)) = parsed(line) else {
            return;
        };
        let ParamCounts {
            name,
            counted,
            counts,
        } = one;
        let params = &mut self.params;
        let place = *self
            .places
            .entry((counted, name.clone()))
            .or_insert_with(|| {
                params.push(ParamHistograms {
                    name,
                    counted,
                    epochs: Vec::new(),
                    counts: Vec::new(),
                });
                params.len() - 1
            });
        let Some(param) = params.get_mut(place) else {
            return;
        };
        // An epoch that was counted again, after a cut, counts once.
        if param.epochs.last() == Some(&epoch) {
            param.counts.pop();
        } else {
            param.epochs.push(epoch);
        }
        param.counts.push(counts);
    }

    /// All of them, and before them their sums.
    fn all(self) -> Vec<ParamHistograms> {
        let sums = [Counted::Weights, Counted::Gradients].map(|counted| self.sum(counted));
        let sums = sums.into_iter().filter(|sum| !sum.epochs.is_empty());
        sums.chain(self.params).collect()
    }

    fn sum(&self, counted: Counted) -> ParamHistograms {
        let mut by_epoch: BTreeMap<usize, ValueCounts> = BTreeMap::new();
        for param in self.params.iter().filter(|param| param.counted == counted) {
            for (epoch, counts) in param.epochs.iter().zip(&param.counts) {
                by_epoch.entry(*epoch).or_default().add(counts);
            }
        }
        let (epochs, counts) = by_epoch.into_iter().unzip();
        ParamHistograms {
            name: ALL_PARAMETERS.to_owned(),
            counted,
            epochs,
            counts,
        }
    }
}

/// First line of the file: bins are named by their lower ends.
fn header() -> String {
    let mut text = BEFORE_BINS.to_owned();
    for bin in 0..ValueCounts::N_BINS {
        // Writing to a string cannot fail.
        let _ = write!(text, ",{:e}", ValueCounts::ends(bin)[0]);
    }
    text.push('\n');
    text
}

fn line(text: &mut String, epoch: usize, one: &ParamCounts) {
    let ParamCounts {
        name,
        counted,
        counts,
    } = one;
    let ValueCounts {
        bins,
        n_nan,
        n_infinite,
    } = counts;
    let _ = write!(text, "{epoch},{counted},{name},{n_nan},{n_infinite}");
    for count in bins {
        let _ = write!(text, ",{count}");
    }
    text.push('\n');
}

/// Epoch and counts of a line; `None` where it is no whole one.
fn parsed(line: &str) -> Option<(usize, ParamCounts)> {
    let mut fields = line.split(',');
    let epoch = fields.next()?.parse().ok()?;
    let counted = fields.next()?.parse().ok()?;
    let name = fields.next()?.to_owned();
    let (n_nan, n_infinite) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let bins: Vec<u64> = fields.map_while(|count| count.parse().ok()).collect();
    let counts = ValueCounts {
        bins,
        n_nan,
        n_infinite,
    };
    (counts.bins.len() == ValueCounts::N_BINS).then_some((
        epoch,
        ParamCounts {
            name,
            counted,
            counts,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(name: &str, counted: Counted, values: &[f32]) -> ParamCounts {
        ParamCounts {
            name: name.to_owned(),
            counted,
            counts: ValueCounts::of_values(values),
        }
    }

    fn text(epochs: &[(usize, Vec<ParamCounts>)]) -> String {
        let mut text = header();
        for (epoch, counts) in epochs {
            for one in counts {
                line(&mut text, *epoch, one);
            }
        }
        text
    }

    #[test]
    fn what_was_kept_is_read_parameter_by_parameter_and_all_together() {
        let epochs = [
            (
                1,
                vec![
                    counted("a.weight", Counted::Weights, &[1.0, -2.0, f32::NAN]),
                    counted("b", Counted::Weights, &[0.0]),
                    counted("a.weight", Counted::Gradients, &[1e-3, f32::INFINITY]),
                ],
            ),
            (
                3,
                vec![
                    counted("a.weight", Counted::Weights, &[1.0, 4.0, 5.0]),
                    counted("b", Counted::Weights, &[0.25]),
                ],
            ),
        ];
        let text = text(&epochs);
        let found = of_text(&text);
        let names: Vec<(&str, Counted)> = found.iter().map(|p| (&*p.name, p.counted)).collect();
        let (weights, gradients) = (Counted::Weights, Counted::Gradients);
        assert_eq!(
            names,
            [
                (ALL_PARAMETERS, weights),
                (ALL_PARAMETERS, gradients),
                ("a.weight", weights),
                ("b", weights),
                ("a.weight", gradients)
            ]
        );
        assert_eq!(found[2].epochs, [1, 3]);
        assert_eq!(found[2].counts[0], epochs[0].1[0].counts);
        let totals: Vec<u64> = found[0].counts.iter().map(ValueCounts::total).collect();
        assert_eq!((totals, found[0].counts[0].n_nan), (vec![4, 4], 1));
        assert_eq!(found[0].place_of(2), Some(0));
        assert_eq!(
            (found[0].place_of(9), found[0].place_of(0)),
            (Some(1), None)
        );
        let used = found[4].shown_bins();
        assert!(matches!(used[..], [[from, to]] if from == to), "{used:?}");
        // A line that was cut off, and an epoch that was counted again.
        for cut in [4, 1] {
            let cut = &text[..text.len() - cut];
            assert_eq!(of_text(cut)[3].epochs, [1]);
        }
        let twice = format!("{text}{}\n", text.lines().last().unwrap());
        assert_eq!(of_text(&twice), found);
        assert!(of_text("").is_empty() && of_text("epoch").is_empty());
    }

    #[test]
    fn bins_around_0_that_are_nearly_empty_are_shown_as_one() {
        let histograms = |values: &[f32]| ParamHistograms {
            name: String::new(),
            counted: Counted::Weights,
            epochs: vec![1],
            counts: vec![ValueCounts::of_values(values)],
        };
        // 200 of ±0.5 to ±1, one of 1e-4 and one of −1e-5: of 202 a hundredth is 2.02.
        let mut values: Vec<f32> = (0..200)
            .map(|at| if at % 2 == 0 { 0.6 } else { -0.9 })
            .collect();
        values.extend([1e-4, -1e-5]);
        let shown = histograms(&values).shown_bins();
        let ends =
            |bins: [usize; 2]| [ValueCounts::ends(bins[0])[0], ValueCounts::ends(bins[1])[1]];
        let bounds: Vec<[f64; 2]> = shown.iter().map(|bins| ends(*bins)).collect();
        // −1 to −0.75; −0.75 to −0.5 is empty; the middle holds two and reaches to 0.5 on either side.
        let wanted = [[-1.0, -0.75], [-0.75, -0.5], [-0.5, 0.5], [0.5, 0.75]];
        assert_eq!(format!("{bounds:?}"), format!("{wanted:?}"));
        // Every bin in use is in one of them, and none in two.
        values.extend([1e-4; 9]);
        let shown = histograms(&values).shown_bins();
        let bins: Vec<usize> = shown.iter().flat_map(|bins| bins[0]..=bins[1]).collect();
        assert!(bins.is_sorted_by(|a, b| a + 1 == *b), "{bins:?}");
        assert!(shown.len() > 10, "{shown:?}");
        let positive = histograms(&[3.0, 2.5, 0.0]).shown_bins();
        let ends_of = |at: usize| format!("{:?}", ends(positive[at]));
        assert_eq!(
            (positive.len(), ends_of(1)),
            (3, format!("{:?}", [2.0, 3.0]))
        );
        assert!(histograms(&[f32::NAN]).shown_bins().is_empty());
    }

    #[test]
    fn a_long_run_is_counted_ever_more_seldom() {
        let n_counted = |epochs: std::ops::RangeInclusive<usize>| {
            epochs.filter(|epoch| counts_epoch(*epoch)).count()
        };
        assert_eq!(n_counted(1..=200), 200);
        assert_eq!(n_counted(201..=400), 100);
        assert_eq!(n_counted(401..=800), 100);
        assert!(n_counted(1..=10_000) < 800);
        assert!(counts_epoch(404) && !counts_epoch(402));
    }

    #[test]
    fn the_head_names_every_bin_by_its_lower_end() {
        let head = header();
        let fields: Vec<&str> = head.trim().split(',').collect();
        assert_eq!(fields.len(), 5 + ValueCounts::N_BINS);
        let ends: Vec<f64> = fields[5..].iter().map(|end| end.parse().unwrap()).collect();
        assert!(ends.is_sorted() && ends[0] == f64::NEG_INFINITY);
        assert_eq!(ends[ends.len() - 1].to_bits(), 64.0_f64.to_bits());
    }
}
