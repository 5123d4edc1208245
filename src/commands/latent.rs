//! `seqscope latent RUN`: use of each dimension of a latent space, and the items that points of it
//! are decoded to.

use super::Streams;
use super::format::{TableFormat, write_tables};
use super::map::{lacks, title};
use super::predict::user_named;
use super::pseudonyms::PseudonymArgs;
use super::shown_names::ShownNames;
use seqscope_base::metric::Seen;
use seqscope_engine::error::Error;
use seqscope_engine::explain::{
    AskedProbe, LatentMap, LatentProbe, ProbeLists, latent_map, latent_probe, latent_sigmas,
    why_no_prior,
};
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, ReportTable};
use seqscope_engine::run::RunStore;
use seqscope_engine::train::{Restored, restore};
use seqscope_model::ModelKind;

/// Which run, and which points.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// The user whose latent vector is moved, by id as in the log
    #[arg(
        long,
        value_name = "ID",
        allow_negative_numbers = true,
        requires = "dimension"
    )]
    user: Option<String>,
    /// Dimension that is moved by up to 3 σ either way, from 1
    #[arg(long, value_name = "N", requires = "user", conflicts_with = "draw")]
    dimension: Option<usize>,
    /// Draw points from the prior with this seed instead
    #[arg(long, value_name = "SEED")]
    draw: Option<u64>,
    /// The epoch whose weights are used [default: the best]
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Form of the table
    #[arg(long, value_name = "FORM", default_value_t)]
    format: TableFormat,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (store, id) = store.locate(&args.run)?;
    let restored = restore(&store, &id, args.epoch, None)?;
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let shown = ShownNames::new(&restored.prepared.dataset, hidden);
    let seed = restored.manifest.experiment.seed;
    let no_space = || lacks(&id, &restored, "latent space");
    let table = match (&args.user, args.dimension, args.draw) {
        (Some(user), Some(dimension), _) => {
            let user_idx = user_named(&restored.prepared.dataset, &shown, user)? as usize;
            let (model, prepared) = (restored.model.as_ref(), &restored.prepared);
            let sigmas = latent_sigmas(model, prepared, user_idx, seed, &|_| true)?;
            traversal(
                &restored,
                &sigmas.ok_or_else(no_space)?,
                &shown,
                user_idx,
                dimension,
            )?
        }
        (.., Some(seed)) => {
            let kind = ModelKind::from(&restored.manifest.experiment.model);
            if let Some(why) = why_no_prior(kind) {
                return Err(Error::edge(
                    why.trim_end_matches('.'),
                    "take a run of a VAE",
                ));
            }
            let asked = AskedProbe {
                probe: LatentProbe::Prior { seed },
                sigma: 1.0,
                filter_seen: false,
            };
            let lists = latent_probe(restored.model.as_ref(), &restored.prepared, 0, &asked)?;
            lists_table("drawn", "Length", &lists.ok_or_else(no_space)?, &shown)
        }
        _ => {
            let map = latent_map(restored.model.as_ref(), &restored.prepared, seed, &|_| true)?;
            dimensions_table(&map.ok_or_else(no_space)?)
        }
    };
    write_tables(&[table], args.format, streams)
}

fn traversal(
    restored: &Restored,
    sigmas: &[f32],
    shown: &ShownNames<'_>,
    user_idx: usize,
    dimension: usize,
) -> Result<ReportTable, Error> {
    let place = dimension.checked_sub(1);
    let Some((at, &sigma)) = place.and_then(|at| Some((at, sigmas.get(at)?))) else {
        return Err(Error::edge(
            format!("there is no dimension {dimension}"),
            format!("choose one of 1 to {}", sigmas.len()),
        ));
    };
    let asked = AskedProbe {
        probe: LatentProbe::Traverse { dimension: at },
        sigma,
        filter_seen: restored.manifest.seen() == Seen::LeftOut,
    };
    let lists = latent_probe(
        restored.model.as_ref(),
        &restored.prepared,
        user_idx,
        &asked,
    )?;
    let lists = lists.unwrap_or_else(|| ProbeLists {
        lists: Vec::new(),
        own: None,
    });
    let mut table = lists_table("traversal", "σ from the user's own", &lists, shown);
    table.lead.extend(lists.own.map(|[value, sigma]| {
        format!("Dimension {dimension}: the user's own value {value}, σ {sigma}")
    }));
    Ok(table)
}

fn lists_table(key: &str, at: &str, lists: &ProbeLists, shown: &ShownNames<'_>) -> ReportTable {
    let columns = [
        ReportColumn::numbers("list", "List"),
        ReportColumn::numbers("at", at),
        ReportColumn::numbers("place", "Place"),
        ReportColumn::words("item", "Item"),
        ReportColumn::words("title", "Title"),
        ReportColumn::numbers("probability", "Probability"),
    ];
    let mut table = ReportTable::new(key, "", columns);
    for (n, list) in lists.lists.iter().enumerate() {
        for (place, scored) in list.items.iter().enumerate() {
            table.row([
                CellValue::Count(n + 1).into(),
                CellValue::Number(f64::from(list.at)).into(),
                CellValue::Count(place + 1).into(),
                shown.item(scored.item_idx).into(),
                title(shown, scored.item_idx),
                CellValue::Probability(f64::from(scored.probability)).into(),
            ]);
        }
    }
    table
}

fn dimensions_table(map: &LatentMap) -> ReportTable {
    let columns = [
        ReportColumn::numbers("dimension", "Dimension"),
        ReportColumn::numbers("spread", "Standard deviation over users"),
        ReportColumn::numbers("kl", "KL, nats a user"),
    ];
    let mut table = ReportTable::new("dimensions", "", columns);
    let kl = map.report.as_ref().map(|report| &report.kl);
    for (at, spread) in map.spread.iter().enumerate() {
        let kl = kl.and_then(|kl| kl.get(at));
        table.row([
            CellValue::Count(at + 1).into(),
            CellValue::Number(f64::from(*spread)).into(),
            kl.map_or_else(ReportCell::empty, |kl| CellValue::Number(*kl).into()),
        ]);
    }
    if kl.is_none() {
        table
            .notes
            .push("The vector of an autoencoder is certain, so it has no KL term".to_owned());
    }
    table
}
