//! Cases of the benchmark: the work, its size, its name.

use strum::IntoEnumIterator;

use seqscope_base::spec::Value;
use seqscope_data::DataShape;
use seqscope_model::{ModelKind, ModelSpec};

/// One piece of work to be timed.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its name, which stays the same from version to version: `transformer step`.
    pub work: String,
    /// Kind of work.
    pub task: BenchTask,
    /// Size of the data.
    pub size: Size,
}

/// Kinds of work that are measured.
#[derive(Clone, Debug, PartialEq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum BenchTask {
    /// One optimiser step on a batch of histories of equal length.
    Step(ModelSpec),
    /// One epoch over a log whose users are as unlike in length as those of a real one.
    Epoch(ModelSpec),
    /// The true next item of every user of such a log ranked among the whole catalogue: forward
    /// pass, scores, ranks and log-probabilities.
    Evaluation(ModelSpec),
    /// Full-ranking evaluation with a model whose forward pass costs next to nothing, so that
    /// scores and ranks are left.
    Ranking(ModelSpec),
    /// All that the window shows of one user.
    Explanation(ModelSpec),
    /// A log of so many rows, from a CSV file to one list of events a user.
    Opening {
        /// Rows of the file.
        n_rows: usize,
    },
}

impl BenchTask {
    /// The model that does it.
    #[must_use]
    pub fn model(&self) -> Option<&ModelSpec> {
        match self {
            Self::Step(model)
            | Self::Epoch(model)
            | Self::Evaluation(model)
            | Self::Ranking(model)
            | Self::Explanation(model) => Some(model),
            Self::Opening { .. } => None,
        }
    }
}

/// Sizes of the data of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Users of a log.
    pub n_users: usize,
    /// Items of the catalogue.
    pub n_items: usize,
    /// Events of a history, in a step and an explanation.
    pub n_events: usize,
    /// Users in one step.
    pub batch_size: usize,
}

impl Size {
    /// Returns what a model is told of the data before it is built.
    #[must_use]
    pub fn shape(self) -> DataShape {
        let Self {
            n_users,
            n_items,
            n_events,
            ..
        } = self;
        DataShape {
            n_users,
            n_items,
            n_events: n_users * n_events,
            max_len: n_events,
        }
    }
}

/// Sizes for figures, or only to see that it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchScale {
    /// Sizes of `MovieLens`-1M after cleaning.
    Whole,
    /// So small that everything is done in seconds.
    Quick,
}

impl BenchScale {
    /// Returns the size for a model that reads events in order. The first event of a history has
    /// nothing before it: 201 events make 200 predictions.
    fn size(self) -> Size {
        match self {
            Self::Whole => Size {
                n_users: 6_040,
                n_items: 3_416,
                n_events: 201,
                batch_size: 128,
            },
            Self::Quick => Size {
                n_users: 40,
                n_items: 100,
                n_events: 21,
                batch_size: 8,
            },
        }
    }

    /// Returns the size for a model of bags of items; Liang et al. 2018 take 500 users a step.
    fn size_of_bags(self) -> Size {
        match self {
            Self::Whole => Size {
                batch_size: 500,
                ..self.size()
            },
            Self::Quick => self.size(),
        }
    }

    fn n_rows(self) -> usize {
        match self {
            Self::Whole => 1_000_000,
            Self::Quick => 2_000,
        }
    }
}

/// A family at the benchmark's size, without dropout.
struct Family {
    /// Name as in the names of the work: `transformer`.
    name: String,
    model: ModelSpec,
    size: Size,
    /// The share that the family's own default drops.
    dropout: Option<f64>,
}

impl Family {
    fn all(scale: BenchScale) -> impl Iterator<Item = Self> {
        ModelSpec::iter().map(move |model| Self::new(model, scale))
    }

