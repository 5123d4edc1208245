//! "After A and B comes C": what follows what in the log, and how often the model obeys.

use std::collections::HashMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{RulesError, RulesProgress, RulesStage, RulesWatch};
use crate::explain::{AskAll, Speaker, Word};
use crate::train::TaskQuestions;
use seqscope_base::spec::derive_seed;
use seqscope_data::{Output, Prepared, Sample};
use seqscope_model::Trainable;

/// Question: which rules does the log keep, and does the model?
pub struct BigramAsk<'a> {
    /// The model.
    pub model: &'a dyn Trainable,
    /// Its data.
    pub prepared: &'a Prepared,
    /// The questions of its task.
    pub questions: &'a TaskQuestions,
    /// Whether items that a user had are left out of the list.
    pub filter_seen: bool,
    /// Fewest times that a rule comes true in training, from 1.
    pub min_support: usize,
    /// Least confidence of a rule, from 0 to 1.
    pub min_confidence: f64,
    /// Length of the list in which what follows is looked for, from 1.
    pub top: usize,
    /// Most moments at which the model is asked about one antecedent, from 1.
    pub most_asked: usize,
    /// Most rules that are listed.
    pub most_rules: usize,
    /// Seed of the drawing of moments.
    pub seed: u64,
}

/// One rule: after these comes that. What follows what is an item, or for a model of the next
/// behaviour a behaviour.
#[derive(Clone, Debug, PartialEq)]
pub struct BigramRule {
    /// One or two neighbours, in the order in which they came: items from 1, behaviours from 0.
    pub antecedent: Vec<u32>,
    /// What follows right after them.
    pub consequence: u32,
    /// Number of times it came true among the training events.
    pub support: usize,
    /// Number of users of whom it came true.
    pub n_users: usize,
    /// Number of times that anything followed the antecedent there.
    pub n_antecedent: usize,
    /// Share of those times that it came true: support over `n_antecedent`.
    pub confidence: f64,
    /// Confidence over the share of all events at such a place (one or two behind the first of a
    /// user) that are the consequence.
    pub lift: f64,
    /// Number of histories ending in the antecedent after which the model was asked, and may list
    /// the consequence.
    pub n_asked: usize,
    /// In how many of its answers the consequence comes first.
    pub n_first: usize,
    /// In how many it is among the first of the list.
    pub n_listed: usize,
}

/// Rules of a log, and whether a model obeys them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BigramRules {
    /// The rules: those with two antecedents first, then by falling confidence and support.
    pub rules: Vec<BigramRule>,
    /// Whether they are of behaviours, not of items.
    pub of_behaviours: bool,
    /// What was left out.
    pub cut: BigramCut,
    /// Length of the list in which the consequence was looked for.
    pub top: usize,
}

/// Numbers of rules that are not listed, by the first reason that holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BigramCut {
    /// Rarer than the least support.
    pub n_rare: usize,
    /// Less sure than the least confidence.
    pub n_unsure: usize,
    /// No more frequent after the antecedent than anywhere: lift of at most 1.
    pub n_lifeless: usize,
    /// Beyond the most that are listed.
    pub n_beyond: usize,
}

/// Triples of neighbours held in memory at a time: 4 million, 64 MB.
const AT_A_TIME: usize = 4_000_000;

/// Number of no symbol, before an antecedent of one.
const NONE: u32 = 0;

/// Counts what follows what in the training events, and asks the model after histories that end in
/// an antecedent: moments within the training events and at their end, drawn evenly. `None` when it
/// was stopped.
///
/// Support, confidence and lift are those of association rules (Agrawal et al., *Mining association
/// rules*, SIGMOD 1993; Brin et al., SIGMOD 1997), of neighbours in order of time rather than of
/// sets. Where a user's items are left out of the list, an answer that could not have the
/// consequence is not counted.
///
/// # Errors
/// [`RulesError`] where the task has neither items nor behaviours for an answer, a number is out of
/// range, or the model fails.
pub fn bigram_rules(
    asked: &BigramAsk<'_>,
    watch: &mut RulesWatch<'_>,
) -> Result<Option<BigramRules>, RulesError> {
    asked.check()?;
    let symbols = Symbols::of(asked)?;
    let Some(mut found) = mined(asked, &symbols, watch) else {
        return Ok(None);
    };
    let moments = moments(asked, &symbols, &found.rules);
    if !obeyed(asked, &symbols, &moments, &mut found.rules, watch)? {
        return Ok(None);
    }
    found.of_behaviours = symbols.is_behaviour;
    Ok(Some(found))
}

