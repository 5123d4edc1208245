//! `seqscope users RUN`: the users of a run or of a slice of them, and galleries: whom the run
//! answered best, worst, as a surprise, or otherwise than another run or epoch.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use strum::IntoEnumIterator as _;

use super::Streams;
use super::format::{TableFormat, write_tables};
use super::progress::OpeningBar;
use super::pseudonyms::PseudonymArgs;
use super::shown_names::ShownNames;
use super::signals::Signals;
use super::slice_args::{SliceArgs, answers_to_test, nobody, users_of, words_of};
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::{did_you_mean, quotable, thousands};
use seqscope_data::Prepared;
use seqscope_engine::error::Error;
use seqscope_engine::explain::{
    Gallery, GalleryKind, answer_name, best_or_worst, changed_between_epochs, changed_between_runs,
    surprising,
};
use seqscope_engine::report::{
    CellValue, GalleryNames, ReportCell, ReportColumn, ReportTable, gallery_table,
};
use seqscope_engine::run::{Manifest, NamedSlice, RunId, RunStore, UserResult, why_not_comparable};
use seqscope_engine::slice::{SliceMembers, SliceSource};
use seqscope_engine::train::{Restored, data_of_run_watched, restore};

/// Which run, and which of its users.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    #[command(flatten)]
    slice: SliceArgs,
    /// Keep the expression of --where as a slice of this name, beside the runs
    #[arg(long, value_name = "NAME", requires = "only_where")]
    keep: Option<String>,
    /// Users whom the run answered `best` or `worst`; of whom it was sure and wrong, `surprising`;
    /// or whose answer differs most from that of --against or --epoch, `changed`
    #[arg(long, value_name = "KIND")]
    gallery: Option<String>,
    /// Another run of the same data, from which the changes are counted
    #[arg(
        long,
        value_name = "RUN",
        requires = "gallery",
        conflicts_with = "epoch"
    )]
    against: Option<String>,
    /// An epoch of the same run, from which the changes up to its best one are counted
    #[arg(long, value_name = "N", requires = "gallery")]
    epoch: Option<usize>,
    /// How many users to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Form of the table
    #[arg(long, value_name = "FORM", default_value_t)]
    format: TableFormat,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let kind = args.gallery.as_deref().map(gallery_kind).transpose()?;
    let (store, id) = store.locate(&args.run)?;
    let slice = args.slice.chosen(&store)?;
    let control = Signals::of_keyboard()?;
    let manifest = store.manifest(&id)?;
    let prepared = data_of_run_watched(&manifest, &OpeningBar::new(control.ends()))?;
    let results = answers_to_test(&store, &manifest)?;
    let source = SliceSource::new(&prepared, manifest.experiment.answers(), &results);
    let members = users_of(slice.as_ref(), &source)?;
    if let Some(why) = &members.why_empty {
        return Err(nobody(why));
    }
    if let (Some(name), Some(slice)) = (&args.keep, &slice) {
        let name = name.trim().to_owned();
        store.keep_slice(&NamedSlice {
            name,
            rule: slice.rule.clone(),
        })?;
    }
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let shown = ShownNames::new(&prepared.dataset, hidden);
    let asked = AskedUsers {
        args,
        store: &store,
        manifest: &manifest,
        prepared: &prepared,
        source: &source,
        members: &members,
        shown: &shown,
    };
    let mut table = match kind {
        None => asked.list(),
        Some(kind) => asked.gallery(kind, &control)?,
    };
    if let Some(slice) = &slice {
        let words = quotable(words_of(slice));
        let of = format!("{}, those of the slice {words}.", members.words());
        table.lead.insert(0, of);
    }
    write_tables(&[table], args.format, streams)
}

/// The kind of gallery of this name.
fn gallery_kind(name: &str) -> Result<GalleryKind, Error> {
    if let Ok(kind) = name.to_lowercase().parse() {
        return Ok(kind);
    }
    let names: Vec<String> = GalleryKind::iter().map(|kind| kind.to_string()).collect();
    let hint = match did_you_mean(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("choose among {}", names.join(", ")),
    };
    let sentence = format!("there is no gallery `{}`", quotable(name));
    Err(Error::edge(sentence, hint))
}

/// Users that were asked for, and where they are of.
struct AskedUsers<'a> {
    args: &'a Args,
    store: &'a RunStore,
    manifest: &'a Manifest,
    prepared: &'a Arc<Prepared>,
    source: &'a SliceSource<'a>,
    members: &'a SliceMembers,
    shown: &'a ShownNames<'a>,
}

