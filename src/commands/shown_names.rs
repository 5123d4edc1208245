//! Ids and titles of a run's data as they go out.

use seqscope_data::{Dataset, Pseudonymiser, Pseudonyms};

/// Ids and titles as they are shown: what the log was read with is hidden no second time.
pub(super) struct ShownNames<'a> {
    dataset: &'a Dataset,
    hides_users: bool,
    hides_items: bool,
    with: Option<Pseudonymiser>,
}

impl<'a> ShownNames<'a> {
    pub(super) fn new(dataset: &'a Dataset, with: Option<Pseudonymiser>) -> Self {
        let before = dataset
            .report
            .pseudonyms
            .as_ref()
            .map_or(Pseudonyms::Off, |stamp| stamp.hidden);
        let wanted = with
            .as_ref()
            .map_or(Pseudonyms::Off, |with| with.stamp().hidden);
        let hides_items = wanted.hides_items() && !before.hides_items();
        Self {
            dataset,
            hides_users: before.is_off(),
            hides_items,
            with,
        }
    }

    /// Whether any ids are hidden on the way out.
    pub(super) fn hides_any(&self) -> bool {
        self.with.is_some()
    }

    /// Whether ids and titles of items are shown as the data have them.
    pub(super) fn shows_items(&self) -> bool {
        !self.hides_items
    }

    /// Whether items have titles that are shown.
    pub(super) fn has_titles(&self) -> bool {
        !self.hides_items && !self.dataset.titles.is_empty()
    }

    /// Whether ids of users are shown as the data have them.
    pub(super) fn shows_users(&self) -> bool {
        self.with.is_none() || !self.hides_users
    }

    pub(super) fn user(&self, user_idx: u32) -> String {
        let id = self.dataset.users.id(user_idx).unwrap_or_default();
        self.with
            .as_ref()
            .filter(|_| self.hides_users)
            .map_or_else(|| id.to_owned(), |with| with.user(id))
    }

    pub(super) fn item(&self, item_idx: u32) -> String {
        let id = self.dataset.items.id(item_idx).unwrap_or_default();
        self.with
            .as_ref()
            .filter(|_| self.hides_items)
            .map_or_else(|| id.to_owned(), |with| with.item(id))
    }

    /// A title is as good as an id.
    pub(super) fn label(&self, item_idx: u32) -> String {
        if self.hides_items {
            self.item(item_idx)
        } else {
            self.dataset.item_label(item_idx).to_owned()
        }
    }
}
