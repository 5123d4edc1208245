//! The smallest edit of a history after which another item is recommended first.
//!
//! A counterfactual explanation in the sense of PRINCE (Ghazimatin et al., WSDM 2020) and ACCENT
//! (Tran et al., SIGIR 2021): the least that a user would have had to do otherwise. Those two remove
//! actions and search greedily; here whatever is small is tried whole, so that "smallest" is a
//! proof, and only what goes beyond two events is found greedily.
//!
//! As there, another item counts only if the user did not have it: where items of a history are
//! left out of the list, neither an item that the edit took away nor one that it put in may come
//! first.

use super::{Edit, WhatIf, WhatIfError};
use crate::explain::inside::training_counts;
use crate::explain::ranked::{Candidates, SeenItems};
use seqscope_base::metric::Seen;
use seqscope_data::EditedEvent;

/// Histories that are put to the model at a time: little enough for a stop to be heard soon.
const AT_A_TIME: usize = 32;

/// Extent of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlipAsk {
    /// Number of events, the latest, that may be changed.
    pub last: usize,
    /// Number of items that an event may be replaced by: the whole catalogue where it is no larger,
    /// else one half of them the likeliest to come next and the other the most popular in training;
    /// 0 replaces none.
    pub n_candidates: usize,
}

impl Default for FlipAsk {
    fn default() -> Self {
        Self {
            last: 50,
            n_candidates: 100,
        }
    }
}

/// Kind of edits that are tried, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum FlipStage {
    /// One event is deleted.
    #[strum(to_string = "single deletions")]
    Deletions,
    /// One event gets another item.
    #[strum(to_string = "single replacements")]
    Replacements,
    /// Two events are deleted.
    #[strum(to_string = "pairs of deletions")]
    Pairs,
    /// More and more events are deleted, each time the one that brings the change nearest.
    #[strum(to_string = "one deletion after the other")]
    Greedy,
}

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlipProgress {
    /// Edits that are being tried.
    pub stage: FlipStage,
    /// How many of them have been.
    pub done: usize,
    /// How many there are; for the greedy search the most that there may be.
    pub of: usize,
}

/// One kind of edits that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlipTried {
    /// The kind.
    pub stage: FlipStage,
    /// Number of edits that were tried.
    pub n_tried: usize,
    /// How many of them change the first recommendation.
    pub n_flips: usize,
    /// Whether all of the kind were tried.
    pub is_whole: bool,
}

/// Edit that changes the first recommendation.
#[derive(Clone, Debug, PartialEq)]
pub struct FlipFound {
    /// The edits, one after the other.
    pub edits: Vec<Edit>,
    /// The item that is recommended first after them, of those that count: see [`not_counted`].
    pub item_idx: u32,
    /// The item that the list after them has first: another one where the edit took an item out of
    /// the history that now comes before all that count.
    pub listed_first: u32,
    /// How many times likelier that item then is than the one that was first.
    pub odds: f64,
    /// Whether no smaller edit of the kinds that were tried does it; else it is the best found.
    pub is_smallest: bool,
}

/// Outcome of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Flip {
    /// The item that is recommended first as things are.
    pub first: u32,
    /// Number of events, the latest, that could be changed.
    pub n_last: usize,
    /// Number of items that an event could be replaced by.
    pub n_candidates: usize,
    /// The edit; `None` where there is none, or the search was stopped.
    pub found: Option<FlipFound>,
    /// What was tried, in order.
    pub tried: Vec<FlipTried>,
    /// Whether it was stopped before its end.
    pub is_stopped: bool,
}

impl Flip {
    /// Words on what was found and what that proves.
    #[must_use]
    pub fn words(&self) -> String {
        let nothing = self.nothing_does_it();
        let Some(found) = &self.found else {
            return match (nothing, self.is_stopped) {
                (Some(nothing), true) => format!("Stopped. {nothing}"),
                (None, true) => "Stopped before all single deletions were tried.".to_owned(),
                (Some(nothing), false) => nothing,
                (None, false) => "The history has no event to change.".to_owned(),
            };
        };
        let n = found.edits.len();
        let events = if n == 1 { "1 event" } else { "events" };
        let size = if n == 1 {
            events.to_owned()
        } else {
            format!("{n} {events}")
        };
        let what = if found.is_smallest {
            format!("The smallest edit of those tried changes {size}.")
        } else {
            format!(
                "The best found changes {size}, chosen one after the other: with more than two not \
                 every choice was tried, so a smaller one may exist."
            )
        };
        match nothing {
            Some(nothing) => format!("{what} {nothing}"),
            None => what,
        }
    }

