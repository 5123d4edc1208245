//! Which column says when an event was: chosen among all that can, by what they hold and what they
//! are called.

use std::collections::{HashMap, HashSet};

use super::names::{has_root, rank};
use super::{Guess, NO_TIME, cells, field, normal};
use crate::log::Role;
use crate::value::{ClockKind, TimeFormat, TimeStep, time};
use seqscope_base::spec::{Problem, Sentence, quotable};

/// Rank of a column as the time; the least is the best.
type TimeRank = (bool, Kind, u8, u8, TimeStep, usize, usize);

/// Kinds of times, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Moments in a column that is called a time.
    Moment,
    /// Numbers of such a column that only order.
    Order,
    /// Dates in a column of any name.
    Unnamed,
    /// Few small numbers, such as hours or days of the week.
    Small,
    /// Clocks without a date, and numbers that may be some.
    Clock,
}

impl Guess<'_> {
    /// Chooses the time among the columns that are called one or hold dates; tells of those that
    /// are called one and cannot be read.
    pub(super) fn choose_time(&mut self, problems: &mut Vec<Problem>) {
        if !self.is_open(Role::Time) || self.head.file.header == Some(false) {
            return;
        }
        let free: Vec<usize> = (0..self.looks.len())
            .filter(|&at| self.is_free(at))
            .collect();
        let best = free
            .iter()
            .filter_map(|&at| Some((self.time_rank(at)?, at)))
            .min();
        let chosen = best.map(|(_, at)| at);
        if let Some(at) = chosen.filter(|&at| self.tells_of_other(at)) {
            problems.push(about_other(self.name(at)));
            return;
        }
        self.columns[Role::Time as usize] = chosen;
        // Moments in a column of any name, which are looked for last.
        let has_other =
            |at: &usize| self.looks[*at].time_doubt < NO_TIME && !self.tells_of_other(*at);
        let is_found = chosen.is_some() || free.iter().any(has_other);
        for at in free {
            let is_unreadable = self.looks[at].time.is_none() && self.looks[at].n_distinct > 0;
            if !is_unreadable || !is_called_time(self.name(at)) {
                continue;
            }
            if is_found {
                problems.push(self.passed_over(at));
            } else {
                // Its cells cannot be read, which is told where the format is looked for.
                self.columns[Role::Time as usize].get_or_insert(at);
            }
        }
    }

    fn name(&self, at: usize) -> &str {
        self.head.columns.get(at).map_or("", String::as_str)
    }

    fn time_rank(&self, at: usize) -> Option<TimeRank> {
        let look = &self.looks[at];
        let seen = look.time.as_ref()?;
        let (words, known) = (
            words(self.name(at)),
            rank(Role::Time, &normal(self.name(at))),
        );
        let is_named =
            known.is_some() || has_root(Role::Time, &normal(self.name(at))) || says_time(&words);
        let is_small = look.n_distinct <= 31 && look.largest < 2_400.0;
        let kind = match &seen.format {
            TimeFormat::Clock if is_named => Kind::Clock,
            TimeFormat::Order if is_named => {
                let is_clock = clock_kind(self.name(at), cells(self.head, at)).is_some();
                match (is_clock, is_small) {
                    (true, _) => Kind::Clock,
                    (false, true) => Kind::Small,
                    (false, false) => Kind::Order,
                }
            }
            TimeFormat::Clock | TimeFormat::Order => return None,
            _ if is_named => Kind::Moment,
            // Numbers as large as times are as often ids.
            _ if look.time_doubt == 0 && !seen.needs_name => Kind::Unnamed,
            _ => return None,
        };
        let is_other = says_other(&words) || self.is_constant(at);
        let coarse = match seen.step {
            TimeStep::Fraction | TimeStep::Second => 0,
            TimeStep::Minute => 1,
            TimeStep::Hour => 2,
            TimeStep::Day => 3,
            TimeStep::Month => 4,
        };
        let tier = match known {
            Some(_) => 0,
            None if !words
                .iter()
                .any(|word| matches!(word.as_str(), "end" | "finish" | "stop")) =>
            {
                1
            }
            None => 2,
        };
        Some((
            is_other,
            kind,
            coarse,
            tier,
            seen.step,
            known.unwrap_or(usize::MAX),
            at,
        ))
    }

    /// Whether a column tells something of users or of items and not of events: it is the same in
    /// all rows of nearly each of them, and differs between them.
    fn is_constant(&self, at: usize) -> bool {
        let head = self.head;
        [Role::User, Role::Item]
            .into_iter()
            .filter_map(|role| self.columns[role as usize])
            .any(|of| {
                let mut seen = HashMap::<&str, (&str, usize, bool)>::new();
                for (owner, cell) in std::iter::zip(cells(head, of), cells(head, at)) {
                    let entry = seen.entry(owner).or_insert((cell, 0, true));
                    entry.1 += 1;
                    entry.2 &= entry.0 == cell;
                }
                let several: Vec<_> = seen.values().filter(|(_, n, _)| *n > 1).collect();
                let n_constant = several.iter().filter(|(_, _, is_same)| *is_same).count();
                let n_distinct = several
                    .iter()
                    .map(|(cell, ..)| *cell)
                    .collect::<HashSet<_>>()
                    .len();
                several.len() >= 3 && n_distinct > 1 && 10 * n_constant >= 9 * several.len()
            })
    }

    /// Whether a column says by its name that it tells something of users or items, and does.
    pub(super) fn tells_of_other(&self, at: usize) -> bool {
        says_other(&words(self.name(at))) && self.is_constant(at)
    }

    fn passed_over(&self, at: usize) -> Problem {
        let such = self.example(at).map_or_else(Sentence::new, |cell| {
            Sentence::from(" (such as `").example(cell).words("`)")
        });
        let sentence = Sentence::from(format!(
            "the column `{}` cannot be read as times",
            quotable(self.name(at))
        ))
        .aside(such)
        .words(
            ", so the time is taken from another one; say how it is written in `data.time_format` \
             and name it in `data.roles.time` if it is the time.",
        );
        Problem::warning(field(Role::Time), sentence)
    }

    /// A cell of a column for a sentence.
    fn example(&self, at: usize) -> Option<&str> {
        cells(self.head, at).find(|cell| !super::is_missing(cell))
    }

    /// Chooses a column of clocks beside a time that holds days only, and tells that the two are
    /// joined.
    pub(super) fn choose_clock(&mut self, problems: &mut Vec<Problem>) {
        let Some(day) = self.columns[Role::Time as usize] else {
            return;
        };
        // A time that was said is meant as it stands.
        if !self.is_open(Role::Clock)
            || self.head.file.roles.said(Role::Time).is_some()
            || !self.holds_days(day)
        {
            return;
        }
        let kinds = (0..self.looks.len())
            .filter(|&at| self.is_free(at))
            .filter_map(|at| {
                let kind = clock_kind(self.name(at), cells(self.head, at))?;
                Some((kind == ClockKind::Hour, at, kind))
            });
        let Some((is_hour, at, _)) = kinds.min_by_key(|&(is_hour, at, _)| (is_hour, at)) else {
            return;
        };
        self.columns[Role::Clock as usize] = Some(at);
        let (day, clock) = (quotable(self.name(day)), quotable(self.name(at)));
        let sentence = if is_hour {
            format!(
                "the time is the day in the column `{day}` and the hour in `{clock}`: events of \
                 one hour stay in the order of the file; write \"\" in `data.roles.clock` to take \
                 the day alone."
            )
        } else {
            format!(
                "the time is the day in the column `{day}` and the clock in `{clock}`, joined; \
                 write \"\" in `data.roles.clock` to take the day alone."
            )
        };
        problems.push(Problem::warning(field(Role::Clock), sentence));
    }

    /// Whether a column has days and no clock: dates, or numbers that are called days.
    fn holds_days(&self, at: usize) -> bool {
        let Some(seen) = &self.looks[at].time else {
            return false;
        };
        match seen.format {
            TimeFormat::Order => {
                let is_whole =
                    cells(self.head, at).all(|cell| cell.is_empty() || time::whole(cell).is_some());
                is_whole
                    && words(self.name(at))
                        .iter()
                        .any(|word| matches!(word.as_str(), "day" | "days" | "date" | "日"))
            }
            TimeFormat::Clock => false,
            _ => seen.step == TimeStep::Day,
        }
    }
}

