//! Rows of a table that says which shown items people accepted, read as a log's are.
//!
//! User, item and time are found as in any log. The answer is a column by its name; whether what
//! stands there is a known user or item is for whoever knows the log.

use std::path::Path;

use super::source::{self, FileHead, RawCells, Texts};
use super::{FileSpec, Role, schema};
use crate::error::DataError;
use crate::value::cell::trimmed;
use crate::value::time;
use seqscope_base::spec::{Sentence, quotable};
use std::sync::atomic::AtomicBool;

/// Names of columns that say what was accepted, as [`schema::normal`] writes names.
const ACCEPTED: &str = "accepted accept isaccepted clicked click clicks isclick isclicked liked like \
                        isliked label feedback response answer converted purchased bought 接受 采纳 \
                        点击 是否点击 喜欢";

/// Names of columns that say what was rejected.
const REJECTED: &str = "rejected reject isrejected disliked dislike skipped skip dismissed dismiss \
                        拒绝 跳过 不喜欢";

/// Names of columns that say whether an item was shown at all.
const SHOWN: &str =
    "shown show isshown displayed impression impressions exposed exposure 曝光 展示";

/// A row as it stands in the table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AnswerCells {
    /// Place of the row, such as `line 3`.
    pub(crate) place: String,
    /// Id of the user, as it is written.
    pub(crate) user: String,
    /// Id of the item, as it is written.
    pub(crate) item: String,
    /// Whether it was accepted; `None` of a row that was not shown.
    pub(crate) accepted: Result<Option<bool>, Sentence>,
    /// Seconds since 1970, or a number that only orders; `None` in a table without times.
    pub(crate) time_secs: Result<Option<i64>, Sentence>,
}

/// All rows of a table of answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AnswerTable {
    /// The rows, in order.
    pub(crate) rows: Vec<AnswerCells>,
    /// Rows that could not be split into cells, each with its place.
    pub(crate) broken: Vec<Sentence>,
    /// Whether its times are numbers that only order; `None` without times.
    pub(crate) only_orders: Option<bool>,
}

/// Columns of a table of answers.
struct AnswerColumns {
    user: usize,
    item: usize,
    time: Option<usize>,
    answer: usize,
    /// Whether the column of the answer says what was rejected.
    is_turned: bool,
    shown: Option<usize>,
}

/// Reads a table of answers.
///
/// # Errors
/// [`DataError`] when the file cannot be read, or a column is missing.
pub(crate) fn read(path: &Path) -> Result<AnswerTable, DataError> {
    let head = source::head(&FileSpec {
        path: path.to_path_buf(),
        ..FileSpec::default()
    })?;
    let (file, _) = schema::resolve(&head);
    let columns = AnswerColumns::find(&head, &file, path)?;
    let mut wanted = vec![columns.user, columns.item, columns.answer];
    wanted.extend(columns.time);
    wanted.extend(columns.shown);
    let rows = source::rows(&head, &wanted, &AtomicBool::new(false))?;
    let mut cells = rows.columns.into_iter();
    let (user, item, answer) = (cells.next(), cells.next(), cells.next());
    let time = columns.time.and_then(|_| cells.next());
    let shown = columns.shown.and_then(|_| cells.next());
    let (Some(user), Some(item), Some(answer)) = (
        user.as_ref().and_then(RawCells::text),
        item.as_ref().and_then(RawCells::text),
        answer.as_ref().and_then(RawCells::text),
    ) else {
        let sentence = "its columns of users, items or answers are times; write ids and 1 or 0.";
        return Err(DataError::content(path, sentence));
    };
    let format = schema::timing(&head, &file).format;
    let n = user.len();
    let times = time.map_or_else(|| vec![Ok(None); n], |cells| times(&cells, &format));
    let shown = shown.as_ref().and_then(RawCells::text).map(texts);
    let answers = texts(answer);
    let read = texts(user).into_iter().zip(texts(item)).zip(times);
    let read = read.enumerate().map(|(at, ((user, item), time_secs))| {
        let said = answers.get(at).map_or("", String::as_str);
        let accepted = yes_or_no(said)
            .map(|yes| yes != columns.is_turned)
            .ok_or_else(|| not_an_answer(said));
        let is_shown = shown
            .as_ref()
            .and_then(|shown| yes_or_no(shown.get(at)?))
            .unwrap_or(true);
        AnswerCells {
            place: rows.lines.place_in_words(at),
            user,
            item,
            accepted: match accepted {
                Ok(false) if !is_shown => Ok(None),
                other => other.map(Some),
            },
            time_secs,
        }
    });
    Ok(AnswerTable {
        rows: read.collect(),
        broken: (rows.refused.rows(&rows.lines).iter())
            .map(|row| Sentence::from(format!("{}: ", row.place())).then(row.reason.clone()))
            .collect(),
        only_orders: columns.time.map(|_| format.only_orders()),
    })
}

impl AnswerColumns {
    fn find(head: &FileHead, file: &FileSpec, path: &Path) -> Result<Self, DataError> {
        let accepted = named(head, ACCEPTED).map(|at| (at, false));
        let rejected = || named(head, REJECTED).map(|at| (at, true));
        let Some((answer, is_turned)) = accepted.or_else(rejected) else {
            let what = "no column says which shown items were accepted; call one `accepted` or \
                        `clicked`, with 1 and 0";
            return Err(DataError::content(path, with_columns(what, head)));
        };
        let role =
            |role: Role| schema::column_of(head, &file.roles, role).filter(|at| *at != answer);
        let (Some(user), Some(item)) = (role(Role::User), role(Role::Item)) else {
            let what = "it does not say whose answers these are, or to which items; call the \
                        columns `user` and `item`, with the ids of the run's log";
            return Err(DataError::content(path, with_columns(what, head)));
        };
        Ok(Self {
            user,
            item,
            time: role(Role::Time),
            answer,
            is_turned,
            shown: named(head, SHOWN),
        })
    }
}

