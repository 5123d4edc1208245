//! Which column is the user, the item, the time: told from names, English and Chinese, and from
//! contents.

mod candidates;
mod known;
mod names;
mod problems;
mod score;
mod stats;
mod time_column;
mod written;

use strum::IntoEnumIterator;

pub(super) use self::candidates::might_be;
use self::known::KnownLog;
use self::names::{has_root, rank};
use self::problems::{missing, sessions, values, wrong_type};
use self::stats::{ColumnStats, NO_TIME};
use super::source::FileHead;
use super::{FileSpec, Role, Roles, columns};
use crate::value::missing::is_missing;
use crate::value::{Missing, NumberStyle};
use seqscope_base::spec::{Problem, did_you_mean, quotable};
pub(super) use written::{TIME_FORMAT, TimeReading, swapped, timing};

/// The file with all roles and the time format filled in, and what is wrong or doubtful. A role
/// that no column has is an empty string; only a missing user or item stays `None`, with an error.
pub(super) fn resolve(head: &FileHead) -> (FileSpec, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut guess = Guess::new(head);
    guess.take_said(&mut problems);
    guess.by_shape();
    for role in Role::iter().filter(|role| !ROLES_BESIDE.contains(role)) {
        match role {
            Role::Time => guess.choose_time(&mut problems),
            role => guess.by_name(role),
        }
    }
    guess.by_content();
    problems.extend(guess.last_resort());
    guess.choose_clock(&mut problems);
    // These never take a column from those above.
    for role in ROLES_BESIDE {
        guess.by_name(role);
    }
    problems.extend(guess.check_place());
    problems.extend(guess.without_item());
    let mut file = head.file.clone();
    for role in Role::iter() {
        let column = guess.columns[role as usize];
        match column.and_then(|at| head.columns.get(at)) {
            Some(name) => *file.roles.slot_mut(role) = Some(name.clone()),
            None if is_required(role) && !(role == Role::Item && guess.has_no_item) => {
                problems.extend(missing(head, &guess, role));
            }
            // The name of a column that is not there stays, or whoever reads on would not be told.
            None if head.file.roles.column(role).is_some() => {}
            None => *file.roles.slot_mut(role) = Some(String::new()),
        }
    }
    let (free, of_free) = columns::find(head, &file.free_features, columns::FREE);
    if of_free.is_empty() {
        file.free_features = free.iter().map(columns::WantedColumn::said).collect();
    }
    problems.extend(of_free);
    written::time_format(head, &guess, &mut file, &mut problems);
    problems.extend(sessions(head, &guess));
    problems.extend(values(head, &guess));
    if let Some(at) = guess.columns[Role::Value as usize]
        && guess.looks[at].share_numeric < 0.5
    {
        problems.push(wrong_type(head, Role::Value, at, "numbers"));
    }
    for (role, expected) in [
        (Role::Latitude, "degrees from −90 to 90"),
        (Role::Longitude, "degrees from −180 to 180"),
    ] {
        if let Some(at) = guess.columns[role as usize]
            && share_of_degrees(head, at, role) < 0.5
        {
            problems.push(wrong_type(head, role, at, expected));
        }
    }
    (file, problems)
}

/// Position of a role's column.
pub(super) fn column_of(head: &FileHead, roles: &Roles, role: Role) -> Option<usize> {
    let name = roles.column(role)?;
    head.columns.iter().position(|column| column == name)
}

/// Whether a name is one that columns of logs often have, or is typed as RecBole's are.
pub(super) fn is_known_name(name: &str) -> bool {
    let typed = name.rsplit_once(':').is_some_and(|(_, kind)| {
        matches!(kind.trim(), "token" | "token_seq" | "float" | "float_seq")
    });
    let name = normal(name);
    typed || name == "title" || Role::iter().any(|role| rank(role, &name).is_some())
}

/// Whether the names of columns are those of a log: one is a user's, another an item's.
pub(super) fn looks_like_a_log(names: &[String]) -> bool {
    let normals: Vec<String> = names.iter().map(|name| normal(name)).collect();
    let user = normals.iter().position(|name| names_role(Role::User, name));
    user.is_some_and(|user| {
        normals
            .iter()
            .enumerate()
            .any(|(at, name)| at != user && names_role(Role::Item, name))
    })
}

