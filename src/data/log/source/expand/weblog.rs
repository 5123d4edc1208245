//! Logs of web servers, in the common and the combined format of Apache and nginx.

use super::{Expand, Expansion, FileHead, filled, nearly_all};
use crate::log::Role;
use seqscope_base::spec::Sentence;

/// Positions of the fields of a request.
#[derive(Clone, Copy, Debug)]
pub(in crate::log::source) struct WebLog {
    /// The field with the beginning of the time, `[31/Jan/2024:13:30:05`; the zone stands behind
    /// it, then the request.
    time: usize,
}

/// Columns made of a request.
const COLUMNS: [&str; 11] = [
    "host", "login", "time", "method", "path", "query", "protocol", "status", "bytes", "referrer",
    "agent",
];

/// The log of a web server, if it is one.
pub(super) fn find(head: &FileHead) -> Option<Expansion> {
    let time = (1..head.columns.len()).find(|&at| holds_time(head, at))?;
    let log = WebLog { time };
    let parsed = head.rows.iter().filter(|row| {
        let row: Vec<&str> = row.iter().map(String::as_str).collect();
        log.events(&row).is_ok()
    });
    if 2 * parsed.count() < head.rows.len() {
        return None;
    }
    Some(Expansion {
        expand: Expand::WebLog(log),
        columns: COLUMNS.iter().map(|&name| name.to_owned()).collect(),
        roles: vec![(Role::User, 0), (Role::Item, 4), (Role::Time, 2)],
        told: "this is the log of a web server: each client (`host`) is taken as a user and each \
               `path` as an item, without what stands behind `?`. Requests of pictures and \
               scripts, by robots, and those that failed are events too: leave them out of the \
               file if they are not wanted, or name other columns in `data.roles`."
            .to_owned(),
    })
}

/// Tells whether a time stands in a column and the next one.
fn holds_time(head: &FileHead, at: usize) -> bool {
    nearly_all(filled(head, at), begins_time) && nearly_all(filled(head, at + 1), ends_time)
}

impl WebLog {
    pub(super) fn events(self, row: &[&str]) -> Result<Vec<String>, Sentence> {
        let (begin, zone) = (field(row, self.time), field(row, self.time + 1));
        let request = field(row, self.time + 2);
        let mut words = request.split(' ').filter(|word| !word.is_empty());
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err("has no request such as `GET /page HTTP/1.1`".into());
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let time = iso(begin, zone).ok_or_else(|| {
            Sentence::from("has the time `")
                .raw_example(format!("{begin} {zone}"))
                .words("`, which is none of a web server")
        })?;
        let before = |n: usize| {
            self.time
                .checked_sub(n)
                .map(|x| field(row, x))
                .unwrap_or_default()
        };
        let host = if self.time >= 3 {
            before(3)
        } else {
            field(row, 0)
        };
        let cells = [
            host,
            before(1),
            time.as_str(),
            method,
            path,
            query,
            words.next().unwrap_or_default(),
            field(row, self.time + 3),
            field(row, self.time + 4),
            field(row, self.time + 5),
            field(row, self.time + 6),
        ];
        Ok(cells.map(str::to_owned).to_vec())
    }
}

/// Field of a row, empty where it is `-` or the row is too short.
fn field<'a>(row: &[&'a str], at: usize) -> &'a str {
    row.get(at)
        .map(|field| field.trim())
        .filter(|field| *field != "-")
        .unwrap_or_default()
}

/// `[31/Jan/2024:13:30:05` and `+0100]` as `2024-01-31T13:30:05+01:00`.
fn iso(begin: &str, zone: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let begin = begin.strip_prefix('[')?;
    let (day, rest) = begin.split_once('/')?;
    let (month, rest) = rest.split_once('/')?;
    let (year, clock) = rest.split_once(':')?;
    let month = MONTHS
        .iter()
        .position(|name| name.eq_ignore_ascii_case(month))?
        + 1;
    let zone = zone.strip_suffix(']')?;
    Some(format!(
        "{year}-{month:02}-{day}T{clock}{}:{}",
        zone.get(..3)?,
        zone.get(3..)?
    ))
}

/// Whether most lines are requests: they hold a time in brackets, and the request in quotes behind
/// it.
pub(in crate::log::source) fn are_requests(text: &[u8]) -> bool {
    let lines: Vec<&[u8]> = text
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .take(100)
        .collect();
    !lines.is_empty()
        && 10 * lines.iter().filter(|line| is_request(line)).count() >= 9 * lines.len()
}

fn is_request(line: &[u8]) -> bool {
    let open =
        memchr::memchr(b'[', line).and_then(|at| std::str::from_utf8(line.get(at..at + 21)?).ok());
    open.is_some_and(begins_time) && memchr::memmem::find(line, b"] \"").is_some()
}

/// `[31/Jan/2024:13:30:05`
fn begins_time(field: &str) -> bool {
    let bytes = field.as_bytes();
    bytes.len() >= 21
        && bytes.first() == Some(&b'[')
        && bytes.get(3) == Some(&b'/')
        && bytes.get(7) == Some(&b'/')
        && bytes.get(12) == Some(&b':')
}

/// `+0000]`
fn ends_time(field: &str) -> bool {
    field.len() == 6 && field.starts_with(['+', '-']) && field.ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_divided_into_what_is_told_of_it() {
        let log = WebLog { time: 3 };
        let row = [
            "10.0.0.1",
            "-",
            "ann",
            "[31/Jan/2024:13:30:05",
            "+0100]",
            "GET /a.html?x=1 HTTP/1.1",
            "200",
            "-",
        ];
        let expected = [
            "10.0.0.1",
            "ann",
            "2024-01-31T13:30:05+01:00",
            "GET",
            "/a.html",
            "x=1",
            "HTTP/1.1",
            "200",
            "",
            "",
            "",
        ];
        assert_eq!(log.events(&row).unwrap(), expected);
        let row = [
            "10.0.0.1",
            "-",
            "-",
            "[31/Jan/2024:13:30:05",
            "+0100]",
            "-",
            "408",
            "-",
        ];
        assert!(log.events(&row).is_err());
        assert!(begins_time("[31/Jan/2024:13:30:05") && !begins_time("[31-Jan-2024 13:30:05"));
        assert!(ends_time("-0530]") && !ends_time("UTC]"));
    }
}