fn about_other(name: &str) -> Problem {
    let sentence = format!(
        "the column `{0}` says by its name that it tells something of users or items, and it is \
         the same in all events of each: it is not taken as the time; name it in `data.roles.time` \
         if it is.",
        quotable(name)
    );
    Problem::warning(field(Role::Time), sentence)
}

/// How a column writes the time of the day, if it does.
pub(super) fn clock_kind<'a>(
    name: &str,
    cells: impl Iterator<Item = &'a str> + Clone,
) -> Option<ClockKind> {
    let (words, joined) = (words(name), normal(name));
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let is_hour = has(&["hour", "hours", "hr", "hh", "小时", "时"]) || joined.ends_with("hour");
    let is_clock = is_hour
        || has(&[
            "time", "clock", "hhmm", "hourmin", "hhmmss", "tod", "uhrzeit", "heure", "hora", "时间",
        ])
        || joined.ends_with("time");
    // A span of time or another moment's clock looks the same. Without a header the names say
    // nothing.
    let has_no_name = joined
        .strip_prefix("column")
        .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let is_other = says_span(&words) || says_other(&words) || super::names::is_span(&joined);
    if is_other || !(is_clock || has_no_name) {
        return None;
    }
    let filled: Vec<&str> = cells.filter(|cell| !super::is_missing(cell)).collect();
    let fits = |kind: ClockKind| {
        let n = filled
            .iter()
            .filter(|cell| kind.micros(cell).is_some())
            .count();
        n > 0 && 20 * n >= 19 * filled.len()
    };
    if fits(ClockKind::Text) {
        return Some(ClockKind::Text);
    }
    let largest = filled.iter().filter_map(|cell| time::whole(cell)).max()?;
    [
        (is_hour && largest < 24, ClockKind::Hour),
        (is_clock && (100..2_400).contains(&largest), ClockKind::Hhmm),
        (is_clock && largest >= 10_000, ClockKind::Hhmmss),
    ]
    .into_iter()
    .find_map(|(may_be, kind)| (may_be && fits(kind)).then_some(kind))
}

