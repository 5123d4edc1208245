//! Columns of text become coded rows; what cannot be read is refused with its line.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use super::columns::{self, ExtraCells, WantedColumn};
use super::events::Events;
use super::schema::TimeReading;
use super::source::{Lines, RawCells, Refused, Texts};
use super::{Role, Vocab};
use crate::error::DataError;
use crate::value::cell::{is_unseen, trimmed};
use crate::value::{Missing, NumberStyle, TimeFormat, time};
use seqscope_base::spec::{Problem, Sentence};

/// The columns of a log by role.
pub(super) struct RoleCells {
    pub(super) user: RawCells,
    /// `None` where events are of no item.
    pub(super) item: Option<RawCells>,
    pub(super) time: Option<RawCells>,
    pub(super) clock: Option<RawCells>,
    pub(super) behaviour: Option<RawCells>,
    pub(super) value: Option<RawCells>,
    pub(super) extra: ExtraCells,
    pub(super) how: CellReading,
}

/// How cells are read; the same for all parts of a log.
#[derive(Clone, Debug, Default)]
pub(super) struct CellReading {
    /// Marks that stand for a missing value.
    pub(super) missing: Missing,
    /// How values are written.
    pub(super) values: NumberStyle,
    /// How degrees are written.
    pub(super) degrees: NumberStyle,
    /// Whether all rows that cannot be read are listed, and not only the first ones.
    pub(super) lists_all_refused: bool,
}

/// The columns of a log that are read.
#[derive(Default)]
pub(super) struct WantedColumns {
    /// Position of each role's column.
    pub(super) roles: Vec<(Role, usize)>,
    /// Columns without a role.
    pub(super) free: Vec<WantedColumn>,
    pub(super) how: CellReading,
}

impl WantedColumns {
    /// Positions in the file, each once: a column with a role may be a free one too.
    pub(super) fn positions(&self) -> Vec<usize> {
        let free = self
            .free
            .iter()
            .flat_map(|column| column.at.iter().copied());
        let mut positions: Vec<usize> = self.roles.iter().map(|&(_, at)| at).collect();
        for at in free {
            if !positions.contains(&at) {
                positions.push(at);
            }
        }
        positions
    }
}

impl RoleCells {
    /// The columns that stand at [`WantedColumns::positions`], by their roles.
    pub(super) fn new(wanted: &WantedColumns, columns: Vec<RawCells>) -> Result<Self, DataError> {
        let by_position: HashMap<usize, RawCells> =
            wanted.positions().into_iter().zip(columns).collect();
        let of_role = |role: Role| {
            let at = wanted.roles.iter().find(|(other, _)| *other == role)?.1;
            by_position.get(&at).cloned()
        };
        let Some(user) = of_role(Role::User) else {
            let sentence = "a log needs a column for the user; name one in `data.roles.user`.";
            return Err(DataError::setting("data.roles", sentence));
        };
        Ok(Self {
            user,
            item: of_role(Role::Item),
            time: of_role(Role::Time),
            clock: of_role(Role::Clock),
            behaviour: of_role(Role::Behaviour),
            value: of_role(Role::Value),
            extra: ExtraCells {
                session: of_role(Role::Session),
                latitude: of_role(Role::Latitude),
                longitude: of_role(Role::Longitude),
                degrees: wanted.how.degrees,
                free: wanted
                    .free
                    .iter()
                    .map(|column| {
                        let cells = column
                            .at
                            .iter()
                            .filter_map(|at| by_position.get(at))
                            .cloned()
                            .collect();
                        (column.clone(), cells)
                    })
                    .collect(),
            },
            how: wanted.how.clone(),
        })
    }
}

/// Name of the behaviour of an event without one.
pub(crate) const NO_BEHAVIOUR: &str = "(none)";

/// Most behaviour types: with more, the column is something else.
const MOST_BEHAVIOURS: usize = 1_000;

/// Longest id in bytes; what is longer is a text in the wrong column, or a file that is damaged.
const LONGEST_ID: usize = 4_096;

/// The item of all events of a log without items.
pub(super) const ONE_ITEM: &str = "(event)";

/// Stands for the user of a row that has none but a session, until all rows are read: no id is
/// empty.
pub(super) const NOBODY: &str = "";

/// Coded rows, the lines they stood on, and the rows that could not be coded.
pub(super) struct CodedRows {
    pub(super) events: Events,
    pub(super) lines: Lines,
    pub(super) refused: Refused,
    /// Facts seen in the times.
    pub(super) told: time::TimeRemarks,
    pub(super) notes: Notes,
}

