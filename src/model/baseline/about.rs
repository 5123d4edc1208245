//! Descriptions of the references, with their sources and settings: for forms and `describe`.

use super::{
    BUCKETS, BaselineKind, DECAYS, EASE_DECAYS, EASE_MEGABYTES, FEWEST_NEIGHBOURS, KNN_DECAYS,
    LAST_ITEMS, LIKENESSES, LONGEST_BASKET, MOST_USER_PAIRS, NEAREST_USERS, RECENT_SHARE,
    REPEAT_DECAYS, RIDGE, ROW_NORM_EXPONENT, SHRINKAGES, WINDOW,
};
use seqscope_base::spec::{Entry, EntryWords, FixedSetting};

/// A reference in words, with its settings.
pub(super) struct ReferenceWords {
    pub(super) words: EntryWords,
    pub(super) fixed: Vec<FixedSetting>,
}

impl ReferenceWords {
    /// A reference without settings.
    pub(super) fn new(title: &'static str, summary: &'static str, source: &'static str) -> Self {
        Self {
            words: EntryWords::new(title, summary, source),
            fixed: Vec::new(),
        }
    }

    /// Adds a setting.
    pub(super) fn with(
        mut self,
        name: &'static str,
        value: &dyn std::fmt::Display,
        help: &'static str,
    ) -> Self {
        self.fixed.push(FixedSetting {
            name,
            value: value.to_string(),
            help,
        });
        self
    }

    /// Adds what others do otherwise.
    pub(super) fn but(mut self, elsewhere: &'static str) -> Self {
        self.words = self.words.but(elsewhere);
        self
    }

    fn with_decay(self, decays: &[f32]) -> Self {
        let help = "How much an event counts beside the one after it; chosen by NDCG@10 on each \
                    user's last training event, after a fit without those events.";
        self.with_choice("decay", decays, help)
    }

    fn with_choice(self, name: &'static str, values: &[f32], help: &'static str) -> Self {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        self.with(name, &format!("one of {}", values.join(", ")), help)
    }
}

impl Entry for BaselineKind {
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

impl BaselineKind {
    fn in_words(self) -> ReferenceWords {
        match self {
            Self::Popularity => ReferenceWords::new(
                "Popularity",
                "The items with most training events, the same list for everyone.",
                "Cremonesi, Koren & Turrin 2010 (TopPop)",
            ),
            Self::RecentPopularity => ReferenceWords::new(
                "Recent popularity",
                "The items with most events at the end of training: in its last time, or in each \
                 user's last events where the log has no times.",
                "Ji et al. 2020 (RecentPop)",
            )
            .with(
                "share",
                &RECENT_SHARE,
                "Share of the time, or of each user's events, that is recent.",
            ),
            Self::RepeatLast => ReferenceWords::new(
                "Repeat last",
                "The user's own items again, the last one first, then those that were frequent and \
                 late; popularity alone where seen items are left out.",
                "Anderson et al. 2014 (repeat consumption: recency and frequency)",
            )
            .with_decay(&REPEAT_DECAYS),
            Self::Markov => ReferenceWords::new(
                "Markov chain",
                "What came after the last item, and how often.",
                "Rendle et al. 2010 (the unfactorised chain, MC)",
            ),
            Self::MarkovSecond => ReferenceWords::new(
                "Markov chain, order 2",
                "What came after the last two items, smoothed by what came after the last one and \
                 by popularity.",
                "Witten & Bell 1991, method C; interpolated as in Chen & Goodman 1999, section 2.5",
            ),
            Self::MarkovWindow => windowed(),
            Self::ItemKnn => item_knn(),
            Self::UserKnn => user_knn(),
            Self::Content => ReferenceWords::new(
                "Content-based",
                "Items whose title and columns are told in the same words as those of the user's \
                 latest items.",
                "Lops, de Gemmis & Semeraro 2011; weights of Salton & Buckley 1988; hashing of \
                 Weinberger et al. 2009",
            )
            .with("buckets", &BUCKETS, "Length of the hashed vector.")
            .with_decay(&KNN_DECAYS),
            Self::Ease => ease(),
        }
    }
}

fn windowed() -> ReferenceWords {
    ReferenceWords::new(
        "Windowed Markov chain",
        "What came soon after any of the latest items, nearer events counting more.",
        "ours: sums of Markov rows over a window, as skip-gram counts (Guthrie et al. 2006)",
    )
    .with(
        "window",
        &WINDOW,
        "How many events back a training pair may reach; a pair d apart counts 1 / d.",
    )
    .with(
        "last items",
        &LAST_ITEMS,
        "How many of the latest events of a history speak.",
    )
    .with(
        "row exponent",
        &ROW_NORM_EXPONENT,
        "Power of its sum by which a row is divided.",
    )
    .with_decay(&DECAYS)
}

fn item_knn() -> ReferenceWords {
    ReferenceWords::new(
        "Item-kNN",
        "Items that the same users had as the user's latest ones, by cosine with \
         shrinkage.",
        "Sarwar et al. 2001; shrinkage of Bell & Koren 2007",
    )
    .with(
        "likenesses",
        &LIKENESSES,
        "Most pairs of items that are kept, shared evenly over the items.",
    )
    .with(
        "fewest neighbours",
        &FEWEST_NEIGHBOURS,
        "Nearest items that are kept of each in any case.",
    )
    .with_choice(
        "shrinkage",
        &SHRINKAGES,
        "Added to the cosine's denominator, so that a pair met once is believed little; chosen as \
         the decay is.",
    )
    .with_decay(&KNN_DECAYS)
    .with(
        "longest basket",
        &LONGEST_BASKET,
        "Latest events of a user that are counted.",
    )
}

fn user_knn() -> ReferenceWords {
    ReferenceWords::new(
        "User-kNN",
        "What the users had whose items are most like this user's latest ones.",
        "Herlocker et al. 1999; fading of V-SkNN, Ludewig & Jannach 2018",
    )
    .with("neighbours", &NEAREST_USERS, "Nearest users that speak.")
    .with_decay(&KNN_DECAYS)
    .with(
        "limit",
        &MOST_USER_PAIRS,
        "Most pairs of users with a common item; above it the reference is left out.",
    )
}

fn ease() -> ReferenceWords {
    ReferenceWords::new(
        "EASE",
        "One linear layer from all items to all items that never looks at the item itself, \
         in closed form.",
        "Steck 2019, equations 4 and 8",
    )
    .with("ridge", &RIDGE, "λ, added to the diagonal.")
    .with_decay(&EASE_DECAYS)
    .with(
        "memory",
        &format!("evaluation.ease_memory, {EASE_MEGABYTES} MB"),
        "Most memory, 12 bytes for each pair of items (6,000 items at first, 20,000 with \
         4,800 MB); a log that takes more is told so, and the reference is left out.",
    )
}
