//! `seqscope recommend RUN --user ID`: a list of items for a user, the model's word blended with
//! those of references.

use clap::ValueEnum;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::Streams;
use super::predict::user_idx;
use super::pseudonyms::PseudonymArgs;
use super::shown_names::ShownNames;
use seqscope_base::metric::{AnswerKind, Odds, Seen};
use seqscope_base::spec::{Entry, did_you_mean, quotable, shown as foreign};
use seqscope_data::Dataset;
use seqscope_engine::error::Error;
use seqscope_engine::explain::{
    Fallback, FittedReferences, ListError, ListRequest, Listed, Recommendation, ScoreSource,
    recommendation,
};
use seqscope_engine::report::words::count;
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, ReportTable};
use seqscope_engine::run::RunStore;
use seqscope_engine::train::restore;
use seqscope_model::baseline::BaselineKind;

/// Which run, for whom, and how.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// The user's id as in the log; an id that the log does not have is a new user
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    user: String,
    /// How many items to list
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: u32,
    /// Whether the list may hold items that the user had [default: as the run was evaluated]
    #[arg(long, value_enum)]
    seen: Option<SeenWord>,
    /// References to blend with the model, with their weights, such as popularity=0.2,item-knn=0.1;
    /// the model's own weight is 1, or what model=W says
    #[arg(long, value_name = "NAME=WEIGHT,..", value_delimiter = ',')]
    blend: Vec<String>,
    /// Attributes of a new user, by the columns of the table of users, such as gender=F,age=25
    #[arg(long, value_name = "COLUMN=VALUE,..", value_delimiter = ',')]
    told: Vec<String>,
    /// The epoch whose weights score the items [default: the best]
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

/// [`Seen`] as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SeenWord {
    Exclude,
    Include,
}

impl From<SeenWord> for Seen {
    fn from(word: SeenWord) -> Self {
        match word {
            SeenWord::Exclude => Self::LeftOut,
            SeenWord::Include => Self::Ranked,
        }
    }
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let weights = blend(&args.blend)?;
    let told = args
        .told
        .iter()
        .map(|text| pair(text, "--told"))
        .collect::<Result<Vec<_>, _>>()?;
    let (store, id) = store.locate(&args.run)?;
    let restored = restore(&store, &id, args.epoch, None)?;
    if restored.manifest.experiment.answers() != AnswerKind::Ranking {
        let sentence =
            format!("run {id} does not predict the next item, so it has no items to recommend");
        return Err(Error::edge(
            sentence,
            "take a run whose task is the next item; `seqscope runs` lists them",
        ));
    }
    let dataset = &restored.prepared.dataset;
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let request = ListRequest {
        user_idx: user_idx(dataset, &args.user)?,
        told,
        top: args.top as usize,
        seen: args.seen.map_or(restored.manifest.seen(), Seen::from),
        weights,
    };
    let mut fitted = FittedReferences::of_run(restored.manifest.experiment.evaluation);
    let made = recommendation(
        restored.model.as_ref(),
        &restored.prepared,
        &mut fitted,
        &request,
    )
    .map_err(refused)?;
    let model = restored.manifest.experiment.model.family().title();
    // An unknown id is what was typed: there is nothing to hide in it that the log would hold.
    let shown = ShownNames::new(dataset, hidden);
    let told = ListReport {
        user: request.user_idx.map(|idx| shown.user(idx)),
        shown,
        made,
        request,
        model,
        dataset,
    };
    if args.json {
        streams.json(&told.json(&id.0, restored.epoch))
    } else {
        told.write(&args.user, streams)
    }
}

/// Sources of scores and their weights; the model with 1 unless it is named.
fn blend(texts: &[String]) -> Result<Vec<(ScoreSource, f64)>, Error> {
    let mut weights = vec![(ScoreSource::Model, 1.0)];
    for text in texts.iter().filter(|text| !text.trim().is_empty()) {
        let (name, value) = pair(text, "--blend")?;
        let source = source(&name)?;
        let weight = value.parse::<f64>().map_err(|_| {
            Error::edge(
                format!("`{value}` is no weight of {source}"),
                "write a number from 0 on, as popularity=0.2",
            )
        })?;
        match weights.iter_mut().find(|(known, _)| *known == source) {
            Some((_, known)) => *known = weight,
            None => weights.push((source, weight)),
        }
    }
    Ok(weights)
}

