//! Layout of the Explain page: the views that are shown at once, and how they share the room. A tree
//! of our own and no widget's, so that it is state like any other: changed by actions, taken back,
//! kept from one start to the next.

use serde::{Deserialize, Serialize};

use super::ExplainView;
use seqscope_model::ModelKind;

/// Views that are shown at once, at most.
pub const MOST_VIEWS: usize = 4;

/// Least share of the room that either part of a split keeps.
pub const LEAST_SHARE: f32 = 0.15;

/// Reason why no further view finds room.
const FULL: &str = "Four views are shown, and more would be too small to read; close one first.";

/// Direction in which a split's second part follows its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SplitDirection {
    /// At its right.
    Beside,
    /// Under it.
    Below,
}

/// Side of a view at which another is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub enum TileSide {
    /// At its left.
    #[strum(to_string = "at its left")]
    Left,
    /// At its right.
    #[strum(to_string = "at its right")]
    Right,
    /// Over it.
    #[strum(to_string = "above it")]
    Above,
    /// Under it.
    #[strum(to_string = "below it")]
    Below,
}

/// Room of one view, or room that is shared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Tile {
    /// One view.
    View(ExplainView),
    /// Two tiles.
    Split(Box<TileSplit>),
}

/// Two tiles that share a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TileSplit {
    /// Place of the second one.
    pub direction: SplitDirection,
    /// Share of the room that the first one takes, from [`LEAST_SHARE`] to 1 − [`LEAST_SHARE`].
    pub share: f32,
    /// The left or upper one.
    pub first: Tile,
    /// The right or lower one.
    pub second: Tile,
}

impl Tile {
    fn split(direction: SplitDirection, share: f32, first: Self, second: Self) -> Self {
        Self::Split(Box::new(TileSplit {
            direction,
            share,
            first,
            second,
        }))
    }

    fn collect(&self, views: &mut Vec<ExplainView>) {
        match self {
            Self::View(view) => views.push(*view),
            Self::Split(split) => {
                split.first.collect(views);
                split.second.collect(views);
            }
        }
    }

    fn shares_are_sound(&self) -> bool {
        match self {
            Self::View(_) => true,
            Self::Split(split) => {
                // No NaN is in a range.
                (LEAST_SHARE..=1.0 - LEAST_SHARE).contains(&split.share)
                    && split.first.shares_are_sound()
                    && split.second.shares_are_sound()
            }
        }
    }

    /// Without a view; `None` where nothing is left.
    fn without(self, gone: ExplainView) -> Option<Self> {
        match self {
            Self::View(view) => (view != gone).then_some(Self::View(view)),
            Self::Split(split) => {
                let split = *split;
                match (split.first.without(gone), split.second.without(gone)) {
                    (Some(first), Some(second)) => {
                        Some(Self::split(split.direction, split.share, first, second))
                    }
                    (Some(left), None) | (None, Some(left)) => Some(left),
                    (None, None) => None,
                }
            }
        }
    }

    /// Every view as `change` has it.
    fn map(&mut self, change: &mut impl FnMut(ExplainView) -> Self) {
        match self {
            Self::View(view) => *self = change(*view),
            Self::Split(split) => {
                split.first.map(change);
                split.second.map(change);
            }
        }
    }

    /// The split of this number, where a split has a smaller one than those inside it, and its first
    /// tile's smaller ones than its second's.
    fn nth_split(&mut self, at: &mut usize) -> Option<&mut TileSplit> {
        let Self::Split(split) = self else {
            return None;
        };
        if *at == 0 {
            return Some(split);
        }
        *at -= 1;
        if split.first.n_splits() > *at {
            return split.first.nth_split(at);
        }
        *at -= split.first.n_splits();
        split.second.nth_split(at)
    }

    /// Number of splits in it.
    #[must_use]
    pub fn n_splits(&self) -> usize {
        match self {
            Self::View(_) => 0,
            Self::Split(split) => 1 + split.first.n_splits() + split.second.n_splits(),
        }
    }
}

/// Views that are shown at once: one to [`MOST_VIEWS`], each once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LayoutText")]
pub struct Layout {
    root: Tile,
    /// Views that stay where they are when another is chosen.
    pinned: Vec<ExplainView>,
}

/// A layout as it is kept, before it is known to be sound.
#[derive(Deserialize)]
struct LayoutText {
    root: Tile,
    #[serde(default)]
    pinned: Vec<ExplainView>,
}

impl TryFrom<LayoutText> for Layout {
    type Error = &'static str;

