//! Checks for statistics that were counted or learnt on more than the training part.
//!
//! This program fits popularity, Markov chains and models on the training part alone. The
//! vocabularies are made of all that is left after cleaning, and the k-core filter counts the
//! events of all parts; a global cut then drops the items that training does not have. Duplicates
//! are judged row by row and fitted on nothing.

use super::{Check, EventPlace, Finding, LeakRows, Verdict, first_places, train_len};
use crate::dataset::Prepared;
use crate::log::{CleanSpec, FittedOn, StepEffect};
use seqscope_base::spec::{counted, thousands};

/// See [`Check::VocabularyBeyondTraining`].
pub(super) fn vocabulary(prepared: &Prepared) -> Finding {
    let check = Check::VocabularyBeyondTraining;
    let (dataset, sequences) = (&prepared.dataset, &prepared.dataset.sequences);
    let n_train = train_counts(prepared);
    let mut found = LeakRows::default();
    let first = first_places(sequences, dataset.n_items(), |_| true);
    for (place, _) in std::iter::zip(first, &n_train.of_item).filter(|(_, n_train)| **n_train == 0)
    {
        if let Some((user, position)) = place {
            found.add(user, position);
        }
    }
    let n_users = n_train
        .of_user
        .iter()
        .filter(|n_train| **n_train == 0)
        .count();
    let of_users = match n_users {
        0 => String::new(),
        n => format!(
            " {} without a training event have an index too, which no model uses.",
            counted(n, "user")
        ),
    };
    if found.count == 0 {
        let sentence = format!("Every item of the vocabulary has a training event.{of_users}");
        return found.finding(prepared, check, Verdict::Pass, sentence);
    }
    let sentence = format!(
        "{} of the vocabulary's {} have no training event, for the vocabulary is made of all \
         parts: their rows of the embedding stay as they were drawn, and yet they are ranked. A \
         global cut in time drops and counts them; a k-core filter on items makes them \
         fewer.{of_users}",
        counted(found.count, "item"),
        thousands(dataset.n_items()),
    );
    found.finding(prepared, check, Verdict::Warn, sentence)
}

/// See [`Check::FiltersFittedOnAll`]. Without a global cut the count is 0 exactly when the filter
/// would have kept the same users and items if it had seen training alone; where steps of the
/// cleaning list learnt from everything, it is their number.
pub(super) fn filters(prepared: &Prepared, clean: &CleanSpec) -> Finding {
    let check = Check::FiltersFittedOnAll;
    let (min_user, min_item) = (clean.min_user_events, clean.min_item_events);
    let learnt = learnt_from_everything(prepared);
    if !learnt.is_empty() {
        let sentence = format!(
            "{} learnt from the events of all parts ({}), so what training sees was shaped by what \
             it is tested on. Put one cut in time (`split: GlobalTemporal(..)`), under which they \
             learn from the training part alone, or say it beside the figures.",
            counted(learnt.len(), "cleaning step"),
            learnt.join(", "),
        );
        let found = LeakRows {
            count: learnt.len(),
            ..LeakRows::default()
        };
        return found.finding(prepared, check, Verdict::Warn, sentence);
    }
    if min_user <= 1 && min_item <= 1 {
        let sentence = "No filter counts events. The vocabularies are made of all parts; \
                        popularity, Markov chains and models are fitted on training alone.";
        return LeakRows::default().finding(prepared, check, Verdict::Pass, sentence);
    }
    let (sequences, n_train) = (&prepared.dataset.sequences, train_counts(prepared));
    let mut found = LeakRows::default();
    let mut n_users = 0;
    for (user, _) in n_train
        .of_user
        .iter()
        .enumerate()
        .filter(|(_, n_train)| **n_train < min_user)
    {
        n_users += 1;
        found.add(user, 0);
    }
    let first = first_places(sequences, prepared.dataset.n_items(), |_| true);
    let below = std::iter::zip(first, &n_train.of_item).filter(|(_, n_train)| **n_train < min_item);
    let places: Vec<EventPlace> = below.filter_map(|(place, _)| place).collect();
    let n_items = places.len();
    for (user, position) in places {
        found.add(user, position);
    }
    let filter = format!(
        "The k-core filter (users ≥ {min_user}, items ≥ {min_item}) counts the events of all parts"
    );
    if found.count == 0 {
        let sentence =
            format!("{filter}, and training alone has enough of every user and item that it kept.");
        return found.finding(prepared, check, Verdict::Pass, sentence);
    }
    let sentence = format!(
        "{filter}: {} and {} have fewer in training, so events that training does not see helped \
         to choose them. The usual protocol does so; say it beside the figures, or lower \
         `data.clean.min_user_events` and `data.clean.min_item_events` and hold the figures \
         against each other. Popularity, Markov chains and models are fitted on training alone.",
        counted(n_users, "user"),
        counted(n_items, "item"),
    );
    found.finding(prepared, check, Verdict::Warn, sentence)
}

/// The steps of the cleaning list that were fitted on more than training, by name.
fn learnt_from_everything(prepared: &Prepared) -> Vec<&str> {
    let steps = prepared.dataset.report.steps.iter();
    steps
        .filter(|step| step.effect.as_ref().is_some_and(learnt_from_all))
        .map(|step| step.step.as_str())
        .collect()
}

/// Tells whether a step learnt from the whole log.
fn learnt_from_all(effect: &StepEffect) -> bool {
    effect.place.is_some() && effect.fitted_on == Some(FittedOn::Everything)
}

/// Training events of each user and of each item (by index, so that 0 is padding).
struct TrainCounts {
    of_user: Vec<usize>,
    of_item: Vec<usize>,
}

fn train_counts(prepared: &Prepared) -> TrainCounts {
    let sequences = &prepared.dataset.sequences;
    let mut of_item = vec![0; prepared.dataset.n_items() + 1];
    let of_user = (0..sequences.n_users())
        .map(|user| {
            let items = sequences.items(user);
            let train = items.get(..train_len(prepared, user)).unwrap_or(items);
            for &item in train {
                if let Some(n) = of_item.get_mut(item as usize) {
                    *n += 1;
                }
            }
            train.len()
        })
        .collect();
    TrainCounts { of_user, of_item }
}
