//! The layers of a model before it is built: what each puts out, and which weights it has.
//!
//! A family lists them from its settings alone. The number of learnt numbers is their sum, and each
//! weight has the name and the shape that it has in a weights file, so that a test holds the list
//! against what is built.

use std::collections::BTreeMap;
use std::fmt;

use super::Blueprint;
use seqscope_data::Output;

/// A layer of a model that need not be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerShape {
    /// Name in the field's words.
    pub name: String,
    /// Shape of what it puts out, the batch first.
    pub output: Vec<Axis>,
    /// Its weights; none where it has nothing to learn, or borrows those of another layer.
    pub weights: Vec<WeightShape>,
}

/// One array of weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightShape {
    /// Its name in a weights file.
    pub name: String,
    /// Its shape.
    pub shape: Vec<Axis>,
}

/// The length of an array along one of its axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Length of the batch, or of what is asked.
    Named(&'static str),
    /// So many.
    Size(usize),
    /// Number that the data have of something, and so many more; `n` is `None` before they are
    /// prepared.
    OfData {
        /// Name of what is counted: `n_items`, `n_behaviours`.
        symbol: &'static str,
        /// Number that the data have.
        n: Option<usize>,
        /// Number that is added, such as the row of padding.
        more: usize,
    },
}

/// A number of learnt numbers, in part perhaps so many for each of something that only the data
/// tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParamCount {
    /// Part that does not depend on the data, or all of it where they are known.
    pub fixed: usize,
    /// Number for each of what the data are still to tell.
    pub per: BTreeMap<&'static str, usize>,
}

/// Blocks and layers of a list at most: more than any setting allows, so that a setting out of its
/// range cannot make a list without end.
pub(super) const MAX_REPEATED: usize = 64;

/// The users of a step.
pub(super) const BATCH: Axis = Axis::Named("batch");

impl Axis {
    /// The catalogue, and so many more rows.
    pub(super) fn items(plan: &Blueprint, more: usize) -> Self {
        let n = plan.shape.n_items;
        Self::OfData {
            symbol: "n_items",
            n: (n > 0).then_some(n),
            more,
        }
    }

    /// Its length, where it is known.
    #[must_use]
    pub fn len(self) -> Option<usize> {
        match self {
            Self::Named(_) => None,
            Self::Size(n) => Some(n),
            Self::OfData { n, more, .. } => n.map(|n| n.saturating_add(more)),
        }
    }

    /// Whether nothing is there along it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == Some(0)
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self, self.len()) {
            (Self::Named(name), _) => f.write_str(name),
            (
                Self::OfData {
                    symbol, more: 0, ..
                },
                None,
            ) => f.write_str(symbol),
            (Self::OfData { symbol, more, .. }, None) => write!(f, "({symbol} + {more})"),
            (_, n) => write!(f, "{}", n.unwrap_or(0)),
        }
    }
}

impl WeightShape {
    /// Counts the numbers that it holds.
    #[must_use]
    pub fn count(&self) -> ParamCount {
        // A setting out of its range may be any number.
        let product = |axes: &mut dyn Iterator<Item = &Axis>| {
            axes.filter_map(|axis| axis.len())
                .fold(1, |product: usize, len| product.saturating_mul(len))
        };
        let open = self
            .shape
            .iter()
            .enumerate()
            .find_map(|(at, axis)| match axis {
                Axis::OfData {
                    symbol,
                    n: None,
                    more,
                } => Some((at, *symbol, *more)),
                Axis::Named(_) | Axis::Size(_) | Axis::OfData { n: Some(_), .. } => None,
            });
        match open {
            None => ParamCount {
                fixed: product(&mut self.shape.iter()),
                per: BTreeMap::new(),
            },
            Some((open, symbol, more)) => {
                let known = self
                    .shape
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| *at != open)
                    .map(|(_, axis)| axis);
                let of_one = product(&mut { known });
                ParamCount {
                    fixed: of_one.saturating_mul(more),
                    per: BTreeMap::from([(symbol, of_one)]),
                }
            }
        }
    }
}

impl LayerShape {
    /// Without weights.
    pub(super) fn new(name: impl Into<String>, output: impl Into<Vec<Axis>>) -> Self {
        Self {
            name: name.into(),
            output: output.into(),
            weights: Vec::new(),
        }
    }

    /// Adds an array of weights.
    pub(super) fn with(mut self, name: impl Into<String>, shape: impl Into<Vec<Axis>>) -> Self {
        self.weights.push(WeightShape {
            name: name.into(),
            shape: shape.into(),
        });
        self
    }

    /// Adds a matrix and a bias.
    pub(super) fn dense(self, name: &str, d_in: Axis, d_out: Axis) -> Self {
        self.with(format!("{name}.weight"), [d_in, d_out])
            .with(format!("{name}.bias"), [d_out])
    }

    /// Adds the scale and the shift of a layer norm.
    pub(super) fn norm(self, name: &str, width: usize) -> Self {
        let width = [Axis::Size(width)];
        self.with(format!("{name}.gamma"), width)
            .with(format!("{name}.beta"), width)
    }