/// The column that has one of these names, the first name first.
fn named(head: &FileHead, names: &str) -> Option<usize> {
    let mut names = names.split_whitespace();
    names.find_map(|name| {
        let mut columns = head.columns.iter();
        columns.position(|column| schema::normal(column) == name)
    })
}

/// A sentence with the columns that there are.
fn with_columns(what: &'static str, head: &FileHead) -> Sentence {
    let columns: Vec<String> = head.columns.iter().map(|name| quotable(name)).collect();
    let columns = Sentence::from(" (its columns are `")
        .raw_example(columns.join("`, `"))
        .words("`)");
    Sentence::from(what).aside(columns).words(".")
}

/// Cells of a column, without blanks around them.
fn texts(column: &Texts) -> Vec<String> {
    let cells = column.iter().map(Option::unwrap_or_default);
    cells.map(|cell| trimmed(cell).to_owned()).collect()
}

fn times(cells: &RawCells, format: &time::TimeFormat) -> Vec<Result<Option<i64>, Sentence>> {
    let (ticks, per_sec, written) = match cells {
        RawCells::Text(column) => {
            let read = time::read(|| column.iter().map(Option::unwrap_or_default), format);
            (read.ticks, read.per_sec, texts(column))
        }
        RawCells::Micros(micros) => (micros.clone(), time::MICROS_PER_SEC, Vec::new()),
    };
    let read = ticks
        .into_iter()
        .enumerate()
        .map(|(at, ticks)| match ticks {
            Some(ticks) => Ok(Some(ticks.div_euclid(per_sec.max(1)))),
            None => Err(Sentence::from("the time `")
                .example(written.get(at).map_or("", String::as_str))
                .words(format!("` cannot be read as {format}"))),
        });
    read.collect()
}

fn not_an_answer(said: &str) -> Sentence {
    if said.is_empty() {
        return Sentence::from("it does not say whether the item was accepted; write 1 or 0");
    }
    Sentence::from("`")
        .example(said)
        .words("` is neither accepted nor rejected; write 1 or 0")
}

/// Meaning of an answer in words or numbers.
fn yes_or_no(said: &str) -> Option<bool> {
    const YES: &str = "true t yes y accept accepted click clicked like liked buy bought ok 是 接受";
    const NO: &str = "false f no n reject rejected shown skip skipped dislike disliked ignored none \
                      否 拒绝";
    let said = said.to_lowercase();
    let holds = |words: &str| words.split_whitespace().any(|word| word == said);
    match said.parse::<f64>() {
        Ok(number) if number.is_finite() => Some(number > 0.0),
        _ if holds(YES) => Some(true),
        _ if holds(NO) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<AnswerTable, DataError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clicks.csv");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    fn accepted(text: &str) -> Vec<Option<bool>> {
        let rows = of(text).unwrap().rows.into_iter();
        rows.map(|row| row.accepted.unwrap()).collect()
    }

    #[test]
    fn columns_are_found_by_their_names_in_any_order() {
        let table = of("accepted,movie_id,user_id\n1,m 1,u1\n0,m2,u2\nyes,m3,u1\n").unwrap();
        assert_eq!(table.only_orders, None);
        let rows: Vec<(&str, &str, &str, bool)> = (table.rows.iter())
            .map(|row| {
                let said = row.accepted.clone().unwrap().unwrap();
                (
                    row.place.as_str(),
                    row.user.as_str(),
                    row.item.as_str(),
                    said,
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("line 2", "u1", "m 1", true),
                ("line 3", "u2", "m2", false),
                ("line 4", "u1", "m3", true)
            ]
        );
    }

    #[test]
    fn times_are_read_as_in_a_log() {
        let text =
            "user,item,timestamp,clicked\nu1,a,2024-01-01 00:00:10,1\nu1,b,2024-01-02 00:00:00,0\n";
        let table = of(text).unwrap();
        assert_eq!(table.only_orders, Some(false));
        let times: Vec<_> = table.rows.iter().map(|row| row.time_secs.clone()).collect();
        assert_eq!(times, [Ok(Some(1_704_067_210)), Ok(Some(1_704_153_600))]);
    }

    #[test]
    fn what_was_not_shown_is_no_answer_and_rejections_turn_the_column_round() {
        let text = "user,item,shown,clicked\nu,a,1,1\nu,b,1,0\nu,c,0,0\n";
        assert_eq!(accepted(text), [Some(true), Some(false), None]);
        assert_eq!(
            accepted("user,item,skipped\nu,a,1\nu,b,0\n"),
            [Some(false), Some(true)]
        );
    }

    #[test]
    fn a_table_without_answers_or_ids_says_what_to_call_the_columns() {
        let told = |text: &str| of(text).unwrap_err().to_string();
        let without = told("user,item,timestamp\nu1,a,1\nu2,b,2\n");
        assert!(
            without.contains("no column says which shown items were accepted")
                && without.contains("`accepted` or `clicked`")
                && without.contains("`user`, `item`, `timestamp`"),
            "{without}"
        );
        let nobody = told("clicked,colour\n1,red\n0,blue\n");
        assert!(
            nobody.contains("call the columns `user` and `item`"),
            "{nobody}"
        );
        let table = of("user,item,clicked\nu,a,maybe\nu,b,\n").unwrap();
        let told: Vec<String> = (table.rows.iter())
            .map(|row| row.accepted.clone().unwrap_err().to_string())
            .collect();
        assert!(told[0].contains("`maybe` is neither"), "{told:?}");
        assert!(told[1].contains("write 1 or 0"), "{told:?}");
    }
}
