//! Names of what a table is about.

/// Names of items, or of behaviours where a table is of those.
#[derive(Clone, Copy)]
pub struct ItemNames<'a> {
    /// Id, by which a program finds it again.
    pub id: &'a dyn Fn(u32) -> String,
    /// Title; the id where there is none.
    pub label: &'a dyn Fn(u32) -> String,
}

impl ItemNames<'_> {
    /// Whether one of these has a title beside its id.
    pub(super) fn have_titles(&self, items: impl IntoIterator<Item = u32>) -> bool {
        let mut items = items.into_iter();
        items.any(|item| (self.id)(item) != (self.label)(item))
    }
}
