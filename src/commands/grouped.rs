//! Sentences about several files or runs, each written once with all that it is about.

/// Sentences in the order in which they were first met.
#[derive(Debug, Default)]
pub(super) struct GroupedSentences {
    all: Vec<(String, Vec<String>)>,
}

impl GroupedSentences {
    /// Takes in what is said of something.
    pub(super) fn add(&mut self, of: &str, sentence: &str) {
        match self.all.iter_mut().find(|(known, _)| known == sentence) {
            Some((_, names)) if names.iter().any(|name| name == of) => {}
            Some((_, names)) => names.push(of.to_owned()),
            None => self.all.push((sentence.to_owned(), vec![of.to_owned()])),
        }
    }

    /// Each sentence with the names that it is said of.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.all
            .iter()
            .map(|(sentence, names)| (sentence.as_str(), names.as_slice()))
    }
}

/// The names of runs in front of a sentence: `` `a` ``, `` of runs `a` and `b` ``, or all of so
/// many.
pub(super) fn of_runs(names: &[String], n_all: usize) -> String {
    match names {
        [one] => format!("`{one}`"),
        all if all.len() == n_all => format!("of all {n_all} runs"),
        [others @ .., last] => {
            let others: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
            format!("of runs {} and `{last}`", others.join(", "))
        }
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_said_once_of_all_that_it_is_true_of() {
        let mut said = GroupedSentences::default();
        for (of, sentence) in [("a", "x"), ("a", "y"), ("b", "x"), ("c", "x"), ("a", "x")] {
            said.add(of, sentence);
        }
        let all: Vec<String> = said
            .all()
            .map(|(what, of)| format!("{}: {what}", of_runs(of, 4)))
            .collect();
        assert_eq!(all, ["of runs `a`, `b` and `c`: x", "`a`: y"]);
        let names = ["a", "b"].map(str::to_owned);
        assert_eq!(of_runs(&names, 2), "of all 2 runs");
    }
}
