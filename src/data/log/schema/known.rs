//! Public logs that name no columns: which one it is, told from what every column holds.

use crate::log::Role;
use crate::log::source::FileHead;
use crate::value::{TimeFormat, time};

use super::cells;

/// A public log without a header.
pub(super) struct KnownLog {
    /// Tests of each column's values; the log has exactly these columns.
    columns: &'static [fn(&str) -> bool],
    /// The column of each role.
    pub(super) roles: &'static [(Role, usize)],
    /// Whether the user's column holds sessions.
    pub(super) has_sessions: bool,
}

/// Known logs, the surest first.
const ALL: [KnownLog; 9] = [
    // Foursquare check-ins of New York and Tokyo (TSMC 2014): user, venue, category id, category
    // name, latitude, longitude, minutes from UTC, UTC time.
    KnownLog {
        columns: &[
            any,
            hex_id,
            hex_id,
            any,
            latitude,
            longitude,
            whole,
            weekday_time,
        ],
        roles: &[
            (Role::User, 0),
            (Role::Item, 1),
            (Role::Time, 7),
            (Role::Latitude, 4),
            (Role::Longitude, 5),
        ],
        has_sessions: false,
    },
    // Gowalla and Brightkite (SNAP): user, time, latitude, longitude, place.
    KnownLog {
        columns: &[any, iso, latitude, longitude, any],
        roles: &[
            (Role::User, 0),
            (Role::Item, 4),
            (Role::Time, 1),
            (Role::Latitude, 2),
            (Role::Longitude, 3),
        ],
        has_sessions: false,
    },
    // Last.fm-1K: user, time, artist id, artist, track id, track. Ids may be empty.
    KnownLog {
        columns: &[any, iso, uuid, any, uuid, any],
        roles: &[(Role::User, 0), (Role::Item, 4), (Role::Time, 1)],
        has_sessions: false,
    },
    // Yoochoose buys (RecSys 2015): session, time, item, price, quantity.
    KnownLog {
        columns: &[whole, iso, nine_digits, whole, whole],
        roles: &[
            (Role::User, 0),
            (Role::Item, 2),
            (Role::Time, 1),
            (Role::Value, 3),
        ],
        has_sessions: true,
    },
    // Yoochoose clicks: session, time, item, category (0, S, 1 to 12, or a brand).
    KnownLog {
        columns: &[whole, iso, nine_digits, category],
        roles: &[(Role::User, 0), (Role::Item, 2), (Role::Time, 1)],
        has_sessions: true,
    },
    // Taobao UserBehavior: user, item, category, behaviour, time.
    KnownLog {
        columns: &[whole, whole, whole, shop_behaviour, seconds],
        roles: &[
            (Role::User, 0),
            (Role::Item, 1),
            (Role::Behaviour, 3),
            (Role::Time, 4),
        ],
        has_sessions: false,
    },
    // Amazon ratings of 2014: user, item, rating, time.
    KnownLog {
        columns: &[reviewer, asin, rating, seconds],
        roles: &[
            (Role::User, 0),
            (Role::Item, 1),
            (Role::Value, 2),
            (Role::Time, 3),
        ],
        has_sessions: false,
    },
    // Amazon ratings of 2018: item, user, rating, time.
    KnownLog {
        columns: &[asin, reviewer, rating, seconds],
        roles: &[
            (Role::User, 1),
            (Role::Item, 0),
            (Role::Value, 2),
            (Role::Time, 3),
        ],
        has_sessions: false,
    },
    // MovieLens `u.data` and `ratings.dat`: user, item, rating, time.
    KnownLog {
        columns: &[whole, whole, rating, seconds],
        roles: &[
            (Role::User, 0),
            (Role::Item, 1),
            (Role::Value, 2),
            (Role::Time, 3),
        ],
        has_sessions: false,
    },
];

/// The known log that a head without column names is of.
pub(super) fn recognise(head: &FileHead) -> Option<&'static KnownLog> {
    ALL.iter().find(|known| {
        known.columns.len() == head.columns.len()
            && known
                .columns
                .iter()
                .enumerate()
                .all(|(at, holds)| is_mostly(head, at, *holds))
    })
}

/// Nearly all cells that hold something; a few bad rows do not make another log of it.
fn is_mostly(head: &FileHead, at: usize, holds: fn(&str) -> bool) -> bool {
    let filled = cells(head, at).filter(|cell| !cell.is_empty());
    let (n, n_held) = (
        filled.clone().count(),
        filled.filter(|cell| holds(cell)).count(),
    );
    20 * n_held >= 19 * n
}

fn any(_: &str) -> bool {
    true
}

fn whole(cell: &str) -> bool {
    cell.parse::<i64>().is_ok()
}

/// Yoochoose's items.
fn nine_digits(cell: &str) -> bool {
    cell.len() == 9 && cell.bytes().all(|b| b.is_ascii_digit())
}

/// Yoochoose's categories; `S` is a special offer.
fn category(cell: &str) -> bool {
    cell == "S" || whole(cell)
}

fn rating(cell: &str) -> bool {
    cell.parse::<f64>()
        .is_ok_and(|number| (0.0..=10.0).contains(&number))
}

fn seconds(cell: &str) -> bool {
    time::guess(std::iter::once(cell)) == Some(TimeFormat::Seconds)
}

/// `2010-10-19T23:55:27Z`
fn iso(cell: &str) -> bool {
    cell.as_bytes().get(10) == Some(&b'T')
        && time::guess(std::iter::once(cell)) == Some(TimeFormat::Date)
}

/// `Tue Apr 03 18:00:09 +0000 2012`
fn weekday_time(cell: &str) -> bool {
    cell.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && time::guess(std::iter::once(cell)) == Some(TimeFormat::Date)
}

fn latitude(cell: &str) -> bool {
    cell.contains('.')
        && cell
            .parse::<f64>()
            .is_ok_and(|degrees| degrees.abs() <= 90.0)
}

fn longitude(cell: &str) -> bool {
    cell.contains('.')
        && cell
            .parse::<f64>()
            .is_ok_and(|degrees| degrees.abs() <= 180.0)
}

/// Foursquare's ids: 24 hexadecimal digits.
fn hex_id(cell: &str) -> bool {
    cell.len() == 24 && cell.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `f1b1cf71-bd35-4e99-8624-24a6e15f133a`
fn uuid(cell: &str) -> bool {
    cell.len() == 36 && cell.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Ten digits and capital letters: a product of Amazon.
fn asin(cell: &str) -> bool {
    cell.len() == 10
        && cell
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// `A` and eleven or more digits and capital letters: a reviewer of Amazon.
fn reviewer(cell: &str) -> bool {
    cell.len() > 10
        && cell.starts_with('A')
        && cell
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

fn shop_behaviour(cell: &str) -> bool {
    matches!(cell, "pv" | "buy" | "cart" | "fav")
}
