//! What can be chosen, as help, forms and lists tell of it.

use std::borrow::Cow;

use super::Field;

/// Words that tell of an [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryWords {
    /// Name as a person reads it.
    pub title: &'static str,
    /// What it is or does, in a sentence or a few.
    pub summary: Cow<'static, str>,
    /// Publication that describes it, and how ours differs; empty where there is none.
    pub source: &'static str,
    /// Well-known libraries that do otherwise under the same name, and what they give; empty where
    /// we know of none.
    pub elsewhere: &'static str,
}

impl EntryWords {
    /// Words of an entry that nobody is known to do otherwise.
    #[must_use]
    pub const fn new(title: &'static str, summary: &'static str, source: &'static str) -> Self {
        Self {
            title,
            summary: Cow::Borrowed(summary),
            source,
            elsewhere: "",
        }
    }

    /// Adds what others do otherwise. Each figure is what `tests/gold/peers.py` found.
    #[must_use]
    pub fn but(mut self, elsewhere: &'static str) -> Self {
        self.elsewhere = elsewhere;
        self
    }
}

/// A setting that nobody sets: it is fixed, or chosen on the training part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedSetting {
    /// Its name.
    pub name: &'static str,
    /// Its value, or the values to choose from.
    pub value: String,
    /// Its meaning.
    pub help: &'static str,
}

/// An entry of a list that a person chooses from or reads: a family, a loss, a metric, a world.
pub trait Entry {
    /// Name as in files and on the command line.
    fn name(&self) -> &'static str;

    /// Title, summary, source, and what others do otherwise.
    fn words(&self) -> EntryWords;

    /// Path before each of its settings' names, in an experiment file and after `--set`.
    fn path(&self) -> &'static str {
        ""
    }

    /// Its settings with their present values.
    fn settings(&self) -> Vec<Field> {
        Vec::new()
    }

    /// Its settings that nobody sets.
    fn fixed(&self) -> Vec<FixedSetting> {
        Vec::new()
    }

    /// What else there is to know of it, a line each: how it is written, what it needs.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Name as a person reads it.
    fn title(&self) -> &'static str {
        self.words().title
    }

    /// What it is or does, in a sentence or a few.
    fn summary(&self) -> Cow<'static, str> {
        self.words().summary
    }

    /// Publication that describes it, and how ours differs.
    fn source(&self) -> &'static str {
        self.words().source
    }

    /// Its summary, and below it where others do otherwise: what is said on pointing at it.
    fn hover(&self) -> String {
        let EntryWords {
            summary, elsewhere, ..
        } = self.words();
        if elsewhere.is_empty() {
            return summary.into_owned();
        }
        format!("{summary}\n\nElsewhere: {elsewhere}")
    }

    /// All that is told of it in words: summary, fixed settings, notes, source, elsewhere.
    fn full_text(&self) -> String {
        let EntryWords {
            summary,
            source,
            elsewhere,
            ..
        } = self.words();
        let mut lines = vec![summary.into_owned()];
        let fixed = self.fixed().into_iter();
        lines.extend(
            fixed.map(|FixedSetting { name, value, help }| format!("{name} {value}: {help}")),
        );
        lines.extend(self.notes());
        if !source.is_empty() {
            lines.push(format!("Source: {source}."));
        }
        if !elsewhere.is_empty() {
            lines.push(format!("Elsewhere: {elsewhere}"));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Coin;

    impl Entry for Coin {
        fn name(&self) -> &'static str {
            "coin"
        }

        fn words(&self) -> EntryWords {
            EntryWords::new("Coin", "Heads or tails.", "Laplace 1812").but("Others cast dice.")
        }

        fn fixed(&self) -> Vec<FixedSetting> {
            vec![FixedSetting {
                name: "sides",
                value: "2".to_owned(),
                help: "Sides that it has.",
            }]
        }

        fn notes(&self) -> Vec<String> {
            vec!["In a file: coin".to_owned()]
        }
    }

    #[test]
    fn an_entry_tells_its_summary_first_and_others_last() {
        assert_eq!(
            Coin.full_text(),
            "Heads or tails.\nsides 2: Sides that it has.\nIn a file: coin\nSource: Laplace \
             1812.\nElsewhere: Others cast dice."
        );
        assert_eq!(
            Coin.hover(),
            "Heads or tails.\n\nElsewhere: Others cast dice."
        );
        assert_eq!((Coin.title(), Coin.source()), ("Coin", "Laplace 1812"));
    }
}