    fn try_from(text: LayoutText) -> Result<Self, Self::Error> {
        let mut layout = Self {
            root: text.root,
            pinned: text.pinned,
        };
        let views = layout.views();
        let mut seen = Vec::new();
        let mut is_twice = |view: &ExplainView| {
            let is_twice = seen.contains(view);
            seen.push(*view);
            is_twice
        };
        if views.len() > MOST_VIEWS || views.iter().any(&mut is_twice) {
            return Err("a layout has more than four views, or one of them twice");
        }
        if !layout.root.shares_are_sound() {
            return Err("a layout leaves a view no room");
        }
        layout.unpin_what_is_gone();
        Ok(layout)
    }
}

impl Default for Layout {
    fn default() -> Self {
        Self::one(ExplainView::default())
    }
}

impl Layout {
    /// One view over all the room.
    #[must_use]
    pub fn one(view: ExplainView) -> Self {
        Self::of(Tile::View(view))
    }

    fn of(root: Tile) -> Self {
        Self {
            root,
            pinned: Vec::new(),
        }
    }

    /// The tree of tiles.
    #[must_use]
    pub fn root(&self) -> &Tile {
        &self.root
    }

    /// The views, from the left and from above.
    #[must_use]
    pub fn views(&self) -> Vec<ExplainView> {
        let mut views = Vec::new();
        self.root.collect(&mut views);
        views
    }

    /// Whether a view is among them.
    #[must_use]
    pub fn shows(&self, view: ExplainView) -> bool {
        self.views().contains(&view)
    }

    /// Whether a view stays where it is when another is chosen.
    #[must_use]
    pub fn is_pinned(&self, view: ExplainView) -> bool {
        self.pinned.contains(&view)
    }

    /// Whether this view can be added or moved.
    ///
    /// # Errors
    /// The reason why not.
    pub fn has_room_for(&self, view: ExplainView) -> Result<(), &'static str> {
        let views = self.views();
        if views.contains(&view) || views.len() < MOST_VIEWS {
            Ok(())
        } else {
            Err(FULL)
        }
    }

    /// Whether a view that is chosen finds a place.
    ///
    /// # Errors
    /// The reason why not.
    pub fn can_choose(&self, view: ExplainView) -> Result<(), &'static str> {
        let all_pinned = self.views().iter().all(|shown| self.is_pinned(*shown));
        match self.has_room_for(view) {
            Err(_) if all_pinned => Err("All four views are pinned; unpin or close one first."),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// A view that was chosen comes into sight: in the place of `active`, or of the first that is
    /// not pinned; where all are pinned, at the right of the last.
    pub(super) fn choose(&mut self, view: ExplainView, active: ExplainView) {
        let views = self.views();
        if views.contains(&view) {
            return;
        }
        let free = |shown: &&ExplainView| !self.is_pinned(**shown);
        let is_active = |shown: &&ExplainView| **shown == active;
        let mut unpinned = views.iter().filter(free);
        let place = unpinned
            .clone()
            .find(is_active)
            .or_else(|| unpinned.next())
            .copied();
        match (place, views.last()) {
            (Some(place), _) => self.replace(place, view),
            (None, Some(last)) => self.put(view, *last, Some(TileSide::Right)),
            (None, None) => {}
        }
    }

    /// Puts a view, which may be among those shown, at a side of another; with no side in its place,
    /// so that two that are shown change places. Where there is no room nothing changes.
    pub(super) fn put(&mut self, view: ExplainView, at: ExplainView, side: Option<TileSide>) {
        if view == at || !self.shows(at) {
            return;
        }
        let Some(side) = side else {
            return self.replace(at, view);
        };
        if self.has_room_for(view).is_err() {
            return;
        }
        // The other one stays, so there is always something left.
        let Some(mut root) = self.root.clone().without(view) else {
            return;
        };
        let (direction, is_first) = match side {
            TileSide::Left => (SplitDirection::Beside, true),
            TileSide::Right => (SplitDirection::Beside, false),
            TileSide::Above => (SplitDirection::Below, true),
            TileSide::Below => (SplitDirection::Below, false),
        };
        root.map(&mut |other| match (other == at, is_first) {
            (false, _) => Tile::View(other),
            (true, true) => Tile::split(direction, 0.5, Tile::View(view), Tile::View(at)),
            (true, false) => Tile::split(direction, 0.5, Tile::View(at), Tile::View(view)),
        });
        self.root = root;
    }

    /// A view in the place of another; two that are shown change places.
    fn replace(&mut self, at: ExplainView, view: ExplainView) {
        self.root.map(&mut |other| {
            Tile::View(if other == at {
                view
            } else if other == view {
                at
            } else {
                other
            })
        });
        self.unpin_what_is_gone();
    }

    /// Takes a view away; the last one stays.
    pub(super) fn close(&mut self, view: ExplainView) {
        if let Some(root) = self.root.clone().without(view) {
            self.root = root;
        }
        self.unpin_what_is_gone();
    }

    /// Lets a view stay when another is chosen, or no longer.
    pub(super) fn toggle_pin(&mut self, view: ExplainView) {
        if self.is_pinned(view) {
            self.pinned.retain(|other| *other != view);
        } else if self.shows(view) {
            self.pinned.push(view);
        }
    }

    /// Moves the edge of a split, by its number in the order of the tree.
    pub(super) fn resize(&mut self, split: usize, share: f32) {
        let mut at = split;
        if let Some(split) = self.root.nth_split(&mut at)
            && share.is_finite()
        {
            split.share = share.clamp(LEAST_SHARE, 1.0 - LEAST_SHARE);
        }
    }

    fn unpin_what_is_gone(&mut self) {
        let views = self.views();
        self.pinned.retain(|view| views.contains(view));
    }
}

