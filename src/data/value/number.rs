//! Numbers as people write them: `1,276.20`, `1.276,20`, `1 276,20 €`, `(12.50)`, `45 %`.
//!
//! Which of comma and point cuts off the fraction is told from a column's first rows and holds for
//! the whole column, so that no single cell is read in another way than its neighbours.

use std::str::FromStr;

/// How the numbers of a column are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NumberStyle {
    /// `1,276.20`: the point cuts off the fraction.
    #[default]
    Point,
    /// `1.276,20`: the comma does.
    Comma,
}

/// Marks between groups of digits that are never a decimal mark: blanks of all kinds, apostrophes.
const GROUPS: [char; 7] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '\u{2019}', '_'];

/// Words for money, in small letters and without points.
const CURRENCIES: &str = "usd us$ eur euro euros gbp jpy cny rmb chf sfr fr cad aud nzd sek nok \
                          dkk kr kč kc czk zł zl pln ft huf lei ron лв bgn р руб rub грн uah tl \
                          try rs inr krw brl r$ mxn ars clp cop pen zar r sgd hkd twd nt$ hk$ a$ \
                          c$ s$ thb idr rp php myr rm vnd ils nis aed sar egp ngn kes ghs 元 円 원 \
                          人民币 ¢";

impl NumberStyle {
    /// Guesses the style of a column with these cells among its first ones.
    pub(crate) fn of_cells<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let (mut comma, mut point) = (Marks::default(), Marks::default());
        let mut n_without = 0_usize;
        let mut without_are_small = true;
        for cell in cells {
            let Some(Stripped { core, .. }) = strip(cell) else {
                continue;
            };
            if !core
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, ',' | '.') || GROUPS.contains(&c))
            {
                continue;
            }
            match (core.rfind(','), core.rfind('.')) {
                (Some(at_comma), Some(at_point)) if at_comma > at_point => comma.fractions += 1,
                (Some(_), Some(_)) => point.fractions += 1,
                (Some(at), None) => comma.look(core, ',', at),
                (None, Some(at)) => point.look(core, '.', at),
                (None, None) => {
                    n_without += 1;
                    without_are_small &= core.len() < 4;
                }
            }
        }
        // A mark that stands twice, or before the other, cuts off groups: then the other is the
        // fraction's.
        let (for_comma, for_point) = (
            comma.fractions + point.groups,
            point.fractions + comma.groups + comma.either,
        );
        if for_comma != for_point {
            return if for_comma > for_point {
                Self::Comma
            } else {
                Self::Point
            };
        }
        // `900` beside `1.250` and `12.000`, and never `1.5`: a point that is there from a thousand
        // on only.
        let are_thousands =
            for_point == 0 && point.either >= 3 && n_without > 0 && without_are_small;
        if are_thousands {
            Self::Comma
        } else {
            Self::Point
        }
    }

    /// The number that a cell is.
    pub(crate) fn read<T: FromStr>(self, cell: &str) -> Option<T> {
        if cell.bytes().all(|b| is_plain(self, b))
            && let Ok(number) = cell.parse()
        {
            return Some(number);
        }
        self.plain(cell)?.parse().ok()
    }

    /// Text as the processor's own numbers are written.
    fn plain(self, cell: &str) -> Option<String> {
        let Stripped { core, is_negative } = strip(cell)?;
        let (core, exponent) = match core.find(['e', 'E']) {
            Some(at) => (core.get(..at)?, core.get(at..)?),
            None => (core, ""),
        };
        let (mark, group) = if self == Self::Point {
            ('.', ',')
        } else {
            (',', '.')
        };
        let (whole, fraction) = core.split_once(mark).unwrap_or((core, ""));
        if !is_all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let mut plain = if is_negative {
            "-".to_owned()
        } else {
            String::new()
        };
        let mut groups = whole
            .split(|c| c == group || GROUPS.contains(&c))
            .peekable();
        let (mut n_groups, mut is_first) = (0, true);
        while let Some(digits) = groups.next() {
            let is_last = groups.peek().is_none();
            // Groups of three, or of two before the last one, as lakhs are written.
            let fits = match (is_first, is_last) {
                (true, true) => true,
                (true, false) => (1..=3).contains(&digits.len()),
                (false, true) => digits.len() == 3,
                (false, false) => matches!(digits.len(), 2 | 3),
            };
            if !fits || !is_all_digits(digits) {
                return None;
            }
            plain.push_str(digits);
            (is_first, n_groups) = (false, n_groups + 1);
        }
        // An exponent is a machine's, and machines write no groups.
        if !exponent.is_empty() && n_groups > 1 {
            return None;
        }
        if plain.is_empty() || plain == "-" {
            plain.push('0');
        }
        plain.push('.');
        plain.push_str(if fraction.is_empty() { "0" } else { fraction });
        plain.push_str(exponent);
        Some(plain)
    }
}