/// The words of a name: `serverTimePretty` and `server_time_pretty` have three.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let starts = c.is_uppercase() && was_small;
        if (!c.is_alphanumeric() || starts) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        was_small = c.is_lowercase() || c.is_ascii_digit();
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a name is that of a time: one that is known, or has a time's word in it.
fn is_called_time(name: &str) -> bool {
    let joined = normal(name);
    // These are as often words: `day` may be `Monday`.
    let is_weak = matches!(
        joined.as_str(),
        "day" | "minutes" | "minute" | "seconds" | "created"
    );
    (rank(Role::Time, &joined).is_some() && !is_weak)
        || has_root(Role::Time, &joined)
        || says_time(&words(name))
}

/// Whether a name has a time's word in it, and none of a span's.
fn says_time(words: &[String]) -> bool {
    has_word(words, "time timestamp datetime date ts utc when")
        && !says_span(words)
        && !says_other(words)
}

/// Tells whether one of some words is among a column's.
fn has_word(words: &[String], names: &str) -> bool {
    words
        .iter()
        .any(|word| names.split(' ').any(|name| name == word))
}

/// Whether a name is that of a span of time, or of a part of the calendar.
fn says_span(words: &[String]) -> bool {
    words
        .iter()
        .any(|word| SPANS.split_whitespace().any(|span| span == word))
}

/// Words of a span of time or of a place's clock.
const SPANS: &str = "zone timezone tz duration spent play watch dwell elapsed response load real \
                     life full part over half best lead wait total avg mean median per count \
                     offset gap since last first days times period step steps format type left \
                     remaining slot on length runtime playtime watchtime dwelltime";

/// Whether a name is that of another time than the event's: a birthday, a release.
fn says_other(words: &[String]) -> bool {
    const OTHERS: &str = "birth birthday birthdate dateofbirth dob born release released publish \
                          published publication pub expire expires expiry expiration due signup \
                          registered registration joined join since deadline install installed \
                          founded opened listed delivery delivered opening closing";
    words
        .iter()
        .any(|word| OTHERS.split_whitespace().any(|name| name == word))
}