/// Layouts that are ready to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub enum ReadyLayout {
    /// The overview, whether it is faithful, and the inside of the model.
    Researcher,
    /// The overview beside the answers to a changed history.
    Teacher,
    /// Four views of one user at once.
    Compare,
    /// One view, large.
    Presenter,
}

impl ReadyLayout {
    /// Sentence on what it is for.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Researcher => {
                "What the model saw, which events moved its answer, and its inside, at once"
            }
            Self::Teacher => "What the model saw beside what it says of a changed history",
            Self::Compare => "Four views of one user, to compare what each of them says",
            Self::Presenter => "One view with large text and nothing around it (F11 ends it)",
        }
    }

    /// The layout, with the view of the inside that this kind of model has.
    #[must_use]
    pub fn layout(self, kind: Option<ModelKind>) -> Layout {
        use ExplainView::{Faithfulness, Overview, WhatIf};
        use SplitDirection::{Below, Beside};
        let inside = Tile::View(inside_view(kind));
        match self {
            Self::Researcher => Layout::of(Tile::split(
                Beside,
                0.55,
                Tile::View(Overview),
                Tile::split(Below, 0.5, Tile::View(Faithfulness), inside),
            )),
            Self::Teacher => Layout::of(Tile::split(
                Beside,
                0.5,
                Tile::View(Overview),
                Tile::View(WhatIf),
            )),
            Self::Compare => Layout::of(Tile::split(
                Beside,
                0.5,
                Tile::split(Below, 0.5, Tile::View(Overview), Tile::View(Faithfulness)),
                Tile::split(Below, 0.5, Tile::View(WhatIf), inside),
            )),
            Self::Presenter => Layout::default(),
        }
    }
}

