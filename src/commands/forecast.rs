//! `seqscope forecast FILE`: how many events the next days, weeks or months bring.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::progress::OpeningBar;
use super::set::set_all;
use super::{Streams, world};
use seqscope_base::spec::did_you_mean;
use seqscope_data::{
    self as data, DataSource, Dataset, FileSpec, Period, PeriodCounts, Roles, WorldKind, day_text,
};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::report::words::count;
use seqscope_engine::report::{expected_counts, forecast_errors};
use seqscope_model::baseline::forecast::{Band, ForecastPlan, MethodForecast, forecasts};

/// Which log, counted how, and how far to look.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A log, as for `seqscope data`
    #[arg(required_unless_present = "world")]
    file: Option<PathBuf>,
    /// A synthetic world instead of a log
    #[arg(long, value_name = "KIND", value_parser = world::named, conflicts_with = "file")]
    world: Option<WorldKind>,
    /// Length of the periods whose events are counted
    #[arg(long, value_enum, default_value_t = PeriodWord::Week)]
    period: PeriodWord,
    /// Count the events of one behaviour only, such as buy
    #[arg(long, value_name = "BEHAVIOUR")]
    behaviour: Option<String>,
    /// How many periods to forecast after the last whole one
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    horizon: u32,
    /// How many of the last periods to hold out for evaluation [default: about 15 %]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    held_out: Option<u32>,
    /// Column of the user
    #[arg(long, value_name = "COLUMN")]
    user: Option<String>,
    /// Column of the item
    #[arg(long, value_name = "COLUMN")]
    item: Option<String>,
    /// Column of the time
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Change a setting, such as `data.clean.min_user_events=1`; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    sets: Vec<String>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// [`Period`] as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PeriodWord {
    Day,
    Week,
    Month,
}

impl From<PeriodWord> for Period {
    fn from(word: PeriodWord) -> Self {
        match word {
            PeriodWord::Day => Self::Day,
            PeriodWord::Week => Self::Week,
            PeriodWord::Month => Self::Month,
        }
    }
}

pub(super) fn run(args: Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    let period = Period::from(args.period);
    let dataset = opened(&args, streams)?;
    let behaviour = args
        .behaviour
        .as_deref()
        .map(|name| behaviour_idx(&dataset, name))
        .transpose()?;
    let counted = PeriodCounts::of_log(&dataset, period, behaviour)?;
    let counts: Vec<f64> = counted.counts.iter().map(|&n| n as f64).collect();
    let mut plan = ForecastPlan::usual(counts.len(), period.season(), args.horizon as usize);
    plan.held_out = args.held_out.map_or(plan.held_out, |n| n as usize);
    let (made, left_out) = forecasts(&counts, plan).map_err(|error| {
        Error::edge(
            error.to_string(),
            "`--period day|week|month` and `--held-out N` change it",
        )
    })?;
    let told = ForecastReport {
        dataset: &dataset,
        counted,
        plan,
        made,
        left_out,
        behaviour: args.behaviour,
    };
    if args.json {
        streams.json(&told.json())
    } else {
        told.write(streams)
    }
}

fn opened(args: &Args, streams: &mut Streams<'_>) -> Result<Dataset, Error> {
    let mut experiment = Experiment::default();
    experiment.data.source = match (args.world, &args.file) {
        (Some(kind), _) => DataSource::World(world::changed(kind, &args.sets)?),
        (None, file) => {
            let roles = Roles {
                user: args.user.clone(),
                item: args.item.clone(),
                time: args.time.clone(),
                ..Roles::default()
            };
            DataSource::File(FileSpec {
                path: file.clone().unwrap_or_default(),
                roles,
                ..FileSpec::default()
            })
        }
    };
    if args.world.is_none() {
        set_all(&mut experiment, &args.sets)?;
    }
    let watch = OpeningBar::new(Arc::default());
    let dataset = data::read(&experiment.data, &watch)?;
    drop(watch);
    streams.warn(&dataset.report.problems)?;
    Ok(dataset)
}