/// Tells whether a byte may stand in a number that needs no rewriting.
fn is_plain(style: NumberStyle, b: u8) -> bool {
    b.is_ascii_digit()
        || matches!(b, b'-' | b'+' | b'e' | b'E')
        || (b == b'.' && style == NumberStyle::Point)
}

fn is_all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the point is taken for a thousands' mark though nothing but its places says so; an
/// example.
pub(crate) fn doubtful<'a>(
    cells: impl Iterator<Item = &'a str> + Clone,
    style: NumberStyle,
) -> Option<&'a str> {
    if style != NumberStyle::Comma || cells.clone().any(|cell| cell.contains(',')) {
        return None;
    }
    if cells.clone().any(|cell| n_points(cell) > 1) {
        return None;
    }
    let mut cells = cells;
    cells.find(|cell| n_points(cell) == 1)
}

fn n_points(cell: &str) -> usize {
    cell.bytes().filter(|b| *b == b'.').count()
}

/// The kinds of money that stand beside the numbers of a column, where there are several.
pub(crate) fn currencies<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for cell in cells {
        let Some(Stripped { core, .. }) = strip(cell) else {
            continue;
        };
        let Some(at) = cell.find(core) else { continue };
        let sides = [cell.get(..at), cell.get(at + core.len()..)]
            .into_iter()
            .flatten();
        for side in
            sides.map(|side| side.trim_matches(|c: char| c.is_whitespace() || "()-+−%".contains(c)))
        {
            if !side.is_empty() && !found.contains(&side) {
                found.push(side);
            }
        }
    }
    if found.len() > 1 { found } else { Vec::new() }
}

/// How often one of the two marks was seen in each of its uses.
#[derive(Default)]
struct Marks {
    fractions: usize,
    groups: usize,
    /// Before exactly three digits, where it may be either.
    either: usize,
}

impl Marks {
    /// Takes in a number that has this mark, the last one at `at`, and not the other one.
    fn look(&mut self, core: &str, mark: char, at: usize) {
        let before = core.get(..at).unwrap_or_default();
        let after = core.get(at + 1..).unwrap_or_default();
        let has_blanks = before.chars().any(|c| GROUPS.contains(&c));
        if before.contains(mark) {
            self.groups += 1;
        } else if has_blanks
            || after.len() != 3
            || before.len() > 3
            || before.is_empty()
            || before.starts_with('0')
        {
            self.fractions += 1;
        } else {
            self.either += 1;
        }
    }
}

/// A number without what stands around it.
struct Stripped<'a> {
    core: &'a str,
    is_negative: bool,
}

/// Takes off signs, brackets, money and percent; `None` where no digit is left.
fn strip(cell: &str) -> Option<Stripped<'_>> {
    let mut core = cell.trim();
    let mut is_negative = false;
    // Bookkeepers' way: what is owed stands in brackets.
    if let Some(inside) = core
        .strip_prefix('(')
        .and_then(|core| core.strip_suffix(')'))
    {
        (core, is_negative) = (inside.trim(), true);
    }
    loop {
        let before = core.len();
        for sign in ['-', '−'] {
            if let Some(rest) = core.strip_prefix(sign).or_else(|| core.strip_suffix(sign)) {
                // Twice is no sign.
                if is_negative {
                    return None;
                }
                (core, is_negative) = (rest.trim(), true);
            }
        }
        core = core.strip_prefix('+').unwrap_or(core);
        core = core.strip_suffix(['%', '‰']).unwrap_or(core).trim();
        core = without_money(core);
        if core.len() == before {
            break;
        }
    }
    core.bytes()
        .any(|b| b.is_ascii_digit())
        .then_some(Stripped { core, is_negative })
}

/// A number without a currency's sign or word before or behind it.
fn without_money(core: &str) -> &str {
    let (Some(first), Some(last)) = (core.find(is_digit), core.rfind(is_digit)) else {
        return core;
    };
    // A mark of a fraction or a sign belongs to the number, but for the point of `Rs.500`.
    let before = core.get(..first).unwrap_or_default();
    let money = before.trim_end_matches([',', '.', '-', '−', '+']);
    let is_point_of_word = money.ends_with(char::is_alphabetic)
        && before
            .get(money.len()..)
            .is_some_and(|m| m.starts_with('.'));
    let first = money.len() + usize::from(is_point_of_word);
    let mut core = core;
    let mut last = last + 1;
    if let Some(before) = core.get(..first).filter(|before| is_money(before)) {
        last -= before.len();
        core = core.get(first..).unwrap_or(core).trim_start();
        last = last.min(core.len());
    }
    match core.get(last..) {
        Some(behind) if is_money(behind) => core.get(..last).unwrap_or(core).trim_end(),
        _ => core,
    }
}