/// A name such as `item-knn` or `itemknn`.
fn source(name: &str) -> Result<ScoreSource, Error> {
    let plain = |word: &str| word.replace(['-', '_', ' '], "").to_lowercase();
    let sources: Vec<ScoreSource> = std::iter::once(ScoreSource::Model)
        .chain(BaselineKind::iter().map(ScoreSource::Reference))
        .collect();
    if let Some(source) = sources
        .iter()
        .find(|source| plain(&source.to_string()) == plain(name))
    {
        return Ok(*source);
    }
    let names: Vec<String> = sources.iter().map(ToString::to_string).collect();
    let hint = match did_you_mean(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("choose among {}", names.join(", ")),
    };
    Err(Error::edge(format!("there is no reference `{name}`"), hint))
}

fn pair(text: &str, flag: &str) -> Result<(String, String), Error> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        Error::edge(
            format!("`{flag} {text}` lacks its value"),
            format!("write `{flag} {text}=VALUE`"),
        )
    })?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn refused(error: ListError) -> Error {
    match error {
        ListError::Model(error) => Error::Model(error),
        ListError::Setting(sentence) => Error::edge(
            sentence,
            "`seqscope recommend --help` tells what can be asked",
        ),
        ListError::LeftOut(sentence) => {
            Error::edge(sentence, "`seqscope describe` lists the references")
        }
    }
}

/// A list and what is needed to tell of it.
struct ListReport<'a> {
    made: Recommendation,
    request: ListRequest,
    shown: ShownNames<'a>,
    /// The user as shown; `None` for a new one.
    user: Option<String>,
    model: &'static str,
    dataset: &'a Dataset,
}

