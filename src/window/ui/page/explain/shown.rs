//! One user's view together with the data that give its items their titles.

use crate::ui::widget::timeline::TimelineData;
use seqscope_base::spec::shown;
use seqscope_data::Prepared;
use seqscope_engine::explain::UserView;
use seqscope_model::AttentionMaps;
use std::sync::Arc;

/// One user's view with the data behind it.
#[derive(Clone, Copy)]
pub(in crate::ui::page) struct ShownUser<'a> {
    view: &'a Arc<UserView>,
    prepared: &'a Prepared,
}

impl<'a> ShownUser<'a> {
    pub(in crate::ui::page) fn new(view: &'a Arc<UserView>, prepared: &'a Prepared) -> Self {
        Self { view, prepared }
    }

    pub(in crate::ui::page) fn view(&self) -> &'a Arc<UserView> {
        self.view
    }

    pub(in crate::ui::page) fn attention(&self) -> Option<&'a AttentionMaps> {
        self.view.attention.as_ref().filter(|maps| maps.len > 0)
    }

    /// Number of events in the whole history.
    pub(in crate::ui::page) fn n_events(&self) -> usize {
        self.items().len()
    }

    fn items(&self) -> &'a [u32] {
        self.prepared.dataset.sequences.items(self.view.user_idx)
    }

    pub(in crate::ui::page) fn id(&self, item_idx: u32) -> String {
        let id = self.prepared.dataset.items.id(item_idx);
        shown(id.unwrap_or_default()).into_owned()
    }

    pub(in crate::ui::page) fn title(&self, item_idx: u32) -> String {
        shown(self.prepared.dataset.item_label(item_idx)).into_owned()
    }

    /// Id of an item, as the data have it.
    pub(in crate::ui::page) fn item_id(&self, item_idx: u32) -> &'a str {
        self.prepared.dataset.items.id(item_idx).unwrap_or_default()
    }

    /// Title of the item at a position of the history.
    pub(in crate::ui::page) fn title_at(&self, position: usize) -> Option<String> {
        self.items().get(position).map(|&item| self.title(item))
    }

    /// Number in the history and title: `12 Heat (1995)`.
    pub(in crate::ui::page) fn event_name(&self, position: usize) -> String {
        format!(
            "{} {}",
            position + 1,
            self.title_at(position).unwrap_or_default()
        )
    }

    pub(in crate::ui::page) fn timeline(
        &self,
        title: &'a dyn Fn(u32) -> String,
    ) -> TimelineData<'a> {
        TimelineData {
            steps: &self.view.timeline,
            n_items: self.prepared.dataset.n_items(),
            said: self.view.said.as_ref(),
            title,
        }
    }
}
