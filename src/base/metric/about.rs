//! Descriptions of the metrics: title, help, source, unit.

use super::Metric;

/// Description of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AboutMetric {
    /// Title as in the head of a table, such as `NDCG@10`.
    pub title: &'static str,
    /// One sentence of help.
    pub help: &'static str,
    /// Paper or equation, and how ours differs.
    pub source: &'static str,
    /// Unit; empty for a share or a plain number.
    pub unit: &'static str,
    /// Well-known libraries that count otherwise, and what they give; empty where we know of none.
    pub elsewhere: &'static str,
}

const JARVELIN: &str = "Järvelin & Kekäläinen 2002 with the discount 1 / log2(rank + 1), one \
                        relevant item; a tied one has the gain of the middle of its places";
const NDCG_ELSEWHERE: &str = "scikit-learn averages the gains of the places that are tied, so an \
                              item tied for the first three has .7103, not .6309. RecTools by \
                              default divides by the whole sum of discounts, so at K = 10 the \
                              first place has .2201, not 1; its divide_by_achievable gives ours. \
                              LensKit keeps the discount of 2002, log2(rank), so the second place \
                              has 1, not .6309, and the third .6309, not .5.";
const HR_ELSEWHERE: &str = "Libraries that sort a list let the order of the items decide ties: a \
                            model with one score for all can get anything from 0 to 1 there; by \
                            mid-rank it stands in the middle.";
const YES_ELSEWHERE: &str = "scikit-learn's classifiers call a probability of exactly .5 no.";
const HR: &str =
    "Deshpande & Karypis 2004; ties by mid-rank, so a tied item may lie between two places";
const HR_HELP: &str = "Share of users whose true item is among the first places; with one true \
                       item it is Recall at that length too.";
const NDCG_HELP: &str = "Rewards a true item the more the nearer it is to the first place, and not \
                         at all outside of the list.";
const RECALL_HELP: &str = "Share of the true items that the list holds; with one true item a user \
                           it equals HR at that length.";
const POWERS: &str =
    "Powers 2011; an answer that is tied between classes counts for each by its share";
const MACRO: &str = "Sokolova & Lapalme 2009, mean over the classes that occur in truth or answers";
const MICRO: &str =
    "Sokolova & Lapalme 2009, summed over classes; with one class an answer it equals accuracy";
const WILLMOTT: &str = "Willmott & Matsuura 2005";
const NUMBER: &str = "as the number";
const YES: &str = "Powers 2011, threshold .5; a probability of exactly .5 counts half as yes";

const fn about(
    title: &'static str,
    help: &'static str,
    source: &'static str,
    unit: &'static str,
) -> AboutMetric {
    AboutMetric {
        title,
        help,
        source,
        unit,
        elsewhere: "",
    }
}

impl AboutMetric {
    /// Adds what others count otherwise. Each figure is what `tests/gold/peers.py` found.
    pub(super) const fn but(self, elsewhere: &'static str) -> Self {
        Self { elsewhere, ..self }
    }

    /// Its help, and below it where others count otherwise: what is said on pointing at it.
    #[must_use]
    pub fn hover(&self) -> String {
        if self.elsewhere.is_empty() {
            return self.help.to_owned();
        }
        format!("{}\n\nElsewhere: {}", self.help, self.elsewhere)
    }
}

