//! Galleries: the users whom a run answered best or worst, whose answer is a surprise, or whose
//! answer changed most.
//!
//! All are of the test questions of a slice of the users. The first two read what the run kept; a
//! surprise needs the whole list, and so its weights; a change is between two runs, by what both
//! kept, or between two epochs of one, by their weights.

mod ask;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use ask::{AskedNow, ask};

use super::Scored;
use crate::run::UserResult;
use crate::slice::{SliceMembers, SliceSource};
use crate::train::Restored;
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::{counted, thousands};
use seqscope_data::Dataset;
use seqscope_model::ModelError;

/// Most users whose questions are put to a model for a gallery; of more, as many that lie evenly
/// among them. A choice of ours: some seconds of work.
pub const MOST_IN_GALLERY: usize = 2_000;

/// Share of the questions whose lists count as peaked, those of the least perplexity: a quarter, a
/// choice of ours.
const PEAKED: f64 = 0.25;

/// Kind of gallery.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    strum::EnumIter,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[strum(serialize_all = "lowercase")]
pub enum GalleryKind {
    /// Users whom the run answered best.
    #[default]
    Best,
    /// Users whom it answered worst.
    Worst,
    /// Users of whom it was sure, and wrong.
    Surprising,
    /// Users whose answer differs most from that of another run or epoch.
    Changed,
}

impl GalleryKind {
    /// Rule by which users are in it, for a kind of answer; the reason where there is no such
    /// gallery.
    ///
    /// # Errors
    /// A sentence where answers of this kind have no such gallery.
    pub fn rule(self, answers: AnswerKind) -> Result<&'static str, &'static str> {
        let is_ranking = answers == AnswerKind::Ranking;
        let is_number = answers == AnswerKind::Number;
        Ok(match self {
            Self::Best if is_ranking => {
                "The smallest ranks of the target, of equal ones the highest probability."
            }
            Self::Worst if is_ranking => {
                "The largest ranks of the target, of equal ones the lowest probability. Targets \
                 that are left out with the seen items have none."
            }
            Self::Best if is_number => "The smallest errors.",
            Self::Worst if is_number => "The largest errors.",
            Self::Best => "The highest chances of what came true.",
            Self::Worst => "The lowest chances of what came true.",
            Self::Surprising if is_number => {
                return Err("A number has no list, so none can be peaked; look at the worst.");
            }
            Self::Surprising => {
                "Sure and wrong: among the quarter of the questions whose answers spread least \
                 (lowest perplexity, the exponential of the entropy of all chances), those whose \
                 first answer was wrong, the lowest probability of what came true first."
            }
            Self::Changed if is_ranking => {
                "The largest changes of the logarithm of the target's rank: from 1 to 10 counts \
                 as much as from 10 to 100. A target that is left out counts as one behind all \
                 items."
            }
            Self::Changed if is_number => "The largest changes of the error.",
            Self::Changed => "The largest changes of the chance of what came true.",
        })
    }
}

/// Users of a gallery, the first first.
#[derive(Clone, Debug, PartialEq)]
pub struct Gallery {
    /// Kind of gallery.
    pub kind: GalleryKind,
    /// Kind of the answers.
    pub answers: AnswerKind,
    /// The users.
    pub shown: Vec<GalleryUser>,
    /// Users who were looked at.
    pub n_asked: usize,
    /// Users of them who could be in it.
    pub n_fit: usize,
    /// Sentences on what was left out, or why nobody is in it.
    pub notes: Vec<String>,
}

/// One user of a gallery, with the reason in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct GalleryUser {
    /// The user, by number in the data.
    pub user: u32,
    /// Events of the history.
    pub history_len: usize,
    /// Answer that is judged.
    pub answer: GalleryAnswer,
    /// Answer before it: of the other run, or at the earlier epoch.
    pub before: Option<GalleryAnswer>,
    /// Extent of the change between the two, positive where the present one is better: the natural
    /// logarithm of the ratio of the ranks, a difference of chances, or a difference of errors.
    pub change: Option<f64>,
}

/// Answer to one question, as far as a gallery tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GalleryAnswer {
    /// Rank of the target, or of the true class; NaN where there is none.
    pub rank: f64,
    /// Probability of the target, or of what came true; NaN where there is none.
    pub probability: f64,
    /// Error of a number.
    pub error: Option<f64>,
    /// Exponential of the entropy of all chances: as many equally likely answers spread as far.
    pub perplexity: Option<f64>,
    /// Likeliest answer by number, an item or a class, with its probability.
    pub first: Option<Scored>,
}

impl GalleryAnswer {
    fn of_result(result: &UserResult) -> Self {
        Self {
            rank: result.rank,
            probability: result.probability,
            error: result.number_error(),
            perplexity: None,
            first: None,
        }
    }
}

