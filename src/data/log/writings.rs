//! One id, one behaviour in two writings: made one where that is sure, and told.

use std::collections::HashMap;

use super::events::Events;
use super::{Role, Vocab};
use crate::value::cell::is_unseen;
use seqscope_base::spec::{Problem, Sentence, quotable};

/// Beyond it, a floating-point number is no longer every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Makes one of what is written in two ways, and tells of ids that a spreadsheet or a float has
/// spoilt.
pub(super) fn settle(events: &mut Events) -> Vec<Problem> {
    let mut problems = Vec::new();
    let merged = [Role::User, Role::Item].map(|role| {
        let (ids, word) = of_role(events, role);
        problems.extend(spoilt(ids, role, word));
        problems.extend(by_case(ids, role, word));
        let twins = twins(ids)?;
        problems.push(twins.warning(role, word));
        Some(twins.to)
    });
    let [users, items] = merged;
    let is_changed = users.is_some() || items.is_some();
    for (to, column) in [(users, &mut events.user_idx), (items, &mut events.item_idx)] {
        let Some(to) = to else { continue };
        for at in column.iter_mut() {
            *at = to.get(*at as usize).copied().unwrap_or(*at);
        }
    }
    if is_changed {
        events.forget_unused_ids();
    }
    problems.extend(behaviours(events));
    problems
}

/// The id under which a log has what another table writes in its own way: `101` for `101.0`.
pub(crate) fn known_as<'a>(ids: &'a Vocab, id: &str) -> Option<&'a str> {
    exact(ids, id).or_else(|| match whole(id) {
        Some(whole) => exact(ids, whole),
        None if is_number(id) => exact(ids, &format!("{id}.0")),
        None => None,
    })
}

/// Id of the log that is written as one is.
fn exact<'a>(ids: &'a Vocab, id: &str) -> Option<&'a str> {
    ids.idx(id).and_then(|at| ids.id(at))
}

fn of_role(events: &Events, role: Role) -> (&Vocab, &'static str) {
    match role {
        Role::User => (&events.users, "user"),
        _ => (&events.items, "item"),
    }
}

/// Ids that are another id in another writing.
struct Twins {
    /// The index that each index becomes.
    to: Vec<u32>,
    n: usize,
    /// The first of them: what is written, and as what it is read.
    example: (String, String),
    /// Whether any has marks that nobody sees.
    has_unseen: bool,
}

/// Finds `101.0` beside `101`, and ids with marks inside that nobody sees beside those without.
fn twins(ids: &Vocab) -> Option<Twins> {
    let mut found: Option<Twins> = None;
    // The plain writing of ids that are never written plainly: the first of them stands for all.
    let mut first_of = HashMap::<String, u32>::new();
    for (at, id) in (0_u32..).zip(ids.ids()) {
        let unseen = (!id.is_ascii()).then(|| seen(id)).flatten();
        let Some(plain) = unseen.as_deref().or_else(|| whole(id)) else {
            continue;
        };
        // Twice where it has both.
        let plain = whole(plain).unwrap_or(plain);
        let other = ids
            .idx(plain)
            .unwrap_or_else(|| *first_of.entry(plain.to_owned()).or_insert(at));
        if other == at {
            continue;
        }
        let twins = found.get_or_insert_with(|| Twins {
            to: (0..ids.len() as u32).collect(),
            n: 0,
            example: (id.to_owned(), ids.id(other).unwrap_or_default().to_owned()),
            has_unseen: false,
        });
        twins.n += 1;
        twins.has_unseen |= unseen.is_some();
        if let Some(to) = twins.to.get_mut(at as usize) {
            *to = other;
        }
    }
    found
}

impl Twins {
    fn warning(&self, role: Role, word: &str) -> Problem {
        let Self {
            n,
            example: (written, read),
            has_unseen,
            ..
        } = self;
        let marks = if *has_unseen {
            " or with marks that nobody sees"
        } else {
            ""
        };
        let (s, are) = if *n == 1 { ("", "is") } else { ("s", "are") };
        let example = Sentence::from(" (the first: `")
            .example(written)
            .words("` as `")
            .example(read)
            .words("`)");
        let sentence = Sentence::from(format!(
            "{n} {word}{s} {are} written in two ways, with a decimal point{marks} and without, and \
             each is taken as the same {word}"
        ));
        Problem::warning(field(role), sentence.aside(example).words("."))
    }
}

fn field(role: Role) -> String {
    format!("data.roles.{}", role.to_string().to_lowercase())
}

/// An id without marks that nobody sees, where it has any. Joiners within words are left: some
/// scripts need them.
fn seen(id: &str) -> Option<String> {
    id.chars()
        .any(|c| is_taken_off(c) || is_odd_blank(c))
        .then(|| {
            id.chars()
                .filter(|&c| !is_taken_off(c))
                .map(|c| if is_odd_blank(c) { ' ' } else { c })
                .collect()
        })
}

fn is_odd_blank(c: char) -> bool {
    c.is_whitespace() && c != ' '
}