    /// Sentence on the kinds of which none does it.
    fn nothing_does_it(&self) -> Option<String> {
        let none = self
            .tried
            .iter()
            .filter(|tried| tried.is_whole && tried.n_flips == 0);
        let kinds: Vec<String> = none
            .map(|tried| match tried.stage {
                FlipStage::Deletions => "single deletion".to_owned(),
                FlipStage::Replacements => {
                    format!("single replacement by {} items", self.n_candidates)
                }
                FlipStage::Pairs => "pair of deletions".to_owned(),
                FlipStage::Greedy => "greedy deletion of more".to_owned(),
            })
            .collect();
        let events = match self.n_last {
            1 => "at the last event".to_owned(),
            n => format!("among the last {n} events"),
        };
        (!kinds.is_empty()).then(|| format!("No {} {events} does it.", kinds.join(", no ")))
    }
}

/// Listener of a search; it goes on as long as `true` comes back.
pub(super) type Watch<'w> = dyn FnMut(FlipProgress) -> bool + 'w;

impl WhatIf<'_> {
    /// Looks for the smallest edit among the last events after which another item comes first: all
    /// single deletions, all single replacements, all pairs of deletions; then greedily. Of several
    /// of one kind the one after which the new item is the most times likelier than the old one; of
    /// equals the one that changes the latest event.
    ///
    /// # Errors
    /// [`WhatIfError`] where nothing is recommended as things are, or the model fails.
    pub fn flip(&self, asked: FlipAsk, watch: &mut Watch<'_>) -> Result<Flip, WhatIfError> {
        self.flip_after(&[], asked, watch)
    }

    /// Does what [`WhatIf::flip`] does for the history as some edits have left it; what is found
    /// follows them.
    ///
    /// # Errors
    /// As [`WhatIf::flip`], and where an edit cannot be made.
    pub fn flip_after(
        &self,
        edits: &[Edit],
        asked: FlipAsk,
        watch: &mut Watch<'_>,
    ) -> Result<Flip, WhatIfError> {
        let start = self.edited(edits)?;
        let scores = self.scores(std::slice::from_ref(&start))?;
        let seen = self.seen_in(&start);
        let list = Candidates::new(&scores, &seen).best(asked.n_candidates.max(1));
        let Some(&first) = list.first() else {
            return Err(WhatIfError::Setting(
                "nothing is recommended to this user, since the history has every item; list seen \
                 items too"
                    .to_owned(),
            ));
        };
        let n_last = asked.last.min(start.len());
        let positions = start.len() - n_last..start.len();
        let candidates = self.candidates(asked.n_candidates, &list, first);
        let mut search = FlipSearch {
            what_if: self,
            start,
            seen,
            watch,
            flip: Flip {
                first,
                n_last,
                n_candidates: candidates.len(),
                found: None,
                tried: Vec::new(),
                is_stopped: false,
            },
        };
        search.run(&positions.collect::<Vec<_>>(), &candidates)?;
        Ok(search.flip)
    }

    /// Items that an event may be replaced by, in order of index; never the one that comes first,
    /// which would then be left out of the list.
    fn candidates(&self, most: usize, list: &[u32], first: u32) -> Vec<u32> {
        let n_items = self.n_columns() - 1;
        let mut chosen: Vec<u32> = if most == 0 {
            Vec::new()
        } else if n_items <= most {
            (1..=n_items as u32).collect()
        } else {
            let likeliest = list.iter().take(most - most / 2).copied();
            likeliest.chain(self.most_popular(most / 2)).collect()
        };
        chosen.sort_unstable();
        chosen.dedup();
        chosen.retain(|item| *item != first);
        chosen
    }

    /// The items of most training events, of equals those with the smaller index.
    fn most_popular(&self, n: usize) -> Vec<u32> {
        let counts = training_counts(self.editor.prepared());
        let mut items: Vec<u32> = (1..self.n_columns() as u32).collect();
        items.sort_by_key(|item| std::cmp::Reverse(counts.get(*item as usize).copied()));
        items.truncate(n);
        items
    }
}

