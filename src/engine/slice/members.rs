//! Users who are in a slice, and why nobody is where nobody is.

use std::collections::HashSet;

use super::bound::{BoundCondition, bound, columns_of};
use super::field::SliceField;
use super::source::SliceSource;
use super::value::SliceValue;
use super::{Expression, ExpressionError};
use crate::run::{SliceRule, UserResult};
use seqscope_base::spec::{counted, quotable, thousands};
use seqscope_data::Vocab;

/// Users of one run who are in a slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SliceMembers {
    /// The users, by number in the data, in order.
    pub users: Vec<u32>,
    /// Places of their answers among the run's test results, in order; fewer than users where some
    /// were not asked.
    pub results: Vec<usize>,
    /// Users of the data.
    pub n_users: usize,
    /// Whether the users were chosen by what the run answered.
    pub by_answers: bool,
    /// Ids of the rule that the data do not have.
    pub n_strangers: usize,
    /// Sentence on why nobody is in it, and what can be done; `None` where somebody is.
    pub why_empty: Option<String>,
}

impl SliceMembers {
    /// All users of a run's data; the places of their results are left out.
    #[must_use]
    pub fn everyone(n_users: usize) -> Self {
        Self {
            users: (0..n_users as u32).collect(),
            n_users,
            ..Self::default()
        }
    }

    /// Whether a user is in it.
    #[must_use]
    pub fn holds(&self, user: u32) -> bool {
        self.users.binary_search(&user).is_ok()
    }

    /// The user so many places after the present one, round at the ends; from one who is not in the
    /// slice the next in it, in that direction. `None` where nobody is in it.
    #[must_use]
    pub fn step(&self, present: Option<u32>, by: i64) -> Option<u32> {
        let n = i64::try_from(self.users.len()).ok()?;
        let at = match self.users.binary_search(&present?) {
            Ok(at) => at as i64 + by,
            // The place that it would have is already one step ahead.
            Err(at) => at as i64 + by - i64::from(by > 0),
        };
        let at = at.checked_rem_euclid(n)?;
        self.users.get(usize::try_from(at).ok()?).copied()
    }

    /// How many users there are of all: `12 of 943 users`.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "{} of {}",
            thousands(self.users.len()),
            counted(self.n_users, "user")
        )
    }

    /// Answers of any run about the same users, by id: those of a comparison, in which all runs are
    /// asked of the users whom the slice has by the first one, whose users these are.
    #[must_use]
    pub fn answers_of(&self, users: &Vocab, other: &[UserResult]) -> Vec<UserResult> {
        let ids = self.ids(users);
        let mut kept = other.to_vec();
        kept.retain(|result| ids.contains(result.user_id.as_str()));
        kept
    }

    /// Ids of the users.
    #[must_use]
    pub fn ids<'a>(&self, users: &'a Vocab) -> HashSet<&'a str> {
        let ids = self.users.iter().filter_map(|&user| users.id(user));
        ids.collect()
    }
}

/// Sentences on whom a comparison is of, where it is of a slice of the first run.
#[must_use]
pub fn words_of_slice(name: &str, of: &SliceMembers) -> Vec<String> {
    let mut sentences = vec![format!(
        "Of the slice {}: {}, as the first run has them.",
        quotable(name),
        of.words()
    )];
    if of.by_answers {
        sentences.push(
            "They were chosen by what the first run answered, so its figures here are no estimate \
             of how it does; of other runs they are compared on users whom that run was good or \
             bad at."
                .to_owned(),
        );
    }
    sentences
}

/// Finds the users of a run who are in a slice.
///
/// # Errors
/// [`ExpressionError`] where an expression cannot be read, or asks for what the run or its data
/// lack.
pub fn members(
    rule: &SliceRule,
    source: &SliceSource<'_>,
) -> Result<SliceMembers, ExpressionError> {
    let (users, n_strangers, by_answers, why_empty) = match rule {
        SliceRule::Users(ids) => {
            let (users, n_strangers) = users_of_list(ids, source);
            (users, n_strangers, false, why_no_user(ids, source))
        }
        SliceRule::Targets(ids) => {
            let (users, n_strangers) = users_of_targets(ids, source);
            (users, n_strangers, false, why_no_target(ids, source))
        }
        SliceRule::Where(text) => {
            let expression =
                Expression::parse(text).map_err(|error| column_meant(error, text, source))?;
            let condition = bound(&expression.root, source)?;
            let users = users_who(&condition, source);
            let why = if users.is_empty() {
                why_nobody(&expression, source)?
            } else {
                String::new()
            };
            (users, 0, expression.reads_answers(), why)
        }
    };
    let asked = source.asked();
    let mut results: Vec<usize> = users
        .iter()
        .filter_map(|&user| asked.get(user as usize)?.result)
        .collect();
    results.sort_unstable();
    Ok(SliceMembers {
        why_empty: users.is_empty().then_some(why_empty),
        n_users: source.n_users(),
        users,
        results,
        by_answers,
        n_strangers,
    })
}