fn names_role(role: Role, name: &str) -> bool {
    rank(role, name).is_some() || has_root(role, name)
}

/// Whether a name is one that a column of times has.
pub(super) fn is_time_name(name: &str) -> bool {
    rank(Role::Time, &normal(name)).is_some()
}

fn is_required(role: Role) -> bool {
    matches!(role, Role::User | Role::Item)
}

/// Dotted path of a role's setting.
fn field(role: Role) -> String {
    format!("data.roles.{}", word(role))
}

fn word(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Item => "item",
        Role::Time => "time",
        Role::Behaviour => "behaviour",
        Role::Value => "value",
        Role::Session => "session",
        Role::Latitude => "latitude",
        Role::Longitude => "longitude",
        Role::Clock => "clock",
    }
}

/// Number of roles.
const N_ROLES: usize = 9;

/// Roles of columns that a log has beside the others; they are looked for last.
const ROLES_BESIDE: [Role; 4] = [Role::Session, Role::Latitude, Role::Longitude, Role::Clock];

/// Share of a column's cells that may be degrees; 1 of an empty one.
fn share_of_degrees(head: &FileHead, at: usize, role: Role) -> f64 {
    let most = if role == Role::Latitude { 90.0 } else { 180.0 };
    let filled = cells(head, at).filter(|text| !is_missing(text));
    let style = style_of(head, at);
    let n_degrees = filled
        .clone()
        .filter(|text| {
            style
                .read::<f64>(text)
                .is_some_and(|degrees| degrees.abs() <= most)
        })
        .count();
    match filled.count() {
        0 => 1.0,
        n => n_degrees as f64 / n as f64,
    }
}

struct Guess<'a> {
    head: &'a FileHead,
    looks: Vec<ColumnStats>,
    /// Column of each role, in order of [`Role`].
    columns: [Option<usize>; N_ROLES],
    /// The public log that this is, where it names no columns and is known.
    known: Option<&'static KnownLog>,
    /// Whether events are of no item, as was said or as no column could be one.
    has_no_item: bool,
}

impl<'a> Guess<'a> {
    fn new(head: &'a FileHead) -> Self {
        let missing = Missing::new(head.file.missing.as_deref().unwrap_or_default());
        let looks = (0..head.columns.len())
            .map(|at| ColumnStats::new(cells(head, at), &missing))
            .collect();
        let known = if head.file.header == Some(false) {
            known::recognise(head)
        } else {
            None
        };
        let has_no_item = head.file.roles.said(Role::Item) == Some("");
        Self {
            head,
            looks,
            columns: [None; N_ROLES],
            known,
            has_no_item,
        }
    }

    /// Takes what the person said; a column that is not there is an error.
    fn take_said(&mut self, problems: &mut Vec<Problem>) {
        let roles = &self.head.file.roles;
        for role in Role::iter() {
            let Some(name) = roles.column(role) else {
                if roles.said(role).is_some() && role == Role::User {
                    let sentence = format!(
                        "a log needs a column for the {0}; name one in `data.roles.{0}`.",
                        word(role)
                    );
                    problems.push(Problem::error(field(role), sentence));
                }
                continue;
            };
            let at = self.head.columns.iter().position(|column| column == name);
            if at.is_none() {
                let hint = did_you_mean(name, self.head.columns.iter().map(String::as_str))
                    .map_or_else(String::new, |near| {
                        format!("; did you mean `{}`?", quotable(&near))
                    });
                let sentence = format!(
                    "there is no column `{}` for the {}{} It has {}.",
                    quotable(name),
                    word(role),
                    if hint.is_empty() { "." } else { hint.as_str() },
                    listed(&self.head.columns)
                );
                problems.push(Problem::error(field(role), sentence));
            } else if let Some(other) =
                Role::iter().find(|&other| self.columns[other as usize] == at)
            {
                let sentence = format!(
                    "the column `{}` cannot be both the {} and the {}; choose another for one of \
                     them.",
                    quotable(name),
                    word(other),
                    word(role)
                );
                problems.push(Problem::error(field(role), sentence));
            }
            self.columns[role as usize] = at;
        }
    }

    /// Whether the program may choose the column of a role.
    fn is_open(&self, role: Role) -> bool {
        self.columns[role as usize].is_none() && self.head.file.roles.said(role).is_none()
    }

