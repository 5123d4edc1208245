//! Descriptions of the metrics: title, help, source, unit.

use super::Metric;
use crate::spec::{Entry, EntryWords};

impl Entry for Metric {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        match self {
            Self::Ndcg10 => EntryWords::new("NDCG@10", NDCG_HELP, JARVELIN).but(NDCG_ELSEWHERE),
            Self::Hr10 => EntryWords::new("HR@10", HR_HELP, HR).but(HR_ELSEWHERE),
            Self::Mrr => MRR.but(MRR_ELSEWHERE),
            Self::Hr1 => EntryWords::new("HR@1", HR_HELP, HR).but(HR_ELSEWHERE),
            Self::Hr5 => EntryWords::new("HR@5", HR_HELP, HR).but(HR_ELSEWHERE),
            Self::Hr20 => EntryWords::new("HR@20", HR_HELP, HR).but(HR_ELSEWHERE),
            Self::Ndcg5 => EntryWords::new("NDCG@5", NDCG_HELP, JARVELIN).but(NDCG_ELSEWHERE),
            Self::Ndcg20 => EntryWords::new("NDCG@20", NDCG_HELP, JARVELIN).but(NDCG_ELSEWHERE),
            Self::Recall10 => EntryWords::new("Recall@10", RECALL_HELP, HR).but(HR_ELSEWHERE),
            Self::Recall20 => EntryWords::new("Recall@20", RECALL_HELP, HR).but(HR_ELSEWHERE),
            Self::Map10 => MAP10,
            Self::Coverage10 => COVERAGE10,
            Self::Gini10 => GINI10,
            Self::Novelty10 => NOVELTY10,
            Self::PopularityLift10 => POPULARITY_LIFT10,
            Self::Accuracy => ACCURACY,
            Self::F1Macro => F1_MACRO,
            Self::PrecisionMacro => PRECISION_MACRO,
            Self::RecallMacro => RECALL_MACRO,
            Self::F1Micro => F1_MICRO,
            Self::PrecisionMicro => PRECISION_MICRO,
            Self::RecallMicro => RECALL_MICRO,
            Self::Auc => AUC,
            Self::PrAuc => PR_AUC,
            Self::LogLoss => LOG_LOSS.but(LOG_LOSS_ELSEWHERE),
            Self::Brier => BRIER,
            Self::Ece => ECE.but(ECE_ELSEWHERE),
            Self::F1 => F1.but(YES_ELSEWHERE),
            Self::Precision => PRECISION.but(YES_ELSEWHERE),
            Self::Recall => RECALL.but(YES_ELSEWHERE),
            Self::Mae => MAE,
            Self::Rmse => RMSE,
        }
    }

    fn notes(&self) -> Vec<String> {
        vec![format!("In files: {}", self.name())]
    }
}

impl Metric {
    /// Unit; empty for a share or a plain number.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Novelty10 => "bits",
            Self::LogLoss => "nats",
            Self::Mae | Self::Rmse => "as the number",
            Self::Ndcg10
            | Self::Hr10
            | Self::Mrr
            | Self::Hr1
            | Self::Hr5
            | Self::Hr20
            | Self::Ndcg5
            | Self::Ndcg20
            | Self::Recall10
            | Self::Recall20
            | Self::Map10
            | Self::Coverage10
            | Self::Gini10
            | Self::PopularityLift10
            | Self::Accuracy
            | Self::F1Macro
            | Self::PrecisionMacro
            | Self::RecallMacro
            | Self::F1Micro
            | Self::PrecisionMicro
            | Self::RecallMicro
            | Self::Auc
            | Self::PrAuc
            | Self::Brier
            | Self::Ece
            | Self::F1
            | Self::Precision
            | Self::Recall => "",
        }
    }
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
const YES: &str = "Powers 2011, threshold .5; a probability of exactly .5 counts half as yes";
const MRR_ELSEWHERE: &str = "RecTools and others cut it at K: below that place it is 0, so their \
                             MRR@10 is lower than ours.";