/// Remarks on rows that were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// Values that are no numbers: they are taken as missing.
    pub(super) values: Refused,
    /// Ids that had marks around them that nobody sees.
    pub(super) marks: Refused,
}

impl Notes {
    /// Takes in those of the file at `file`.
    pub(super) fn append(&mut self, other: Self, file: usize) {
        self.values.append(other.values, file);
        self.marks.append(other.marks, file);
    }

    /// Takes in those of a later part of the same file, after so many lines.
    pub(super) fn follow(&mut self, other: Self, n_lines: usize) {
        self.values.follow(other.values, n_lines);
        self.marks.follow(other.marks, n_lines);
    }
}

/// Codes the rows of a file, refusing those without user or item, or with an unreadable time.
pub(super) fn code(
    cells: &RoleCells,
    timing: &TimeReading,
    lines: Lines,
) -> Result<CodedRows, DataError> {
    let mut rows = Readable {
        lines: &lines,
        missing: &cells.how.missing,
        keep: vec![true; lines.len()],
        refused: Refused::default(),
        notes: Notes::default(),
    };
    // Looking ids up is left to whoever joins the parts of a log.
    let mut events = Events {
        users: Vocab::list(),
        items: Vocab::list(),
        ..Events::default()
    };
    let sessions = cells
        .extra
        .session
        .as_ref()
        .map(|cells| text(cells, Role::Session))
        .transpose()?;
    let users = text(&cells.user, Role::User)?;
    events.user_idx = rows.ids(users, &mut events.users, "user", sessions);
    events.item_idx = match &cells.item {
        Some(items) => rows.ids(text(items, Role::Item)?, &mut events.items, "item", None),
        None => vec![events.items.intern(ONE_ITEM); lines.len()],
    };
    let told = code_times(cells, timing, &mut rows, &mut events)?;
    if let Some(values) = &cells.value {
        events.value = Some(rows.values(text(values, Role::Value)?, cells.how.values));
    }
    if let Some(behaviours) = &cells.behaviour {
        let column = text(behaviours, Role::Behaviour)?;
        events.behaviour_idx = Some(behaviour_idx(
            column,
            &mut events.behaviours,
            &cells.how.missing,
        )?);
    }
    events.extra = columns::code(&cells.extra, &cells.how.missing)?;
    let Readable {
        keep,
        refused,
        notes,
        ..
    } = rows;
    if refused.count == 0 {
        return Ok(CodedRows {
            events,
            lines,
            refused,
            told,
            notes,
        });
    }
    events.retain(&keep);
    Ok(CodedRows {
        events,
        lines: lines.kept(&keep),
        refused,
        told,
        notes,
    })
}

/// Codes the times, with the clocks that stand in a column of their own.
fn code_times(
    cells: &RoleCells,
    timing: &TimeReading,
    rows: &mut Readable<'_>,
    events: &mut Events,
) -> Result<time::TimeRemarks, DataError> {
    let Some(times) = &cells.time else {
        return Ok(time::TimeRemarks::default());
    };
    let (mut ticks, mut per_sec, told) = rows.times(times, &timing.format);
    if let (Some(clocks), Some(kind)) = (&cells.clock, timing.clock) {
        rows.add_clocks(
            text(clocks, Role::Clock)?,
            kind,
            &mut ticks,
            &mut per_sec,
            &timing.format,
        );
    }
    (events.time_ticks, events.ticks_per_sec) = (Some(ticks), per_sec);
    Ok(told)
}