    fn is_free(&self, at: usize) -> bool {
        !self.columns.contains(&Some(at))
    }

    /// Takes the roles of a known log, and those that a format tells; those that it has none for
    /// stay empty.
    fn by_shape(&mut self) {
        for &(role, at) in self
            .known
            .iter()
            .flat_map(|known| known.roles)
            .chain(&self.head.told_roles)
        {
            if self.is_open(role) && self.is_free(at) {
                self.columns[role as usize] = Some(at);
            }
        }
    }

    fn by_name(&mut self, role: Role) {
        self.by_name_up_to(role, score::NAMES);
    }

    /// Takes the free column whose name, and of ids the contents, fit a role best; names no less
    /// sure than `least`.
    fn by_name_up_to(&mut self, role: Role, least: u8) {
        if !self.is_open(role) || self.head.file.header == Some(false) {
            return;
        }
        let free =
            (0..self.head.columns.len()).filter(|&at| self.is_free(at) && self.may_be(role, at));
        let surest = free
            .filter_map(|at| Some((self.sureness(role, at, least)?, at)))
            .min();
        self.columns[role as usize] = surest.map(|(_, at)| at);
    }

    /// How surely a column has a role; less is surer. A known name comes before one that is put
    /// together of known words; a column that is mostly empty comes last.
    fn sureness(
        &self,
        role: Role,
        at: usize,
        least: u8,
    ) -> Option<(bool, u8, usize, usize, usize)> {
        let name = self.head.columns.get(at)?;
        let is_id = matches!(role, Role::User | Role::Item);
        let look = self.looks.get(at)?;
        let is_empty = is_id && 2 * look.n_filled < look.n_cells;
        let doubt = usize::from(is_id && look.is_doubtful_id());
        if let Some(rank) = rank(role, &normal(name)) {
            return Some((is_empty, 0, rank, doubt, 0));
        }
        let (kind, n_more, rank) =
            score::of_name(role, name).filter(|(kind, ..)| *kind <= least)?;
        // Prices and weights are written with fractions, ids are not unless they are called ids.
        let is_measure = is_id && kind > 0 && look.share_fractions > 0.5;
        (!is_measure).then_some((is_empty, 1 + kind, doubt, n_more, rank))
    }

    /// Whether the contents of a column fit a role.
    fn may_be(&self, role: Role, at: usize) -> bool {
        let look = &self.looks[at];
        match role {
            Role::User | Role::Item | Role::Session => true,
            Role::Time | Role::Clock => look.time.is_some(),
            Role::Behaviour => look.n_distinct <= 50,
            Role::Value => look.share_numeric > 0.5,
            Role::Latitude | Role::Longitude => {
                look.n_distinct > 0 && share_of_degrees(self.head, at, role) > 0.5
            }
        }
    }

    /// Fills roles from contents: the time wherever it is; the rest only where no header names the
    /// columns (or there are just two), user and item first, as nearly all logs have them.
    fn by_content(&mut self) {
        let n_columns = self.looks.len();
        if self.known.is_some() {
            return;
        }
        if self.is_open(Role::Time) {
            let times = (0..n_columns)
                .filter(|&at| {
                    self.is_free(at)
                        && self.looks[at].is_time()
                        && self.looks[at].time_doubt < NO_TIME
                })
                .filter(|&at| !self.tells_of_other(at));
            self.columns[Role::Time as usize] = times.min_by_key(|&at| self.looks[at].time_doubt);
        }
        let has_names = self.head.file.header != Some(false);
        if has_names && (n_columns != 2 || self.is_side_table()) {
            return;
        }
        for role in [Role::User, Role::Item] {
            if self.is_open(role) {
                // A column that numbers the rows says nothing of them.
                let first = usize::from(self.head.numbers_rows);
                self.columns[role as usize] = (first..n_columns).find(|&at| self.is_free(at));
            }
        }
        if self.is_open(Role::Behaviour) {
            self.columns[Role::Behaviour as usize] =
                (0..n_columns).find(|&at| self.is_free(at) && self.looks[at].is_of_few_words());
        }
        if self.is_open(Role::Value) {
            self.columns[Role::Value as usize] =
                (0..n_columns).find(|&at| self.is_free(at) && self.looks[at].is_of_ratings());
        }
    }
}

