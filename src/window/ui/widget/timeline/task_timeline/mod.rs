//! The timeline of a model that ranks no items: what it said after each event, and what came true,
//! in the words of its task.

mod face;

use std::fmt::Write as _;

use super::part_name;
use super::table::Heading;
use crate::ui::language::tr;
use crate::ui::text;
use seqscope_engine::explain::{TaskAnswers, TimelineStep};
use seqscope_engine::run::Part;

pub(super) use face::AnswerFace;

/// Most classes that a row names.
const N_NAMED: usize = 4;

/// Kind of a task's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SaidKind {
    /// Yes or no: the chance of yes is what counts.
    Chance,
    /// One of several classes: the chance of the true one is.
    Classes,
    /// A number.
    Number,
}

impl SaidKind {
    fn of_task(said: &TaskAnswers) -> Self {
        match said.classes.len() {
            0 => Self::Number,
            _ if said.classes == ["no", "yes"] => Self::Chance,
            _ => Self::Classes,
        }
    }

    /// Headings of the two columns of answers.
    fn headings(self) -> [Heading; 2] {
        match self {
            Self::Chance => [
                Heading {
                    title: "Chance of yes",
                    help: "What the model said at the moment that was asked about, or right after \
                           the event",
                },
                Heading {
                    title: "Said",
                    help: "The likelier of the two",
                },
            ],
            Self::Classes => [
                Heading {
                    title: "Chance of it",
                    help: "What the model gave, right after this event, to the class that came \
                           next",
                },
                Heading {
                    title: "Said",
                    help: "What the model said after this event, the likeliest first; what came \
                           true is marked ✔",
                },
            ],
            Self::Number => [
                Heading {
                    title: "Said",
                    help: "What the model said right after this event",
                },
                Heading {
                    title: "Off by",
                    help: "What was said, less what came true",
                },
            ],
        }
    }
}

/// Answer after one event, and what came true.
struct TimelineAnswer<'a> {
    said: &'a TaskAnswers,
    answers: SaidKind,
    values: &'a [f64],
    truth: Option<f64>,
    /// Part of the split: of the question, or of the event where none was asked.
    part: Part,
}

impl<'a> TimelineAnswer<'a> {
    fn after(said: &'a TaskAnswers, step: &TimelineStep) -> Self {
        let values = said.after(step.position).unwrap_or(&[]);
        let part = said
            .asked_after(step.position)
            .map_or(step.part, |asked| asked.part);
        Self {
            said,
            answers: SaidKind::of_task(said),
            values,
            truth: said.truth_after(step.position),
            part,
        }
    }

    fn true_class(&self) -> Option<usize> {
        self.truth
            .map(|truth| truth as usize)
            .filter(|_| self.answers != SaidKind::Number)
    }

    /// Returns what is drawn: the chance of yes, that of the true class, or the number.
    fn value(&self) -> Option<f64> {
        match self.answers {
            SaidKind::Chance => self.values.get(1).copied(),
            SaidKind::Classes => self.values.get(self.true_class()?).copied(),
            SaidKind::Number => self.values.first().copied(),
        }
    }

    /// Whether the likeliest class came true, alone on top, as accuracy counts; nothing where
    /// nothing was asked, nor of numbers.
    fn is_right(&self) -> Option<bool> {
        let class = self.true_class()?;
        let truth = self.values.get(class)?;
        Some(
            self.values
                .iter()
                .enumerate()
                .all(|(at, value)| at == class || value < truth),
        )
    }

    /// Truth in the words of the task.
    fn truth_words(&self) -> Option<String> {
        match self.true_class() {
            Some(class) => self.class_words(class),
            None => self.truth.map(|truth| self.number(truth)),
        }
    }

    /// A class as a person reads it: yes and no are words of the program, other classes are of the data.
    fn class_words(&self, class: usize) -> Option<String> {
        let name = self.said.classes.get(class)?;
        Some(match self.answers {
            SaidKind::Chance => tr(name),
            SaidKind::Classes | SaidKind::Number => name.clone(),
        })
    }

    fn number(&self, value: f64) -> String {
        tr(format!("{} {}", text::significant(value, 3), self.said.unit).trim_end())
    }

    /// Answer in words, the likeliest class first, what came true marked.
    fn said_words(&self) -> String {
        if self.answers == SaidKind::Number {
            let off = self
                .value()
                .zip(self.truth)
                .map(|(said, truth)| said - truth);
            return off.map_or_else(
                || "–".to_owned(),
                |off| format!("{}{}", if off > 0.0 { "+" } else { "" }, self.number(off)),
            );
        }
        let mut classes: Vec<(usize, f64)> = self.values.iter().copied().enumerate().collect();
        classes.sort_by(|a, b| b.1.total_cmp(&a.1));
        if self.answers == SaidKind::Chance {
            classes.truncate(1);
        }
        let words = classes.into_iter().take(N_NAMED).map(|(class, chance)| {
            let mark = if self.true_class() == Some(class) {
                "✔ "
            } else {
                ""
            };
            let name = self.class_words(class).unwrap_or_default();
            format!("{mark}{name} {}", text::percent(chance))
        });
        words.collect::<Vec<_>>().join(" · ")
    }
}