impl AskedUsers<'_> {
    /// The users in the order of the log, with what the run answered.
    fn list(&self) -> ReportTable {
        let answers = self.source.answers();
        let mut columns = vec![
            ReportColumn::words("user", "User"),
            ReportColumn::numbers("length", "History")
                .help("Events of the history before the question"),
        ];
        columns.extend(match answers {
            AnswerKind::Ranking => vec![
                ReportColumn::numbers("rank", "Rank"),
                ReportColumn::numbers("probability", "Probability"),
            ],
            AnswerKind::Classes | AnswerKind::Binary => {
                vec![ReportColumn::numbers("probability", "Chance of the truth")]
            }
            AnswerKind::Number => vec![ReportColumn::numbers("error", "Error")],
        });
        let title = format!("Users of `{}`", self.manifest.id);
        let mut table = ReportTable::new("users", title, columns);
        for &user in self.members.users.iter().take(self.args.top) {
            let front: [ReportCell; 2] = [
                self.shown.user(user).into(),
                CellValue::Count(self.source.history_len(user)).into(),
            ];
            let result = self.source.result(user);
            table.row(front.into_iter().chain(answer_cells(answers, result)));
        }
        let n_more = self.members.users.len().saturating_sub(self.args.top);
        if n_more > 0 {
            let more = thousands(n_more);
            table
                .notes
                .push(format!("{more} more; `--top` says how many are listed."));
        }
        table
    }

    fn gallery(&self, kind: GalleryKind, control: &Signals) -> Result<ReportTable, Error> {
        let answers = self.source.answers();
        let run = &self.manifest.id;
        if let Err(why) = kind.rule(answers) {
            let (sentence, cure) = why.split_once("; ").unwrap_or((why, "choose another"));
            return Err(Error::edge(sentence, cure.trim_end_matches('.')));
        }
        if self.manifest.test.is_none() {
            return Err(Error::edge(
                format!("galleries are of test questions, and `{run}` was not judged on its test"),
                "resume it to its end, or take another run",
            ));
        }
        let (gallery, before) = match kind {
            GalleryKind::Best | GalleryKind::Worst => (
                best_or_worst(kind, self.source, self.members, self.args.top),
                String::new(),
            ),
            GalleryKind::Surprising => {
                let restored = self.restored(run, None)?;
                let ends = control.ends();
                let found = surprising(
                    &restored,
                    self.source,
                    self.members,
                    self.args.top,
                    &mut |_, _| !ends.load(Ordering::Relaxed),
                )?;
                (found.ok_or_else(stopped)?, String::new())
            }
            GalleryKind::Changed => self.changed(control)?,
        };
        Ok(self.table(&gallery, &before))
    }

    /// Users whose answer changed, and in words since when.
    fn changed(&self, control: &Signals) -> Result<(Gallery, String), Error> {
        if let Some(name) = &self.args.against {
            let (store, id) = self.store.locate(name)?;
            let other = store.manifest(&id)?;
            if let Some(why) = why_not_comparable(self.manifest, &other) {
                return Err(Error::edge(
                    format!(
                        "`{id}` cannot be compared with `{}`: {why}",
                        self.manifest.id
                    ),
                    "take a run of the same data, split and task",
                ));
            }
            let results = answers_to_test(&store, &other)?;
            let other = SliceSource::new(self.prepared, self.source.answers(), &results);
            let found = changed_between_runs(self.source, self.members, &other, self.args.top);
            return Ok((found, format!("`{id}`")));
        }
        let Some(epoch) = self.args.epoch else {
            return Err(Error::edge(
                "a change has two sides, and one is missing",
                "name the other run with `--against RUN`, or an epoch of this one with `--epoch N`",
            ));
        };
        let now = self.restored(&self.manifest.id, None)?;
        let then = self.restored(&self.manifest.id, Some(epoch))?;
        let ends = control.ends();
        let found = changed_between_epochs(
            &now,
            &then,
            self.source,
            self.members,
            self.args.top,
            &mut |_, _| !ends.load(Ordering::Relaxed),
        )?;
        let words = format!("epoch {epoch}; now: epoch {}", now.epoch);
        Ok((found.ok_or_else(stopped)?, words))
    }

    fn restored(&self, run: &RunId, epoch: Option<usize>) -> Result<Restored, Error> {
        Ok(restore(
            self.store,
            run,
            epoch,
            Some(Arc::clone(self.prepared)),
        )?)
    }

    fn table(&self, gallery: &Gallery, before: &str) -> ReportTable {
        let (shown, answers) = (self.shown, self.source.answers());
        let user = |user: u32| shown.user(user);
        let answer = |at: u32| {
            if answers == AnswerKind::Ranking {
                shown.label(at)
            } else {
                answer_name(&self.prepared.dataset, answers, at).to_owned()
            }
        };
        let names = GalleryNames {
            user: &user,
            answer: &answer,
        };
        gallery_table(gallery, names, before)
    }
}

fn answer_cells(answers: AnswerKind, result: Option<&UserResult>) -> Vec<ReportCell> {
    let probability = result.map(|result| CellValue::Probability(result.probability));
    match answers {
        AnswerKind::Ranking => {
            let rank = result.map(|result| CellValue::Number(result.rank));
            vec![rank.into(), probability.into()]
        }
        AnswerKind::Classes | AnswerKind::Binary => vec![probability.into()],
        AnswerKind::Number => {
            let error = result.and_then(UserResult::number_error);
            vec![error.map(CellValue::Number).into()]
        }
    }
}

fn stopped() -> Error {
    Error::edge(
        "stopped before everybody was asked",
        "ask again; nothing of it is kept",
    )
}
