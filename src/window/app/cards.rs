//! The report that is put together: its cards, kept beside the runs after every change.
//!
//! A card holds its chart or table as it was when it was added, with where it came from. The file is
//! written on a thread, one writing at a time: what changes meanwhile is written after it.

mod draw;
mod origin;
mod save;

pub use draw::{CardPicture, PictureAsk};

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use super::job::sentence;
use super::{App, Loadable};
use draw::CardPictures;
use seqscope_engine::cards::{CardContent, CardReport, HiddenIds, ReportCard};
use seqscope_engine::figure::{FigureForm, PrintFigure};
use seqscope_engine::run::RunStore;

/// Name of the first report; those after it count on.
const FIRST: &str = "report-1";

/// Changes that can be taken back.
const UNDO_KEPT: usize = 100;

/// One thing that a person does with charts and reports.
#[derive(Clone, Debug, PartialEq)]
pub enum ReportAction {
    /// Put a chart or a table at the end of the report.
    Add(Box<FoundCard>),
    /// Put a text at the end.
    AddNote,
    /// Write a chart to a file that the system's dialog asks for.
    SaveFigure(Box<PrintFigure>, FigureForm),
    /// Open another report.
    Open(String),
    /// Begin another report.
    New,
    /// Give the report another name.
    Rename(String),
    /// Delete the report from disk.
    Delete,
    /// Give the report another title.
    Title(String),
    /// Give a card another heading.
    CardTitle {
        /// Which card.
        at: usize,
        /// Heading.
        title: String,
    },
    /// Write another text on a note.
    Note {
        /// Which card.
        at: usize,
        /// Text in Markdown.
        text: String,
    },
    /// Move a card to another place.
    Move {
        /// Place that it has.
        from: usize,
        /// Place that it is to have.
        to: usize,
    },
    /// Take a card away.
    Remove(usize),
    /// Take the last change back.
    Undo,
    /// Write the report for others, in the form that the file's ending names.
    Export(PathBuf, HiddenIds),
    /// Draw the chart of a card for the screen.
    Draw(PictureAsk),
}

impl ReportAction {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Add(_) => "Add to report",
            Self::AddNote => "Add a note",
            Self::SaveFigure(..) => "Save the chart as",
            Self::Open(_) => "Open report",
            Self::New => "New report",
            Self::Rename(_) => "Rename report",
            Self::Delete => "Delete report",
            Self::Title(_) => "Title of the report",
            Self::CardTitle { .. } => "Heading of the card",
            Self::Note { .. } => "Write the note",
            Self::Move { .. } => "Move card",
            Self::Remove(_) => "Take card away",
            Self::Undo => "Undo in the report",
            Self::Export(..) => "Export report",
            Self::Draw(_) => "Draw card",
        }
    }
}

/// A chart or a table on its way to a report.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundCard {
    /// Chart or table on it.
    pub content: CardContent,
    /// Whether it names users or items of the data.
    pub names_data: bool,
}

/// A card of the open report.
#[derive(Clone, Debug)]
pub struct OpenCard {
    /// Number by which it is told from all others of this session.
    pub id: u64,
    /// The card.
    pub card: Arc<ReportCard>,
}

/// The open report. A copy is cheap.
#[derive(Clone, Debug, Default)]
pub struct OpenReport {
    /// Title above all.
    pub title: String,
    /// The cards, the first at the top.
    pub cards: Vec<OpenCard>,
}

impl OpenReport {
    fn kept(&self) -> CardReport {
        CardReport {
            title: self.title.clone(),
            cards: self.cards.iter().map(|one| (*one.card).clone()).collect(),
        }
    }
}

/// Text that was last changed, so that a word is one change and not one a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typed {
    Title,
    CardTitle(usize),
    Note(usize),
}

/// State of reports.
#[derive(Debug, Default)]
pub struct ReportState {
    names: Loadable<Vec<String>>,
    name: String,
    open: Loadable<OpenReport>,
    before: Vec<OpenReport>,
    typed: Option<Typed>,
    /// Cards that came while the report was being read.
    waiting: VecDeque<ReportCard>,
    is_writing: bool,
    is_changed: bool,
    is_exporting: bool,
    next_id: u64,
    revision: u64,
    pictures: CardPictures,
}