/// One edit that may do it, by positions in the history as it is.
#[derive(Clone, Debug)]
enum Trial {
    /// Positions that are deleted, in order.
    Delete(Vec<usize>),
    /// Position, and the item that it gets.
    Replace(usize, u32),
}

impl Trial {
    fn history(&self, start: &[EditedEvent]) -> Vec<EditedEvent> {
        match self {
            Self::Delete(gone) => start
                .iter()
                .enumerate()
                .filter(|(at, _)| !gone.contains(at))
                .map(|(_, event)| event.clone())
                .collect(),
            Self::Replace(at, item) => {
                let mut events = start.to_vec();
                if let Some(event) = events.get_mut(*at) {
                    event.item_idx = *item;
                }
                events
            }
        }
    }

    /// The edits of a scenario: the latest event first, so that numbers stay what they are.
    fn edits(&self, id: impl Fn(u32) -> String) -> Vec<Edit> {
        match self {
            Self::Delete(gone) => gone
                .iter()
                .rev()
                .map(|at| Edit::Delete { event: at + 1 })
                .collect(),
            Self::Replace(at, item) => vec![Edit::Replace {
                event: at + 1,
                item: id(*item),
            }],
        }
    }
}

/// Outcome of one trial.
#[derive(Clone, Copy, Debug)]
struct TrialResult {
    /// Best item other than the first.
    other: u32,
    /// Logarithm of how many times likelier it is than the first.
    ln_odds: f64,
    /// Whether it is ahead of the first.
    is_flip: bool,
}

/// A search in work.
struct FlipSearch<'s, 'm, 'w> {
    what_if: &'s WhatIf<'m>,
    /// The history in which edits are tried.
    start: Vec<EditedEvent>,
    /// Items of the history as it is, where they are left out.
    seen: SeenItems,
    watch: &'s mut Watch<'w>,
    flip: Flip,
}

