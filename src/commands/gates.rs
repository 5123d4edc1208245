//! `seqscope gates RUN --user ID`: what the recurrent units did over a user's history, what each
//! responds to, and moments of others at which the model was in a like state.

use strum::IntoEnumIterator as _;

use super::Streams;
use super::format::{TableFormat, write_tables};
use super::map::{lacks, title};
use super::predict::user_named;
use super::pseudonyms::PseudonymArgs;
use super::shown_names::ShownNames;
use seqscope_base::spec::{did_you_mean, quotable};
use seqscope_data::Prepared;
use seqscope_engine::error::Error;
use seqscope_engine::explain::{
    GateTrack, GateView, LikeMoment, StateSample, UnitMeasure, gate_view,
};
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, ReportTable};
use seqscope_engine::run::RunStore;
use seqscope_engine::train::{Restored, restore};
use seqscope_model::StateTrack;

/// Which run and user, and which of their values.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// The user's id as in the log
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    user: String,
    /// The layer, from 1 [default: the last]
    #[arg(long, value_name = "N")]
    layer: Option<usize>,
    /// Values of the units: "input gate", "forget gate", "output gate", "reset gate", "update gate",
    /// "candidate", "cell" or "hidden state"
    #[arg(long, value_name = "NAME", default_value = "hidden state")]
    value: String,
    /// Measure by which units are sorted: variation, behaviour, gap, popularity or position
    #[arg(long, value_name = "NAME", default_value = "variation")]
    sort: String,
    /// Print the value of every unit after every event instead
    #[arg(long, conflicts_with = "sort")]
    values: bool,
    /// Print moments of other users with a state like that after this event, from 1, instead; 0 is
    /// the last; states are compared by the hidden state of the last layer
    #[arg(
        long,
        value_name = "EVENT",
        conflicts_with_all = ["values", "layer", "value", "sort"]
    )]
    like: Option<usize>,
    /// The epoch whose weights are used [default: the best]
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Form of the table
    #[arg(long, value_name = "FORM", default_value_t)]
    format: TableFormat,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

/// Moments listed.
const LIKE: usize = 20;

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (kind, sort) = (
        named::<StateTrack>(&args.value)?,
        named::<UnitMeasure>(&args.sort)?,
    );
    let (store, id) = store.locate(&args.run)?;
    let restored = restore(&store, &id, args.epoch, None)?;
    let dataset = &restored.prepared.dataset;
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let shown = ShownNames::new(dataset, hidden);
    let user = user_named(dataset, &shown, &args.user)?;
    let view = gate_view(restored.model.as_ref(), &restored.prepared, user as usize)?;
    let view = view.ok_or_else(|| lacks(&id, &restored, "recurrent layer"))?;
    let track = track_of(&view, args.layer, kind)?;
    let table = if args.values {
        values_table(track, &shown, &restored.prepared, user)
    } else if let Some(event) = args.like {
        like_table(&restored, &view, &shown, event)?
    } else {
        let is_unknown = |why: &str| {
            let sentence = format!("units cannot be sorted by {sort}: {why}");
            Error::edge(sentence, "leave `--sort` out, or choose another measure")
        };
        track.measures.of(sort).map_err(is_unknown)?;
        units_table(track, sort)
    };
    write_tables(&[table], args.format, streams)
}

/// The one of a list whose name was written.
fn named<T: strum::IntoEnumIterator + ToString>(name: &str) -> Result<T, Error> {
    let plain = |word: &str| word.replace(['-', '_'], " ").to_lowercase();
    if let Some(found) = T::iter().find(|known| plain(&known.to_string()) == plain(name)) {
        return Ok(found);
    }
    let names: Vec<String> = T::iter().map(|known| known.to_string()).collect();
    let hint = match did_you_mean(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("choose among {}", names.join(", ")),
    };
    Err(Error::edge(
        format!("there is no `{}`", quotable(name)),
        hint,
    ))
}

/// The values of a layer that were asked for.
fn track_of(view: &GateView, layer: Option<usize>, kind: StateTrack) -> Result<&GateTrack, Error> {
    let n_layers = view.tracks.last().map_or(0, |it| it.tracks.layer + 1);
    let layer = layer.unwrap_or(n_layers);
    let of_layer = || view.tracks.iter().filter(|it| it.tracks.layer + 1 == layer);
    if let Some(track) = of_layer().find(|it| it.tracks.track == kind) {
        return Ok(track);
    }
    if n_layers == 0 {
        return Err(Error::edge(
            "this user has no events",
            "choose another user",
        ));
    }
    if of_layer().next().is_none() {
        return Err(Error::edge(
            format!("there is no layer {layer}"),
            format!("choose one of 1 to {n_layers}"),
        ));
    }
    let names: Vec<String> = of_layer().map(|it| it.tracks.track.to_string()).collect();
    Err(Error::edge(
        format!("a unit of this model has no {kind}"),
        format!("choose among {}", names.join(", ")),
    ))
}

/// A number, or why there is none.
fn number(value: f32, why_not: &'static str) -> ReportCell {
    if value.is_nan() {
        return ReportCell::unknown_because(why_not);
    }
    CellValue::Number(f64::from(value)).into()
}

/// Why a value of a model is none.
const NO_NUMBER: &str = "the model gave no number";

