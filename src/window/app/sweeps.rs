//! The sweep that is looked at: read on a thread, when a page asks and again when runs have changed.

use std::sync::Arc;

use super::job::sentence;
use super::loadable::Ticket;
use super::{App, Loadable};
use seqscope_engine::report::{ReportTable, importance_table, sweep_table};
use seqscope_engine::run::RunStore;
use seqscope_engine::sweep::{SweepAxis, SweepFolder, SweepImportance, SweepState, best_so_far};

/// A sweep with what is shown of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepView {
    /// Its folder and plan.
    pub folder: SweepFolder,
    /// How far its trials are.
    pub state: SweepState,
    /// Its settings, then the metric on validation, as axes.
    pub axes: Vec<SweepAxis>,
    /// The best value so far, by the epochs that it had cost.
    pub curve: Vec<[f64; 2]>,
    /// What the settings decided; or why that cannot be told.
    pub importance: Result<SweepImportance, String>,
    /// The trials as a table.
    pub table: ReportTable,
    /// What the settings decided, as a table.
    pub importance_table: ReportTable,
}

/// The sweeps of the folder of runs, and the one that is looked at.
#[derive(Debug, Default)]
pub struct SweepsState {
    names: Vec<String>,
    chosen: Option<String>,
    found: Loadable<Arc<SweepView>>,
    /// Revision of the list of runs that it was read at.
    revision: Option<u64>,
    ticket: Ticket,
}

/// What reading has found.
struct ReadSweeps {
    names: Vec<String>,
    view: Option<SweepView>,
}

impl SweepsState {
    /// Names of all sweeps, newest last.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The sweep that is looked at, or how far it is.
    #[must_use]
    pub fn found(&self) -> &Loadable<Arc<SweepView>> {
        &self.found
    }
}

impl App {
    /// Whether the sweep that is looked at was not read since the runs have changed.
    #[must_use]
    pub fn sweep_is_due(&self) -> bool {
        self.sweeps.revision != Some(self.runs.revision())
    }

    /// Reads a sweep; the one that is looked at, or else the newest, without a name.
    pub(super) fn look_at_sweep(&mut self, name: Option<String>) {
        if name.is_some() && name != self.sweeps.chosen {
            self.sweeps.found = Loadable::Idle;
        }
        let chosen = name.or_else(|| self.sweeps.chosen.clone());
        self.sweeps.chosen = chosen.clone();
        self.sweeps.revision = Some(self.runs.revision());
        // One that is shown stays in sight while it is read again.
        if self.sweeps.found.ready().is_none() {
            self.sweeps.found = Loadable::Loading("Reading the sweep".to_owned());
        }
        let (ticket, store) = (self.sweeps.ticket.renew(), self.runs.store.clone());
        self.jobs.start(
            "sweep",
            move || read(&store, chosen.as_deref()),
            move |app, found| {
                if ticket == app.sweeps.ticket {
                    app.take_sweep(found);
                }
            },
        );
    }

    fn take_sweep(&mut self, found: Result<ReadSweeps, String>) {
        match found {
            Ok(read) => {
                self.sweeps.names = read.names;
                self.sweeps.found = match read.view {
                    Some(view) => {
                        self.sweeps.chosen = Some(view.folder.name.clone());
                        Loadable::Ready(Arc::new(view))
                    }
                    None => Loadable::Idle,
                };
            }
            Err(why) => self.sweeps.found = Loadable::Failed(why),
        }
    }
}

fn read(store: &RunStore, name: Option<&str>) -> Result<ReadSweeps, String> {
    let names = SweepFolder::names(store);
    let name = name
        .filter(|name| names.iter().any(|known| known == name))
        .or(names.last().map(String::as_str));
    let view = name.map(|name| view_of(store, name)).transpose()?;
    Ok(ReadSweeps { names, view })
}

fn view_of(store: &RunStore, name: &str) -> Result<SweepView, String> {
    let folder = SweepFolder::open(store.clone(), name).map_err(sentence)?;
    let state = SweepState::read(&folder).map_err(sentence)?;
    let importance = SweepImportance::of(&folder.plan, &state);
    Ok(SweepView {
        axes: SweepAxis::of(&folder.plan, &state),
        curve: best_so_far(&folder.plan, &state),
        table: sweep_table(&folder, &state),
        importance_table: importance_table(&importance),
        importance,
        folder,
        state,
    })
}