fn behaviour_idx(dataset: &Dataset, name: &str) -> Result<u16, Error> {
    let known = &dataset.behaviours;
    if let Some(idx) = known.idx(name) {
        return Ok(idx as u16);
    }
    let hint = match did_you_mean(name, known.ids()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => {
            "leave `--behaviour` out, or name the column in `--set data.roles.behaviour=COLUMN`"
                .to_owned()
        }
        None => format!("it has {}", known.ids().collect::<Vec<_>>().join(", ")),
    };
    Err(Error::edge(
        format!("the log has no behaviour `{name}`"),
        hint,
    ))
}

/// Counts and forecasts of a log.
struct ForecastReport<'a> {
    dataset: &'a Dataset,
    counted: PeriodCounts,
    plan: ForecastPlan,
    made: Vec<MethodForecast>,
    left_out: Vec<String>,
    behaviour: Option<String>,
}

impl ForecastReport<'_> {
    fn write(&self, streams: &mut Streams<'_>) -> Result<(), Error> {
        let out = &mut *streams.out;
        let PeriodCounts {
            period,
            first_days,
            counts,
            n_left_out,
            ..
        } = &self.counted;
        let of = self
            .behaviour
            .as_ref()
            .map(|name| format!(" of {name}"))
            .unwrap_or_default();
        let from = first_days
            .first()
            .map(|day| day_text(*day))
            .unwrap_or_default();
        let n_events = count(counts.iter().sum());
        writeln!(
            out,
            "{}: {n_events} events{of} in {} whole {period}s from {from} on",
            self.dataset.name,
            counts.len()
        )?;
        if *n_left_out > 0 {
            writeln!(
                out,
                "{} events in the {period}s that the log does not span whole are left out",
                count(*n_left_out)
            )?;
        }
        self.write_errors(out)?;
        Ok(self.write_next(out)?)
    }

    /// Writes how far each forecast was off, one step ahead.
    fn write_errors(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(
            out,
            "\nOne step ahead, the last {} {}s held out:",
            self.plan.held_out, self.counted.period
        )?;
        write!(out, "{}", forecast_errors(&self.made).rows_as_text())?;
        for sentence in &self.left_out {
            writeln!(out, "{sentence}")?;
        }
        Ok(())
    }

    /// Writes what each forecast expects of the next periods.
    fn write_next(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "\nWhat comes next, with bounds of 95 %:")?;
        let days = self.counted.next_days(self.plan.horizon);
        let days: Vec<String> = days.into_iter().map(day_text).collect();
        let heading = match self.counted.period {
            Period::Day => "Day",
            Period::Week => "Week",
            Period::Month => "Month",
        };
        let table = expected_counts(&self.made, heading, &days);
        write!(out, "{}", table.rows_as_text())
    }

    fn json(&self) -> Value {
        let PeriodCounts {
            period,
            first_days,
            counts,
            n_left_out,
        } = &self.counted;
        let next_days = self.counted.next_days(self.plan.horizon);
        let start_of_tail = counts.len().saturating_sub(self.plan.held_out);
        let tail_days = first_days.get(start_of_tail..).unwrap_or_default();
        let forecasts: Vec<Value> = self
            .made
            .iter()
            .map(|forecast| {
                json!({
                    "name": forecast.kind.to_string(),
                    "model": forecast.model,
                    "mae": forecast.mae,
                    "rmse": forecast.rmse,
                    "coverage": forecast.coverage,
                    "tail": bands_json(tail_days, &forecast.tail),
                    "next": bands_json(&next_days, &forecast.next),
                })
            })
            .collect();
        let counts: Vec<Value> = first_days
            .iter()
            .zip(counts)
            .map(|(day, n)| json!({ "start": day_text(*day), "events": n }))
            .collect();
        json!({
            "data": self.dataset.name,
            "period": period.to_string(),
            "behaviour": self.behaviour,
            "counts": counts,
            "events_left_out": n_left_out,
            "held_out": self.plan.held_out,
            "forecasts": forecasts,
            "left_out": self.left_out,
        })
    }
}

/// The expected counts of periods that begin on these days, with their bounds.
fn bands_json(days: &[i64], bands: &[Band]) -> Vec<Value> {
    days.iter()
        .zip(bands)
        .map(|(day, band)| {
            json!({
                "start": day_text(*day),
                "mean": band.mean,
                "low": band.low,
                "high": band.high,
            })
        })
        .collect()
}
