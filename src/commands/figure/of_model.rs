//! Figures for which a run's model is asked: attention, timeline, map.

use std::collections::BTreeMap;

use super::of_runs::{origin, trust_of};
use super::{Args, FigureOf, ModelArgs, single};
use crate::Streams;
use crate::map::{item_table, lacks, shares_words};
use crate::predict::user_named;
use crate::shown_names::ShownNames;
use seqscope_base::metric::Seen;
use seqscope_engine::error::Error;
use seqscope_engine::explain::{UserView, item_map, view_of_task};
use seqscope_engine::figure::{
    MapGroup, MapShown, PrintFigure, attention_figure, map_figure, timeline_figure,
};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::train::{Restored, restore};
use seqscope_model::HeadPlace;

pub(super) fn figure(
    args: &Args,
    store: &RunStore,
    streams: &mut Streams<'_>,
) -> Result<PrintFigure, Error> {
    let (store, id) = store.locate(single(args)?)?;
    let restored = restore(&store, &id, args.model.epoch, None)?;
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let shown = ShownNames::new(&restored.prepared.dataset, hidden);
    let mut figure = if args.of == FigureOf::Map {
        map(&id, &restored)?
    } else {
        of_user(args, &id, &restored, &shown)?
    };
    let epoch = args.model.epoch.or(restored.manifest.best_epoch);
    figure
        .caption
        .extend(epoch.map(|epoch| format!("Weights of epoch {epoch}.")));
    figure
        .caption
        .extend(origin(std::slice::from_ref(&restored.manifest)));
    figure.caption.push(trust_of(&store, &restored.manifest)?);
    Ok(figure)
}

fn of_user(
    args: &Args,
    id: &RunId,
    restored: &Restored,
    shown: &ShownNames<'_>,
) -> Result<PrintFigure, Error> {
    let prepared = &restored.prepared;
    let Some(name) = &args.model.user else {
        return Err(Error::edge(
            format!("a figure of {} is of one user", args.of),
            "name one by --user ID; `seqscope users RUN` lists them",
        ));
    };
    let user = user_named(&prepared.dataset, shown, name)?;
    let view = view_of_task(
        restored.model.as_ref(),
        prepared,
        user as usize,
        &restored.questions,
        restored.manifest.seen() == Seen::LeftOut,
    )?;
    let mut figure = if args.of == FigureOf::Attention {
        attention(&args.model, id, restored, &view, shown)?
    } else {
        timeline_figure(&view.timeline)
    };
    figure.title = format!("{}, user {}", figure.title, shown.user(user));
    Ok(figure)
}

fn attention(
    asked: &ModelArgs,
    id: &RunId,
    restored: &Restored,
    view: &UserView,
    shown: &ShownNames<'_>,
) -> Result<PrintFigure, Error> {
    let maps = view
        .attention
        .as_ref()
        .ok_or_else(|| lacks(id, restored, "attention"))?;
    let head = asked.layer.checked_sub(1).zip(asked.head.checked_sub(1));
    let head = head.filter(|(layer, head)| *layer < maps.n_layers && *head < maps.n_heads);
    let Some((layer, head)) = head else {
        return Err(Error::edge(
            format!("there is no head {} of layer {}", asked.head, asked.layer),
            format!(
                "layers are 1 to {}, heads 1 to {}",
                maps.n_layers, maps.n_heads
            ),
        ));
    };
    let items = restored.prepared.dataset.sequences.items(view.user_idx);
    Ok(attention_figure(maps, HeadPlace { layer, head }, |at| {
        items
            .get(at)
            .map_or_else(String::new, |item| shown.label(*item))
    }))
}

fn map(id: &RunId, restored: &Restored) -> Result<PrintFigure, Error> {
    let table = item_table(id, restored)?;
    let seed = restored.manifest.experiment.seed;
    let map = item_map(&table, None, &restored.prepared, seed, &|_| true)?;
    let mut groups: BTreeMap<u8, MapGroup> = BTreeMap::new();
    for (point, cluster) in map.points.iter().zip(&map.clusters) {
        let group = groups.entry(*cluster).or_insert_with(|| MapGroup {
            name: format!("group {}", cluster + 1),
            points: Vec::new(),
        });
        group.points.push(point.map(f64::from));
    }
    let mut notes: Vec<String> = map
        .shares
        .map(|shares| format!("{}.", shares_words(shares)))
        .into_iter()
        .collect();
    notes.push("Groups by k-means on the first principal components.".to_owned());
    Ok(map_figure(MapShown {
        title: "Map of the items".to_owned(),
        axes: [
            "First principal component".to_owned(),
            "Second principal component".to_owned(),
        ],
        groups: groups.into_values().collect(),
        notes,
    }))
}