/// One line: how often what was said came true.
pub(super) fn summary(steps: &[TimelineStep], said: &TaskAnswers) -> String {
    let asked: Vec<TimelineAnswer<'_>> = steps
        .iter()
        .map(|step| TimelineAnswer::after(said, step))
        .filter(|answer| answer.truth.is_some())
        .collect();
    let n = asked.len();
    if n == 0 {
        return tr("nothing was asked of this user that has an answer yet");
    }
    if SaidKind::of_task(said) == SaidKind::Number {
        let off: f64 = asked
            .iter()
            .filter_map(|answer| Some((answer.value()? - answer.truth?).abs()))
            .sum();
        let mean = format!("{} {}", text::significant(off / n as f64, 3), said.unit);
        return tr(format!(
            "off by {} on average over {}",
            mean.trim_end(),
            text::counted(n, "question")
        ));
    }
    let right = asked
        .iter()
        .filter(|answer| answer.is_right() == Some(true))
        .count();
    let mut words = tr(format!(
        "{right} of {} answered right",
        text::counted(n, "question")
    ));
    for part in [Part::Valid, Part::Test] {
        if let Some(is_right) = asked
            .iter()
            .rfind(|answer| answer.part == part)
            .and_then(TimelineAnswer::is_right)
        {
            let word = if is_right { "right" } else { "wrong" };
            let _ = write!(words, " · {} {}", tr(part_name(part)), tr(word));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_engine::explain::AskedThere;

    fn step(position: usize) -> TimelineStep {
        TimelineStep {
            position,
            item_idx: 1,
            part: Part::Train,
            rank: None,
            probability: None,
            top: Vec::new(),
        }
    }

    fn said(classes: &[&str], rows: &[&[f64]], truth: &[Option<f64>]) -> TaskAnswers {
        TaskAnswers {
            classes: classes.iter().map(|class| (*class).to_owned()).collect(),
            unit: "hours",
            first: 0,
            rows: rows.iter().map(|row| row.to_vec()).collect(),
            asked: truth
                .iter()
                .map(|truth| {
                    Some(AskedThere {
                        part: Part::Test,
                        truth: Some((*truth)?),
                    })
                })
                .collect(),
            now: None,
        }
    }

    #[test]
    fn classes_chances_and_numbers_are_told_in_their_own_words() {
        let steps = [step(0), step(1), step(2)];
        let classes = said(
            &["view", "cart"],
            &[&[0.75, 0.25], &[0.25, 0.75], &[0.5, 0.5]],
            &[Some(0.0), Some(0.0), None],
        );
        assert_eq!(
            summary(&steps, &classes),
            "1 of 2 questions answered right · test wrong"
        );
        let first = TimelineAnswer::after(&classes, &steps[0]);
        assert_eq!((first.value(), first.is_right()), (Some(0.75), Some(true)));
        assert!(
            first.said_words().starts_with("✔ view"),
            "{}",
            first.said_words()
        );
        assert_eq!(first.truth_words().as_deref(), Some("view"));
        let tied = said(&["view", "cart"], &[&[0.5, 0.5]], &[Some(0.0)]);
        assert_eq!(
            TimelineAnswer::after(&tied, &steps[0]).is_right(),
            Some(false),
            "a tie is no answer"
        );
        assert_eq!(
            TimelineAnswer::after(&classes, &steps[2]).value(),
            None,
            "nothing came, so no chance of it"
        );

        let chance = said(
            &["no", "yes"],
            &[&[0.9, 0.1], &[0.2, 0.8]],
            &[Some(1.0), None],
        );
        let first = TimelineAnswer::after(&chance, &steps[0]);
        assert_eq!((first.value(), first.is_right()), (Some(0.1), Some(false)));
        assert_eq!(
            TimelineAnswer::after(&chance, &steps[1]).value(),
            Some(0.8),
            "a chance is told where nothing was asked"
        );

        let number = said(&[], &[&[3.5], &[2.0]], &[Some(3.0), Some(2.5)]);
        assert_eq!(
            summary(&steps, &number),
            "off by 0.500 hours on average over 2 questions"
        );
        let first = TimelineAnswer::after(&number, &steps[0]);
        assert_eq!(
            (first.said_words().as_str(), first.is_right()),
            ("+0.500 hours", None)
        );
    }
}