impl BigramAsk<'_> {
    fn check(&self) -> Result<(), RulesError> {
        if self.min_support == 0 || self.top == 0 || self.most_asked == 0 {
            return Err(RulesError::Setting(
                "The least support, the length of the list and the moments asked are at least 1; raise them.",
            ));
        }
        if !(0.0..=1.0).contains(&self.min_confidence) {
            return Err(RulesError::Setting(
                "The least confidence is a share from 0 to 1; write one such as 0.1.",
            ));
        }
        Ok(())
    }
}

/// Whatever follows each other: items, or behaviours counted from 1.
struct Symbols<'a> {
    prepared: &'a Prepared,
    is_behaviour: bool,
}

impl<'a> Symbols<'a> {
    fn of(asked: &BigramAsk<'a>) -> Result<Self, RulesError> {
        let is_behaviour = match asked.questions {
            TaskQuestions::NextItem => false,
            TaskQuestions::Outcomes(outcomes) => {
                if !matches!(outcomes.output, Output::Classes(_)) {
                    return Err(RulesError::NoSuccessor);
                }
                true
            }
        };
        Ok(Self {
            prepared: asked.prepared,
            is_behaviour,
        })
    }

    fn n_users(&self) -> usize {
        self.prepared.split.train_len.len()
    }

    /// Symbols of a user's training events, oldest first.
    fn of_user(&self, user: usize) -> Vec<u32> {
        let n = self
            .prepared
            .split
            .train_len
            .get(user)
            .map_or(0, |n| *n as usize);
        let sequences = &self.prepared.dataset.sequences;
        if self.is_behaviour {
            let all = sequences.behaviours(user).unwrap_or(&[]);
            all.iter().take(n).map(|own| u32::from(*own) + 1).collect()
        } else {
            sequences.items(user).iter().take(n).copied().collect()
        }
    }

    /// A symbol as it is told.
    fn told(&self, symbol: u32) -> u32 {
        if self.is_behaviour {
            symbol.saturating_sub(1)
        } else {
            symbol
        }
    }
}

/// Antecedent: the last symbol, and the one before it or [`NONE`].
type Antecedent = [u32; 2];

/// The antecedents that end at a place of a user's symbols.
fn antecedents(symbols: &[u32], last: usize) -> impl Iterator<Item = Antecedent> {
    let own = symbols.get(last).copied();
    let before = last.checked_sub(1).and_then(|at| symbols.get(at)).copied();
    let one = own.map(|own| [NONE, own]);
    let two = own.zip(before).map(|(own, before)| [before, own]);
    one.into_iter().chain(two)
}

/// One time that something followed an antecedent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Followed {
    antecedent: Antecedent,
    consequence: u32,
    user: u32,
}

/// Finds the rules; what the model does is filled in later.
fn mined(
    asked: &BigramAsk<'_>,
    symbols: &Symbols<'_>,
    watch: &mut RulesWatch<'_>,
) -> Option<BigramRules> {
    let n_users = symbols.n_users();
    let n_events: usize = asked
        .prepared
        .split
        .train_len
        .iter()
        .map(|n| *n as usize)
        .sum();
    // Each pass takes the antecedents that end in some of the symbols, so that memory is bounded.
    let n_passes = (2 * n_events).div_ceil(AT_A_TIME).max(1);
    let base = Base::of(symbols);
    let mut mining = Mining {
        asked,
        symbols,
        base,
        found: BigramRules {
            top: asked.top,
            ..BigramRules::default()
        },
    };
    for pass in 0..n_passes {
        let mut all: Vec<Followed> = Vec::new();
        for user in 0..n_users {
            if user % 1024 == 0
                && !watch(RulesProgress {
                    stage: RulesStage::Counting,
                    done: pass * n_users + user,
                    of: n_passes * n_users,
                })
            {
                return None;
            }
            let of_user = symbols.of_user(user);
            for (last, &consequence) in of_user.iter().skip(1).enumerate() {
                if of_user[last] as usize % n_passes == pass {
                    all.extend(antecedents(&of_user, last).map(|antecedent| Followed {
                        antecedent,
                        consequence,
                        user: user as u32,
                    }));
                }
            }
        }
        all.sort_unstable();
        for group in all.chunk_by(|a, b| a.antecedent == b.antecedent) {
            mining.take(group);
        }
    }
    Some(mining.sorted())
}

