//! `seqscope map RUN`: the items by their vectors in a plane, or the users by their latent vectors.

use clap::ValueEnum;

use super::Streams;
use super::format::{TableFormat, write_tables};

use super::pseudonyms::PseudonymArgs;
use super::shown_names::ShownNames;
use seqscope_data::Prepared;
use seqscope_engine::error::Error;
use seqscope_engine::explain::{
    ItemMap, LatentMap, ProjectedMap, ProjectionError, ProjectionMethod, item_map, latent_map,
    neighbours, projected, user_codes,
};
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, ReportTable, words};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::train::{Restored, restore};
use seqscope_model::ItemTable;

/// Which run, and what of it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// Points of the map: the items of any family, or the users of one with a latent space
    #[arg(long, value_enum, default_value_t)]
    of: MapOf,
    /// Way from vectors to places: principal components, or t-SNE or UMAP, which take longer
    #[arg(long, value_enum, default_value_t)]
    method: MapMethodWord,
    /// List the nearest neighbours of this item (by id) instead, by cosine
    #[arg(
        long,
        value_name = "ITEM",
        allow_negative_numbers = true,
        conflicts_with_all = ["method", "onto"]
    )]
    near: Option<String>,
    /// The epoch whose weights are used [default: the best]
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Turn the map of items onto that of this epoch (orthogonal Procrustes)
    #[arg(long, value_name = "N")]
    onto: Option<usize>,
    /// Form of the table
    #[arg(long, value_name = "FORM", default_value_t)]
    format: TableFormat,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

/// Points of a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum MapOf {
    #[default]
    Items,
    Users,
}

/// Way from vectors to places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum MapMethodWord {
    #[default]
    Pca,
    Tsne,
    Umap,
}

impl MapMethodWord {
    /// The way that comes about step by step; none of principal components.
    fn projection(self) -> Option<ProjectionMethod> {
        match self {
            Self::Pca => None,
            Self::Tsne => Some(ProjectionMethod::Tsne),
            Self::Umap => Some(ProjectionMethod::Umap),
        }
    }
}

/// Neighbours listed.
const NEAR: usize = 20;

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let method = args.method.projection();
    if args.of == MapOf::Users && (args.onto.is_some() || args.near.is_some()) {
        return Err(Error::edge(
            "only a map of items is turned onto another or has neighbours listed",
            "leave `--onto` and `--near` out, or take `--of items`",
        ));
    }
    if let Some(method) = method.filter(|_| args.onto.is_some()) {
        return Err(Error::edge(
            format!("{method} has no axes, so its map cannot be turned onto another"),
            "take `--method pca` with `--onto`",
        ));
    }
    let (store, id) = store.locate(&args.run)?;
    let restored = restore(&store, &id, args.epoch, None)?;
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let shown = ShownNames::new(&restored.prepared.dataset, hidden);
    let table = match (args.of, &args.near) {
        (MapOf::Users, _) => {
            let seed = restored.manifest.experiment.seed;
            let (model, prepared) = (restored.model.as_ref(), &restored.prepared);
            let no_space = || lacks(&id, &restored, "latent space");
            let mut map = latent_map(model, prepared, seed, &|_| true)?.ok_or_else(no_space)?;
            let mut notes = vec![shares_words(map.shares)];
            if let Some(method) = method {
                let found = user_codes(model, prepared, seed, &|_| true)?;
                let codes = found.ok_or_else(no_space)?.codes;
                let found = project(&codes.values, codes.width, method, seed, streams)?;
                notes = projection_notes(&found, method, "users");
                map.points = found.points;
            }
            let mut table = users_table(&map, &shown, prepared);
            table.notes.extend(notes);
            table
        }
        (MapOf::Items, Some(item)) => near_table(&id, &restored, &shown, item)?,
        (MapOf::Items, None) => {
            let (map, notes) = placed(args, &store, &id, &restored, streams)?;
            let mut table = items_table(&map, &shown);
            table.notes.extend(notes);
            table
        }
    };
    write_tables(&[table], args.format, streams)
}

/// What a run's model lacks, and the cure.
pub(super) fn lacks(id: &RunId, restored: &Restored, what: &str) -> Error {
    let title = restored.manifest.experiment.model.family().title();
    Error::edge(
        format!("run {id} is of the family {title}, which has no {what}"),
        "take another run; `seqscope runs` lists them",
    )
}

pub(super) fn item_table(id: &RunId, restored: &Restored) -> Result<ItemTable, Error> {
    let table = restored.model.item_table()?;
    table.ok_or_else(|| lacks(id, restored, "item vectors"))
}

/// The map of the items, and what is told of how it came about.
fn placed(
    args: &Args,
    store: &RunStore,
    id: &RunId,
    restored: &Restored,
    streams: &mut Streams<'_>,
) -> Result<(ItemMap, Vec<String>), Error> {
    let table = item_table(id, restored)?;
    let onto = match args.onto {
        Some(epoch) => {
            let known = Some(std::sync::Arc::clone(&restored.prepared));
            Some(item_table(id, &restore(store, id, Some(epoch), known)?)?)
        }
        None => None,
    };
    let seed = restored.manifest.experiment.seed;
    let mut map = item_map(&table, onto.as_ref(), &restored.prepared, seed, &|_| true)?;
    let Some(method) = args.method.projection() else {
        let notes = map.shares.map(shares_words).into_iter().collect();
        return Ok((map, notes));
    };
    let found = project(&table.vectors, table.width, method, seed, streams)?;
    let notes = projection_notes(&found, method, "items");
    map.points = found.points;
    Ok((map, notes))
}