/// Why a unit that varies so has no other measure.
fn why_unmeasured(variation: f32) -> &'static str {
    if variation.is_nan() {
        NO_NUMBER
    } else {
        "its values are all the same"
    }
}

fn units_table(track: &GateTrack, sort: UnitMeasure) -> ReportTable {
    let GateTrack { tracks, measures } = track;
    let of_measures = UnitMeasure::iter().map(|measure| {
        let key = measure.to_string();
        let title = format!("{}{}", key[..1].to_uppercase(), &key[1..]);
        ReportColumn::numbers(key, title).help(measure.help())
    });
    let columns = std::iter::once(ReportColumn::numbers("unit", "Unit")).chain(of_measures);
    let mut table = ReportTable::new("units", "", columns);
    table.lead.push(format!(
        "{} of layer {} over {} events; correlations are of this history alone",
        tracks.track,
        tracks.layer + 1,
        tracks.len()
    ));
    let missing = UnitMeasure::iter().filter_map(|measure| {
        let why = measures.of(measure).err()?;
        Some(format!("No {measure}: {why}"))
    });
    table.notes.extend(missing);
    for unit in measures.order(sort) {
        let variation = measures.of(UnitMeasure::Variation).ok();
        let why_not = why_unmeasured(
            variation
                .and_then(|of| of.get(unit).copied())
                .unwrap_or(0.0),
        );
        let cells = UnitMeasure::iter().map(|measure| match measures.of(measure) {
            Ok(values) => values
                .get(unit)
                .map_or_else(ReportCell::empty, |v| number(*v, why_not)),
            Err(why) => ReportCell::unknown_because(why),
        });
        table.row(std::iter::once(CellValue::Count(unit + 1).into()).chain(cells));
    }
    table
}

fn values_table(
    track: &GateTrack,
    shown: &ShownNames<'_>,
    prepared: &Prepared,
    user: u32,
) -> ReportTable {
    let tracks = &track.tracks;
    let units = (1..=tracks.n_units)
        .map(|unit| ReportColumn::numbers(format!("unit_{unit}"), format!("{unit}")));
    let columns = [
        ReportColumn::numbers("event", "Event"),
        ReportColumn::words("item", "Item"),
        ReportColumn::words("title", "Title"),
    ];
    let mut table = ReportTable::new("values", "", columns.into_iter().chain(units));
    let items = prepared.dataset.sequences.items(user as usize);
    for at in 0..tracks.len() {
        let position = tracks.first + at;
        let item = items.get(position).copied().unwrap_or(0);
        let cells = [
            CellValue::Count(position + 1).into(),
            shown.item(item).into(),
            title(shown, item),
        ];
        table.row(
            cells
                .into_iter()
                .chain(tracks.row(at).iter().map(|value| number(*value, NO_NUMBER))),
        );
    }
    table
}

fn like_table(
    restored: &Restored,
    view: &GateView,
    shown: &ShownNames<'_>,
    event: usize,
) -> Result<ReportTable, Error> {
    let states = view.tracks.last().map(|it| &it.tracks);
    let at = states.and_then(|states| match event {
        0 => states.len().checked_sub(1),
        event => (event - 1)
            .checked_sub(states.first)
            .filter(|at| *at < states.len()),
    });
    let Some((states, at)) = states.zip(at) else {
        return Err(Error::edge(
            format!("the model's window does not reach event {event} of this user"),
            "choose a later event, or 0 for the last",
        ));
    };
    let seed = restored.manifest.experiment.seed;
    let sample = StateSample::draw(restored.model.as_ref(), &restored.prepared, seed, &|_| true)?;
    let near = sample.map_or_else(Vec::new, |sample| {
        sample.nearest(states.row(at), view.user_idx, LIKE)
    });
    let columns = [
        ReportColumn::words("user", "User"),
        ReportColumn::numbers("event", "Event"),
        ReportColumn::numbers("cosine", "Cosine"),
        ReportColumn::words("before", "Before"),
        ReportColumn::words("here", "Here"),
        ReportColumn::words("next", "Next"),
    ];
    let mut table = ReportTable::new("like", "", columns);
    table.lead.push(format!(
        "States like that after event {}",
        states.first + at + 1
    ));
    if near.is_empty() {
        let none = "No other user has a moment whose state could be like it.";
        table.notes.push(none.to_owned());
    }
    for moment in near {
        table.row(like_cells(&moment, shown, &restored.prepared));
    }
    Ok(table)
}

fn like_cells(moment: &LikeMoment, shown: &ShownNames<'_>, prepared: &Prepared) -> [ReportCell; 6] {
    let items = prepared.dataset.sequences.items(moment.user_idx);
    let label = |at: Option<usize>| {
        let item = at.and_then(|at| items.get(at));
        item.map_or_else(ReportCell::empty, |item| shown.label(*item).into())
    };
    [
        shown.user(moment.user_idx as u32).into(),
        CellValue::Count(moment.position + 1).into(),
        number(moment.cosine, NO_NUMBER),
        label(moment.position.checked_sub(1)),
        label(Some(moment.position)),
        label(Some(moment.position + 1)),
    ]
}

#[cfg(test)]
mod tests {
    use super::{NO_NUMBER, why_unmeasured};

    #[test]
    fn a_unit_without_numbers_is_not_said_to_stand_still() {
        assert_eq!(why_unmeasured(f32::NAN), NO_NUMBER);
        assert_eq!(why_unmeasured(0.0), "its values are all the same");
    }
}
