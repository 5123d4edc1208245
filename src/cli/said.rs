//! What a model that does not rank items says after a user's last event.

use serde_json::json;

use super::Streams;
use super::table::{Align, Table};
use crate::error::Error;
use crate::explain::view_of_task;
use crate::train::Restored;

/// Prints it, as a table or as JSON.
pub(super) fn print(
    restored: &Restored,
    (user_idx, user): (usize, &str),
    is_json: IsJson,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let view =
        view_of_task(restored.model.as_ref(), &restored.prepared, user_idx, (restored.outcomes.as_ref(), false))?;
    let said = view.said.unwrap_or_default();
    let task = restored.manifest.experiment.task.kind();
    let values = said.rows.last().cloned().unwrap_or_default();
    if is_json == IsJson::Yes {
        let answer = if said.classes.is_empty() {
            json!({ "value": values.first(), "unit": said.unit })
        } else {
            said.classes.iter().zip(&values).map(|(class, chance)| (class.clone(), json!(chance))).collect()
        };
        let run = &restored.manifest.id.0;
        return streams.json(
            &json!({ "run": run, "user": user, "epoch": restored.epoch, "task": task.to_string(), "answer": answer }),
        );
    }
    let title = restored.manifest.experiment.model.family().title();
    let n_events = restored.prepared.dataset.sequences.items(user_idx).len();
    let events = super::table::count(n_events);
    writeln!(
        streams.out,
        "{title}, epoch {}, {}, after {events} events of user {user}:",
        restored.epoch,
        task.title()
    )?;
    if said.classes.is_empty() {
        let value = values.first().copied().unwrap_or(f64::NAN);
        return Ok(writeln!(streams.out, "{value:.3} {}", said.unit)?);
    }
    let mut table = Table::new([("", Align::Left), ("probability", Align::Right)]);
    for (class, chance) in said.classes.iter().zip(&values) {
        table.row([class.clone(), format!("{:.2} %", 100.0 * chance)]);
    }
    Ok(table.write(streams.out)?)
}

/// Whether JSON is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IsJson {
    Yes,
    No,
}