/// Places vectors, and says how long it will take.
fn project(
    vectors: &[f32],
    width: usize,
    method: ProjectionMethod,
    seed: u64,
    streams: &mut Streams<'_>,
) -> Result<ProjectedMap, Error> {
    let n = (vectors.len() / width.max(1)).min(method.most());
    writeln!(
        streams.err,
        "placing {} vectors by {method}, {} steps",
        words::count(n),
        method.n_steps(n)
    )?;
    projected(vectors, width, method, seed, &mut |_| true).map_err(|error| {
        let sentence = match error {
            ProjectionError::TooFew(n) => {
                format!("{method} needs eight vectors or more, and there are {n}")
            }
            ProjectionError::NotFinite => {
                format!("some vectors are not finite, so {method} has no neighbours to go by")
            }
        };
        Error::edge(sentence, "take `--method pca`, or another epoch")
    })
}

/// What is to be known of a map that came about step by step.
fn projection_notes(map: &ProjectedMap, method: ProjectionMethod, of: &str) -> Vec<String> {
    let trust = map.trust.map(|trust| {
        format!(
            "Trustworthiness over {} neighbours: {:.3} by {method}, {:.3} of the plane of principal \
             components",
            trust.n_neighbors, trust.map, trust.plane
        )
    });
    let placed = (map.n_placed < map.points.len()).then(|| {
        format!(
            "{} of {} {of} have a place, drawn by the run's seed",
            words::count(map.n_placed),
            words::count(map.points.len())
        )
    });
    trust.into_iter().chain(placed).collect()
}

fn number(value: f32) -> ReportCell {
    CellValue::Number(f64::from(value)).into()
}

fn items_table(map: &ItemMap, shown: &ShownNames<'_>) -> ReportTable {
    let columns = [
        ReportColumn::words("item", "Item"),
        ReportColumn::words("title", "Title"),
        ReportColumn::numbers("x", "x"),
        ReportColumn::numbers("y", "y"),
        ReportColumn::numbers("cluster", "Cluster"),
        ReportColumn::numbers("events", "Training events"),
    ];
    let mut table = ReportTable::new("items", "", columns);
    for (at, [x, y]) in map.points.iter().enumerate() {
        // It was not drawn.
        if x.is_nan() {
            continue;
        }
        let item = at as u32 + 1;
        table.row([
            shown.item(item).into(),
            title(shown, item),
            number(*x),
            number(*y),
            CellValue::Count(usize::from(map.clusters.get(at).copied().unwrap_or(0)) + 1).into(),
            CellValue::Count(map.counts.get(at).copied().unwrap_or(0) as usize).into(),
        ]);
    }
    table
}

/// Title of an item; empty where it has none beside its id.
pub(super) fn title(shown: &ShownNames<'_>, item: u32) -> ReportCell {
    let label = shown.label(item);
    if label == shown.item(item) {
        ReportCell::empty()
    } else {
        label.into()
    }
}

pub(super) fn shares_words([first, second]: [f64; 2]) -> String {
    format!(
        "The first axis holds {} of the variance of the vectors, the second {}",
        words::share(first),
        words::share(second)
    )
}

fn near_table(
    id: &RunId,
    restored: &Restored,
    shown: &ShownNames<'_>,
    item: &str,
) -> Result<ReportTable, Error> {
    let known = restored.prepared.dataset.items.idx(item);
    let Some(item) = known.filter(|_| shown.shows_items()) else {
        return Err(Error::edge(
            format!("the data of run {id} show no item of this id"),
            "write an item's id as the log has it; `seqscope map RUN` lists them",
        ));
    };
    let table = item_table(id, restored)?;
    let columns = [
        ReportColumn::words("item", "Item"),
        ReportColumn::words("title", "Title"),
        ReportColumn::numbers("cosine", "Cosine"),
    ];
    let mut told = ReportTable::new("neighbours", "", columns);
    for near in neighbours(&table, item, NEAR) {
        told.row([
            shown.item(near.item_idx).into(),
            title(shown, near.item_idx),
            number(near.cosine),
        ]);
    }
    Ok(told)
}

fn users_table(map: &LatentMap, shown: &ShownNames<'_>, prepared: &Prepared) -> ReportTable {
    let behaviours = &prepared.dataset.behaviours;
    let columns = [
        ReportColumn::words("user", "User"),
        ReportColumn::numbers("x", "x"),
        ReportColumn::numbers("y", "y"),
        ReportColumn::numbers("events", "Events"),
        ReportColumn::numbers("popularity", "Mean popularity"),
    ];
    let behaviour = map
        .behaviours
        .is_some()
        .then(|| ReportColumn::words("behaviour", "Most frequent behaviour"));
    let mut table = ReportTable::new("users", "", columns.into_iter().chain(behaviour));
    if map.users.len() < map.n_users {
        table.notes.push(format!(
            "{} of {} users, drawn by the run's seed",
            words::count(map.users.len()),
            words::count(map.n_users)
        ));
    }
    for (at, user) in map.users.iter().enumerate() {
        let [x, y] = map.points.get(at).copied().unwrap_or_default();
        // They were not drawn.
        if x.is_nan() {
            continue;
        }
        let most = map.behaviours.as_ref().and_then(|most| most.get(at));
        let most = most.map(|most| behaviours.id(u32::from(*most)).unwrap_or_default());
        let cells = [
            shown.user(*user).into(),
            number(x),
            number(y),
            CellValue::Count(map.lengths.get(at).copied().unwrap_or(0) as usize).into(),
            number(map.popularity.get(at).copied().unwrap_or(f32::NAN)),
        ];
        table.row(cells.into_iter().chain(most.map(ReportCell::from)));
    }
    table
}
