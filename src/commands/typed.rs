//! A history that a person typed: ids of items as one line of a CSV file, each looked up in a run's
//! data.

use super::shown_names::ShownNames;
use seqscope_base::spec::{Entry, Value, did_you_mean, quotable};
use seqscope_data::{Dataset, Pseudonymiser, Pseudonyms, TaskSpec};
use seqscope_engine::error::Error;
use seqscope_engine::train::Restored;
use seqscope_model::ModelSpec;

/// The items of a typed history: ids as in the log, or titles that only one item has.
pub(super) fn items(
    dataset: &Dataset,
    shown: &ShownNames<'_>,
    text: &str,
) -> Result<Vec<u32>, Error> {
    fields(text)?
        .iter()
        .map(|word| item(dataset, shown, word))
        .collect()
}

/// The item that a word means: an id as in the log, or a title that only one item has.
pub(super) fn item(dataset: &Dataset, shown: &ShownNames<'_>, word: &str) -> Result<u32, Error> {
    let hidden = dataset
        .report
        .pseudonyms
        .as_ref()
        .map_or(Pseudonyms::Off, |stamp| stamp.hidden);
    let pseudonymiser = Pseudonymiser::new(hidden)?;
    match found(dataset, pseudonymiser.as_ref(), word) {
        ItemMatch::One(item) => Ok(item),
        ItemMatch::Several(first) => {
            let sentence = format!("several items are called `{}`", quotable(word));
            Err(Error::edge(
                sentence,
                format!("write the id instead, such as `{}`", shown.item(first)),
            ))
        }
        ItemMatch::None => Err(unknown(dataset, shown, word)),
    }
}

enum ItemMatch {
    One(u32),
    /// The first of them.
    Several(u32),
    None,
}

fn found(dataset: &Dataset, pseudonymiser: Option<&Pseudonymiser>, word: &str) -> ItemMatch {
    let by_id = dataset
        .items
        .idx(word)
        .or_else(|| dataset.items.idx(&pseudonymiser?.item(word)));
    if let Some(item) = by_id {
        return ItemMatch::One(item);
    }
    let wanted = word.to_lowercase();
    let mut called = (1..)
        .zip(&dataset.titles)
        .filter(|(_, title)| title.to_lowercase() == wanted)
        .map(|(item, _)| item);
    match (called.next(), called.next()) {
        (Some(item), None) => ItemMatch::One(item),
        (Some(first), Some(_)) => ItemMatch::Several(first),
        (None, _) => ItemMatch::None,
    }
}

fn unknown(dataset: &Dataset, shown: &ShownNames<'_>, word: &str) -> Error {
    let sentence = format!("the run's data have no item `{}`", quotable(word));
    if !shown.shows_items() {
        return Error::edge(sentence, "ids are as in the log");
    }
    let titles = dataset
        .titles
        .iter()
        .map(String::as_str)
        .filter(|title| !title.is_empty());
    let hint = match did_you_mean(word, dataset.items.ids()).or_else(|| did_you_mean(word, titles))
    {
        Some(near) => format!("did you mean `{}`?", quotable(&near)),
        None => {
            let examples: Vec<String> = dataset
                .items
                .ids()
                .take(3)
                .map(|id| format!("`{}`", quotable(id)))
                .collect();
            format!("ids are as in the log, such as {}", examples.join(", "))
        }
    };
    Error::edge(sentence, hint)
}

/// The fields of one line of CSV: commas divide, quotes hold a field together, two quotes within
/// are one.
fn fields(text: &str) -> Result<Vec<String>, Error> {
    let lacks = |what: &str| {
        Error::edge(
            format!("{what} in `--history`"),
            "write ids with commas between them, such as --history A,B,C",
        )
    };
    let mut fields = Vec::new();
    let mut rest = text.trim();
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (field, after) =
                    until_quote(quoted).ok_or_else(|| lacks("a quote is left open"))?;
                (field, after.trim_start())
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                (field.trim().to_owned(), after)
            }
        };
        if field.is_empty() {
            return Err(lacks("an id is missing"));
        }
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None if after.is_empty() => return Ok(fields),
            None => return Err(lacks("something stands behind a closing quote")),
        }
    }
}

/// A quoted field without its quotes, and what stands behind it; `None` where the quote is left
/// open.
fn until_quote(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Some((field, after)),
        }
    }
}

/// What a typed history lacks of what the model reads, and what was taken for it.
pub(super) fn assumed(restored: &Restored) -> Option<String> {
    let experiment = &restored.manifest.experiment;
    let mut taken = Vec::new();
    let names: Vec<&str> = experiment
        .data
        .features
        .iter()
        .map(seqscope_data::FeatureSpec::name)
        .collect();
    if !names.is_empty() && !restored.prepared.features.is_empty() {
        taken.push(format!(
            "the events' features ({}) are unknown",
            names.join(", ")
        ));
    }
    if restored.prepared.dataset.has_clock() && reads_intervals(&experiment.model) {
        taken.push("all events are at one moment".to_owned());
    }
    if matches!(experiment.task, TaskSpec::WillAct(_)) {
        taken.push("the question is asked right after the last event".to_owned());
    }
    let last = taken.pop()?;
    let first = taken.join(", ");
    let taken = if first.is_empty() {
        last
    } else {
        format!("{first}, and {last}")
    };
    Some(format!(
        "A typed history tells the items alone: it is assumed that {taken}."
    ))
}

/// Whether a model lets the time between events count.
fn reads_intervals(model: &ModelSpec) -> bool {
    model
        .fields()
        .iter()
        .any(|field| field.key == "intervals" && field.value == Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_ids_is_read_as_csv_reads_it() {
        let of = |text: &str| fields(text).unwrap();
        assert_eq!(of("a"), ["a"]);
        assert_eq!(of(" a , b,c "), ["a", "b", "c"]);
        assert_eq!(of("\"Heat, The (1995)\",a"), ["Heat, The (1995)", "a"]);
        assert_eq!(
            of("\"say \"\"yes\"\"\" , 5\" disc"),
            ["say \"yes\"", "5\" disc"]
        );
        for (text, words) in [
            ("", "an id is missing"),
            ("a,,b", "an id is missing"),
            ("a,", "an id is missing"),
            ("\"a", "a quote is left open"),
            ("\"a\"b", "behind a closing quote"),
        ] {
            let sentence = fields(text).unwrap_err().to_string();
            assert!(sentence.contains(words), "{text}: {sentence}");
        }
    }

    #[test]
    fn an_id_comes_before_a_title_and_a_title_of_two_is_none() {
        let mut dataset = Dataset {
            items: seqscope_data::Vocab::starting_at(1),
            ..Dataset::default()
        };
        for id in ["1", "2", "Heat"] {
            dataset.items.intern(id);
        }
        dataset.titles = ["Heat", "Twice", "twice"].map(str::to_owned).to_vec();
        let shown = ShownNames::new(&dataset, None);
        assert_eq!(items(&dataset, &shown, "1,Heat,1").unwrap(), [1, 3, 1]);
        let of = |text: &str| items(&dataset, &shown, text).unwrap_err().report();
        let twice = of("TWICE");
        assert!(
            twice.sentence.contains("several items are called `TWICE`"),
            "{}",
            twice.sentence
        );
        assert_eq!(
            twice.hint.as_deref(),
            Some("write the id instead, such as `2`")
        );
        assert_eq!(of("heat2").hint.as_deref(), Some("did you mean `Heat`?"));
    }
}