impl ListReport<'_> {
    fn write(&self, asked: &str, streams: &mut Streams<'_>) -> Result<(), Error> {
        let seen = match self.request.seen {
            Seen::LeftOut => "seen items left out",
            Seen::Ranked => "seen items in the list too",
        };
        writeln!(streams.out, "{} {}; {seen}", self.by(), self.who(asked))?;
        // The model's own word, where it speaks.
        let has_chances = self
            .made
            .items
            .iter()
            .any(|listed| listed.probability.is_some());
        write!(streams.out, "{}", self.table(has_chances).rows_as_text())?;
        if has_chances {
            writeln!(
                streams.out,
                "Probabilities are the model's, over {}.",
                Odds::OVER
            )?;
        }
        if self.made.n_cold_left_out > 0 {
            let n = count(self.made.n_cold_left_out);
            writeln!(
                streams.out,
                "{n} items without training events are left out: the data tell nothing of them"
            )?;
        }
        Ok(())
    }

    /// The list, with each source's part of the score, and the model's probabilities where there are
    /// any.
    fn table(&self, has_chances: bool) -> ReportTable {
        let sources = self.columns();
        let parts = sources
            .iter()
            .map(|source| ReportColumn::numbers(source, source));
        let chance = has_chances.then(|| ReportColumn::numbers("probability", "Probability"));
        let columns = [
            ReportColumn::numbers("place", ""),
            ReportColumn::numbers("score", "Score"),
        ]
        .into_iter()
        .chain(parts)
        .chain(chance)
        .chain([
            ReportColumn::words("item", "Item"),
            ReportColumn::words("title", "Title"),
        ]);
        let mut table = ReportTable::new("list", "", columns);
        for (at, listed) in self.made.items.iter().enumerate() {
            let parts = listed.parts.iter().take(sources.len());
            let scores = std::iter::once(&listed.score).chain(parts);
            let scores = scores.map(|score| CellValue::Metric(*score).into());
            let chance = has_chances.then(|| {
                listed.probability.map_or_else(ReportCell::empty, |chance| {
                    CellValue::Probability(chance).into()
                })
            });
            let place = CellValue::Count(at + 1).into();
            table.row(
                std::iter::once(place)
                    .chain(scores)
                    .chain(chance)
                    .chain(self.item_cells(listed).map(ReportCell::from)),
            );
        }
        table
    }

    /// Id and title of an item, and whether it stands there by its content.
    fn item_cells(&self, listed: &Listed) -> [String; 2] {
        let item = self.shown.item(listed.item_idx);
        let label = self.shown.label(listed.item_idx);
        let title = if label == item { String::new() } else { label };
        let title = if listed.is_cold {
            format!("{title} (no training events: by content)")
        } else {
            title
        };
        [item, title]
    }

    /// Words for the user of whom `asked` was typed.
    fn who(&self, asked: &str) -> String {
        match &self.user {
            Some(user) => {
                let n_events = self
                    .dataset
                    .sequences
                    .items(self.request.user_idx.unwrap_or(0) as usize)
                    .len();
                format!("after {} events of user {}", count(n_events), foreign(user))
            }
            // It is said again only as far as it was typed.
            None => {
                let near = did_you_mean(
                    asked,
                    self.dataset
                        .users
                        .ids()
                        .filter(|_| self.shown.shows_users()),
                );
                let near = near
                    .map(|near| format!(" (did you mean `{near}`?)"))
                    .unwrap_or_default();
                format!(
                    "for a new user: the run's data have no user `{}`{near}",
                    quotable(asked)
                )
            }
        }
    }

    /// Says who speaks, and how scores were made one.
    fn by(&self) -> String {
        match &self.made.fallback {
            Some(Fallback::Demographics(columns)) => {
                format!("By what users with the same {} had,", columns.join(", "))
            }
            Some(Fallback::RecentPopularity) => "By recent popularity,".to_owned(),
            None => {
                let shares: Vec<String> = self
                    .made
                    .sources
                    .iter()
                    .map(|(source, weight)| match source {
                        ScoreSource::Model => format!("{:.0} % {}", 100.0 * weight, self.model),
                        ScoreSource::Reference(kind) => {
                            format!("{:.0} % {}", 100.0 * weight, kind.title())
                        }
                    })
                    .collect();
                format!(
                    "{}, each from 0 (least) to 1 (greatest) over the ranked items,",
                    shares.join(" + ")
                )
            }
        }
    }

    /// The parts that are worth a column: none where one source stands alone.
    fn columns(&self) -> Vec<String> {
        let sources = &self.made.sources;
        if sources.len() < 2 {
            Vec::new()
        } else {
            sources
                .iter()
                .map(|(source, _)| source.to_string())
                .collect()
        }
    }

    fn json(&self, run: &str, epoch: usize) -> Value {
        let sources: serde_json::Map<String, Value> = self
            .made
            .sources
            .iter()
            .map(|(source, weight)| (source.to_string(), json!(weight)))
            .collect();
        let fallback = self.made.fallback.as_ref().map(|fallback| match fallback {
            Fallback::Demographics(_) => "demographics",
            Fallback::RecentPopularity => "recent-popularity",
        });
        let items: Vec<Value> = self
            .made
            .items
            .iter()
            .map(|listed| self.listed_json(listed))
            .collect();
        json!({
            "run": run,
            "epoch": epoch,
            "user": self.user,
            "seen_left_out": self.request.seen == Seen::LeftOut,
            "blend": sources,
            "normalised": "0 to 1 over the ranked items",
            "probability_over": Odds::OVER,
            "fallback": fallback,
            "cold_items_left_out": self.made.n_cold_left_out,
            "items": items,
        })
    }

    fn listed_json(&self, listed: &Listed) -> Value {
        let parts: serde_json::Map<String, Value> = self
            .made
            .sources
            .iter()
            .zip(&listed.parts)
            .map(|((source, _), part)| (source.to_string(), json!(part)))
            .collect();
        json!({
            "item": self.shown.item(listed.item_idx),
            "title": self.shown.label(listed.item_idx),
            "score": listed.score,
            "parts": parts,
            "cold": listed.is_cold,
            "probability": listed.probability,
        })
    }
}
