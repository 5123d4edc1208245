//! The profile of a log as tables for people, as JSON, and as one CSV file a view.

use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};
use strum::IntoEnumIterator;

use seqscope_data::{self as data, Column, Dataset, Profile, ProfileView};
use seqscope_engine::error::Error;
use seqscope_engine::report::profile_table;
use seqscope_engine::report::words::{self, count};

/// Whether the whole profile is told, and where it goes.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct ProfileArgs {
    /// Tell the whole profile: lengths, popularity, activity, returns, gaps, behaviours, what is
    /// cold
    #[arg(long)]
    profile: bool,
    /// Write the profile there, one CSV file a view; a folder that is empty or does not exist yet
    #[arg(long, value_name = "FOLDER")]
    export: Option<PathBuf>,
}

/// Rows of a table that are printed; the files have all of them.
const ROWS_SHOWN: usize = 24;
/// Rows of a view in JSON: a log may have millions of items.
const ROWS_IN_JSON: usize = 1_000;

impl ProfileArgs {
    pub(super) fn is_wanted(&self) -> bool {
        self.profile || self.export.is_some()
    }

    /// Every view as a table, and the files.
    pub(super) fn tell(
        &self,
        profile: &Profile,
        dataset: &Dataset,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        if self.profile {
            for view in ProfileView::iter() {
                write_view(view, profile, dataset, out)?;
            }
        }
        let files = self.files(profile, dataset)?;
        if !files.is_empty() {
            writeln!(out)?;
        }
        for path in files {
            writeln!(out, "{}", path.display())?;
        }
        Ok(())
    }

    /// Adds what is wanted to the object that is printed, and writes the files.
    pub(super) fn tell_json(
        &self,
        profile: &Profile,
        dataset: &Dataset,
        object: &mut Value,
    ) -> Result<(), Error> {
        let files = self.files(profile, dataset)?;
        let Some(object) = object.as_object_mut() else {
            return Ok(());
        };
        if self.profile {
            object.insert("profile".to_owned(), json_of(profile, dataset));
        }
        if self.export.is_some() {
            let names: Vec<String> = files
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            object.insert("exported".to_owned(), json!(names));
        }
        Ok(())
    }

    fn files(&self, profile: &Profile, dataset: &Dataset) -> Result<Vec<PathBuf>, Error> {
        Ok(self
            .export
            .as_ref()
            .map(|to| profile.export(dataset, to))
            .transpose()?
            .unwrap_or_default())
    }
}

/// The first figures of any log.
pub(super) fn write_summary(
    dataset: &Dataset,
    profile: &Profile,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let shape = dataset.shape();
    writeln!(
        out,
        "\n{} users, {} items, {} events; {} of all user–item pairs occur",
        count(shape.n_users),
        count(shape.n_items),
        count(shape.n_events),
        words::probability(profile.density)
    )?;
    if let Some((first, last)) = dataset.time_span() {
        writeln!(out, "from {first} to {last}")?;
    }
    let (mean, median, longest) = (
        profile.lengths.mean,
        profile.lengths.median(),
        count(shape.max_len),
    );
    writeln!(
        out,
        "events per user: mean {mean:.1}, median {median}, longest {longest}"
    )?;
    let share = words::share(profile.popularity.top_share(0.1).unwrap_or_default());
    let gini = words::metric(profile.popularity.gini.unwrap_or_default());
    writeln!(
        out,
        "the most popular tenth of the items has {share} of the events (Gini {gini})"
    )?;
    writeln!(
        out,
        "{} of the events return to an item that the user had before",
        words::share(profile.repeats.of_events())
    )?;
    if let Some(gaps) = &profile.gaps {
        writeln!(
            out,
            "{} of neighbouring events have the same time",
            words::share(gaps.zero_share())
        )?;
    }
    if let Some(behaviours) = &profile.behaviours {
        let counts = behaviours
            .kinds
            .iter()
            .map(|kind| format!("{} {}", kind.name, count(kind.n_events)));
        writeln!(out, "behaviours: {}", counts.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

fn write_view(
    view: ProfileView,
    profile: &Profile,
    dataset: &Dataset,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    writeln!(out, "\n{} ({view})", view.title())?;
    if let Some(why) = view.absent(profile) {
        return writeln!(out, "{why}");
    }
    writeln!(out, "{}. {}", view.axes(), view.sentence(profile))?;
    let mut table = profile_table(view, profile, dataset);
    let n_more = table.rows.len().saturating_sub(ROWS_SHOWN);
    table.rows.truncate(ROWS_SHOWN);
    write!(out, "{}", table.rows_as_text())?;
    match n_more {
        0 => Ok(()),
        more => writeln!(
            out,
            "and {} more rows; `--export FOLDER` writes them all",
            count(more)
        ),
    }
}

/// Figures by name; of each other view its rows, `null` where there is nothing to tell.
fn json_of(profile: &Profile, dataset: &Dataset) -> Value {
    let rows = |view: ProfileView| {
        if view.absent(profile).is_some() {
            return Value::Null;
        }
        let table = view.table(profile, dataset);
        if view == ProfileView::Figures {
            return figures(&table);
        }
        let row = |row| {
            table
                .columns
                .iter()
                .map(|(name, column)| (name.clone(), cell(column, row)))
                .collect()
        };
        (0..table.n_rows().min(ROWS_IN_JSON))
            .map(|at| Value::Object(row(at)))
            .collect()
    };
    Value::Object(
        ProfileView::iter()
            .map(|view| (view.to_string().replace('-', "_"), rows(view)))
            .collect(),
    )
}

/// Two columns, names and values, as one object.
fn figures(table: &data::Table) -> Value {
    Value::Object(
        (0..table.n_rows())
            .filter_map(|row| {
                let (_, names) = table.columns.first()?;
                let (_, values) = table.columns.get(1)?;
                Some((names.cell(row), cell(values, row)))
            })
            .collect(),
    )
}

fn cell(column: &Column, row: usize) -> Value {
    match column {
        Column::Text(values) => json!(values.get(row)),
        Column::Int(values) => json!(values.get(row)),
        Column::Float(values) => json!(values.get(row)),
    }
}
