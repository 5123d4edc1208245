//! The colour of a run: a hue that is its own for ever, and a shade where runs that are shown
//! together share one.

use std::collections::BTreeSet;

use crate::run::RunId;

/// Hues there are.
pub const N_HUES: u64 = 8;

/// Colour of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunColor {
    /// Which of the hues, from its name alone.
    pub hue: usize,
    /// Number of runs shown before it in the order of their names that have the same hue.
    pub shade: usize,
}

impl RunColor {
    /// Colour of a run beside others that are shown with it.
    #[must_use]
    pub fn among<'a>(run: &RunId, shown: impl IntoIterator<Item = &'a RunId>) -> Self {
        let hue = hue(run);
        let before = shown
            .into_iter()
            .filter(|other| *other < run && self::hue(other) == hue);
        let mut before: Vec<&RunId> = before.collect();
        before.sort();
        before.dedup();
        Self {
            hue,
            shade: before.len(),
        }
    }

    /// Colour of runs that are drawn as one, which goes by the first of all their names, `beside`
    /// others that are drawn with them: the hue is theirs for ever, and the shade is none that one
    /// of the others has.
    #[must_use]
    pub fn of_group<'a>(first: &RunId, beside: impl IntoIterator<Item = &'a RunId>) -> Self {
        let hue = hue(first);
        let others = beside.into_iter().filter(|other| *other != first);
        let alike: BTreeSet<&RunId> = others.filter(|other| self::hue(other) == hue).collect();
        Self {
            hue,
            shade: alike.len(),
        }
    }
}

/// The hue of a run: FNV-1a of its name, 64 bits, so that it is the same on every machine.
///
/// # Source
/// Fowler, Noll & Vo, draft-eastlake-fnv, section 2.
fn hue(run: &RunId) -> usize {
    let hash = run.0.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // The low bits of this hash follow the last letters; folded, all of them count.
    ((hash >> 32 ^ hash) % N_HUES) as usize
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, N_HUES, RunColor, hue};
    use crate::run::RunId;

    fn run(at: usize) -> RunId {
        RunId(format!(
            "2026-11-22_14{:02}_ml-100k-transformer_{at:04x}",
            at % 60
        ))
    }

    #[test]
    fn a_run_keeps_its_hue_whatever_else_there_is() {
        // Worked out by hand of the definition: the offset basis for no bytes.
        let none = 0xcbf2_9ce4_8422_2325_u64;
        assert_eq!(
            hue(&RunId(String::new())) as u64,
            (none >> 32 ^ none) % N_HUES
        );
        let runs: Vec<RunId> = (0..400).map(run).collect();
        for some in runs.chunks(10) {
            let alone: Vec<usize> = some.iter().map(|r| RunColor::among(r, []).hue).collect();
            let together: Vec<usize> = some.iter().map(|r| RunColor::among(r, &runs).hue).collect();
            assert_eq!(alone, together);
        }
        let mut counts = [0_usize; N_HUES as usize];
        for run in &runs {
            counts[hue(run)] += 1;
        }
        assert!(counts.iter().all(|n| (25..80).contains(n)), "{counts:?}");
    }

    #[test]
    fn a_group_keeps_the_hue_of_its_first_run_and_looks_like_no_other_that_is_drawn() {
        let runs: Vec<RunId> = (0..60).map(run).collect();
        let alone = RunColor::of_group(&runs[0], []);
        assert_eq!(alone, RunColor::among(&runs[0], []));
        let beside = RunColor::of_group(&runs[0], &runs[1..]);
        assert_eq!(beside.hue, alone.hue);
        let others = runs[1..].iter();
        let is_alike = |other: &RunId| RunColor::among(other, &runs[1..]) == beside;
        assert!(!others.clone().any(is_alike));
        assert!(others.clone().any(|other| hue(other) == alone.hue));
    }

    #[test]
    fn runs_that_are_shown_together_look_different() {
        let runs: Vec<RunId> = (0..10).map(run).collect();
        let seen: BTreeSet<(usize, usize)> = runs
            .iter()
            .map(|one| {
                // Some of them are selected twice.
                let color = RunColor::among(one, runs.iter().chain(&runs[..4]));
                (color.hue, color.shade)
            })
            .collect();
        assert_eq!(seen.len(), runs.len());
    }
}
