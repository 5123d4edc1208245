//! Forecasts of a row of counts, such as the events of each week: AR, MA and ARIMA beside the
//! simple rules that they must beat.
//!
//! Our own code. Of the crates for ARIMA, `arima` had its last release in 2023 and wants BLAS and
//! L-BFGS of C, and the younger ones stand on other matrices than the rest of this program; the
//! models are small, and their tests have closed forms.
//!
//! # Protocol
//! Orders and parameters come of the counts before the held-out tail alone. Then each count of the
//! tail is forecast one step ahead from all true counts before it, the parameters fixed: of these
//! errors are MAE and RMSE. What comes after the end is forecast with the same orders, the
//! parameters fitted anew on all counts. Counts are never negative, so what a forecast or a bound
//! has below 0 is 0. Of a long row the last [`MOST_COUNTS`] counts are looked at.

mod arima;
mod fit;
mod kind;
mod linear;
mod minimise;
mod polynomial;
mod simple;

pub use arima::{Arima, ArimaOrder};
pub use kind::{AR_ORDERS, ARIMA_ORDERS, ForecastKind, MA_ORDERS};

use seqscope_base::spec::Entry;
use simple::Simple;

/// Fewest counts that can be forecast: a head to learn from and a tail to judge by.
pub const FEWEST_COUNTS: usize = 12;

/// Most counts that are looked at, the last ones: what is older tells little of tomorrow, and fits
/// take longer with every one.
pub const MOST_COUNTS: usize = 1_000;

/// Fewest counts before the held-out tail.
const SHORTEST_HEAD: usize = 8;

/// Share of the counts that is held out unless said otherwise.
pub const HELD_OUT_SHARE: f64 = 0.15;

/// The 97.5 % point of the normal distribution: bounds of 95 %.
const NORMAL_97_5: f64 = 1.959_963_984_540_054;

/// Plan of a forecast: what is forecast, and how it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForecastPlan {
    /// Counts of a season, such as 7 days in a week; below 2 there is none.
    pub season: usize,
    /// Counts at the end that nothing learns from.
    pub held_out: usize,
    /// Steps after the end.
    pub horizon: usize,
}

impl ForecastPlan {
    /// The usual tail, about [`HELD_OUT_SHARE`] of the counts, three at least.
    #[must_use]
    pub fn usual(n_counts: usize, season: usize, horizon: usize) -> Self {
        let n_counts = n_counts.min(MOST_COUNTS);
        Self {
            season,
            held_out: ((n_counts as f64 * HELD_OUT_SHARE).round() as usize).max(3),
            horizon,
        }
    }
}

/// Why there is no forecast; each sentence says the cure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForecastError {
    /// Too few counts.
    #[error(
        "{found} whole periods are too few for a forecast, which needs {FEWEST_COUNTS}: take a \
         shorter period, or a longer log"
    )]
    TooFew {
        /// Number that was found.
        found: usize,
    },
    /// A tail that leaves too little to learn from, or that is empty.
    #[error("{held_out} of {found} periods cannot be held out: choose from 1 to {most}")]
    Tail {
        /// Number that was asked for.
        held_out: usize,
        /// Number that was found.
        found: usize,
        /// The longest tail.
        most: usize,
    },
    /// Nothing is asked for.
    #[error("a horizon of 0 periods asks for nothing: choose 1 or more")]
    NoHorizon,
    /// The reference has nothing to say of these counts.
    #[error("{0}")]
    LeftOut(String),
}

/// A forecast of one step, with bounds that hold 95 % where errors are normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Expected value.
    pub mean: f64,
    /// Lower bound, at least 0.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Band {
    fn around(mean: f64, variance: f64) -> Self {
        let reach = NORMAL_97_5 * variance.max(0.0).sqrt();
        Self {
            mean: mean.max(0.0),
            low: (mean - reach).max(0.0),
            high: (mean + reach).max(0.0),
        }
    }

    /// Whether a count lies within the bounds.
    #[must_use]
    pub fn holds(&self, count: f64) -> bool {
        (self.low..=self.high).contains(&count)
    }
}

