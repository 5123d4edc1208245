//! The layers that a family lists before it is built are those that it has: every name and every
//! shape.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use seqscope::app::{SizePreset, sized_model};
use seqscope::data::{Output, TaskKind};
use seqscope::experiment::Preset;
use seqscope::model::{
    Axis, Blueprint, FeatureShape, LayerShape, ModelKind, ModelSpec, Trainable, count_of,
};
use seqscope::spec::FieldKind;
use strum::IntoEnumIterator as _;

use crate::model::{N_ITEMS, OPTIMIZER, cpu, families, plan};

/// What a model may be asked for, one for each task.
const OUTPUTS: [Output; 4] = [
    Output::Catalogue,
    Output::Classes(3),
    Output::Chance,
    Output::Number,
];

/// Every weight with its shape, as a list of layers tells it.
fn listed(layers: &[LayerShape]) -> BTreeMap<String, Vec<usize>> {
    let weights = layers.iter().flat_map(|layer| &layer.weights);
    let found: Vec<_> = weights
        .map(|weight| {
            (
                weight.name.clone(),
                weight.shape.iter().filter_map(|axis| axis.len()).collect(),
            )
        })
        .collect();
    let n = found.len();
    let found = BTreeMap::from_iter(found);
    assert_eq!(found.len(), n, "a weight is listed twice");
    found
}

/// Every weight with its shape, as a file of them tells it.
fn saved(model: &dyn Trainable) -> BTreeMap<String, Vec<usize>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    model.save_weights(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    file.tensors()
        .into_iter()
        .map(|(name, view)| (name, view.shape().to_vec()))
        .collect()
}

fn assert_listed_is_built(spec: &ModelSpec, plan: &Blueprint) {
    let family = spec.family();
    let layers = family.layers(plan);
    let model = family.build(plan, OPTIMIZER, &cpu(), 1).unwrap();
    assert_eq!(
        listed(&layers),
        saved(&*model),
        "{spec:?} for {:?}",
        plan.output
    );
    assert_eq!(
        count_of(&layers).known(),
        Some(model.n_params()),
        "{spec:?}"
    );
    assert_eq!(family.n_params(plan), model.n_params(), "{spec:?}");
}

#[test]
fn every_family_lists_what_it_builds_for_every_task_with_and_without_features() {
    let features = [
        vec![],
        vec![
            FeatureShape::Index(7),
            FeatureShape::Real(2),
            FeatureShape::Index(2),
        ],
    ];
    for spec in families() {
        for output in OUTPUTS {
            let task = TaskKind::iter().find(|task| output.fits(*task)).unwrap();
            if !spec.family().tasks().contains(&task) {
                continue;
            }
            for features in features
                .iter()
                .filter(|some| some.is_empty() || spec.family().takes_features())
            {
                assert_listed_is_built(
                    &spec,
                    &Blueprint {
                        output,
                        features: features.clone(),
                        ..plan()
                    },
                );
            }
        }
    }
    assert!(
        TaskKind::iter().all(|task| OUTPUTS.iter().any(|output| output.fits(task))),
        "a task without an output"
    );
}

#[test]
fn every_preset_lists_what_it_builds() {
    for preset in Preset::iter() {
        // Blocks and layers are all alike: one tells what two, six or twelve do.
        let mut spec = preset.model();
        if matches!(preset, Preset::Gpt | Preset::Transformer | Preset::Lstm) {
            spec.described_mut().set_text("n_layers", "1").unwrap();
        }
        assert_listed_is_built(&spec, &plan());
    }
}

#[test]
fn every_size_lists_what_it_builds() {
    for spec in ModelSpec::iter() {
        for size in SizePreset::iter() {
            assert_listed_is_built(&sized_model(&spec, size), &plan());
        }
    }
}

/// A file may hold any number: a setting out of its range is refused, and nothing that is worked
/// out before panics.
#[test]
fn a_number_out_of_range_is_refused_and_nothing_panics() {
    let features = vec![FeatureShape::Index(7), FeatureShape::Real(2)];
    for kind in ModelKind::iter() {
        let fields = ModelSpec::iter()
            .find(|spec| ModelKind::from(spec) == kind)
            .unwrap()
            .fields();
        for field in fields
            .iter()
            .filter(|field| matches!(field.kind, FieldKind::Int { .. }))
        {
            let text = format!("{{\"{kind}\": {{\"{}\": {}}}}}", field.key, usize::MAX);
            let spec: ModelSpec = serde_json::from_str(&text).unwrap();
            for output in OUTPUTS {
                let plan = Blueprint {
                    output,
                    features: features.clone(),
                    ..plan()
                };
                let problems = spec.family().check(&plan);
                assert!(
                    problems
                        .iter()
                        .any(|problem| problem.field.as_str().ends_with(field.key)),
                    "{text}: {problems:?}"
                );
                assert!(
                    spec.family().build(&plan, OPTIMIZER, &cpu(), 1).is_err(),
                    "{text}"
                );
            }
        }
    }
}

/// The first axis is what goes through together; the catalogue's scores come out of every next-item
/// model.
#[test]
fn what_goes_in_is_a_batch_and_what_comes_out_are_scores() {
    for spec in families() {
        let layers = spec.family().layers(&plan());
        for layer in &layers {
            assert!(
                matches!(layer.output.first(), Some(Axis::Named(_))),
                "{layer:?}"
            );
            assert!(
                layer.output[1..]
                    .iter()
                    .all(|axis| axis.len().is_some_and(|n| n > 0)),
                "{layer:?}"
            );
        }
        assert_eq!(
            layers.last().and_then(|layer| layer.output.last()?.len()),
            Some(N_ITEMS),
            "{spec:?}"
        );
    }
}

/// Without data a count is so many an item and a rest, which is the count for any number of items.
#[test]
fn a_count_without_data_is_that_of_any_data() {
    for spec in families() {
        let open = count_of(&spec.family().layers(&Blueprint::default()));
        assert!(
            open.known().is_none() && open.per["n_items"] > 0,
            "{spec:?}"
        );
        assert_eq!(
            open.fixed + open.per["n_items"] * N_ITEMS,
            spec.family().n_params(&plan()),
            "{spec:?}"
        );
    }
}
