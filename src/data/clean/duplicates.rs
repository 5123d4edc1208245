//! Exact duplicates: rows that a log holds twice by mistake.

use super::change::{Change, Outcome};
use super::step::{About, Step, step_settings};
use super::view::View;
use crate::data::Role;
use crate::data::grouping::ByUser;
use crate::spec::Problem;

step_settings! {
    /// Rows equal in user, item, time, behaviour and value count once.
    Duplicates {}
}

impl Step for Duplicates {
    fn about(&self) -> About {
        About {
            title: "Exact duplicates",
            help: "Rows equal in user, item, time, behaviour and value count once.",
            needs: &[Role::Time],
            is_fitted: false,
            is_idempotent: true,
            cure: "switch it off",
        }
    }

    /// Of equal rows the first in the file stays. Without times a repeat is behaviour, not a mistake,
    /// so the step needs them.
    fn outcome(&self, log: &View<'_>) -> Result<Outcome, Problem> {
        let events = log.events;
        let behaviour = |row: usize| events.behaviour_idx.as_ref().map_or(0, |column| column[row]);
        // Bits, so that two missing values (NaN) are equal.
        let value = |row: usize| events.value.as_ref().map_or(0, |column| column[row].to_bits());
        let key = |row: u32| {
            let row = row as usize;
            (events.item_idx[row], behaviour(row), value(row))
        };
        let mut keep = vec![true; events.len()];
        let by_user = events.by_user_in_time();
        let ByUser { offsets, rows, times } = by_user.as_ref();
        let mut equal = Vec::new();
        for bounds in offsets.windows(2) {
            let mut at = bounds[0];
            for moment in times[bounds[0]..bounds[1]].chunk_by(|a, b| a == b) {
                let moment = at..at + moment.len();
                at = moment.end;
                if moment.len() < 2 {
                    continue;
                }
                equal.clear();
                equal.extend_from_slice(&rows[moment]);
                // Stable, so that of equal rows the first in the file stays.
                equal.sort_by_key(|&row| key(row));
                for pair in equal.windows(2) {
                    keep[pair[1] as usize] = key(pair[0]) != key(pair[1]);
                }
            }
        }
        Ok(Change::Keep(keep).into())
    }
}