/// Users whom a run answered best or worst, by what it kept.
#[must_use]
pub fn best_or_worst(
    kind: GalleryKind,
    source: &SliceSource<'_>,
    of: &SliceMembers,
    n: usize,
) -> Gallery {
    let answers = source.answers();
    let mut found: Vec<GalleryUser> = answered(source, of)
        .map(|(user, result)| GalleryUser {
            user,
            history_len: source.history_len(user),
            answer: GalleryAnswer::of_result(result),
            before: None,
            change: None,
        })
        .collect();
    let n_asked = found.len();
    let is_worst = kind == GalleryKind::Worst;
    let mut notes = Vec::new();
    if is_worst && answers == AnswerKind::Ranking {
        found.retain(|user| user.answer.rank.is_finite());
        notes.extend(left_out(n_asked - found.len()));
    }
    found.sort_by(|a, b| {
        let order = better_first(answers, &a.answer, &b.answer);
        let order = if is_worst { order.reverse() } else { order };
        order.then(a.user.cmp(&b.user))
    });
    Gallery::of(kind, answers, found, n_asked, n).noted(notes)
}

/// Users whose answers by two runs of the same data differ most: `source` and its results are of
/// the run that is looked at, `other` are those of the run before.
#[must_use]
pub fn changed_between_runs(
    source: &SliceSource<'_>,
    of: &SliceMembers,
    other: &SliceSource<'_>,
    n: usize,
) -> Gallery {
    let answers = source.answers();
    let n_items = source.n_items();
    let mut n_asked = 0;
    let mut n_alone = 0;
    let mut found = Vec::new();
    for (user, result) in answered(source, of) {
        n_asked += 1;
        let same = other.result(user);
        let Some(before) = same.filter(|before| before.user_id == result.user_id) else {
            n_alone += 1;
            continue;
        };
        let (now, before) = (
            GalleryAnswer::of_result(result),
            GalleryAnswer::of_result(before),
        );
        found.push(changed_user(answers, source, user, now, before, n_items));
    }
    let notes = (n_alone > 0).then(|| {
        format!(
            "{} of the other run were not asked, and are left out.",
            counted(n_alone, "user")
        )
    });
    most_changed(answers, found, n_asked, n).noted(notes)
}

/// Users of whom a run was sure, and wrong, by its weights. `goes_on` is told how many of all were
/// asked, and may end it: then nothing is returned.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn surprising(
    restored: &Restored,
    source: &SliceSource<'_>,
    of: &SliceMembers,
    n: usize,
    goes_on: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<Option<Gallery>, ModelError> {
    let users = sampled(source, of);
    let Some(asked) = ask(restored, &users, goes_on)? else {
        return Ok(None);
    };
    let answers = source.answers();
    let n_asked = asked.len();
    let mut spread: Vec<f64> = asked.iter().filter_map(|it| it.answer.perplexity).collect();
    spread.sort_by(f64::total_cmp);
    let n_peaked = (spread.len() as f64 * PEAKED).ceil() as usize;
    let most = n_peaked.checked_sub(1).and_then(|last| spread.get(last));
    let is_peaked = |it: &GalleryAnswer| {
        it.perplexity
            .zip(most)
            .is_some_and(|(it, most)| it <= *most)
    };
    let mut found: Vec<GalleryUser> = asked
        .into_iter()
        // A target that is left out is in no list, which is nobody's surprise.
        .filter(|AskedNow { answer, .. }| {
            is_peaked(answer) && answer.rank > 1.0 && answer.rank.is_finite()
        })
        .map(|AskedNow { user, answer }| GalleryUser {
            user,
            history_len: source.history_len(user),
            answer,
            before: None,
            change: None,
        })
        .collect();
    found.sort_by(|a, b| {
        let order = a.answer.probability.total_cmp(&b.answer.probability);
        order.then(a.user.cmp(&b.user))
    });
    let notes = only_some(users.len(), answered(source, of).count());
    let gallery = Gallery::of(GalleryKind::Surprising, answers, found, n_asked, n);
    Ok(Some(gallery.noted(notes)))
}