impl Metric {
    /// Returns the title as in the head of a table, such as `NDCG@10`.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.about().title
    }

    /// Title, help, source and unit.
    #[must_use]
    pub fn about(self) -> AboutMetric {
        match self {
            Self::Ndcg5 => about("NDCG@5", NDCG_HELP, JARVELIN, "").but(NDCG_ELSEWHERE),
            Self::Ndcg10 => about("NDCG@10", NDCG_HELP, JARVELIN, "").but(NDCG_ELSEWHERE),
            Self::Ndcg20 => about("NDCG@20", NDCG_HELP, JARVELIN, "").but(NDCG_ELSEWHERE),
            Self::Hr1 => about("HR@1", HR_HELP, HR, "").but(HR_ELSEWHERE),
            Self::Hr5 => about("HR@5", HR_HELP, HR, "").but(HR_ELSEWHERE),
            Self::Hr10 => about("HR@10", HR_HELP, HR, "").but(HR_ELSEWHERE),
            Self::Hr20 => about("HR@20", HR_HELP, HR, "").but(HR_ELSEWHERE),
            Self::Recall10 => about("Recall@10", RECALL_HELP, HR, "").but(HR_ELSEWHERE),
            Self::Recall20 => about("Recall@20", RECALL_HELP, HR, "").but(HR_ELSEWHERE),
            Self::Map10 => about(
                "MAP@10",
                "Mean of the average precision of the first 10 places; with one true item it is 1 \
                 / rank within them.",
                "Manning, Raghavan & Schütze 2008, equation 8.8, cut at 10",
                "",
            ),
            Self::Mrr => about(
                "MRR",
                "Mean of 1 / rank of the true item over the whole list.",
                "Voorhees 1999; not cut at any length",
                "",
            )
            .but(
                "RecTools and others cut it at K: below that place it is 0, so their MRR@10 is \
                  lower than ours.",
            ),
            Self::Coverage10 | Self::Gini10 | Self::Novelty10 | Self::PopularityLift10 => {
                self.about_lists()
            }
            Self::Mae => about(
                "MAE",
                "Mean distance of the predicted from the true number.",
                WILLMOTT,
                NUMBER,
            ),
            Self::Rmse => about(
                "RMSE",
                "Root of the mean squared distance: large errors weigh more.",
                WILLMOTT,
                NUMBER,
            ),
            _ => self.about_probabilities(),
        }
    }

    fn about_lists(self) -> AboutMetric {
        match self {
            Self::Coverage10 => about(
                "Coverage@10",
                "Share of the catalogue that is in the top 10 of at least one user.",
                "Ge, Delgado-Battenfeld & Jannach 2010, equation 2",
                "",
            ),
            Self::Gini10 => about(
                "Gini@10",
                "How unevenly the top-10 places fall on the items: 0 all alike, 1 all on one.",
                "Shani & Gunawardana 2011, equation 8.27",
                "",
            ),
            Self::Novelty10 => about(
                "Novelty@10",
                "Mean self-information of the items in the top 10: how rare they are in training.",
                "Zhou et al. 2010, -log2 of an item's share of training events, one event added to \
                 each",
                "bits",
            ),
            _ => about(
                "Popularity lift@10",
                "Mean popularity in the top 10 over that in the users' histories: above 1 the \
                 lists are more popular than what users do.",
                "Abdollahpouri et al. 2019, group average popularity, as a ratio",
                "",
            ),
        }
    }

    fn about_probabilities(self) -> AboutMetric {
        match self {
            Self::F1Macro => about(
                "F1 macro",
                "Harmonic mean of precision and recall of each class, every \
                                   class alike.",
                MACRO,
                "",
            ),
            Self::PrecisionMacro => about(
                "Precision macro",
                "How often an answer is right, every class alike.",
                MACRO,
                "",
            ),
            Self::RecallMacro => about(
                "Recall macro",
                "How much of each class is found, every class alike.",
                MACRO,
                "",
            ),
            Self::F1Micro => about("F1 micro", "F1 over all answers together.", MICRO, ""),
            Self::PrecisionMicro => about(
                "Precision micro",
                "Precision over all answers together.",
                MICRO,
                "",
            ),
            Self::RecallMicro => about(
                "Recall micro",
                "Recall over all answers together.",
                MICRO,
                "",
            ),
            Self::Auc => about(
                "AUC",
                "How often a yes gets a higher probability than a no; ties count half, and with \
                 one class only there is none.",
                "Hanley & McNeil 1982, as the Mann-Whitney statistic",
                "",
            ),
            Self::PrAuc => about(
                "PR-AUC",
                "Average precision over the recall; the share of yes is what chance gets.",
                "Davis & Goadrich 2006, step by step without interpolation, ties as one step",
                "",
            ),
            Self::LogLoss => about(
                "Log loss",
                "Mean negative logarithm of the probability of what happened.",
                "Good 1952; probabilities are kept at least 1e-15 away from 0",
                "nats",
            )
            .but(
                "scikit-learn keeps them 2.2e-16 away, so what was called impossible costs 36.04 \
                  there, not 34.54.",
            ),
            Self::Brier => about(
                "Brier",
                "Mean squared distance of the probability from what happened.",
                "Brier 1950, of yes alone",
                "",
            ),
            Self::Ece => about(
                "ECE",
                "How far probabilities are from frequencies, mean over 15 bins of equal width.",
                "Guo et al. 2017, equation 3, 15 bins [lo, hi), the last with 1; of classes the \
                 surest one, of yes or no the yes",
                "",
            )
            .but(
                "Guo et al. and scikit-learn's calibration_curve have bins (lo, hi]: a probability \
                 of exactly .2 is in the third of 15 there, and in the fourth here.",
            ),
            Self::F1 => about(
                "F1",
                "Harmonic mean of precision and recall of yes.",
                YES,
                "",
            )
            .but(YES_ELSEWHERE),
            Self::Precision => {
                about("Precision", "How many of those called yes are.", YES, "").but(YES_ELSEWHERE)
            }
            Self::Recall => {
                about("Recall", "How many of the yes are called so.", YES, "").but(YES_ELSEWHERE)
            }
            _ => about("Accuracy", "Share of right answers.", POWERS, ""),
        }
    }
}
