//! The list of ways to forecast, and the orders that they choose from.

use super::{Arima, ArimaOrder, ForecastError, fit};
use crate::baseline::about::ReferenceWords;
use seqscope_base::spec::{Entry, EntryWords, FixedSetting};

/// Most lags of AR(p).
pub const AR_ORDERS: usize = 8;

/// Most lags of MA(q).
pub const MA_ORDERS: usize = 4;

/// Most lags on either side of ARIMA(p, d, q).
pub const ARIMA_ORDERS: usize = 3;

/// Ways to forecast a row of counts.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::EnumIter,
    strum::IntoStaticStr,
    strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
pub enum ForecastKind {
    /// The last count again.
    Naive,
    /// The last count, and on along the line from the first one.
    Drift,
    /// The count of a season ago.
    SeasonalNaive,
    /// A weighted sum of the last counts.
    Ar,
    /// A weighted sum of the last errors.
    Ma,
    /// Both, on differences where there is a trend.
    Arima,
}

impl Entry for ForecastKind {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        self.in_words().words
    }

    fn fixed(&self) -> Vec<FixedSetting> {
        self.in_words().fixed
    }
}

impl ForecastKind {
    fn in_words(self) -> ReferenceWords {
        const SIMPLE: &str = "Hyndman & Athanasopoulos 2021, sections 5.2 and 5.5";
        match self {
            Self::Naive => ReferenceWords::new(
                "Naive",
                "The last count again: the bar for every other \
                 forecast.",
                SIMPLE,
            ),
            Self::Drift => ReferenceWords::new(
                "Drift",
                "The last count, and on along the line from the first count to \
                 it.",
                SIMPLE,
            ),
            Self::SeasonalNaive => {
                ReferenceWords::new("Seasonal naive", "The count of one season ago.", SIMPLE).with(
                    "season",
                    &"7 days, 52 weeks, 12 months",
                    "Counts of a season, by the \
                     period.",
                )
            }
            Self::Ar => ReferenceWords::new(
                "AR",
                "A weighted sum of the last counts, by least squares.",
                "Box & Jenkins 1976; order by AIC, Akaike 1974; a fit that is not stationary is \
                 drawn in to where it is",
            )
            .with(
                "order",
                &format!("0 to {AR_ORDERS}"),
                "Number of lags, chosen by AIC before the \
                 held-out tail.",
            )
            .but(
                "statsmodels' AutoReg gives the same parameters where the fit is stationary; its \
                 ARIMA(p,0,0) takes the exact likelihood, and differs on a short row.",
            ),
            Self::Ma => ReferenceWords::new(
                "MA",
                "A weighted sum of the last errors, by the conditional sum of squares, always \
                 invertible.",
                "Box & Jenkins 1976; parameters of Monahan 1984; order by AIC, Akaike 1974",
            )
            .with(
                "order",
                &format!("0 to {MA_ORDERS}"),
                "Number of lags, chosen by AIC before the \
                 held-out tail.",
            )
            .but(
                "statsmodels' ARIMA takes the exact likelihood by default, with the errors before \
                 the first count unknown rather than 0: on a short row its parameters and \
                 forecasts are others, .864 beside .843 for the lag of 30 counts.",
            ),
            Self::Arima => ReferenceWords::new(
                "ARIMA",
                "Last counts and last errors together, on differences where the counts have no \
                 level.",
                "Box & Jenkins 1976; start of Hannan & Rissanen 1982; differences by KPSS, \
                 Kwiatkowski et al. 1992, as in Hyndman & Khandakar 2008; orders by AIC, Akaike \
                 1974",
            )
            .with(
                "orders",
                &format!("0 to {ARIMA_ORDERS} each"),
                "Lags of counts and of errors, \
                 chosen by AIC.",
            )
            .with(
                "differences",
                &"0 to 2",
                "Taken until the KPSS test no longer refuses a level \
                 at 5 %.",
            )
            .but(
                "By the conditional sum of squares, where statsmodels' ARIMA takes the exact \
                 likelihood by default. Differenced counts have no constant here and in \
                 statsmodels; pmdarima adds one by default, so that its ARIMA(0,1,0) goes on \
                 rising (a drift) where ours keeps the last count.",
            ),
        }
    }

    /// The name with an order.
    pub(super) fn name(self, ArimaOrder { p, d, q }: ArimaOrder) -> String {
        match self {
            Self::Ar => format!("AR({p})"),
            Self::Ma => format!("MA({q})"),
            Self::Naive | Self::Drift | Self::SeasonalNaive | Self::Arima => {
                format!("ARIMA({p},{d},{q})")
            }
        }
    }

    /// The fit with the least AIC among the orders of the kind.
    pub(super) fn choose(self, counts: &[f64]) -> Result<Arima, ForecastError> {
        let orders: Vec<ArimaOrder> = match self {
            Self::Ar => (0..=AR_ORDERS)
                .map(|p| ArimaOrder { p, d: 0, q: 0 })
                .collect(),
            Self::Ma => (0..=MA_ORDERS)
                .map(|q| ArimaOrder { p: 0, d: 0, q })
                .collect(),
            Self::Naive | Self::Drift | Self::SeasonalNaive | Self::Arima => {
                let d = fit::differences(counts);
                let sides =
                    (0..=ARIMA_ORDERS).flat_map(|p| (0..=ARIMA_ORDERS).map(move |q| (p, q)));
                sides.map(|(p, q)| ArimaOrder { p, d, q }).collect()
            }
        };
        let skip = orders
            .iter()
            .map(|order| order.p.max(order.q))
            .max()
            .unwrap_or(0);
        // Each order is judged on the same counts: those that the longest lag leaves.
        let fits = orders
            .into_iter()
            .filter_map(|order| Some((Arima::fit(counts, order)?, order)));
        let judged = fits.filter_map(|(arima, _)| Some((arima.aic(counts, skip)?, arima)));
        let best = judged
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, arima)| arima);
        best.ok_or_else(|| {
            ForecastError::LeftOut(format!(
                "{} is left out: the counts are too few for any order.",
                self.title()
            ))
        })
    }
}
