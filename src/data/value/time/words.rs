//! The words of written dates: months, days of the week, halves of a day, zones.
//!
//! Names are told by their beginnings, so that `Sept.`, `Sep` and `September` are one. English
//! first; of the other languages those in which programs export dates.

use jiff::tz::TimeZone;

/// Beginnings of the names of each month, in small letters.
const MONTHS: [&str; 12] = [
    "jan ene gen jän янв",
    "feb fév fev фев",
    "mar mär mae maa mrt мар",
    "apr avr abr апр",
    "may mai mei mag май мая",
    "jun juin giu июн",
    "jul juil lug июл",
    "aug aoû aou ago août авг",
    "sep set сен",
    "oct okt ott out окт",
    "nov ноя",
    "dec déc dez dic des дек",
];

/// Beginnings of the names of days.
const WEEKDAYS: &str = "mon tue wed thu fri sat sun mont dien mitt donn frei sams sonn lun mar mer \
                        jeu ven sam dim mié mie jue vie sáb sab dom seg ter qua qui sex gio don \
                        vri zat zon maa din woe пон вто сре чет пят суб вос mo di mi do fr sa so";

/// The month that a word names.
pub(super) fn month(word: &str) -> Option<i8> {
    // The shortest name has three letters; longer ones are whole names of no more than twelve.
    if !(3..=24).contains(&word.len()) {
        return None;
    }
    let word = word.to_lowercase();
    let at = MONTHS
        .iter()
        .position(|names| names.split(' ').any(|name| word.starts_with(name)))?;
    (word.chars().count() <= 3 || is_month_name(&word)).then_some(at as i8 + 1)
}

/// Whole names and their usual cuts: `mars` is a month and `market` is none.
fn is_month_name(word: &str) -> bool {
    const NAMES: &str = "january february march april june july august sept september october \
                         november december januar februar märz maerz juni juli oktober dezember \
                         janv janvier févr février fevrier mars avril juin juil juillet août aout \
                         septembre octobre novembre décembre decembre enero febrero marzo abril \
                         mayo junio julio agosto septiembre setiembre octubre noviembre diciembre \
                         gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre \
                         janeiro fevereiro março marco maio junho julho setembro outubro novembro \
                         dezembro januari februari maart mei augustus января февраля марта апреля \
                         июня июля августа сентября октября ноября декабря январь февраль март \
                         апрель июнь июль август сентябрь октябрь ноябрь декабрь jänner";
    NAMES.split_whitespace().any(|name| name == word)
}

/// Whether a word names a day of the week.
pub(super) fn is_weekday(word: &str) -> bool {
    const NAMES: &str = "monday tuesday wednesday thursday friday saturday sunday tues wednes thur \
                         thurs montag dienstag mittwoch donnerstag freitag samstag sonntag lundi \
                         mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles \
                         miercoles jueves viernes sábado sabado domingo lunedì martedì mercoledì \
                         giovedì venerdì domenica maandag dinsdag woensdag donderdag vrijdag \
                         zaterdag zondag segunda terça quarta quinta sexta feira";
    let word = word.to_lowercase();
    WEEKDAYS.split_whitespace().any(|name| name == word)
        || NAMES.split_whitespace().any(|name| name == word)
        || word.starts_with("星期")
        || word.starts_with('周')
        || word.ends_with("曜日")
        || matches!(
            word.as_str(),
            "月" | "火" | "水" | "木" | "金" | "土" | "日"
        )
}

/// Words that stand between the parts of a date and mean nothing: `31 de enero`,
/// `Jan 31 at 1:30 PM`.
pub(super) fn is_filler(word: &str) -> bool {
    matches!(
        word.to_lowercase().as_str(),
        "at" | "of" | "de" | "del" | "um" | "uhr" | "à" | "the" | "on" | "klo" | "om"
    )
}