/// The fault of an expression; where the word in question is the bare name of a column of the data,
/// the cure is how that is written.
fn column_meant(error: ExpressionError, text: &str, source: &SliceSource<'_>) -> ExpressionError {
    let letters = text.chars().skip(error.column - 1);
    let word: String = letters
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect();
    if word.is_empty() || SliceField::of_word(&word).is_some() {
        return error;
    }
    let meant = [SliceField::Users, SliceField::Items, SliceField::Events]
        .into_iter()
        .find_map(|field| {
            let mut columns = columns_of(field, source).iter();
            let column = columns.find(|column| column.name.eq_ignore_ascii_case(&word))?;
            Some(format!("did you mean `{}.{}`?", field.word(), column.name))
        });
    match meant {
        Some(cure) => ExpressionError { cure, ..error },
        None => error,
    }
}

/// Users of a list, in order, and how many ids the data do not have.
fn users_of_list(ids: &[String], source: &SliceSource<'_>) -> (Vec<u32>, usize) {
    let vocab = &source.prepared.dataset.users;
    let mut users: Vec<u32> = ids.iter().filter_map(|id| vocab.idx(id)).collect();
    let n_strangers = ids.len() - users.len();
    users.sort_unstable();
    users.dedup();
    (users, n_strangers)
}

/// Users of whom one of these items is asked, and how many ids the data do not have.
fn users_of_targets(ids: &[String], source: &SliceSource<'_>) -> (Vec<u32>, usize) {
    let vocab = &source.prepared.dataset.items;
    let items: HashSet<u32> = ids.iter().filter_map(|id| vocab.idx(id)).collect();
    let is_asked = |target: Option<u32>| target.is_some_and(|item| items.contains(&item));
    let asked = source.asked().iter();
    let users = asked
        .filter(|of| is_asked(source.target_item(**of)))
        .map(|of| of.user as u32);
    let n_known = ids.iter().filter(|id| vocab.idx(id).is_some()).count();
    (users.collect(), ids.len() - n_known)
}

fn users_who<'a>(condition: &BoundCondition<'a>, source: &'a SliceSource<'a>) -> Vec<u32> {
    let asked = source.asked().iter();
    asked
        .filter(|of| condition.told(source, **of) == Some(true))
        .map(|of| of.user as u32)
        .collect()
}

fn why_no_user(ids: &[String], source: &SliceSource<'_>) -> String {
    if ids.is_empty() {
        return "The slice lists no user; choose some and keep it anew.".to_owned();
    }
    let cure = if source.hidden().is_off() {
        "take a run of the data that it was made from"
    } else {
        "take a run of the same data under the same key"
    };
    format!(
        "None of the {} of this slice is in the data of this run; {cure}.",
        counted(ids.len(), "user")
    )
}

fn why_no_target(ids: &[String], source: &SliceSource<'_>) -> String {
    if ids.is_empty() {
        return "The slice lists no item; choose some and keep it anew.".to_owned();
    }
    if source.asked().iter().all(|of| of.target.is_none()) {
        return "No question of this run is about an item; take a run that predicts the next item."
            .to_owned();
    }
    format!(
        "None of the {} of this slice is the target of a question of this run; choose other items.",
        counted(ids.len(), "item")
    )
}

/// Tells which of the joined conditions nobody fulfils, and of a number what there is.
fn why_nobody(
    expression: &Expression,
    source: &SliceSource<'_>,
) -> Result<String, ExpressionError> {
    let conjuncts = expression.conjuncts();
    let mut counts = Vec::with_capacity(conjuncts.len());
    for part in conjuncts {
        let condition = bound(part, source)?;
        let n = users_who(&condition, source).len();
        let words = quotable(&expression.words_of(part));
        if n == 0 {
            return Ok(match range(&condition, source) {
                Some([least, most]) => format!(
                    "Nobody fulfils `{words}`: there it is between {least} and {most}; choose \
                     another number."
                ),
                None => format!("Nobody fulfils `{words}`; choose another condition."),
            });
        }
        counts.push(format!("`{words}` {}", thousands(n)));
    }
    Ok(format!(
        "Nobody fulfils all conditions at once, though each has users ({}); leave one out, or join \
         them by `or`.",
        counts.join(", ")
    ))
}

/// Least and largest value of the name in a comparison of numbers, in words.
fn range<'a>(condition: &BoundCondition<'a>, source: &'a SliceSource<'a>) -> Option<[String; 2]> {
    let operand = condition.number_asked()?;
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for of in source.asked() {
        if let SliceValue::Number(number) = operand.value(source, *of) {
            least = least.min(number);
            most = most.max(number);
        }
    }
    (least <= most).then(|| [least, most].map(number_words))
}

/// A number with few digits; an infinite rank is a miss.
fn number_words(number: f64) -> String {
    if number.is_infinite() {
        return "a miss".to_owned();
    }
    let rounded = (number * 1000.0).round() / 1000.0;
    rounded.to_string()
}