/// Warnings of times that can hardly be true; the rows are kept.
pub(super) fn doubtful_times(events: &Events, lines: &Lines, format: &TimeFormat) -> Vec<Problem> {
    let (Some(ticks), false) = (events.time_ticks.as_deref(), format.only_orders()) else {
        return Vec::new();
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(i64::MAX, |since| since.as_secs() as i64);
    // A day of grace for clocks and zones.
    let tomorrow = now.saturating_add(86_400);
    // Mostly all times are possible, which their ends tell.
    let (latest, per_sec) = (
        ticks.iter().max().copied().unwrap_or(0),
        events.ticks_per_sec.max(1),
    );
    if ticks.iter().all(|&ticks| ticks >= 0) && latest.div_euclid(per_sec) <= tomorrow {
        return Vec::new();
    }
    let Some(times) = events.time_secs() else {
        return Vec::new();
    };
    let warn = |what: &str, is_doubtful: &dyn Fn(i64) -> bool| {
        let first = times.iter().position(|&time| is_doubtful(time))?;
        let n = times.iter().filter(|&&time| is_doubtful(time)).count();
        let sentence = format!(
            "{n} of {} rows have a time {what} (the first on {}, {}); they are kept: check the \
             column and `data.time_format` ({format}).",
            times.len(),
            lines.place_in_words(first),
            time::iso_of_secs(times[first]),
        );
        Some(Problem::warning("data.roles.time", sentence))
    };
    let future = warn("in the future", &|time| time > tomorrow);
    let negative = warn("before 1970", &|time| time < 0);
    future.into_iter().chain(negative).collect()
}

/// Warnings of what was seen in the times of a whole log.
pub(super) fn told_of_times(
    told: time::TimeRemarks,
    n_read: usize,
    format: &TimeFormat,
) -> Vec<Problem> {
    let units = (told.other_units > 0).then(|| {
        format!(
            "times are in two units: {} of {n_read} rows are not in {format}, as their size tells \
             (in the future by far, or just after 1970), and each is read in its own; write them \
             all in one to be sure.",
            told.other_units
        )
    });
    // A number that happens to be round is written short as well.
    let cut = (10 * told.cut > n_read).then(|| {
        format!(
            "{} of {n_read} rows have a time in scientific notation with its last figures cut off, \
             as spreadsheets write `1.70671E+12`: many moments became one; export the column anew \
             as whole numbers or dates.",
            told.cut
        )
    });
    units
        .into_iter()
        .chain(cut)
        .map(|sentence| Problem::warning("data.time_format", sentence))
        .collect()
}

/// Which rows are readable so far.
struct Readable<'a> {
    lines: &'a Lines,
    missing: &'a Missing,
    keep: Vec<bool>,
    refused: Refused,
    notes: Notes,
}

impl Readable<'_> {
    /// Refuses a row, once.
    fn refuse<R: Into<Sentence>>(&mut self, row: usize, reason: impl FnOnce() -> R) {
        if let Some(kept) = self.keep.get_mut(row)
            && std::mem::replace(kept, false)
        {
            self.refused.push(self.lines.place(row), reason);
        }
    }

    /// Codes a column of ids; rows without one are refused (and get 0 until they are dropped), but
    /// for those that have a session instead.
    fn ids(
        &mut self,
        column: &Texts,
        vocab: &mut Vocab,
        what: &str,
        sessions: Option<&Texts>,
    ) -> Vec<u32> {
        let mut idx = Vec::with_capacity(column.len());
        let mut without = Vec::new();
        for (row, cell) in column.iter().enumerate() {
            let cell = cell.unwrap_or_default();
            let id = trimmed(cell);
            if self.missing.is_no_id(id) {
                without.push((row, id));
                idx.push(0);
                continue;
            }
            if id.len() > LONGEST_ID {
                self.refuse(row, || {
                    let a = if what == "item" { "an" } else { "a" };
                    format!("has {a} {what} of {} bytes, which is no id", id.len())
                });
                idx.push(0);
                continue;
            }
            if id.len() < cell.len() && has_marks(cell) && self.keep.get(row) == Some(&true) {
                self.notes
                    .marks
                    .push(self.lines.place(row), || Sentence::new().example(id));
            }
            idx.push(vocab.intern(id));
        }
        if !without.is_empty() {
            let nobodies = self.refuse_without_id(&without, what, sessions);
            if !nobodies.is_empty() {
                let nobody = vocab.intern(NOBODY);
                for row in nobodies {
                    if let Some(place) = idx.get_mut(row) {
                        *place = nobody;
                    }
                }
            }
        }
        idx
    }

    /// Refuses rows that hold a mark in the place of an id, but for those that have a session: these
    /// are returned.
    fn refuse_without_id(
        &mut self,
        without: &[(usize, &str)],
        what: &str,
        sessions: Option<&Texts>,
    ) -> Vec<usize> {
        let mut with_session = Vec::new();
        let mut sessions = sessions.map(|column| column.iter().enumerate());
        for &(row, mark) in without {
            // Rows follow each other, so the sessions are walked through once.
            let session = sessions
                .as_mut()
                .and_then(|all| all.find(|(at, _)| *at == row))
                .and_then(|(_, cell)| cell);
            if session.is_some_and(|session| !self.missing.is_no_value(trimmed(session))) {
                with_session.push(row);
                continue;
            }
            self.refuse(row, || match mark {
                "" => Sentence::from(format!("has no {what}")),
                mark => Sentence::from(format!("has no {what} (`"))
                    .example(mark)
                    .words("`)"),
            });
        }
        with_session
    }

    fn times(
        &mut self,
        cells: &RawCells,
        format: &TimeFormat,
    ) -> (Vec<i64>, i64, time::TimeRemarks) {
        let time::ParsedTimes {
            ticks,
            per_sec,
            told,
        } = match cells {
            RawCells::Text(column) => {
                time::read(|| column.iter().map(Option::unwrap_or_default), format)
            }
            RawCells::Micros(micros) => time::ParsedTimes {
                ticks: micros.clone(),
                per_sec: time::MICROS_PER_SEC,
                told: time::TimeRemarks::default(),
            },
        };
        if ticks.iter().all(Option::is_some) {
            return (ticks.into_iter().flatten().collect(), per_sec, told);
        }
        let mut texts = match cells {
            RawCells::Text(column) => Some(column.iter()),
            RawCells::Micros(_) => None,
        };
        let ticks = ticks
            .into_iter()
            .enumerate()
            .map(|(row, ticks)| {
                let text = texts
                    .as_mut()
                    .and_then(Iterator::next)
                    .flatten()
                    .unwrap_or_default()
                    .trim();
                ticks.unwrap_or_else(|| {
                    self.refuse(row, || match text {
                        "" => Sentence::from("has no time"),
                        text => Sentence::from("has the time `")
                            .example(text)
                            .words(format!("`, which cannot be read as {format}")),
                    });
                    0
                })
            })
            .collect();
        (ticks, per_sec, told)
    }

    /// Adds the time of the day to days; a row whose clock cannot be read is refused.
    fn add_clocks(
        &mut self,
        column: &Texts,
        kind: time::ClockKind,
        ticks: &mut [i64],
        per_sec: &mut i64,
        format: &TimeFormat,
    ) {
        const DAY: i64 = 86_400 * time::MICROS_PER_SEC;
        let scale = match (format, *per_sec) {
            // Numbers of days.
            (TimeFormat::Order, 1) => DAY,
            (TimeFormat::Order, _) => 86_400,
            _ => 1,
        };
        *per_sec = time::MICROS_PER_SEC;
        for (row, (ticks, cell)) in std::iter::zip(ticks, column.iter()).enumerate() {
            let text = cell.unwrap_or_default().trim();
            let sum = || ticks.checked_mul(scale)?.checked_add(kind.micros(text)?);
            *ticks = sum().unwrap_or_else(|| {
                self.refuse(row, || match text {
                    "" => Sentence::from("has no clock"),
                    text => Sentence::from("has the clock `")
                        .example(text)
                        .words("`, which cannot be read"),
                });
                0
            });
        }
    }

    /// Reads a column of numbers; a missing one is NaN, and so is one that cannot be read: what
    /// happened is true whatever its price is.
    fn values(&mut self, column: &Texts, style: NumberStyle) -> Vec<f32> {
        let mut values = Vec::with_capacity(column.len());
        for (row, cell) in column.iter().enumerate() {
            let text = trimmed(cell.unwrap_or_default());
            values.push(
                style
                    .read::<f32>(text)
                    .filter(|value| value.is_finite())
                    .unwrap_or_else(|| {
                        if !self.missing.is_no_value(text) && self.keep.get(row) == Some(&true) {
                            self.notes
                                .values
                                .push(self.lines.place(row), || Sentence::new().example(text));
                        }
                        f32::NAN
                    }),
            );
        }
        values
    }
}