fn is_taken_off(c: char) -> bool {
    is_unseen(c) && !matches!(c, '\u{200c}' | '\u{200d}')
}

/// The whole number that `101.0` is, as text.
fn whole(id: &str) -> Option<&str> {
    let (number, fraction) = id.strip_suffix('0').map(|_| id)?.split_once('.')?;
    (is_number(number) && fraction.bytes().all(|b| b == b'0')).then_some(number)
}

/// Whether an id is a whole number as it is usually written: `007` is another id than `7`.
fn is_number(id: &str) -> bool {
    let digits = id.strip_prefix('-').unwrap_or(id);
    let is_plain = digits == "0" || !digits.starts_with('0');
    is_plain && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Ids that have lost digits: in a spreadsheet's scientific notation, or as floats.
fn spoilt(ids: &Vocab, role: Role, word: &str) -> Option<Problem> {
    let rounded = || ids.ids().filter(|id| is_rounded(id));
    if let Some(example) = rounded().next() {
        let digits = example
            .bytes()
            .take_while(|b| !matches!(b, b'e' | b'E'))
            .filter(u8::is_ascii_digit)
            .count();
        let by = if digits < 15 {
            "a spreadsheet"
        } else {
            "a floating-point number"
        };
        let sentence = Sentence::from(format!(
            "{} of {} {word}s stand in scientific notation, where {by} has rounded them: different \
             {word}s have become one and cannot be told apart again; export the column anew as \
             text or as whole numbers",
            rounded().count(),
            ids.len(),
        ));
        let sentence = sentence.aside(first(example)).words(".");
        return Some(Problem::warning(field(role), sentence));
    }
    let example = ids.ids().find(is_beyond_exact)?;
    let sentence = Sentence::from(format!(
        "{} of {} {word}s are floating-point numbers beyond 9007199254740992, where neighbours are \
         one: different {word}s may have become one; export the column anew as text or as whole \
         numbers",
        ids.ids().filter(is_beyond_exact).count(),
        ids.len(),
    ));
    let sentence = sentence.aside(first(example)).words(".");
    Some(Problem::warning(field(role), sentence))
}

/// An id as the first of several in a sentence, behind a blank.
pub(super) fn first(id: &str) -> Sentence {
    Sentence::from(" (the first: `").example(id).words("`)")
}

/// Tells whether an id is a number too large for a float to be exact.
fn is_beyond_exact(id: &&str) -> bool {
    whole(id).is_some_and(|whole| whole.parse::<f64>().is_ok_and(|n| n.abs() > EXACT))
}

/// `1.23457E+12`. Ids in hexadecimal digits, such as `12e45`, have neither a point nor a sign.
fn is_rounded(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once(['e', 'E']) else {
        return false;
    };
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let digits = exponent.strip_prefix('+').unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    whole.len() == 1
        && is_digits(whole)
        && is_digits(fraction)
        && (1..=3).contains(&digits.len())
        && is_digits(digits)
        && (mantissa.contains('.') || exponent.starts_with('+'))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Ids that differ in their case or their blanks only. They stay different ids, as codes may be
/// told by their case; but names in small letters beside the same in capitals look like one.
fn by_case(ids: &Vocab, role: Role, word: &str) -> Option<Problem> {
    let pairs = ids
        .ids()
        .filter_map(|id| Some((id, plain(id)?)))
        .filter(|(_, plain)| ids.idx(plain).is_some());
    let (id, plain) = pairs.clone().next()?;
    let sentence = Sentence::from(format!(
        "{} {word}s differ from another one in capitals or blanks only and stay {word}s of their \
         own; if each two are one, write them alike in the file",
        pairs.count(),
    ));
    let example = Sentence::from(" (the first: `")
        .example(id)
        .words("` and `")
        .example(&plain)
        .words("`)");
    Some(Problem::warning(
        field(role),
        sentence.aside(example).words("."),
    ))
}

/// The id in small letters with single blanks, where it is a name or has other blanks.
fn plain(id: &str) -> Option<String> {
    let is_spaced = id.contains("  ");
    let mut letters = id.chars().filter(|c| c.is_alphabetic());
    let is_named = letters.clone().all(char::is_uppercase)
        || id
            .split(|c: char| !c.is_alphanumeric())
            .all(|part| part.chars().skip(1).all(|c| !c.is_uppercase()));
    let has_capitals = letters.any(char::is_uppercase);
    (is_spaced || (has_capitals && is_named)).then(|| {
        id.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
    })
}

/// Behaviours that differ in capitals or blanks only are one, called as most rows call it.
fn behaviours(events: &mut Events) -> Option<Problem> {
    let column = events.behaviour_idx.as_ref()?;
    let mut by_plain = HashMap::<String, Vec<u16>>::new();
    for (at, word) in (0_u16..).zip(events.behaviours.ids()) {
        let plain = word
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        by_plain.entry(plain).or_default().push(at);
    }
    if by_plain.len() == events.behaviours.len() {
        return None;
    }
    let mut counts = vec![0_usize; events.behaviours.len()];
    for &at in column {
        counts[usize::from(at)] += 1;
    }
    let count = |at: u16| counts.get(usize::from(at)).copied().unwrap_or(0);
    let mut to: Vec<u16> = (0..events.behaviours.len() as u16).collect();
    let mut told = Vec::new();
    let mut groups: Vec<Vec<u16>> = by_plain
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    groups.sort();
    for group in groups {
        // Of equally many the first one.
        let Some(&kept) = group
            .iter()
            .max_by_key(|&&at| (count(at), std::cmp::Reverse(at)))
        else {
            continue;
        };
        for &at in group.iter().filter(|&&at| at != kept) {
            to[usize::from(at)] = kept;
            let name = |at: u16| quotable(events.behaviours.id(u32::from(at)).unwrap_or_default());
            told.push(format!(
                "`{}` ({} rows) as `{}`",
                name(at),
                count(at),
                name(kept)
            ));
        }
    }
    let column = events.behaviour_idx.as_mut()?;
    for at in column.iter_mut() {
        *at = to.get(usize::from(*at)).copied().unwrap_or(*at);
    }
    events.forget_unused_behaviours();
    let more = told.len().saturating_sub(3);
    told.truncate(3);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let sentence = format!(
        "behaviours that differ in capitals or blanks only are one: {}{more}.",
        told.join(", ")
    );
    Some(Problem::warning("data.roles.behaviour", sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(all: &[&str]) -> Vocab {
        let mut vocab = Vocab::starting_at(0);
        for id in all {
            vocab.intern(id);
        }
        vocab
    }

    #[test]
    fn whole_numbers_with_a_point_are_the_numbers() {
        for (id, number) in [
            ("101.0", Some("101")),
            ("-5.00", Some("-5")),
            ("0.0", Some("0")),
            ("10", None),
            ("1.5", None),
        ] {
            assert_eq!(whole(id), number, "{id}");
        }
        for id in ["007.0", "v1.0", "1.0.0", ".0", "1.0b", "."] {
            assert_eq!(whole(id), None, "{id}");
        }
        let twins = twins(&ids(&[
            "101",
            "7.0",
            "101.0",
            "7.00",
            "a\u{200b}b",
            "ab",
            "007",
            "7",
        ]))
        .unwrap();
        assert_eq!((twins.n, twins.to), (4, vec![0, 7, 0, 7, 5, 5, 6, 7]));
        assert!(super::twins(&ids(&["101", "102.0", "007", "7", "x"])).is_none());
        // Neither is written plainly.
        assert_eq!(super::twins(&ids(&["3.0", "3.00"])).unwrap().to, [0, 0]);
    }

    #[test]
    fn another_table_may_write_ids_in_its_own_way() {
        let log = ids(&["101.0", "7", "x"]);
        for (id, known) in [
            ("101", Some("101.0")),
            ("7.0", Some("7")),
            ("x", Some("x")),
            ("y", None),
            ("007", None),
        ] {
            assert_eq!(known_as(&log, id), known, "{id}");
        }
    }

    #[test]
    fn rounded_ids_are_told_and_codes_are_not() {
        for id in ["1.23457E+12", "-1.5e+20", "2E+15", "9.007199254740993e15"] {
            assert!(is_rounded(id), "{id}");
        }
        for id in [
            "12e45", "1e5", "E+12", "1.2", "a1.5e+3", "1.5e+", "12.5e+3", "1.5e+3x",
        ] {
            assert!(!is_rounded(id), "{id}");
        }
        let told = |all: &[&str]| {
            spoilt(&ids(all), Role::User, "user")
                .map(|problem| problem.sentence())
                .unwrap_or_default()
        };
        assert!(
            told(&["1.23457E+12", "5"])
                .starts_with("1 of 2 users stand in scientific notation, where a spreadsheet")
        );
        assert!(told(&["9.007199254740993e15"]).contains("a floating-point number has rounded"));
        assert!(
            told(&["9007199254740994.0", "5.0"])
                .starts_with("1 of 2 users are floating-point numbers beyond")
        );
        assert_eq!(told(&["5.0", "9007199254740993"]), "");
    }

    #[test]
    fn names_in_capitals_are_asked_about_and_codes_are_not() {
        let told = |all: &[&str]| {
            by_case(&ids(all), Role::Item, "item")
                .map(|problem| problem.sentence())
                .unwrap_or_default()
        };
        assert!(told(&["milk", "MILK", "tea"]).ends_with("(the first: `MILK` and `milk`)."));
        assert!(told(&["red wine", "Red  Wine"]).contains("`Red  Wine` and `red wine`"));
        for codes in [
            &["aB3x", "ab3x"][..],
            &["A", "B"],
            &["Milk", "Tea"],
            &["a b", "ab"],
        ] {
            assert_eq!(told(codes), "", "{codes:?}");
        }
    }
}
