//! The run that the program carries: it opens like any other, and its weights still give its
//! figures, whatever has changed in worlds and models since it was trained.

use std::path::Path;

use seqscope::experiment::Experiment;
use seqscope::metric::{Metric, Seen};
use seqscope::run::RunStore;
use seqscope::spec::Entry;
use seqscope::train::{judge, restore};

#[test]
fn the_weights_of_the_example_still_give_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let id = store.add_example().unwrap();
    let restored = restore(&store, &id, None, None).unwrap();
    let (prepared, told) = (&restored.prepared, restored.manifest.test.as_ref().unwrap());
    let leaves_out = restored.manifest.seen() == Seen::LeftOut;
    let model = restored.model.as_ref();
    let again = judge(model, prepared, &prepared.split.test, leaves_out).unwrap();
    for metric in [Metric::Ndcg10, Metric::Hr10, Metric::Mrr] {
        let (told, again) = (told.get(metric).unwrap(), again.get(metric).unwrap());
        // Another processor may round otherwise, and so order two items otherwise here and there.
        assert!(
            (told - again).abs() < 2e-3,
            "{}: {told}, {again}",
            metric.name()
        );
    }
    assert!(
        told.get(Metric::Ndcg10) > Some(0.7),
        "it has learnt its world"
    );
}

#[test]
fn its_experiment_is_the_one_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let manifest = store.manifest(&store.add_example().unwrap()).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/example.ron");
    let experiment = Experiment::open(&file).unwrap();
    assert_eq!(manifest.experiment_as_asked(), experiment);
}