const MRR: EntryWords = EntryWords::new(
    "MRR",
    "Mean of 1 / rank of the true item over the whole list.",
    "Voorhees 1999; not cut at any length",
);
const MAP10: EntryWords = EntryWords::new(
    "MAP@10",
    "Mean of the average precision of the first 10 places; with one true item it is 1 \
     / rank within them.",
    "Manning, Raghavan & Schütze 2008, equation 8.8, cut at 10",
);
const COVERAGE10: EntryWords = EntryWords::new(
    "Coverage@10",
    "Share of the catalogue that is in the top 10 of at least one user.",
    "Ge, Delgado-Battenfeld & Jannach 2010, equation 2",
);
const GINI10: EntryWords = EntryWords::new(
    "Gini@10",
    "How unevenly the top-10 places fall on the items: 0 all alike, 1 all on one.",
    "Shani & Gunawardana 2011, equation 8.27",
);
const NOVELTY10: EntryWords = EntryWords::new(
    "Novelty@10",
    "Mean self-information of the items in the top 10: how rare they are in training.",
    "Zhou et al. 2010, -log2 of an item's share of training events, one event added to \
     each",
);
const POPULARITY_LIFT10: EntryWords = EntryWords::new(
    "Popularity lift@10",
    "Mean popularity in the top 10 over that in the users' histories: above 1 the \
     lists are more popular than what users do.",
    "Abdollahpouri et al. 2019, group average popularity, as a ratio",
);
const ACCURACY: EntryWords = EntryWords::new("Accuracy", "Share of right answers.", POWERS);
const F1_MACRO: EntryWords = EntryWords::new(
    "F1 macro",
    "Harmonic mean of precision and recall of each class, every \
     class alike.",
    MACRO,
);
const PRECISION_MACRO: EntryWords = EntryWords::new(
    "Precision macro",
    "How often an answer is right, every class alike.",
    MACRO,
);
const RECALL_MACRO: EntryWords = EntryWords::new(
    "Recall macro",
    "How much of each class is found, every class alike.",
    MACRO,
);
const F1_MICRO: EntryWords = EntryWords::new("F1 micro", "F1 over all answers together.", MICRO);
const PRECISION_MICRO: EntryWords = EntryWords::new(
    "Precision micro",
    "Precision over all answers together.",
    MICRO,
);
const RECALL_MICRO: EntryWords =
    EntryWords::new("Recall micro", "Recall over all answers together.", MICRO);
const AUC: EntryWords = EntryWords::new(
    "AUC",
    "How often a yes gets a higher probability than a no; ties count half, and with \
     one class only there is none.",
    "Hanley & McNeil 1982, as the Mann-Whitney statistic",
);
const PR_AUC: EntryWords = EntryWords::new(
    "PR-AUC",
    "Average precision over the recall; the share of yes is what chance gets.",
    "Davis & Goadrich 2006, step by step without interpolation, ties as one step",
);
const LOG_LOSS_ELSEWHERE: &str = "scikit-learn keeps them 2.2e-16 away, so what was called \
                                  impossible costs 36.04 there, not 34.54.";
const LOG_LOSS: EntryWords = EntryWords::new(
    "Log loss",
    "Mean negative logarithm of the probability of what happened.",
    "Good 1952; probabilities are kept at least 1e-15 away from 0",
);
const BRIER: EntryWords = EntryWords::new(
    "Brier",
    "Mean squared distance of the probability from what happened.",
    "Brier 1950, of yes alone",
);
const ECE_ELSEWHERE: &str = "Guo et al. and scikit-learn's calibration_curve have bins (lo, hi]: a \
                             probability of exactly .2 is in the third of 15 there, and in the \
                             fourth here.";
const ECE: EntryWords = EntryWords::new(
    "ECE",
    "How far probabilities are from frequencies, mean over 15 bins of equal width.",
    "Guo et al. 2017, equation 3, 15 bins [lo, hi), the last with 1; of classes the \
     surest one, of yes or no the yes",
);
const F1: EntryWords = EntryWords::new("F1", "Harmonic mean of precision and recall of yes.", YES);
const PRECISION: EntryWords =
    EntryWords::new("Precision", "How many of those called yes are.", YES);
const RECALL: EntryWords = EntryWords::new("Recall", "How many of the yes are called so.", YES);
const MAE: EntryWords = EntryWords::new(
    "MAE",
    "Mean distance of the predicted from the true number.",
    WILLMOTT,
);
const RMSE: EntryWords = EntryWords::new(
    "RMSE",
    "Root of the mean squared distance: large errors weigh more.",
    WILLMOTT,
);