    fn new(model: ModelSpec, scale: BenchScale) -> Self {
        let name = ModelKind::from(&model).to_string().to_lowercase();
        let size = if has(&model, "seq_len") {
            scale.size()
        } else {
            scale.size_of_bags()
        };
        let dropout = match setting(&model, "dropout") {
            Some(Value::Float(share)) if share > 0.0 => Some(share),
            _ => None,
        };
        let model = with(model, "d_model", &Value::Int(64));
        let model = with(
            with(model, "n_heads", &Value::Int(2)),
            "dropout",
            &Value::Float(0.0),
        );
        Self {
            name,
            model: window(model, size.n_events),
            size,
            dropout,
        }
    }

    fn case(&self, work: &str, task: BenchTask) -> Case {
        Case {
            work: format!("{} {work}", self.name),
            task,
            size: self.size,
        }
    }

    fn step(&self, model: ModelSpec, work: &str) -> Case {
        self.case(work, BenchTask::Step(model))
    }

    /// The step as it is; as it is usually trained, with dropout; and with two layers where the
    /// family stacks them and begins with one.
    fn steps(&self) -> impl Iterator<Item = Case> {
        let mut steps = vec![self.step(self.model.clone(), "step")];
        if let Some(share) = self.dropout {
            let model = with(self.model.clone(), "dropout", &Value::Float(share));
            steps.push(self.step(model, &format!("step dropout={share}")));
        }
        if setting(&self.model, "n_layers") == Some(Value::Int(1)) {
            let model = with(self.model.clone(), "n_layers", &Value::Int(2));
            steps.push(self.step(model, "step n_layers=2"));
        }
        steps.into_iter()
    }

    /// Steps of growing cost.
    fn growth(&self) -> impl Iterator<Item = Case> {
        let mut steps = Vec::new();
        for at in [50, 100, 200, 400]
            .into_iter()
            .filter(|_| has(&self.model, "seq_len"))
        {
            let n_events = at + 1;
            steps.push(Case {
                size: Size {
                    n_events,
                    ..self.size
                },
                ..self.step(
                    window(self.model.clone(), n_events),
                    &format!("step T={at}"),
                )
            });
        }
        for n_items in [1_000, 10_000, 100_000] {
            steps.push(Case {
                size: Size {
                    n_items,
                    ..self.size
                },
                ..self.step(self.model.clone(), &format!("step items={n_items}"))
            });
        }
        for batch_size in [32, 64, 128, 256] {
            steps.push(Case {
                size: Size {
                    batch_size,
                    ..self.size
                },
                ..self.step(self.model.clone(), &format!("step batch={batch_size}"))
            });
        }
        steps.into_iter()
    }
}

/// Returns all cases, by name.
#[must_use]
pub fn cases(scale: BenchScale) -> Vec<Case> {
    let families: Vec<Family> = Family::all(scale).collect();
    let mut cases: Vec<Case> = families.iter().flat_map(Family::steps).collect();
    cases.extend(of_each(&families, "epoch", BenchTask::Epoch));
    cases.extend(of_each(&families, "evaluation", BenchTask::Evaluation));
    cases.push(ranking(scale));
    cases.extend(of_each(&families, "explanation", BenchTask::Explanation));
    let opening = BenchTask::Opening {
        n_rows: scale.n_rows(),
    };
    cases.push(Case {
        work: "opening".to_owned(),
        task: opening,
        size: scale.size(),
    });
    cases
}

/// The case of each family in which its model does this work.
fn of_each(
    families: &[Family],
    work: &str,
    task: fn(ModelSpec) -> BenchTask,
) -> impl Iterator<Item = Case> {
    families
        .iter()
        .map(move |family| family.case(work, task(family.model.clone())))
}

/// Steps of growing window, catalogue and batch, of every family where they apply.
#[must_use]
pub fn growth(scale: BenchScale) -> Vec<Case> {
    Family::all(scale)
        .flat_map(|family| family.growth().collect::<Vec<_>>())
        .collect()
}

/// Two recurrent units after one event: what is left is the product with the item vectors, and
/// ranks.
fn ranking(scale: BenchScale) -> Case {
    let model = ModelSpec::Lstm(seqscope_model::LstmSpec::default());
    let model = with(
        with(model, "d_model", &Value::Int(64)),
        "d_hidden",
        &Value::Int(2),
    );
    let size = Size {
        n_events: 2,
        ..scale.size()
    };
    Case {
        work: "ranking alone".to_owned(),
        task: BenchTask::Ranking(model),
        size,
    }
}

