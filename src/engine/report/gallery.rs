//! A gallery of users, each with the reason in numbers.

use super::{CellValue, ReportCell, ReportColumn, ReportTable};
use crate::explain::{Gallery, GalleryAnswer, GalleryKind, GalleryUser};
use seqscope_base::metric::AnswerKind;

/// Key of the column of users.
pub const GALLERY_USER: &str = "user";

/// Names as they are shown.
#[derive(Clone, Copy)]
pub struct GalleryNames<'a> {
    /// Id of a user, by number in the data.
    pub user: &'a dyn Fn(u32) -> String,
    /// Answer by number: an item or a class.
    pub answer: &'a dyn Fn(u32) -> String,
}

/// The users of a gallery, the first first. `before` says what their answers are compared with,
/// where they changed.
#[must_use]
pub fn gallery_table(gallery: &Gallery, names: GalleryNames<'_>, before: &str) -> ReportTable {
    let columns = [
        ReportColumn::numbers("place", ""),
        ReportColumn::words(GALLERY_USER, "User"),
        ReportColumn::numbers("length", "History")
            .help("Events of the history before the question"),
    ];
    let now = answer_columns(gallery.answers, "", "");
    let then = if gallery.kind == GalleryKind::Changed {
        answer_columns(gallery.answers, "before_", " before")
    } else {
        Vec::new()
    };
    let title = format!("{} of {} users", gallery.kind_words(), gallery.n_fit);
    let mut table = ReportTable::new(
        "gallery",
        title,
        columns
            .into_iter()
            .chain(now)
            .chain(then)
            .chain(reason_columns(gallery)),
    );
    table
        .lead
        .extend(gallery.kind.rule(gallery.answers).ok().map(str::to_owned));
    if !before.is_empty() && gallery.kind == GalleryKind::Changed {
        table.lead.push(format!("Before: {before}."));
    }
    for (at, user) in gallery.shown.iter().enumerate() {
        table.row(cells(gallery, at, user, names));
    }
    table.notes.clone_from(&gallery.notes);
    table
}

impl Gallery {
    /// Name of it at the head of a table: `Worst`.
    fn kind_words(&self) -> &'static str {
        match self.kind {
            GalleryKind::Best => "Best",
            GalleryKind::Worst => "Worst",
            GalleryKind::Surprising => "Most surprising",
            GalleryKind::Changed => "Most changed",
        }
    }
}

fn answer_columns(answers: AnswerKind, key: &str, more: &str) -> Vec<ReportColumn> {
    let column = |name: &str, title: &str| {
        ReportColumn::numbers(format!("{key}{name}"), format!("{title}{more}"))
    };
    match answers {
        AnswerKind::Ranking => vec![column("rank", "Rank"), column("probability", "Probability")],
        AnswerKind::Classes | AnswerKind::Binary => {
            vec![column("probability", "Chance of the truth")]
        }
        AnswerKind::Number => vec![column("error", "Error")],
    }
}

fn reason_columns(gallery: &Gallery) -> Vec<ReportColumn> {
    match gallery.kind {
        GalleryKind::Best | GalleryKind::Worst => Vec::new(),
        GalleryKind::Surprising => vec![
            ReportColumn::numbers("perplexity", "Spread").help(
                "Perplexity: as many equally likely answers would spread as far; 1 is certainty",
            ),
            ReportColumn::words("first", "Expected"),
            ReportColumn::numbers("first_probability", "With probability"),
        ],
        GalleryKind::Changed => vec![ReportColumn::numbers("change", "Change").help(
            match gallery.answers {
                AnswerKind::Ranking => {
                    "Natural logarithm of the rank before over the rank now: above 0 where it is \
                     better now"
                }
                AnswerKind::Classes | AnswerKind::Binary => {
                    "Chance now less chance before: above 0 where it is better now"
                }
                AnswerKind::Number => "Error before less error now: above 0 where it is better now",
            },
        )],
    }
}

fn cells(
    gallery: &Gallery,
    at: usize,
    user: &GalleryUser,
    names: GalleryNames<'_>,
) -> Vec<ReportCell> {
    let mut cells: Vec<ReportCell> = vec![
        CellValue::Count(at + 1).into(),
        ReportCell::from((names.user)(user.user)).of_data(),
        CellValue::Count(user.history_len).into(),
    ];
    cells.extend(answer_cells(gallery.answers, &user.answer));
    if gallery.kind == GalleryKind::Changed {
        let before = user.before.clone().unwrap_or_default();
        cells.extend(answer_cells(gallery.answers, &before));
        cells.push(user.change.map(CellValue::Gain).into());
    }
    if gallery.kind == GalleryKind::Surprising {
        let first = user.answer.first;
        let spread = user
            .answer
            .perplexity
            .map(|value| CellValue::Decimals { value, digits: 1 });
        cells.push(spread.into());
        cells.push(
            ReportCell::from(first.map(|it| CellValue::Text((names.answer)(it.item_idx))))
                .of_data(),
        );
        let chance = first.map(|it| CellValue::Probability(f64::from(it.probability)));
        cells.push(chance.into());
    }
    cells
}

fn answer_cells(answers: AnswerKind, of: &GalleryAnswer) -> Vec<ReportCell> {
    let probability: ReportCell = CellValue::Probability(of.probability).into();
    match answers {
        AnswerKind::Ranking => {
            let rank = if of.rank.is_infinite() {
                CellValue::Text("left out".to_owned())
            } else {
                CellValue::Decimals {
                    value: of.rank,
                    digits: usize::from(of.rank.fract() != 0.0),
                }
            };
            vec![rank.into(), probability]
        }
        AnswerKind::Classes | AnswerKind::Binary => vec![probability],
        AnswerKind::Number => vec![of.error.map(CellValue::Number).into()],
    }
}
