//! Whether a log that was read can be true: figures that no log of histories has, and ids that are
//! none, mostly come of a column in the wrong role.

use super::events::Events;
use super::schema;
use super::source::FileHead;
use super::stream::LogRows;
use super::{FileSpec, Role, Vocab, writings};
use crate::value::{TimeFormat, time};
use seqscope_base::spec::{Problem, Sentence, quotable};

/// Fewest rows of which anything is said: a few lines may look like anything.
const FEW: usize = 20;

/// How many ids are looked at.
const SAMPLE: usize = 1_000;

/// Doubts about the rows of a log.
pub(super) fn check(log: &LogRows, head: &FileHead, file: &FileSpec) -> Vec<Problem> {
    let (events, n_refused, n_read) = (&log.events, log.refused.count, log.n_read);
    let n = events.len();
    let mut problems = Vec::new();
    if 2 * n_refused > n_read && n_read >= FEW {
        let sentence = format!(
            "most rows were left out, {n_refused} of {n_read}, so what is left may be no fair part \
             of the log: check the separator, `data.roles` and `data.time_format` against the \
             reasons that are told."
        );
        problems.push(Problem::warning("data", sentence));
    }
    if n < FEW {
        return problems;
    }
    let has_items = file.roles.said(Role::Item) != Some("");
    let log = IdCounts { events, head, file };
    problems.extend(log.users());
    if has_items {
        problems.extend(log.items());
    }
    for (role, ids) in [(Role::User, &events.users), (Role::Item, &events.items)] {
        problems.extend(no_ids(role, ids).filter(|_| role == Role::User || has_items));
    }
    problems
}

struct IdCounts<'a> {
    events: &'a Events,
    head: &'a FileHead,
    file: &'a FileSpec,
}

impl IdCounts<'_> {
    /// How many events each id has that has any.
    fn counts(column: &[u32], n_ids: usize) -> Vec<u32> {
        let mut counts = vec![0_u32; n_ids];
        for &at in column {
            if let Some(count) = counts.get_mut(at as usize) {
                *count += 1;
            }
        }
        counts.retain(|&count| count > 0);
        counts
    }

    fn users(&self) -> Option<Problem> {
        let n = self.events.len();
        let counts = Self::counts(&self.events.user_idx, self.events.users.len());
        let n_users = counts.len();
        let n_once = counts.iter().filter(|&&count| count == 1).count();
        let sentence = if n_users == 1 {
            format!(
                "all {n} events are of one user, so there is nobody to learn from and nobody to \
                 ask about: {}.",
                self.cure(Role::User)
            )
        } else if 10 * n_users >= 9 * n {
            format!(
                "there are nearly as many users as events ({n_users} and {n}), so hardly anybody \
                 has a history: {}.",
                self.cure(Role::User)
            )
        } else if 2 * n_once > n_users {
            format!(
                "{n_once} of {n_users} users have one event only: of them nothing can be learnt \
                 and nothing asked; if that is not so, check `data.roles.user`."
            )
        } else {
            return None;
        };
        Some(Problem::warning("data.roles.user", sentence))
    }

    fn items(&self) -> Option<Problem> {
        let n = self.events.len();
        let n_items = Self::counts(&self.events.item_idx, self.events.items.len()).len();
        let sentence = if n_items == 1 {
            format!(
                "all {n} events are of one item, so there is no next one to tell: {}.",
                self.cure(Role::Item)
            )
        } else if 20 * n_items >= 19 * n && n >= 5 * FEW {
            format!(
                "there are nearly as many items as events ({n_items} and {n}), so hardly any is \
                 seen twice: {}.",
                self.cure(Role::Item)
            )
        } else {
            return None;
        };
        Some(Problem::warning("data.roles.item", sentence))
    }

    /// Advice for a role whose column is doubtful.
    fn cure(&self, role: Role) -> String {
        let word = role.to_string().to_lowercase();
        let setting = format!("`data.roles.{word}`");
        let column = quotable(self.file.roles.column(role).unwrap_or_default());
        match schema::might_be(self.head, self.file, role).first() {
            Some(other) => {
                format!(
                    "the {word} may be `{}` and not `{column}`; name it in {setting} then",
                    quotable(other)
                )
            }
            None => format!("choose another column than `{column}` in {setting} if that is wrong"),
        }
    }
}

/// Ids that are something else.
fn no_ids(role: Role, ids: &Vocab) -> Option<Problem> {
    let sample = ids.ids().take(SAMPLE);
    let n = sample.clone().len();
    let is_mostly = |is: fn(&str) -> bool| 2 * sample.clone().filter(|id| is(id)).count() > n;
    let what = if is_mostly(is_nested) {
        "lists, structs or objects"
    } else if is_mostly(is_query) {
        "addresses with a query"
    } else if is_mostly(|id| id.starts_with("Mozilla/")) {
        "browsers"
    } else if is_mostly(is_sentence) {
        "whole sentences"
    } else if n >= FEW && is_written_time(time::guess(sample.clone()).as_ref()) {
        "times"
    } else {
        return None;
    };
    let word = role.to_string().to_lowercase();
    let example = writings::first(sample.clone().next().unwrap_or_default());
    let cure = match what {
        "lists, structs or objects" => "write one event a row".to_owned(),
        "addresses with a query" => "cut off what follows the `?`".to_owned(),
        _ => "name the column of its ids".to_owned(),
    };
    let sentence = Sentence::from(format!(
        "the {word}s are {what} and no ids; {cure}, or choose another column in `data.roles.{word}`"
    ));
    Some(Problem::warning(
        format!("data.roles.{word}"),
        sentence.aside(example).words("."),
    ))
}

/// `[1, 2]` or `{"a": 1}`.
fn is_nested(id: &str) -> bool {
    matches!(id.as_bytes(), [b'[', .., b']'] | [b'{', .., b'}'])
}

/// `/search?q=shoes`.
fn is_query(id: &str) -> bool {
    let is_address = id.contains("://") || id.starts_with('/');
    is_address
        && id
            .split_once('?')
            .is_some_and(|(_, query)| query.contains('='))
}

/// Longer than titles are.
fn is_sentence(id: &str) -> bool {
    id.split_whitespace().nth(15).is_some()
}

/// Dates; a number may be an id as well as a time.
fn is_written_time(format: Option<&TimeFormat>) -> bool {
    matches!(
        format,
        Some(
            TimeFormat::Date
                | TimeFormat::MonthFirst
                | TimeFormat::DayFirst
                | TimeFormat::YearFirst
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_what_is_none() {
        for nested in ["[1, 2]", "{\"id\": 5}", "['a']"] {
            assert!(is_nested(nested) && !is_query(nested), "{nested}");
        }
        for query in ["/search?q=shoes", "https://x.example/p?id=7&ref=a"] {
            assert!(is_query(query), "{query}");
        }
        assert!(is_sentence(
            "the colour is nice and the cloth is soft to touch, so I would buy it again"
        ));
        for id in [
            "[",
            "a[1]",
            "/shoes",
            "https://x.example/P206",
            "What?",
            "The Lord of the Rings: The Return of the King",
            "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb",
        ] {
            assert!(!is_nested(id) && !is_query(id) && !is_sentence(id), "{id}");
        }
    }
}