/// Whether a column can be one of behaviours.
pub(super) fn check_behaviours(behaviours: &Vocab) -> Result<(), DataError> {
    if behaviours.len() <= MOST_BEHAVIOURS {
        return Ok(());
    }
    Err(DataError::setting(
        "data.roles.behaviour",
        format!(
            "the behaviour column has more than {MOST_BEHAVIOURS} different values, so it is \
             something else; choose another column in `data.roles.behaviour`, or write \"\" there \
             if the log has none."
        ),
    ))
}

fn behaviour_idx(
    column: &Texts,
    behaviours: &mut Vocab,
    missing: &Missing,
) -> Result<Vec<u16>, DataError> {
    let mut idx = Vec::with_capacity(column.len());
    for cell in column.iter() {
        let word = trimmed(cell.unwrap_or_default());
        idx.push(behaviours.intern(if missing.is_no_id(word) {
            NO_BEHAVIOUR
        } else {
            word
        }) as u16);
        check_behaviours(behaviours)?;
    }
    Ok(idx)
}

/// A column's text; a column of typed times is none.
fn text(cells: &RawCells, role: Role) -> Result<&Texts, DataError> {
    cells.text().ok_or_else(|| {
        let role = role.to_string().to_lowercase();
        DataError::setting(
            format!("data.roles.{role}"),
            format!("the {role} column holds times; choose another column in `data.roles.{role}`."),
        )
    })
}

/// Whether a cell has something around it that is no plain blank and that nobody sees.
fn has_marks(cell: &str) -> bool {
    cell.chars()
        .any(|c| is_unseen(c) || (c.is_whitespace() && !c.is_ascii()))
}
