//! Columns that might have a role after all: proposed in a sentence, never taken unasked.

use super::{ColumnStats, cells, normal, score};
use crate::log::source::FileHead;
use crate::log::{FileSpec, Role};
use crate::value::Missing;

/// Columns without a role that may hold the ids of users or items, the likeliest first: by their
/// names, then those whose ids come back in the first rows.
pub(crate) fn might_be(head: &FileHead, file: &FileSpec, role: Role) -> Vec<String> {
    use strum::IntoEnumIterator;
    let missing = Missing::new(file.missing.as_deref().unwrap_or_default());
    let mut found: Vec<(u8, usize, String)> = Vec::new();
    for (at, name) in head.columns.iter().enumerate().filter(|(_, name)| {
        !Role::iter().any(|role| file.roles.column(role) == Some(name.as_str()))
    }) {
        let look = ColumnStats::new(cells(head, at), &missing);
        let comes_back = look.n_distinct > 1 && 10 * look.n_distinct <= 9 * look.n_filled;
        if !comes_back || look.share_fractions > 0.5 {
            continue;
        }
        let kind = match (super::rank(role, &normal(name)), score::of_name(role, name)) {
            (Some(_), _) => 0,
            (None, Some((kind, ..))) => 1 + kind,
            // Without a name that says so, few different ones are groups and no ids.
            (None, None) if score::may_be_id(name) && look.n_distinct >= 5 => u8::MAX,
            (None, None) => continue,
        };
        found.push((kind, at, name.clone()));
    }
    found.sort();
    found.into_iter().map(|(_, _, name)| name).collect()
}
