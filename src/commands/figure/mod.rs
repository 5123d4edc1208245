//! `seqscope figure RUN… --of WHAT --to FILE`: a chart of runs for a paper or a slide.

mod of_model;
mod of_runs;

use std::path::PathBuf;

use clap::ValueEnum;

use super::Streams;
use super::pseudonyms::PseudonymArgs;
use super::slice_args::SliceArgs;
use super::table::write_file;
use seqscope_engine::error::Error;
use seqscope_engine::figure::{
    FigureForm, FigureSize, FigureTheme, Picture, PictureError, PrintFigure, pictured,
};
use seqscope_engine::run::{CurveAxis, RunStore};

/// Which runs, what of them, and how it is drawn.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(required = true, num_args = 1.., value_name = "RUN", help = super::RUN)]
    names: Vec<String>,
    /// What the figure shows
    #[arg(long, value_name = "WHAT", default_value = "loss")]
    of: FigureOf,
    /// File to write; its ending says the form: .svg, .pdf or .png
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Width, such as 85mm (a column), 170mm, 12cm or 3.4in
    #[arg(long, value_name = "LENGTH", default_value = "120mm", value_parser = length)]
    width: f64,
    /// Height of a chart of curves as a share of its width
    #[arg(long, value_name = "SHARE", default_value_t = 0.52, value_parser = ratio)]
    ratio: f64,
    /// Dots an inch of a .png
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(30..=2400))]
    dpi: u32,
    /// Draw for a dark slide
    #[arg(long)]
    dark: bool,
    /// Title in place of its own; "" for none
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Leave the sentences below the chart out (origin, trust, what marks mean); they stay in the
    /// description of an .svg
    #[arg(long)]
    no_caption: bool,
    /// Metric, such as hr@10 [default: the task's own]
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    #[command(flatten)]
    curves: CurveArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    slice: SliceArgs,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

/// Choice of how curves are drawn.
#[derive(Clone, Copy, Debug, clap::Args)]
struct CurveArgs {
    /// Curves: what they lie along
    #[arg(long, value_name = "AXIS", default_value = "epoch")]
    x: AxisWord,
    /// Curves: logarithmic upright axis
    #[arg(long)]
    log: bool,
    /// Curves: smooth by a moving average of this weight, below 1; the raw curve stays behind
    #[arg(long, value_name = "WEIGHT", num_args = 0..=1, default_missing_value = "0.6", require_equals = true, value_parser = weight)]
    smooth: Option<f64>,
    /// Curves: runs that differ in their seed alone as their mean and range
    #[arg(long)]
    seeds: bool,
}

/// Questions to a run's model.
#[derive(Clone, Debug, clap::Args)]
struct ModelArgs {
    /// Attention and timeline: the user's id as in the log
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    user: Option<String>,
    /// Attention: the layer, from 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    layer: usize,
    /// Attention: the head, from 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    head: usize,
    /// The epoch whose weights are used [default: the best]
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Histograms: the gradients in place of the weights
    #[arg(long)]
    gradients: bool,
}

/// Content of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, strum::Display)]
#[strum(serialize_all = "lowercase")]
enum FigureOf {
    /// Loss along the epochs
    Loss,
    /// One metric on validation along the epochs, with the best references
    Metric,
    /// Every metric on test with its interval
    Metrics,
    /// Gains over the references of one run by one metric, with intervals
    References,
    /// One metric on test by slices of the users
    Slices,
    /// Chances beside how often they came true, where a task asks for chances
    Reliability,
    /// Sizes of the weights of one run, epoch by epoch
    Histograms,
    /// Weights of an attention head of one run over the history of --user
    Attention,
    /// Ranks of the true items along the history of --user by one run
    Timeline,
    /// Items of one run in a plane, by the principal components of their vectors
    Map,
}

/// [`CurveAxis`] as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AxisWord {
    Epoch,
    Step,
    Events,
    Time,
}