/// Tells whether a word is a currency or its sign.
fn is_money(word: &str) -> bool {
    let word = word.trim();
    let small = word.trim_end_matches('.').to_lowercase();
    !small.is_empty()
        && (CURRENCIES.split_whitespace().any(|known| known == small)
            || word.chars().all(is_currency_sign))
}

/// Tells whether a letter is a digit.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_currency_sign(c: char) -> bool {
    matches!(
        c,
        '$' | '£' | '¥' | '¤' | '฿' | '﷼' | '￥' | '＄' | '￡' | '￦' | '\u{20a0}'..='\u{20cf}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(style: NumberStyle, cell: &str) -> Option<f64> {
        style.read(cell)
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (cell, value) in [
            ("12", 12.0),
            ("-3.5", -3.5),
            ("+7", 7.0),
            (".5", 0.5),
            ("1e3", 1000.0),
            ("2.5E-2", 0.025),
            ("1,276.20", 1276.2),
            ("12,345,678", 12_345_678.0),
            ("1,23,456.5", 123_456.5),
            ("1 234.5", 1234.5),
            ("1\u{202f}234", 1234.0),
            ("1'234.50", 1234.5),
            ("1’234", 1234.0),
            ("$36.14", 36.14),
            ("€ 5", 5.0),
            ("5 €", 5.0),
            ("USD 1,000", 1000.0),
            ("12.50 kr.", 12.5),
            ("R$ 3.20", 3.2),
            ("-$4.50", -4.5),
            ("$-4.50", -4.5),
            ("(12.50)", -12.5),
            ("($1,200.00)", -1200.0),
            ("12.50-", -12.5),
            ("−8", -8.0),
            ("45%", 45.0),
            ("45 %", 45.0),
            ("¥1200", 1200.0),
            ("₹ 1,00,000", 100_000.0),
            ("CHF 1'250.00", 1250.0),
            ("Rs.500", 500.0),
            ("$.50", 0.5),
        ] {
            assert_eq!(read(NumberStyle::Point, cell), Some(value), "{cell}");
        }
        for (cell, value) in [
            ("36,14", 36.14),
            ("1.276,20", 1276.2),
            ("1.276", 1276.0),
            ("1 276,5 €", 1276.5),
            ("-0,5", -0.5),
            ("12", 12.0),
            (",5", 0.5),
            ("1.234.567", 1_234_567.0),
            ("EUR 7,00", 7.0),
            ("1,5E+3", 1500.0),
            ("7,00-", -7.0),
        ] {
            assert_eq!(read(NumberStyle::Comma, cell), Some(value), "{cell}");
        }
        for cell in [
            "free", "", "-", "1,2", "1,23", "12,34,5", "1.2.3", "5 kg", "3/4", "--5", "$",
            "1,234,5", "12 34", "5k",
        ] {
            assert_eq!(read(NumberStyle::Point, cell), None, "{cell}");
        }
        for cell in ["1.5", "12.50", "1,2,3", "gratis"] {
            assert_eq!(read(NumberStyle::Comma, cell), None, "{cell}");
        }
    }

    #[test]
    fn the_whole_column_tells_the_fraction_mark() {
        let style = |cells: &[&str]| NumberStyle::of_cells(cells.iter().copied());
        for point in [
            &["1", "2"][..],
            &["1.5", "2.25"],
            &["3,614.00", "12.00"],
            &["1,234", "999"],
            &["0.125", "0.250"],
            &["1.250", "2.125"],
            &["1,234,567"],
            &["free", "9.99"],
            &[],
        ] {
            assert_eq!(style(point), NumberStyle::Point, "{point:?}");
        }
        for comma in [
            &["36,14", "7,5"][..],
            &["1.276,20"],
            &["0,125", "3"],
            &["1.234.567", "12"],
            &["€ 12,50", "€ 1.000,00"],
            &["900", "1.250", "12.000", "3.100"],
        ] {
            assert_eq!(style(comma), NumberStyle::Comma, "{comma:?}");
        }
        let thousands = ["900", "1.250", "12.000", "3.100"];
        assert_eq!(
            doubtful(thousands.into_iter(), NumberStyle::Comma),
            Some("1.250")
        );
        assert_eq!(doubtful(["1.250,00"].into_iter(), NumberStyle::Comma), None);
    }

    #[test]
    fn several_kinds_of_money_are_told() {
        assert_eq!(currencies(["$5", "€6", "$7.50"].into_iter()), ["$", "€"]);
        assert_eq!(currencies(["5 USD", "6 EUR"].into_iter()), ["USD", "EUR"]);
        assert!(currencies(["$5", "-$6", "free"].into_iter()).is_empty());
    }
}
