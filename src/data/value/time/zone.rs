//! Zones behind a clock: `Z`, `+01:00`, `UTC+3`, `CEST`, `Europe/Paris`, and several that say the
//! same.

use jiff::tz::TimeZone;

use super::MICROS_PER_SEC;
use super::cursor::Cursor;
use super::words;

/// From where a clock counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Zone {
    /// Not said, which is taken for UTC.
    #[default]
    Unsaid,
    /// Microseconds east of UTC.
    Offset(i64),
    /// A place, whose law sets the offset for each time.
    Region(TimeZone),
}

/// Takes all that is said of the zone.
///
/// `None` for an offset that is nowhere on Earth.
pub(super) fn take(at: &mut Cursor<'_>) -> Option<Zone> {
    let mut found = Zone::Unsaid;
    loop {
        at.skip_blanks();
        let next = one(at, found != Zone::Unsaid)?;
        match (&found, next) {
            // The number before a name says more than the name: `+01:00[Europe/Paris]`,
            // `+0200 CEST`.
            (Zone::Unsaid, Some(zone)) => found = zone,
            (_, Some(_)) => {}
            (_, None) => {
                // `GMT+0100 (Central European Standard Time)`
                if at.peek() == Some('(') && at.rest().ends_with(')') && found != Zone::Unsaid {
                    at.skip(|_| true);
                }
                return Some(found);
            }
        }
    }
}

/// The next part; the outer `None` for an offset that is nowhere, the inner where no zone is next.
#[expect(clippy::option_option, reason = "a wrong zone is not the same as none")]
fn one(at: &mut Cursor<'_>, is_known: bool) -> Option<Option<Zone>> {
    let mut here = *at;
    if here.eat('[') {
        let name = here.rest().split(']').next().unwrap_or_default();
        let zone = words::region(name).map(Zone::Region);
        here.skip(|c| c != ']');
        // Beside a distance from UTC an unknown name says nothing that is needed.
        let is_closed = here.eat(']') && (zone.is_some() || is_known);
        return Some(
            is_closed
                .then(|| zone.unwrap_or_default())
                .inspect(|_| *at = here),
        );
    }
    if let Some(zone) = offset(&mut here) {
        *at = here;
        return zone.map(|zone| Some(Zone::Offset(zone)));
    }
    if let Some(zone) = region(&mut here) {
        *at = here;
        return Some(Some(zone));
    }
    here = *at;
    let Some(minutes) = here.word().and_then(words::zone_minutes) else {
        return Some(None);
    };
    // `UTC+3`
    let mut added = here;
    if let (0, Some(zone)) = (minutes, offset(&mut added)) {
        *at = added;
        return zone.map(|zone| Some(Zone::Offset(zone)));
    }
    *at = here;
    Some(Some(Zone::Offset(minutes * 60 * MICROS_PER_SEC)))
}

/// `+01:00`, `-0530`, `+3`; `Some(None)` for what is further from UTC than any place, 14 hours.
#[expect(clippy::option_option, reason = "a wrong zone is not the same as none")]
fn offset(at: &mut Cursor<'_>) -> Option<Option<i64>> {
    let mut here = *at;
    let is_west = here.eat_any(&["-", "−"]).is_some();
    if !is_west && !here.eat('+') {
        return None;
    }
    let digits = here.digits(6)?;
    let minutes = match digits.len() {
        1 | 2 => {
            let minutes = if here.eat(':') {
                here.digits(2)?.value
            } else {
                0
            };
            digits.value * 60 + minutes
        }
        3 | 4 => digits.value / 100 * 60 + digits.value % 100,
        _ => return Some(None),
    };
    *at = here;
    let micros = minutes * 60 * MICROS_PER_SEC;
    Some((minutes <= 14 * 60).then_some(if is_west { -micros } else { micros }))
}

fn region(at: &mut Cursor<'_>) -> Option<Zone> {
    let rest = at.rest();
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || "/_+-".contains(c)))
        .unwrap_or(rest.len());
    let zone = words::region(rest.get(..end)?)?;
    let mut n_left = end;
    at.skip(|_| {
        let is_part = n_left > 0;
        n_left = n_left.saturating_sub(1);
        is_part
    });
    Some(Zone::Region(zone))
}