impl From<AxisWord> for CurveAxis {
    fn from(word: AxisWord) -> Self {
        match word {
            AxisWord::Epoch => Self::Epoch,
            AxisWord::Step => Self::Step,
            AxisWord::Events => Self::Events,
            AxisWord::Time => Self::Secs,
        }
    }
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let form = FigureForm::of_path(&args.to).ok_or_else(|| {
        Error::edge(
            format!(
                "`{}` does not say by its ending what to draw",
                args.to.display()
            ),
            "end it in .svg, .pdf or .png",
        )
    })?;
    let mut figure = match args.of {
        FigureOf::Loss | FigureOf::Metric => of_runs::curves(args, store, streams)?,
        FigureOf::Metrics | FigureOf::References | FigureOf::Slices => {
            of_runs::compared(args, store, streams)?
        }
        FigureOf::Reliability => of_runs::reliability(args, store)?,
        FigureOf::Histograms => of_runs::histograms(args, store)?,
        FigureOf::Attention | FigureOf::Timeline | FigureOf::Map => {
            of_model::figure(args, store, streams)?
        }
    };
    if let Some(title) = &args.title {
        figure.title.clone_from(title);
    }
    let size = FigureSize {
        width_mm: args.width,
        ratio: args.ratio,
        has_caption: !args.no_caption,
        theme: if args.dark {
            FigureTheme::Dark
        } else {
            FigureTheme::Light
        },
    };
    let picture = draw(&figure, size, form, args.dpi)?;
    write_file(&args.to, &picture.bytes)?;
    if let Some(doubt) = picture.doubt {
        writeln!(streams.err, "warning: {doubt}")?;
    }
    writeln!(streams.out, "{}", args.to.display())?;
    Ok(())
}

fn draw(
    figure: &PrintFigure,
    size: FigureSize,
    form: FigureForm,
    dpi: u32,
) -> Result<Picture, Error> {
    pictured(figure, size, form, dpi).map_err(|error| refused(&error))
}

/// An error of the edge, its cure as the hint.
pub(super) fn refused(error: &PictureError) -> Error {
    let words = error.to_string();
    match words.rsplit_once("; ") {
        Some((sentence, cure)) => Error::edge(sentence, cure),
        None => Error::Edge {
            sentence: words,
            hint: None,
        },
    }
}

/// The one run of a figure that tells of one.
fn single(args: &Args) -> Result<&str, Error> {
    match args.names.as_slice() {
        [one] => Ok(one),
        _ => Err(Error::edge(
            format!("a figure of {} tells of one run", args.of),
            "name one run",
        )),
    }
}

/// A length in millimetres.
fn length(text: &str) -> Result<f64, String> {
    let units = [("mm", 1.0), ("cm", 10.0), ("in", 25.4), ("pt", 25.4 / 72.0)];
    let found = units.iter().find_map(|(unit, mm)| {
        let number = text.trim().strip_suffix(unit)?.trim();
        Some(number.parse::<f64>().ok()? * mm)
    });
    match found {
        Some(mm) if (20.0..=1200.0).contains(&mm) => Ok(mm),
        Some(_) => Err("it must be between 20mm and 1200mm".to_owned()),
        None => Err("write a number and its unit, such as 85mm, 8.5cm or 3.4in".to_owned()),
    }
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(ratio) if (0.15..=3.0).contains(&ratio) => Ok(ratio),
        Ok(_) | Err(_) => Err("write a number from 0.15 to 3".to_owned()),
    }
}

fn weight(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(weight) if (0.0..1.0).contains(&weight) => Ok(weight),
        Ok(_) | Err(_) => Err("write a number from 0 to below 1, such as 0.6".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn a_length_is_read_with_its_unit_and_nothing_else() {
        assert_eq!(length("85mm").unwrap().to_bits(), 85.0_f64.to_bits());
        assert!((length("3.4in").unwrap() - 86.36).abs() < 1e-9);
        assert!((length("72 pt").unwrap() - 25.4).abs() < 1e-9);
        for odd in ["85", "mm", "1e9mm", "-3cm", "NaNmm", ""] {
            assert!(length(odd).is_err(), "{odd}");
        }
    }
}
