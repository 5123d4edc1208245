//! Warnings and errors about the columns that were chosen for the roles.

use super::{Guess, cells, field, listed, score, style_of, word};
use crate::log::Role;
use crate::log::source::FileHead;
use crate::value::number;
use seqscope_base::spec::{Problem, Sentence, quotable};

/// A note where sessions stand in for users.
pub(super) fn sessions(head: &FileHead, guess: &Guess<'_>) -> Option<Problem> {
    let at = guess.columns[Role::User as usize]?;
    let name = head.columns.get(at)?;
    let are_sessions =
        guess.known.is_some_and(|known| known.has_sessions) || score::is_session(name);
    let is_chosen = head.file.roles.said(Role::User).is_none();
    (are_sessions && is_chosen).then(|| {
        let sentence = format!(
            "this log has no column for the user, so each session (`{}`) is taken as one: nothing \
             is known of a person beyond a session.",
            quotable(name)
        );
        Problem::warning(field(Role::User), sentence)
    })
}

/// Doubts about how values are written.
pub(super) fn values(head: &FileHead, guess: &Guess<'_>) -> Vec<Problem> {
    let Some(at) = guess.columns[Role::Value as usize] else {
        return Vec::new();
    };
    let name = quotable(head.columns.get(at).map_or("", String::as_str));
    let mut problems = Vec::new();
    if let Some(example) = number::doubtful(cells(head, at), style_of(head, at)) {
        let sentence = Sentence::from(format!("numbers of the column `{name}`"))
            .aside(Sentence::from(" such as `").example(example).words("`"))
            .words(
                " are read with the point between thousands, since it never cuts off anything but \
                 three digits; write them without points if it is that of a fraction.",
            );
        problems.push(Problem::warning(field(Role::Value), sentence));
    }
    let money = number::currencies(cells(head, at));
    if !money.is_empty() {
        let shown = Sentence::from(" (")
            .examples(money.into_iter().take(4))
            .words(")");
        let sentence = Sentence::from(format!(
            "the column `{name}` has amounts in several currencies"
        ))
        .aside(shown)
        .words(
            "; they are read as plain numbers: bring them to one currency, or write \"\" in \
             `data.roles.value`.",
        );
        problems.push(Problem::warning(field(Role::Value), sentence));
    }
    problems
}

pub(super) fn wrong_type(head: &FileHead, role: Role, at: usize, expected: &str) -> Problem {
    let name = quotable(head.columns.get(at).map_or("", String::as_str));
    let found = match cells(head, at).find(|text| !text.is_empty()) {
        None => Sentence::from("is empty in the first rows"),
        Some(example) => Sentence::from(format!("does not hold {expected}"))
            .aside(Sentence::from(" but such as `").example(example).words("`")),
    };
    let said = if head.file.roles.said(role).is_some() {
        "said to be"
    } else {
        "by its name"
    };
    let pattern = match role {
        Role::Time => {
            " say how it is written in `data.time_format`, by a pattern such as `%d.%m.%Y %H:%M`,"
        }
        _ => "",
    };
    let sentence = Sentence::from(format!("the column `{name}`, {said} the {}, ", word(role)))
        .then(found)
        .words(format!(
            ";{pattern} choose another column in `data.roles.{}`, or write \"\" there if the log \
             has none.",
            word(role)
        ));
    Problem::error(field(role), sentence)
}

pub(super) fn missing(head: &FileHead, guess: &Guess<'_>, role: Role) -> Option<Problem> {
    if !guess.is_open(role) {
        // Something was said, and its own problem has been told.
        return None;
    }
    let named = head
        .file
        .path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    if let Some(of @ ("item" | "user")) = named.as_deref() {
        let use_it = if of == "item" {
            " and name this one in `data.titles.path`"
        } else {
            ""
        };
        let sentence = format!(
            "this is a table of {of}s, not of events; open the log (`.inter`) beside it{use_it}."
        );
        return Some(Problem::error(field(role), sentence));
    }
    let free: Vec<String> = head
        .columns
        .iter()
        .enumerate()
        .filter(|&(at, _)| guess.is_free(at))
        .map(|(_, name)| name.clone())
        .collect();
    let sentence = if free.is_empty() {
        format!(
            "no column is left for the {0}; a log needs one for the user and one for the item.",
            word(role)
        )
    } else {
        format!(
            "no column looks like the {0}; name one in `data.roles.{0}`: {1}.",
            word(role),
            listed(&free)
        )
    };
    Some(Problem::error(field(role), sentence))
}