    /// Counts the numbers that it learns.
    #[must_use]
    pub fn count(&self) -> ParamCount {
        self.weights.iter().map(WeightShape::count).sum()
    }

    /// Its shape as a person reads it: `batch × 50 × 64`.
    #[must_use]
    pub fn output_words(&self) -> String {
        words_of(&self.output, " × ")
    }
}

/// A shape in one line.
fn words_of(axes: &[Axis], between: &str) -> String {
    axes.iter()
        .map(Axis::to_string)
        .collect::<Vec<_>>()
        .join(between)
}

impl fmt::Display for WeightShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.name, words_of(&self.shape, ", "))
    }
}

impl ParamCount {
    /// All of it, where nothing is left to the data.
    #[must_use]
    pub fn known(&self) -> Option<usize> {
        self.per.values().all(|n| *n == 0).then_some(self.fixed)
    }

    /// Writes it as a person reads it, with numbers written by `count`: `64 · n_items + 128`.
    #[must_use]
    pub fn words(&self, count: impl Fn(usize) -> String) -> String {
        let mut terms: Vec<String> = self
            .per
            .iter()
            .filter(|(_, n)| **n > 0)
            .map(|(symbol, n)| format!("{} · {symbol}", count(*n)))
            .collect();
        if self.fixed > 0 || terms.is_empty() {
            terms.push(count(self.fixed));
        }
        terms.join(" + ")
    }
}

impl std::iter::Sum for ParamCount {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |mut sum, count| {
            sum.fixed = sum.fixed.saturating_add(count.fixed);
            for (symbol, n) in count.per {
                let of_symbol = sum.per.entry(symbol).or_default();
                *of_symbol = of_symbol.saturating_add(n);
            }
            sum
        })
    }
}

/// Counts the numbers that all of these layers learn.
#[must_use]
pub fn count_of(layers: &[LayerShape]) -> ParamCount {
    layers.iter().map(LayerShape::count).sum()
}

/// The layer that answers: scores of the catalogue from `states`, with vectors of its own where
/// `own` names them; or the head of another task, below which the network's weights are those of
/// its body.
pub(super) fn with_answer(
    mut layers: Vec<LayerShape>,
    plan: &Blueprint,
    states: &[Axis],
    own: Option<&str>,
) -> Vec<LayerShape> {
    let width = states.last().copied().unwrap_or(Axis::Size(0));
    let vectors = [Axis::items(plan, 1), width];
    if plan.is_next_item() {
        let mut output = states.to_vec();
        output.pop();
        output.push(Axis::items(plan, 0));
        layers.push(match own {
            Some(name) => {
                LayerShape::new("Item scores, by vectors of their own", output).with(name, vectors)
            }
            None => LayerShape::new("Item scores, by the item embedding", output),
        });
        return layers;
    }
    for weight in layers.iter_mut().flat_map(|layer| &mut layer.weights) {
        weight.name.insert_str(0, "body.");
    }
    layers.push(head(plan.output, width));
    layers
}

/// The dense layer on the state at the moment that is asked about.
fn head(output: Output, width: Axis) -> LayerShape {
    let n_elapsed = super::outcome::n_elapsed(output);
    let read = Axis::Size(width.len().unwrap_or(0).saturating_add(n_elapsed));
    let (name, answers) = match output {
        Output::Catalogue | Output::Classes(_) => {
            let n = output.n_outputs();
            let behaviours = Axis::OfData {
                symbol: "n_behaviours",
                n: (n > 0).then_some(n),
                more: 0,
            };
            ("Head: a score for each behaviour", behaviours)
        }
        Output::Chance => (
            "Head: the chance, told the time since the last event",
            Axis::Size(1),
        ),
        Output::Number => ("Head: the number", Axis::Size(1)),
    };
    LayerShape::new(name, [Axis::Named("questions"), answers]).dense("head", read, answers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_data::DataShape;

    /// A table of 5 rows of 3 numbers for 4 items; without data 3 an item and 3 of padding.
    #[test]
    fn what_the_data_are_to_tell_stays_a_symbol() {
        let table = |plan: &Blueprint| {
            LayerShape::new("Table", [BATCH]).with("t", [Axis::items(plan, 1), Axis::Size(3)])
        };
        let known = table(&Blueprint::for_data(DataShape {
            n_items: 4,
            ..DataShape::default()
        }));
        assert_eq!(
            (known.count().known(), known.weights[0].to_string().as_str()),
            (Some(15), "t [5, 3]")
        );
        let open = table(&Blueprint::default());
        assert_eq!(
            (open.count().known(), open.weights[0].to_string().as_str()),
            (None, "t [(n_items + 1), 3]")
        );
        assert_eq!(open.count().words(|n| n.to_string()), "3 · n_items + 3");
        let dense = LayerShape::new("Dense", [BATCH, Axis::Size(2)]).dense(
            "d",
            Axis::Size(3),
            Axis::Size(2),
        );
        assert_eq!(
            count_of(&[open, dense]).words(|n| n.to_string()),
            "3 · n_items + 11"
        );
        assert_eq!(ParamCount::default().words(|n| n.to_string()), "0");
    }
}
