//! The log of a synthetic world, in the place of one on disk.

use super::events::Events;
use super::open::Log;
use super::report::DataReport;
use crate::world::{self, WorldKind, WorldSpec};

/// The world's log, one user after another, oldest event first.
pub(crate) fn log(spec: &WorldSpec) -> Log {
    let events = events(spec);
    let steps = vec![events.count("Made")];
    let report = DataReport {
        rows_read: events.len(),
        steps,
        ..DataReport::default()
    };
    Log {
        name: world_name(spec),
        titles: Some(world::titles(spec).collect()),
        items: None,
        users: None,
        events,
        report,
    }
}

/// The quick start's world is the one that is meant where none is named.
fn world_name(spec: &WorldSpec) -> String {
    match spec.kind() {
        WorldKind::Series => "world".to_owned(),
        kind => format!("world {kind}"),
    }
}

fn events(spec: &WorldSpec) -> Events {
    let mut events = Events::with_times();
    let behaviours: Vec<u16> = world::behaviours(spec)
        .iter()
        .map(|word| events.behaviours.intern(word) as u16)
        .collect();
    let mut behaviour_idx = Vec::new();
    let item_idx: Vec<u32> = world::item_ids(spec)
        .map(|id| events.items.intern(&id))
        .collect();
    for (id, happened) in world::users(spec) {
        let user_idx = events.users.intern(&id);
        for event in happened {
            let Some(&item) = item_idx.get(event.item) else {
                continue;
            };
            events.push(user_idx, item, event.time_secs);
            behaviour_idx.extend(behaviours.get(event.behaviour));
        }
    }
    events.behaviour_idx = (!behaviours.is_empty()).then_some(behaviour_idx);
    events
}