/// Hours that a half of the day adds to a clock of twelve.
pub(super) fn half_of_day(word: &str) -> Option<i64> {
    match word.to_lowercase().as_str() {
        "am" | "a" | "上午" | "午前" | "오전" | "凌晨" | "早上" => Some(0),
        "pm" | "p" | "下午" | "午後" | "오후" | "晚上" => Some(12),
        _ => None,
    }
}

/// Minutes from UTC by the names of zones; where a name is used twice (`CST`, `IST`, `BST`), as in
/// the United States, India and Britain.
const ZONES: [(&str, i64); 46] = [
    ("utc", 0),
    ("gmt", 0),
    ("z", 0),
    ("ut", 0),
    ("uct", 0),
    ("zulu", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("ist", 330),
    ("cet", 60),
    ("cest", 120),
    ("met", 60),
    ("mest", 120),
    ("mez", 60),
    ("mesz", 120),
    ("eet", 120),
    ("eest", 180),
    ("sast", 120),
    ("cat", 120),
    ("eat", 180),
    ("trt", 180),
    ("msk", 180),
    ("gst", 240),
    ("pkt", 300),
    ("ict", 420),
    ("wib", 420),
    ("hkt", 480),
    ("sgt", 480),
    ("myt", 480),
    ("awst", 480),
    ("jst", 540),
    ("kst", 540),
    ("acst", 570),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("brt", -180),
    ("art", -180),
    ("ast", -240),
    ("adt", -180),
    ("hst", -600),
    ("akst", -540),
    ("akdt", -480),
    ("sst", -660),
];

/// Names of zones that are used in several places, and where they are taken to be.
pub(super) const DOUBTFUL: [(&str, &str); 5] = [
    ("CST", "the United States, UTC−6"),
    ("IST", "India, UTC+5:30"),
    ("BST", "Britain, UTC+1"),
    ("AST", "the Atlantic coast of America, UTC−4"),
    ("SST", "Samoa, UTC−11"),
];

/// Minutes from UTC that a zone's short name says.
pub(super) fn zone_minutes(word: &str) -> Option<i64> {
    let word = word.to_ascii_lowercase();
    // Those of the United States: a letter for the zone, one for the time of the year.
    let american = match word.as_bytes() {
        [zone, b's', b't'] if matches!(zone, b'e' | b'c' | b'm' | b'p') => Some((zone, 0)),
        [zone, b'd', b't'] if matches!(zone, b'e' | b'c' | b'm' | b'p') => Some((zone, 60)),
        _ => None,
    };
    if let Some((zone, summer)) = american {
        let hours = match zone {
            b'e' => -5,
            b'c' => -6,
            b'm' => -7,
            _ => -8,
        };
        return Some(hours * 60 + summer);
    }
    ZONES
        .iter()
        .find(|(name, _)| *name == word)
        .map(|&(_, minutes)| minutes)
}

/// A zone by its region, `Europe/Paris`, where the system or the program knows it.
pub(super) fn region(name: &str) -> Option<TimeZone> {
    let is_region = name.contains('/')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b));
    if is_region {
        TimeZone::get(name).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_other_words() {
        for (word, number) in [
            ("Jan", 1),
            ("SEPTEMBER", 9),
            ("Sept", 9),
            ("mai", 5),
            ("März", 3),
            ("déc", 12),
            ("MAY", 5),
        ] {
            assert_eq!(month(word), Some(number), "{word}");
        }
        for word in [
            "market",
            "january2",
            "Ma",
            "",
            "decoration",
            "junk",
            "novel",
            "sun",
        ] {
            assert_eq!(month(word), None, "{word}");
        }
        assert!(
            is_weekday("Wed")
                && is_weekday("Mittwoch")
                && is_weekday("星期三")
                && !is_weekday("Weather")
        );
        assert_eq!(
            ["EST", "PDT", "CEST", "ist", "XYZ"].map(zone_minutes),
            [Some(-300), Some(-420), Some(120), Some(330), None]
        );
        assert!(region("Europe").is_none() && region("No/Where").is_none());
    }
}