/// Forecast of one method, and how good it was on the held-out tail.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodForecast {
    /// Method.
    pub kind: ForecastKind,
    /// Its name with the chosen order, such as `AR(2)`.
    pub model: String,
    /// Mean absolute error of one step, in events.
    pub mae: f64,
    /// Root of the mean squared error of one step, in events.
    pub rmse: f64,
    /// Share of the held-out counts within their bounds.
    pub coverage: f64,
    /// The held-out tail, each step from the true counts before it.
    pub tail: Vec<Band>,
    /// Forecast of the time after the end.
    pub next: Vec<Band>,
}

/// Anything that was fitted and forecasts.
trait Forecaster {
    /// Bands of the `horizon` steps after `counts`.
    fn ahead(&self, counts: &[f64], horizon: usize) -> Vec<Band>;
}

/// Every way of forecasting that has something to say of the counts, in the order of
/// [`ForecastKind`], and why the others have not.
///
/// # Errors
/// [`ForecastError`] where there are too few counts, or the plan asks for what cannot be.
pub fn forecasts(
    counts: &[f64],
    plan: ForecastPlan,
) -> Result<(Vec<MethodForecast>, Vec<String>), ForecastError> {
    let (mut made, mut left_out) = (Vec::new(), Vec::new());
    for kind in <ForecastKind as strum::IntoEnumIterator>::iter() {
        match forecast(kind, counts, plan) {
            Ok(forecast) => made.push(forecast),
            Err(ForecastError::LeftOut(sentence)) => left_out.push(sentence),
            Err(error) => return Err(error),
        }
    }
    Ok((made, left_out))
}

/// One way of forecasting.
///
/// # Errors
/// As [`forecasts`], and [`ForecastError::LeftOut`] where this way has nothing to say.
pub fn forecast(
    kind: ForecastKind,
    counts: &[f64],
    plan: ForecastPlan,
) -> Result<MethodForecast, ForecastError> {
    let counts = counts
        .get(counts.len().saturating_sub(MOST_COUNTS)..)
        .unwrap_or(counts);
    let found = counts.len();
    if found < FEWEST_COUNTS {
        return Err(ForecastError::TooFew { found });
    }
    let most = found - SHORTEST_HEAD;
    if plan.held_out == 0 || plan.held_out > most {
        return Err(ForecastError::Tail {
            held_out: plan.held_out,
            found,
            most,
        });
    }
    if plan.horizon == 0 {
        return Err(ForecastError::NoHorizon);
    }
    let (head, tail) = counts.split_at(found - plan.held_out);
    let (model, fitted, whole): (String, Box<dyn Forecaster>, Box<dyn Forecaster>) = match kind {
        ForecastKind::Ar | ForecastKind::Ma | ForecastKind::Arima => {
            let fitted = kind.choose(head)?;
            let whole = Arima::fit(counts, fitted.order()).unwrap_or_else(|| fitted.clone());
            (kind.name(fitted.order()), Box::new(fitted), Box::new(whole))
        }
        ForecastKind::Naive | ForecastKind::Drift | ForecastKind::SeasonalNaive => {
            let fitted = Simple::fit(kind, head, plan.season)?;
            let whole = Simple::fit(kind, counts, plan.season)?;
            (kind.title().to_owned(), Box::new(fitted), Box::new(whole))
        }
    };
    Ok(judged(kind, model, fitted.as_ref(), counts, tail)
        .with_next(whole.ahead(counts, plan.horizon)))
}

/// The forecast with the errors on its tail, which ends `counts`.
fn judged(
    kind: ForecastKind,
    model: String,
    fitted: &dyn Forecaster,
    counts: &[f64],
    tail: &[f64],
) -> MethodForecast {
    let start = counts.len() - tail.len();
    let bands: Vec<Band> = (start..counts.len())
        .filter_map(|at| {
            let before = counts.get(..at).unwrap_or(&[]);
            fitted.ahead(before, 1).first().copied()
        })
        .collect();
    let n = tail.len().max(1) as f64;
    let pairs = || bands.iter().zip(tail);
    MethodForecast {
        kind,
        model,
        mae: pairs()
            .map(|(band, count)| (band.mean - count).abs())
            .sum::<f64>()
            / n,
        rmse: (pairs()
            .map(|(band, count)| (band.mean - count).powi(2))
            .sum::<f64>()
            / n)
            .sqrt(),
        coverage: pairs().filter(|(band, count)| band.holds(**count)).count() as f64 / n,
        tail: bands,
        next: Vec::new(),
    }
}

impl MethodForecast {
    fn with_next(self, next: Vec<Band>) -> Self {
        Self { next, ..self }
    }
}