impl Guess<'_> {
    /// Chooses a last resort where no column is called a user or an item: for the item the event,
    /// then what a name only hints at.
    fn last_resort(&mut self) -> Option<Problem> {
        self.by_name_up_to(Role::User, u8::MAX);
        let event = self.columns[Role::Behaviour as usize];
        let is_chosen = self.head.file.roles.said(Role::Behaviour).is_none();
        if self.is_open(Role::Item)
            && self.known.is_none()
            && let Some(name) = event
                .filter(|_| is_chosen)
                .and_then(|at| self.head.columns.get(at))
        {
            self.columns[Role::Item as usize] = self.columns[Role::Behaviour as usize].take();
            let sentence = format!(
                "this log has no column for the item, so its events (`{}`) are taken as items; \
                 name another column in `data.roles.item` if that is wrong.",
                quotable(name)
            );
            return Some(Problem::warning(field(Role::Item), sentence));
        }
        self.by_name_up_to(Role::Item, u8::MAX);
        None
    }

    /// Gives all events one item where the settings say so, or where no column can be an item: such a
    /// log says who did something and when, but not to what.
    fn without_item(&mut self) -> Option<Problem> {
        let is_log = self.has_role(Role::User)
            && self.has_role(Role::Time)
            && self.head.file.header != Some(false);
        if self.is_open(Role::Item) && is_log {
            self.has_no_item =
                !(0..self.looks.len()).any(|at| self.is_free(at) && self.may_be_item(at));
        }
        if !self.has_no_item {
            return None;
        }
        let sentence = "this log has no item column, so all its events are of one item: forecasts, \
                        whether a user acts and the next number can be learnt, the next item \
                        cannot; if a column says on what users act, name it in `data.roles.item`.";
        Some(Problem::warning(field(Role::Item), sentence))
    }

    /// Tells whether a role has a column.
    fn has_role(&self, role: Role) -> bool {
        self.columns[role as usize].is_some()
    }

    /// Whether a column without a role may hold items after all, whatever it is called.
    fn may_be_item(&self, at: usize) -> bool {
        let (Some(look), Some(name)) = (self.looks.get(at), self.head.columns.get(at)) else {
            return false;
        };
        look.n_distinct > 1 && look.share_fractions < 0.1 && score::may_be_id(name)
    }

    /// Checks that a place has both a latitude and a longitude. Half of a place is forgotten where it
    /// was only guessed, and an error where it was set.
    fn check_place(&mut self) -> Option<Problem> {
        let [latitude, longitude] = [Role::Latitude, Role::Longitude];
        for (one, other) in [(latitude, longitude), (longitude, latitude)] {
            if self.columns[one as usize].is_none() || self.columns[other as usize].is_some() {
                continue;
            }
            if self.head.file.roles.column(one).is_none() {
                self.columns[one as usize] = None;
                return None;
            }
            let sentence = format!(
                "a place needs a latitude and a longitude, and only the {0} is named; name the \
                 column of the {1} in `data.roles.{1}`, or write \"\" in `data.roles.{0}`.",
                word(one),
                word(other)
            );
            return Some(Problem::error(field(other), sentence));
        }
        None
    }

    /// Whether a table of two columns tells something of items or users, and of no events.
    fn is_side_table(&self) -> bool {
        (self.has_role(Role::User) != self.has_role(Role::Item))
            && (0..self.looks.len())
                .any(|at| self.is_free(at) && !score::may_be_id(&self.head.columns[at]))
    }
}

/// How the numbers of a column are written.
pub(super) fn style_of(head: &FileHead, at: usize) -> NumberStyle {
    NumberStyle::of_cells(cells(head, at))
}

/// The trimmed cells of a column in the sample.
pub(super) fn cells(head: &FileHead, at: usize) -> impl Iterator<Item = &str> + Clone {
    head.rows
        .iter()
        .filter_map(move |row| row.get(at))
        .map(|text| text.trim())
}

/// Names for a sentence, the first twelve of many.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{}`", quotable(name)))
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// A name in small letters, without blanks and punctuation, so that `userId`, `user_id` and
/// `User ID` are one.
pub(super) fn normal(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