/// The view of the inside of a kind of model: gates, a latent space, or the map of the items, which
/// all have.
fn inside_view(kind: Option<ModelKind>) -> ExplainView {
    let has = |view: &ExplainView| kind.is_some_and(|kind| view.why_not(kind).is_none());
    [ExplainView::Gates, ExplainView::LatentSpace]
        .into_iter()
        .find(has)
        .unwrap_or(ExplainView::ItemMap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExplainView::{Faithfulness, Gates, ItemMap, LatentSpace, Overview, WhatIf};
    use proptest::prelude::*;
    use strum::IntoEnumIterator;

    #[test]
    fn a_view_is_put_at_each_side_moved_and_taken_away() {
        let mut layout = Layout::one(Overview);
        layout.put(WhatIf, Overview, Some(TileSide::Left));
        assert_eq!(layout.views(), [WhatIf, Overview]);
        layout.put(Gates, Overview, Some(TileSide::Below));
        assert_eq!(layout.views(), [WhatIf, Overview, Gates]);
        // It moves from the left of all to over the last.
        layout.put(WhatIf, Gates, Some(TileSide::Above));
        assert_eq!(layout.views(), [Overview, WhatIf, Gates]);
        layout.put(Overview, Gates, None);
        assert_eq!(layout.views(), [Gates, WhatIf, Overview]);
        layout.put(ItemMap, Gates, Some(TileSide::Right));
        assert_eq!(layout.views(), [Gates, ItemMap, WhatIf, Overview]);
        let full = layout.clone();
        layout.put(LatentSpace, Gates, Some(TileSide::Right));
        assert_eq!(layout, full, "no fifth");
        for gone in [Gates, WhatIf, ItemMap, Overview] {
            layout.close(gone);
        }
        assert_eq!(layout, Layout::one(Overview), "the last one stays");
    }

    #[test]
    fn what_is_chosen_takes_the_active_place_unless_that_is_pinned() {
        let mut layout = ReadyLayout::Teacher.layout(None);
        layout.choose(Gates, WhatIf);
        assert_eq!(layout.views(), [Overview, Gates]);
        layout.toggle_pin(Gates);
        layout.choose(ItemMap, Gates);
        assert_eq!(layout.views(), [ItemMap, Gates]);
        layout.toggle_pin(ItemMap);
        layout.choose(WhatIf, Gates);
        assert_eq!(layout.views(), [ItemMap, Gates, WhatIf]);
        layout.choose(Overview, Gates);
        assert_eq!(layout.views(), [ItemMap, Gates, Overview]);
        layout.toggle_pin(Overview);
        layout.choose(WhatIf, Gates);
        layout.toggle_pin(WhatIf);
        assert!(layout.can_choose(Faithfulness).is_err() && layout.can_choose(Gates).is_ok());
        layout.close(Gates);
        assert!(layout.can_choose(Faithfulness).is_ok());
        assert!(!layout.is_pinned(Gates), "what is gone is pinned no more");
    }

    #[test]
    fn splits_are_numbered_as_they_stand_and_keep_both_parts_in_sight() {
        let mut layout = ReadyLayout::Compare.layout(None);
        let shares = |layout: &Layout| {
            let Tile::Split(whole) = layout.root() else {
                return Vec::new();
            };
            let inner = [&whole.first, &whole.second].map(|tile| match tile {
                Tile::Split(split) => split.share,
                Tile::View(_) => f32::NAN,
            });
            vec![whole.share, inner[0], inner[1]]
        };
        layout.resize(0, 0.3);
        layout.resize(1, 0.4);
        layout.resize(2, 7.0);
        layout.resize(3, 0.9);
        layout.resize(0, f32::NAN);
        assert_eq!(shares(&layout), [0.3, 0.4, 1.0 - LEAST_SHARE]);
    }

    #[test]
    fn every_ready_layout_shows_only_what_the_family_has() {
        for ready in ReadyLayout::iter() {
            for kind in ModelKind::iter() {
                let views = ready.layout(Some(kind)).views();
                assert!(views.iter().all(|view| view.why_not(kind).is_none()));
                assert!((1..=MOST_VIEWS).contains(&views.len()));
            }
        }
    }

    fn any_view() -> impl Strategy<Value = ExplainView> {
        proptest::sample::select(ExplainView::iter().collect::<Vec<_>>())
    }

    fn any_side() -> impl Strategy<Value = Option<TileSide>> {
        proptest::option::of(proptest::sample::select(
            TileSide::iter().collect::<Vec<_>>(),
        ))
    }

    proptest! {
        /// Whatever is done, one to four views are shown, each once, and every split has both parts.
        #[test]
        fn no_change_makes_a_layout_unsound(
            steps in proptest::collection::vec((any_view(), any_view(), any_side(), 0_u8..5), 0..40)
        ) {
            let mut layout = Layout::default();
            for (view, at, side, what) in steps {
                match what {
                    0 => layout.put(view, at, side),
                    1 => layout.choose(view, at),
                    2 => layout.close(view),
                    3 => layout.toggle_pin(view),
                    _ => layout.resize(at as usize, side.map_or(0.2, |_| 3.0)),
                }
                let text = LayoutText { root: layout.root.clone(), pinned: layout.pinned.clone() };
                let again = Layout::try_from(text);
                prop_assert_eq!(again.as_ref(), Ok(&layout));
                prop_assert_eq!(layout.root.n_splits() + 1, layout.views().len());
            }
        }
    }

    #[test]
    fn what_is_kept_is_checked_when_it_is_read() {
        let twice = LayoutText {
            root: Tile::split(
                SplitDirection::Beside,
                0.5,
                Tile::View(Gates),
                Tile::View(Gates),
            ),
            pinned: Vec::new(),
        };
        let no_room = LayoutText {
            root: Tile::split(
                SplitDirection::Below,
                f32::NAN,
                Tile::View(Gates),
                Tile::View(WhatIf),
            ),
            pinned: Vec::new(),
        };
        assert!(Layout::try_from(twice).is_err() && Layout::try_from(no_room).is_err());
        let gone = LayoutText {
            root: Tile::View(Gates),
            pinned: vec![WhatIf],
        };
        assert_eq!(Layout::try_from(gone), Ok(Layout::one(Gates)));
    }
}