/// Users whose answers at two epochs of a run differ most: `restored` holds the weights of the one
/// that is looked at, `before` those of the other. `goes_on` as for [`surprising`].
///
/// # Errors
/// [`ModelError`] when a model fails.
pub fn changed_between_epochs(
    restored: &Restored,
    before: &Restored,
    source: &SliceSource<'_>,
    of: &SliceMembers,
    n: usize,
    goes_on: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<Option<Gallery>, ModelError> {
    let users = sampled(source, of);
    let n_all = 2 * users.len();
    let now = ask(restored, &users, &mut |done, _| goes_on(done, n_all))?;
    let Some(now) = now else { return Ok(None) };
    let n_done = users.len();
    let then = ask(before, &users, &mut |done, _| goes_on(n_done + done, n_all))?;
    let Some(then) = then else { return Ok(None) };
    let answers = source.answers();
    let n_items = source.n_items();
    let n_asked = now.len();
    let found = now.into_iter().zip(then).map(|(now, then)| {
        changed_user(answers, source, now.user, now.answer, then.answer, n_items)
    });
    let gallery = most_changed(answers, found.collect(), n_asked, n);
    Ok(Some(
        gallery.noted(only_some(users.len(), of.results.len())),
    ))
}

/// Name of an answer by number: the title of an item, or a class.
#[must_use]
pub fn answer_name(dataset: &Dataset, answers: AnswerKind, at: u32) -> &str {
    match answers {
        AnswerKind::Ranking => dataset.item_label(at),
        AnswerKind::Classes => dataset.behaviours.id(at).unwrap_or_default(),
        AnswerKind::Binary if at == 0 => "no",
        AnswerKind::Binary => "yes",
        AnswerKind::Number => "",
    }
}

impl Gallery {
    fn of(
        kind: GalleryKind,
        answers: AnswerKind,
        mut found: Vec<GalleryUser>,
        n_asked: usize,
        n: usize,
    ) -> Self {
        let n_fit = found.len();
        found.truncate(n);
        let why = if n_asked == 0 {
            Some("Nobody of the slice was asked in the test; choose another slice.")
        } else if n_fit == 0 {
            Some("Nobody of the slice is of this kind; choose another slice, or everyone.")
        } else {
            None
        };
        Self {
            kind,
            answers,
            shown: found,
            n_asked,
            n_fit,
            notes: why.into_iter().map(str::to_owned).collect(),
        }
    }

    fn noted(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }
}

/// Users of a slice who were asked in the test, with what the run answered, in order of user.
fn answered<'a>(
    source: &'a SliceSource<'a>,
    of: &'a SliceMembers,
) -> impl Iterator<Item = (u32, &'a UserResult)> {
    of.users
        .iter()
        .filter_map(|&user| Some((user, source.result(user)?)))
}

/// Users who are put to a model: all who were asked, or as many as may be, evenly among them.
fn sampled(source: &SliceSource<'_>, of: &SliceMembers) -> Vec<u32> {
    let all: Vec<u32> = answered(source, of).map(|(user, _)| user).collect();
    let n = all.len().min(MOST_IN_GALLERY);
    let even = (0..n).filter_map(|at| all.get(at * all.len() / n.max(1)));
    even.copied().collect()
}

fn only_some(n_asked: usize, n_all: usize) -> Option<String> {
    (n_asked < n_all).then(|| {
        format!(
            "Of {} who were asked in the test {} were looked at, evenly among them.",
            counted(n_all, "user"),
            thousands(n_asked)
        )
    })
}

fn left_out(n: usize) -> Option<String> {
    (n > 0).then(|| {
        format!(
            "{} no part: their target is left out of the list with the seen items.",
            if n == 1 {
                "1 user takes".to_owned()
            } else {
                format!("{} users take", thousands(n))
            }
        )
    })
}

/// Order in which the better of two answers comes first; what is no number is the worst.
fn better_first(answers: AnswerKind, a: &GalleryAnswer, b: &GalleryAnswer) -> Ordering {
    let probable = |it: &GalleryAnswer| number_or(it.probability, f64::NEG_INFINITY);
    match answers {
        AnswerKind::Ranking => number_or(a.rank, f64::INFINITY)
            .total_cmp(&number_or(b.rank, f64::INFINITY))
            .then(probable(b).total_cmp(&probable(a))),
        AnswerKind::Classes | AnswerKind::Binary => probable(b).total_cmp(&probable(a)),
        AnswerKind::Number => error_of(a).total_cmp(&error_of(b)),
    }
}

fn number_or(number: f64, otherwise: f64) -> f64 {
    if number.is_nan() { otherwise } else { number }
}

fn error_of(answer: &GalleryAnswer) -> f64 {
    number_or(answer.error.unwrap_or(f64::NAN), f64::INFINITY)
}

/// A user with the extent of the change from one answer to another.
fn changed_user(
    answers: AnswerKind,
    source: &SliceSource<'_>,
    user: u32,
    now: GalleryAnswer,
    before: GalleryAnswer,
    n_items: usize,
) -> GalleryUser {
    let place = |it: &GalleryAnswer| it.rank.min(n_items as f64 + 1.0);
    let change = match answers {
        AnswerKind::Ranking => (place(&before) / place(&now)).ln(),
        AnswerKind::Classes | AnswerKind::Binary => now.probability - before.probability,
        AnswerKind::Number => error_of(&before) - error_of(&now),
    };
    GalleryUser {
        user,
        history_len: source.history_len(user),
        answer: now,
        before: Some(before),
        change: Some(change).filter(|change| change.is_finite()),
    }
}

/// The users by the extent of their change; those without any are no part.
fn most_changed(
    answers: AnswerKind,
    mut found: Vec<GalleryUser>,
    n_asked: usize,
    n: usize,
) -> Gallery {
    found.retain(|user| user.change.is_some_and(|change| change != 0.0));
    found.sort_by(|a, b| {
        let extent = |it: &GalleryUser| it.change.unwrap_or_default().abs();
        extent(b).total_cmp(&extent(a)).then(a.user.cmp(&b.user))
    });
    Gallery::of(GalleryKind::Changed, answers, found, n_asked, n)
}