/// Numbers of events that have at least one and at least two of the same user before them, by
/// symbol, and of all symbols.
struct Base {
    of: [HashMap<u32, usize>; 2],
    all: [usize; 2],
}

impl Base {
    fn of(symbols: &Symbols<'_>) -> Self {
        let mut base = Self {
            of: [HashMap::new(), HashMap::new()],
            all: [0; 2],
        };
        for user in 0..symbols.n_users() {
            for (at, symbol) in symbols.of_user(user).into_iter().enumerate() {
                for before in 0..at.min(2) {
                    *base.of[before].entry(symbol).or_default() += 1;
                    base.all[before] += 1;
                }
            }
        }
        base
    }

    /// Share of a symbol among the events with so many before them.
    fn share(&self, symbol: u32, n_before: usize) -> f64 {
        let at = n_before.clamp(1, 2) - 1;
        let own = self.of[at].get(&symbol).copied().unwrap_or(0);
        own as f64 / self.all[at].max(1) as f64
    }
}

struct Mining<'a> {
    asked: &'a BigramAsk<'a>,
    symbols: &'a Symbols<'a>,
    base: Base,
    found: BigramRules,
}

impl Mining<'_> {
    /// Takes in all that followed one antecedent.
    fn take(&mut self, group: &[Followed]) {
        let Some(antecedent) = group.first().map(|first| first.antecedent) else {
            return;
        };
        let cut = &mut self.found.cut;
        for same in group.chunk_by(|a, b| a.consequence == b.consequence) {
            let support = same.len();
            if support < self.asked.min_support {
                cut.n_rare += 1;
                continue;
            }
            let confidence = support as f64 / group.len() as f64;
            if confidence < self.asked.min_confidence {
                cut.n_unsure += 1;
                continue;
            }
            let own: Vec<u32> = antecedent.into_iter().filter(|own| *own != NONE).collect();
            let consequence = same[0].consequence;
            let lift = confidence / self.base.share(consequence, own.len());
            if lift <= 1.0 {
                cut.n_lifeless += 1;
                continue;
            }
            let users = same.chunk_by(|a, b| a.user == b.user);
            self.found.rules.push(BigramRule {
                antecedent: own
                    .iter()
                    .map(|symbol| self.symbols.told(*symbol))
                    .collect(),
                consequence: self.symbols.told(consequence),
                support,
                n_users: users.count(),
                n_antecedent: group.len(),
                confidence,
                lift,
                n_asked: 0,
                n_first: 0,
                n_listed: 0,
            });
        }
    }

    fn sorted(mut self) -> BigramRules {
        self.found.rules.sort_by(|a, b| {
            let by_length = b.antecedent.len().cmp(&a.antecedent.len());
            by_length
                .then(b.confidence.total_cmp(&a.confidence))
                .then(b.support.cmp(&a.support))
                .then_with(|| a.antecedent.cmp(&b.antecedent))
                .then(a.consequence.cmp(&b.consequence))
        });
        let n = self.found.rules.len();
        self.found.rules.truncate(self.asked.most_rules);
        self.found.cut.n_beyond = n - self.found.rules.len();
        self.found
    }
}

/// Moments at which the model is asked about one antecedent.
struct Moments {
    antecedent: Antecedent,
    samples: Vec<Sample>,
    /// Number of moments passed so far.
    n_seen: u64,
    random: ChaCha8Rng,
}

