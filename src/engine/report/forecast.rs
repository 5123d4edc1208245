//! Forecasts of counts beside each other: how far each was off, and what each expects.

use super::{CellValue, Emphasis, ReportCell, ReportColumn, ReportTable};
use seqscope_base::spec::Entry;
use seqscope_model::baseline::forecast::{Band, MethodForecast};

/// Errors of each forecast one step ahead, the least of a column standing out; beside them what it
/// expects of the next period.
#[must_use]
pub fn forecast_errors(made: &[MethodForecast]) -> ReportTable {
    let columns = [
        ReportColumn::words("method", ""),
        ReportColumn::numbers("mae", "MAE").help("Mean absolute error of one step, in events"),
        ReportColumn::numbers("rmse", "RMSE")
            .help("Root of the mean squared error of one step, in events"),
        ReportColumn::numbers("coverage", "Within 95 %")
            .help("Share of the held-out counts within their bounds"),
        ReportColumn::words("next", "Next").help("Forecast of the next period, with its bounds"),
        ReportColumn::words("beside_naive", "").detail(),
    ];
    let mut table = ReportTable::new("errors", "", columns);
    let naive = made.first().map_or(f64::NAN, |naive| naive.mae);
    let least = |of: fn(&MethodForecast) -> f64| made.iter().map(of).fold(f64::INFINITY, f64::min);
    let (least_mae, least_rmse) = (least(|it| it.mae), least(|it| it.rmse));
    for forecast in made {
        table.row([
            ReportCell::from(forecast.model.as_str()).hover(forecast.kind.hover()),
            error(forecast.mae, least_mae),
            error(forecast.rmse, least_rmse),
            CellValue::Share(forecast.coverage).into(),
            forecast
                .next
                .first()
                .map_or_else(ReportCell::empty, |band| band_words(band).into()),
            beside_naive(forecast.mae, naive).into(),
        ]);
    }
    table
}

fn error(value: f64, least: f64) -> ReportCell {
    let cell = ReportCell::from(CellValue::Decimals { value, digits: 1 });
    cell.with(if value <= least {
        Emphasis::Strong
    } else {
        Emphasis::Plain
    })
}

/// What each forecast expects of the periods that begin on these days.
#[must_use]
pub fn expected_counts(made: &[MethodForecast], period: &str, days: &[String]) -> ReportTable {
    let methods = made
        .iter()
        .map(|forecast| ReportColumn::numbers(forecast.kind.to_string(), &forecast.model));
    let columns = std::iter::once(ReportColumn::words("start", period)).chain(methods);
    let mut table = ReportTable::new("next", "", columns);
    for (at, day) in days.iter().enumerate() {
        let bands = made.iter().map(|forecast| {
            let band = forecast.next.get(at);
            band.map_or_else(ReportCell::empty, |band| band_words(band).into())
        });
        table.row(std::iter::once(day.as_str().into()).chain(bands));
    }
    table
}

/// A forecast and its bounds: `420 (310 to 530)`.
fn band_words(band: &Band) -> String {
    format!("{:.0} ({:.0} to {:.0})", band.mean, band.low, band.high)
}

fn beside_naive(mae: f64, naive: f64) -> String {
    match mae - naive {
        same if same.abs() < 5e-3 => String::new(),
        worse if worse > 0.0 => format!("{worse:.1} worse than naive"),
        better => format!("{:.1} better than naive", -better),
    }
}
