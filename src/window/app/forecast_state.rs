//! Counts of the log that is open, period by period, and what is forecast of them.

use std::sync::Arc;

use super::job::sentence;
use super::loadable::{Loadable, Ticket};
use seqscope_data::{Dataset, Period, PeriodCounts};
use seqscope_model::baseline::forecast::{ForecastPlan, MethodForecast, forecasts};

/// Number of periods that are forecast in the window.
const HORIZON: usize = 8;

/// Events to count, and the period to count them by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForecastKey {
    /// Period of a count.
    pub period: Period,
    /// One behaviour (an index into [`Dataset::behaviours`]), or all.
    pub behaviour: Option<u16>,
}

/// Counts and every forecast of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CountForecast {
    /// The counts.
    pub counted: PeriodCounts,
    /// First days of the periods that are forecast, counted from 1970-01-01.
    pub next_days: Vec<i64>,
    /// Number of the last counts from which nothing was learnt.
    pub held_out: usize,
    /// The forecasts, the naive one first.
    pub made: Vec<MethodForecast>,
    /// Why other ways of forecasting say nothing.
    pub left_out: Vec<String>,
}

/// The forecast that was asked for last.
#[derive(Default)]
pub struct ForecastState {
    /// The forecast, or how far it is.
    pub view: Loadable<Arc<CountForecast>>,
    /// Fingerprint of the data that were asked about, and what of them was counted.
    asked: Option<(String, ForecastKey)>,
    ticket: Ticket,
}

impl ForecastState {
    /// Whether these counts of these data were asked for.
    #[must_use]
    pub fn is_of(&self, dataset: &Dataset, key: ForecastKey) -> bool {
        self.asked
            .as_ref()
            .is_some_and(|(of, asked)| *of == dataset.fingerprint && *asked == key)
    }

    /// Begins to count and to forecast; an older forecast is waited for no more.
    pub(super) fn begin(&mut self, dataset: &Dataset, key: ForecastKey) -> Ticket {
        self.asked = Some((dataset.fingerprint.clone(), key));
        self.view = Loadable::Loading("Counting and fitting".to_owned());
        self.ticket.renew()
    }

    /// Takes in what was made, unless another was asked for since.
    pub(super) fn take(&mut self, ticket: Ticket, result: Result<Arc<CountForecast>, String>) {
        if ticket == self.ticket {
            self.view = result.into();
        }
    }
}

/// Counts a log and forecasts the counts.
pub(super) fn forecast_counts(
    dataset: &Dataset,
    ForecastKey { period, behaviour }: ForecastKey,
) -> Result<CountForecast, String> {
    let counted = PeriodCounts::of_log(dataset, period, behaviour).map_err(sentence)?;
    let counts: Vec<f64> = counted.counts.iter().map(|&n| n as f64).collect();
    let plan = ForecastPlan::usual(counts.len(), period.season(), HORIZON);
    let (made, left_out) = forecasts(&counts, plan).map_err(sentence)?;
    Ok(CountForecast {
        next_days: counted.next_days(HORIZON),
        counted,
        held_out: plan.held_out,
        made,
        left_out,
    })
}
