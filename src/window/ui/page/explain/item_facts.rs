//! Facts by which items are coloured: what training saw of them, their group, and the columns of the
//! table of items.

use super::point_colors::{NO_GROUP, PointFact};
use crate::ui::language::tr;
use seqscope_base::spec::shown as foreign;
use seqscope_data::{FreeValues, Prepared};
use seqscope_engine::explain::{ItemMap, N_CLUSTERS};

/// Fact about every item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum ItemFact {
    /// Events of training.
    #[default]
    Popularity,
    /// Group that was found among the vectors.
    Cluster,
    /// Column of the table of items, by its place.
    Column(usize),
}

impl ItemFact {
    /// Name of it.
    pub(super) fn word(self, prepared: &Prepared) -> String {
        match self {
            Self::Popularity => tr("popularity"),
            Self::Cluster => tr("cluster"),
            Self::Column(at) => {
                let column = prepared.dataset.item_columns.get(at);
                column.map_or_else(String::new, |column| foreign(&column.name).into_owned())
            }
        }
    }
}

/// Facts that a log tells of its items: texts and embeddings have no colour.
pub(super) fn facts(prepared: &Prepared) -> Vec<ItemFact> {
    let columns = prepared.dataset.item_columns.iter().enumerate();
    let columns = columns.filter(|(_, column)| match &column.values {
        FreeValues::Numeric(_) | FreeValues::Category(_) => true,
        FreeValues::Text(_) | FreeValues::Embedding { .. } => false,
    });
    [ItemFact::Popularity, ItemFact::Cluster]
        .into_iter()
        .chain(columns.map(|(at, _)| ItemFact::Column(at)))
        .collect()
}

/// The fact of every item on a map.
pub(super) fn fact_of_items(by: ItemFact, map: &ItemMap, prepared: &Prepared) -> PointFact {
    match by {
        ItemFact::Popularity => PointFact::Numbers {
            of: map.counts.iter().map(|count| *count as f32).collect(),
            is_log: true,
        },
        ItemFact::Cluster => PointFact::Groups {
            of: map.clusters.iter().map(|group| u32::from(*group)).collect(),
            names: (1..=N_CLUSTERS)
                .map(|n| tr(format!("cluster {n}")))
                .collect(),
            keep_places: true,
        },
        ItemFact::Column(at) => {
            let values = prepared
                .dataset
                .item_columns
                .get(at)
                .map(|column| &column.values);
            match values {
                Some(FreeValues::Numeric(values)) => PointFact::Numbers {
                    of: values.clone(),
                    is_log: false,
                },
                Some(FreeValues::Category(words)) => {
                    let names = words.vocab.ids().map(|word| foreign(word).into_owned());
                    let group = |idx: &u32| idx.checked_sub(1).unwrap_or(NO_GROUP);
                    PointFact::Groups {
                        of: words.idx.iter().map(group).collect(),
                        names: names.collect(),
                        keep_places: false,
                    }
                }
                Some(FreeValues::Text(_) | FreeValues::Embedding { .. }) | None => {
                    PointFact::Groups {
                        of: vec![NO_GROUP; map.points.len()],
                        names: Vec::new(),
                        keep_places: false,
                    }
                }
            }
        }
    }
}