/// Histories within the training events that end in the antecedent of a rule: of each at most so
/// many, by reservoir sampling (Vitter, *Random sampling with a reservoir*, 1985, algorithm R).
fn moments(asked: &BigramAsk<'_>, symbols: &Symbols<'_>, rules: &[BigramRule]) -> Vec<Moments> {
    let mut of_antecedent: HashMap<Antecedent, usize> = HashMap::new();
    let mut all: Vec<Moments> = Vec::new();
    for rule in rules {
        let antecedent = key(rule, symbols);
        of_antecedent.entry(antecedent).or_insert_with(|| {
            let number = (u64::from(antecedent[0]) << 32) | u64::from(antecedent[1]);
            all.push(Moments {
                antecedent,
                samples: Vec::new(),
                n_seen: 0,
                random: ChaCha8Rng::seed_from_u64(derive_seed(asked.seed, "rules moments", number)),
            });
            all.len() - 1
        });
    }
    for user in 0..symbols.n_users() {
        let of_user = symbols.of_user(user);
        for last in 0..of_user.len() {
            for antecedent in antecedents(&of_user, last) {
                let at = of_antecedent.get(&antecedent);
                if let Some(moments) = at.and_then(|at| all.get_mut(*at)) {
                    moments.see(asked.most_asked, user, last + 1);
                }
            }
        }
    }
    all
}

impl Moments {
    fn see(&mut self, most: usize, user: usize, history_len: usize) {
        self.n_seen += 1;
        let sample = Sample {
            user_idx: user as u32,
            history_len: history_len as u32,
            elapsed_secs: 0.0,
            target: f32::NAN,
        };
        if self.samples.len() < most {
            self.samples.push(sample);
            return;
        }
        let at = self.random.random_range(0..self.n_seen) as usize;
        if let Some(slot) = self.samples.get_mut(at) {
            *slot = sample;
        }
    }
}

fn key(rule: &BigramRule, symbols: &Symbols<'_>) -> Antecedent {
    let own = |symbol: &u32| symbol + u32::from(symbols.is_behaviour);
    match rule.antecedent.as_slice() {
        [before, last] => [own(before), own(last)],
        [last] => [NONE, own(last)],
        _ => [NONE; 2],
    }
}

/// Asks the model at every moment and counts its obedience; `false` when it was stopped.
fn obeyed(
    asked: &BigramAsk<'_>,
    symbols: &Symbols<'_>,
    moments: &[Moments],
    rules: &mut [BigramRule],
    watch: &mut RulesWatch<'_>,
) -> Result<bool, RulesError> {
    let samples: Vec<Sample> = moments
        .iter()
        .flat_map(|moments| moments.samples.iter().copied())
        .collect();
    let all = AskAll {
        prepared: asked.prepared,
        questions: asked.questions,
        top: asked.top,
        filter_seen: asked.filter_seen,
    };
    let of = samples.len();
    let answered = all.answered(Speaker::Model(asked.model), &samples, &mut |done| {
        watch(RulesProgress {
            stage: RulesStage::Obeying,
            done,
            of,
        })
    })?;
    let Some(words) = answered else {
        return Ok(false);
    };
    let lists: Vec<Vec<u32>> = words.iter().map(|word| list_of(word, asked.top)).collect();
    let mut first = 0;
    for moments in moments {
        let range = first..first + moments.samples.len();
        first = range.end;
        for rule in rules.iter_mut() {
            if key(rule, symbols) == moments.antecedent {
                for at in range.clone() {
                    rule.ask(asked, &samples[at], &lists[at]);
                }
            }
        }
    }
    Ok(true)
}

/// The answer as a list, best first.
fn list_of(word: &Word, top: usize) -> Vec<u32> {
    match word {
        Word::Items(items) => items.iter().map(|scored| scored.item_idx).collect(),
        Word::Answer(chances) => {
            let mut classes: Vec<u32> = (0..chances.len() as u32).collect();
            classes.sort_by(|a, b| chances[*b as usize].total_cmp(&chances[*a as usize]));
            classes.truncate(top);
            classes
        }
    }
}

impl BigramRule {
    /// Counts one answer of the model.
    fn ask(&mut self, asked: &BigramAsk<'_>, sample: &Sample, list: &[u32]) {
        let items = asked
            .prepared
            .dataset
            .sequences
            .items(sample.user_idx as usize);
        let ranks_items = asked.questions.ranks_items();
        let mut history = items.iter().take(sample.history_len as usize);
        if ranks_items && asked.filter_seen && history.any(|item| *item == self.consequence) {
            return;
        }
        self.n_asked += 1;
        self.n_first += usize::from(list.first() == Some(&self.consequence));
        self.n_listed += usize::from(list.contains(&self.consequence));
    }
}