impl FlipSearch<'_, '_, '_> {
    fn run(&mut self, positions: &[usize], candidates: &[u32]) -> Result<(), WhatIfError> {
        let singles = positions.iter().rev();
        let deletions: Vec<Trial> = singles.clone().map(|at| Trial::Delete(vec![*at])).collect();
        if self.whole_stage(FlipStage::Deletions, &deletions)? {
            return Ok(());
        }
        let start = &self.start;
        let replacements: Vec<Trial> = singles
            .flat_map(|&at| candidates.iter().map(move |item| (at, *item)))
            .filter(|(at, item)| start.get(*at).is_some_and(|event| event.item_idx != *item))
            .map(|(at, item)| Trial::Replace(at, item))
            .collect();
        if !candidates.is_empty() && self.whole_stage(FlipStage::Replacements, &replacements)? {
            return Ok(());
        }
        let pairs: Vec<Trial> = (1..positions.len())
            .rev()
            .flat_map(|later| (0..later).rev().map(move |earlier| (earlier, later)))
            .filter_map(|(earlier, later)| {
                Some(Trial::Delete(vec![
                    *positions.get(earlier)?,
                    *positions.get(later)?,
                ]))
            })
            .collect();
        if positions.len() > 1 && self.whole_stage(FlipStage::Pairs, &pairs)? {
            return Ok(());
        }
        if positions.len() > 2 {
            self.greedy(positions)?;
        }
        Ok(())
    }

    /// Tries all edits of a kind; whether the search ends with it.
    fn whole_stage(&mut self, stage: FlipStage, trials: &[Trial]) -> Result<bool, WhatIfError> {
        let mut tried = FlipTried {
            stage,
            n_tried: 0,
            n_flips: 0,
            is_whole: true,
        };
        let mut best: Option<(&Trial, TrialResult)> = None;
        for block in trials.chunks(AT_A_TIME) {
            if !self.goes_on(stage, tried.n_tried, trials.len()) {
                tried.is_whole = false;
                break;
            }
            for (trial, result) in block.iter().zip(self.results(block)?) {
                tried.n_tried += 1;
                tried.n_flips += usize::from(result.is_flip);
                let is_better = best.is_none_or(|(_, best)| result.ln_odds > best.ln_odds);
                if result.is_flip && is_better {
                    best = Some((trial, result));
                }
            }
        }
        if !trials.is_empty() {
            self.flip.tried.push(tried);
        }
        if let Some((trial, result)) = best {
            // A stop within a kind takes nothing from what was found: none of it is smaller.
            self.found(trial, result, true)?;
        }
        Ok(best.is_some() || self.flip.is_stopped)
    }

    /// Deletes one event after the other, each time the one that brings another item nearest.
    fn greedy(&mut self, positions: &[usize]) -> Result<(), WhatIfError> {
        let stage = FlipStage::Greedy;
        let of = positions.len() * (positions.len() + 1) / 2;
        let mut tried = FlipTried {
            stage,
            n_tried: 0,
            n_flips: 0,
            is_whole: true,
        };
        let mut gone: Vec<usize> = Vec::new();
        while gone.len() < positions.len() {
            if !self.goes_on(stage, tried.n_tried, of) {
                tried.is_whole = false;
                break;
            }
            let trials: Vec<Trial> = positions
                .iter()
                .rev()
                .filter(|at| !gone.contains(at))
                .map(|at| {
                    let mut more = gone.clone();
                    more.insert(more.partition_point(|other| other < at), *at);
                    Trial::Delete(more)
                })
                .collect();
            let mut best: Option<(&Trial, TrialResult)> = None;
            for block in trials.chunks(AT_A_TIME) {
                for (trial, result) in block.iter().zip(self.results(block)?) {
                    tried.n_tried += 1;
                    let key = (result.is_flip, result.ln_odds);
                    if best.is_none_or(|(_, best)| key > (best.is_flip, best.ln_odds)) {
                        best = Some((trial, result));
                    }
                }
            }
            let Some((trial, result)) = best else { break };
            if result.is_flip {
                tried.n_flips = 1;
                self.found(trial, result, false)?;
                break;
            }
            if let Trial::Delete(more) = trial {
                gone.clone_from(more);
            }
        }
        self.flip.tried.push(tried);
        Ok(())
    }

    fn goes_on(&mut self, stage: FlipStage, done: usize, of: usize) -> bool {
        let goes_on = (self.watch)(FlipProgress { stage, done, of });
        self.flip.is_stopped = !goes_on;
        goes_on
    }

    fn found(
        &mut self,
        trial: &Trial,
        result: TrialResult,
        is_smallest: bool,
    ) -> Result<(), WhatIfError> {
        let what_if = self.what_if;
        let items = &what_if.editor.prepared().dataset.items;
        let after = trial.history(&self.start);
        let scores = what_if.scores(std::slice::from_ref(&after))?;
        let listed = Candidates::new(&scores, &what_if.seen_in(&after)).best(1);
        self.flip.found = Some(FlipFound {
            edits: trial.edits(|item| items.id(item).unwrap_or_default().to_owned()),
            item_idx: result.other,
            listed_first: listed.first().copied().unwrap_or(result.other),
            odds: result.ln_odds.exp(),
            is_smallest,
        });
        Ok(())
    }

    /// Asks the model about some trials at once.
    fn results(&self, trials: &[Trial]) -> Result<Vec<TrialResult>, WhatIfError> {
        let start = &self.start;
        let rows: Vec<_> = trials.iter().map(|trial| trial.history(start)).collect();
        let scores = self.what_if.scores(&rows)?;
        let rows = scores.chunks_exact(self.what_if.n_columns());
        Ok(trials
            .iter()
            .zip(rows)
            .map(|(trial, scores)| self.result(trial, scores))
            .collect())
    }

    fn result(&self, trial: &Trial, scores: &[f32]) -> TrialResult {
        let first = self.flip.first;
        let mut seen = self.seen.clone();
        if let Trial::Replace(_, item) = trial {
            seen.add(*item);
        }
        let best = Candidates::new(scores, &seen).best(2);
        let other = best.iter().copied().find(|item| *item != first);
        let score = |item: u32| {
            scores
                .get(item as usize)
                .copied()
                .map_or(f64::NAN, f64::from)
        };
        TrialResult {
            other: other.unwrap_or(first),
            ln_odds: other.map_or(f64::NEG_INFINITY, |other| score(other) - score(first)),
            is_flip: best.first().is_some_and(|best| *best != first),
        }
    }
}

/// Words on whose return is not counted, to stand beside an outcome.
#[must_use]
pub fn not_counted(seen: Seen) -> Option<&'static str> {
    match seen {
        Seen::LeftOut => Some(
            "An item that comes first only because the edit took it out of the history does not \
             count.",
        ),
        Seen::Ranked => None,
    }
}