impl ReportState {
    /// Names of the reports that are kept.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.names.ready().map_or(&[], Vec::as_slice)
    }

    /// Name of the open report.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The open report.
    #[must_use]
    pub fn open(&self) -> &Loadable<OpenReport> {
        &self.open
    }

    /// Number that grows with every change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether there is a change to take back.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    /// Whether the report is being exported.
    #[must_use]
    pub fn is_exporting(&self) -> bool {
        self.is_exporting
    }

    /// The picture of a chart, as far as it is drawn.
    #[must_use]
    pub fn picture(&self, ask: &PictureAsk) -> &Loadable<Arc<CardPicture>> {
        self.pictures.get(ask)
    }

    fn n_cards(&self) -> usize {
        self.open.ready().map_or(0, |open| open.cards.len())
    }

    fn card(&mut self, card: ReportCard) -> OpenCard {
        self.next_id += 1;
        OpenCard {
            id: self.next_id,
            card: Arc::new(card),
        }
    }

    /// Changes the open report, so that it can be taken back.
    fn change(&mut self, typed: Option<Typed>, change: impl FnOnce(&mut OpenReport)) {
        let Loadable::Ready(open) = &mut self.open else {
            return;
        };
        if typed.is_none() || self.typed != typed {
            self.before.push(open.clone());
            if self.before.len() > UNDO_KEPT {
                self.before.remove(0);
            }
        }
        self.typed = typed;
        change(open);
        self.revision += 1;
        self.is_changed = true;
    }

    fn take(&mut self, report: CardReport) {
        let cards = report.cards.into_iter().map(|card| self.card(card));
        let cards: Vec<OpenCard> = cards.collect();
        self.open = Loadable::Ready(OpenReport {
            title: report.title,
            cards,
        });
        self.before.clear();
        self.typed = None;
        self.revision += 1;
    }
}

impl App {
    /// Whether it can be done now.
    pub(super) fn can_report(&self, action: &ReportAction) -> Result<(), String> {
        let n_cards = self.reports.n_cards();
        let is_there = |at: usize| at < n_cards;
        match action {
            ReportAction::Undo => said_unless(
                self.reports.can_undo(),
                "Nothing was changed in the report.",
            ),
            ReportAction::Export(..) => {
                said_unless(n_cards > 0, "The report has no cards yet.")?;
                said_unless(!self.reports.is_exporting, "The report is being exported.")
            }
            ReportAction::CardTitle { at, .. }
            | ReportAction::Note { at, .. }
            | ReportAction::Remove(at) => said_unless(is_there(*at), "There is no such card."),
            ReportAction::Move { from, to } => said_unless(
                is_there(*from) && is_there(*to) && from != to,
                "The card cannot be moved there.",
            ),
            ReportAction::Add(_)
            | ReportAction::AddNote
            | ReportAction::SaveFigure(..)
            | ReportAction::Open(_)
            | ReportAction::New
            | ReportAction::Rename(_)
            | ReportAction::Delete
            | ReportAction::Title(_)
            | ReportAction::Draw(_) => Ok(()),
        }
    }

    pub(super) fn act_report(&mut self, action: ReportAction) {
        match action {
            ReportAction::Add(found) => self.add_card(*found),
            ReportAction::AddNote => self.add(ReportCard::note("")),
            ReportAction::SaveFigure(figure, form) => self.save_figure(*figure, form),
            ReportAction::Open(name) => self.open_report(name),
            ReportAction::New => self.new_report(),
            ReportAction::Rename(name) => self.rename_report(name),
            ReportAction::Delete => self.delete_report(),
            ReportAction::Title(title) => {
                self.reports
                    .change(Some(Typed::Title), |open| open.title = title);
            }
            ReportAction::CardTitle { at, title } => {
                let typed = Some(Typed::CardTitle(at));
                self.change_card(typed, at, |card| card.title = title);
            }
            ReportAction::Note { at, text } => {
                let typed = Some(Typed::Note(at));
                self.change_card(typed, at, |card| card.content = CardContent::Note(text));
            }
            ReportAction::Move { from, to } => self.reports.change(None, |open| {
                let card = open.cards.remove(from);
                open.cards.insert(to, card);
            }),
            ReportAction::Remove(at) => self.reports.change(None, |open| {
                open.cards.remove(at);
            }),
            ReportAction::Undo => self.undo_report(),
            ReportAction::Export(to, ids) => self.export_report(to, ids),
            ReportAction::Draw(ask) => self.draw_card(ask),
        }
        self.write_report();
    }

    fn change_card(
        &mut self,
        typed: Option<Typed>,
        at: usize,
        change: impl FnOnce(&mut ReportCard),
    ) {
        self.reports.change(typed, |open| {
            if let Some(one) = open.cards.get_mut(at) {
                change(Arc::make_mut(&mut one.card));
            }
        });
    }

    fn undo_report(&mut self) {
        let reports = &mut self.reports;
        if let Some(before) = reports.before.pop() {
            reports.open = Loadable::Ready(before);
            reports.typed = None;
            reports.revision += 1;
            reports.is_changed = true;
        }
    }

    fn add_card(&mut self, found: FoundCard) {
        let FoundCard {
            content,
            names_data,
        } = found;
        let origin = self.card_origin(names_data);
        let card = match content {
            CardContent::Figure(figure) => ReportCard::figure(figure, origin),
            CardContent::Table(table) => ReportCard::table(table, origin),
            CardContent::Note(text) => ReportCard::note(text),
        };
        let title = card.title.clone();
        let cannot_be_read = self.reports.open.failed().is_some();
        self.add(card);
        if cannot_be_read {
            self.notices.failed(
                "The open report cannot be read; the card waits until another one is open."
                    .to_owned(),
            );
        } else {
            self.notices.done(format!("Added to the report: {title}."));
        }
    }