fn setting(model: &ModelSpec, key: &str) -> Option<Value> {
    model
        .fields()
        .into_iter()
        .find(|field| field.key == key)
        .map(|field| field.value)
}

fn has(model: &ModelSpec, key: &str) -> bool {
    setting(model, key).is_some()
}

/// The model with a setting changed; one that the family has not is passed over.
fn with(mut model: ModelSpec, key: &str, value: &Value) -> ModelSpec {
    // Refused only where there is no such setting.
    let _ = model.described_mut().set(key, value);
    model
}

/// A window that reaches over all predictions of a history.
fn window(model: ModelSpec, n_events: usize) -> ModelSpec {
    with(model, "seq_len", &Value::Int(n_events as i64 - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_family_has_a_row_for_every_kind_of_work_and_no_name_comes_twice() {
        let all: Vec<Case> = cases(BenchScale::Whole)
            .into_iter()
            .chain(growth(BenchScale::Whole))
            .collect();
        let names: BTreeSet<&str> = all.iter().map(|case| case.work.as_str()).collect();
        assert_eq!(names.len(), all.len());
        for kind in ModelKind::iter().map(|kind| kind.to_string().to_lowercase()) {
            for work in [
                "step",
                "epoch",
                "evaluation",
                "explanation",
                "step items=10000",
                "step batch=64",
            ] {
                assert!(
                    names.contains(format!("{kind} {work}").as_str()),
                    "{kind} {work} in {names:?}"
                );
            }
        }
        for work in [
            "ranking alone",
            "opening",
            "transformer step dropout=0.1",
            "lstm step T=400",
        ] {
            assert!(names.contains(work), "{work} in {names:?}");
        }
        assert!(!names.contains("vae step T=50"), "a bag has no window");
    }

    /// The sizes that the figures are quoted for, whatever becomes of the families' defaults.
    #[test]
    fn the_steps_have_their_sizes() {
        let setting_of = |work: &str, key: &str| {
            let case = cases(BenchScale::Whole)
                .into_iter()
                .find(|case| case.work == work)
                .unwrap();
            setting(case.task.model().unwrap(), key).unwrap_or_else(|| panic!("{key} of {work}"))
        };
        for (key, value) in [
            ("d_model", 64),
            ("n_layers", 2),
            ("n_heads", 2),
            ("d_ff", 64),
            ("seq_len", 200),
        ] {
            assert_eq!(
                setting_of("transformer step", key),
                Value::Int(value),
                "{key}"
            );
        }
        for (key, value) in [("d_model", 64), ("d_hidden", 128), ("seq_len", 200)] {
            assert_eq!(setting_of("lstm step", key), Value::Int(value), "{key}");
        }
        assert_eq!(setting_of("vae step", "d_hidden"), Value::Int(600));
        assert_eq!(setting_of("vae step", "d_latent"), Value::Int(200));
        for work in ["transformer step", "lstm step", "vae step"] {
            assert_eq!(setting_of(work, "dropout"), Value::Float(0.0), "{work}");
        }
    }

    #[test]
    fn every_case_fits_its_model() {
        for scale in [BenchScale::Whole, BenchScale::Quick] {
            for case in cases(scale).into_iter().chain(growth(scale)) {
                let Some(model) = case.task.model() else {
                    continue;
                };
                let Size {
                    n_users,
                    n_items,
                    n_events,
                    ..
                } = case.size;
                let shape = seqscope_data::DataShape {
                    n_users,
                    n_items,
                    n_events: n_users * n_events,
                    max_len: n_events,
                };
                let problems = model
                    .family()
                    .check(&seqscope_model::Blueprint::for_data(shape));
                assert!(
                    problems.iter().all(|problem| !problem.is_error()),
                    "{}: {problems:?}",
                    case.work
                );
            }
        }
    }
}