    fn add(&mut self, card: ReportCard) {
        if self.reports.open.ready().is_none() {
            self.reports.waiting.push_back(card);
            self.load_reports();
            return;
        }
        let card = self.reports.card(card);
        self.reports.change(None, |open| open.cards.push(card));
        self.write_report();
    }

    /// Reads which reports there are, and opens the first, unless that has been done.
    pub(super) fn load_reports(&mut self) {
        if self.reports.names != Loadable::Idle {
            return;
        }
        self.reports.names = Loadable::Loading("Reading the reports".to_owned());
        self.reports.open = Loadable::Loading("Reading the report".to_owned());
        let store = self.runs.store.clone();
        self.jobs.start(
            "reports",
            move || store.report_names().map_err(sentence),
            |app, names| {
                let first = names.as_ref().ok().and_then(|names| names.first().cloned());
                if let Err(why) = &names {
                    app.notices.failed(why.clone());
                }
                app.reports.names = names.into();
                match first {
                    Some(first) => app.open_report(first),
                    None => app.begin_report(FIRST.to_owned()),
                }
            },
        );
    }

    fn open_report(&mut self, name: String) {
        self.reports.name.clone_from(&name);
        self.reports.open = Loadable::Loading("Reading the report".to_owned());
        let store = self.runs.store.clone();
        let wanted = name.clone();
        self.jobs.start(
            "report",
            move || store.report(&name).map_err(sentence),
            move |app, read| {
                if app.reports.name != wanted {
                    return;
                }
                match read {
                    Ok(report) => {
                        app.reports.take(report);
                        app.add_waiting();
                    }
                    Err(why) => app.reports.open = Loadable::Failed(why),
                }
            },
        );
    }

    /// An empty report under a name; it is kept with its first card.
    fn begin_report(&mut self, name: String) {
        self.reports.name = name;
        self.reports.take(CardReport::default());
        self.reports.is_changed = false;
        self.add_waiting();
    }

    fn add_waiting(&mut self) {
        while let Some(card) = self.reports.waiting.pop_front() {
            self.add(card);
        }
    }

    fn new_report(&mut self) {
        let names = self.reports.names();
        let is_free = |name: &String| !names.contains(name) && *name != self.reports.name;
        let mut numbered = (1..).map(|n| format!("report-{n}"));
        let name = numbered.find(is_free);
        self.begin_report(name.unwrap_or_default());
    }

    fn rename_report(&mut self, to: String) {
        let from = self.reports.name.clone();
        if to == from {
            return;
        }
        if !self.reports.names().contains(&from) {
            // Nothing is on disk yet.
            self.reports.name = to;
            return;
        }
        let (store, shown) = (self.runs.store.clone(), to.clone());
        self.jobs.start(
            "rename-report",
            move || store.rename_report(&from, &to).map_err(sentence),
            move |app, renamed| match renamed {
                Ok(()) => {
                    app.reports.name = shown;
                    app.read_report_names();
                }
                Err(why) => app.notices.failed(why),
            },
        );
    }

    fn delete_report(&mut self) {
        let (store, name) = (self.runs.store.clone(), self.reports.name.clone());
        self.reports.is_changed = false;
        self.jobs.start(
            "delete-report",
            move || store.delete_report(&name).map_err(sentence),
            |app, deleted| match deleted {
                Ok(()) => {
                    app.reports.names = Loadable::Idle;
                    app.load_reports();
                }
                Err(why) => app.notices.failed(why),
            },
        );
    }

    fn read_report_names(&mut self) {
        let store = self.runs.store.clone();
        self.jobs.start(
            "reports",
            move || store.report_names().map_err(sentence),
            |app, names| app.reports.names = names.into(),
        );
    }

    /// Writes the report where it has changed and is not being written.
    fn write_report(&mut self) {
        let reports = &mut self.reports;
        let Loadable::Ready(open) = &reports.open else {
            return;
        };
        if !reports.is_changed || reports.is_writing {
            return;
        }
        (reports.is_changed, reports.is_writing) = (false, true);
        let (store, name, open): (RunStore, String, OpenReport) =
            (self.runs.store.clone(), reports.name.clone(), open.clone());
        self.jobs.start(
            "write-report",
            move || store.keep_report(&name, &open.kept()).map_err(sentence),
            |app, written| {
                app.reports.is_writing = false;
                if let Err(why) = written {
                    app.notices.failed(why);
                } else if !app.reports.names().contains(&app.reports.name) {
                    app.read_report_names();
                }
                app.write_report();
            },
        );
    }
}

fn said_unless(is_so: bool, why: &str) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(why.to_owned()) }
}

#[cfg(test)]
mod tests;
