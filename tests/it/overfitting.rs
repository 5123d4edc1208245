//! The means against over-fitting: what they change, and what they leave alone.

use std::collections::BTreeSet;

use seqscope::data::{AugmentSpec, Sampler};
use seqscope::run::Outcome;

use crate::fake::{Done, LEN, N_USERS, Setup};

/// Every change in every history.
const ALWAYS: AugmentSpec = AugmentSpec {
    crop: 1.0,
    crop_keep: 0.9,
    mask: 1.0,
    mask_share: 0.2,
    reorder: 1.0,
    reorder_share: 1.0,
    synthetic: 0.0,
    sampler: Sampler::Gan,
};

fn setup(augment: AugmentSpec) -> Setup {
    let mut setup = Setup::new(3);
    setup.experiment.training.augment = augment;
    setup
}

type Rows = Vec<Vec<u32>>;

/// Histories of every training step, and those that were scored, with the number of steps before.
fn seen(augment: AugmentSpec) -> (Vec<Rows>, Vec<(usize, Vec<u32>)>) {
    let mut setup = setup(augment);
    setup.run();
    let script = setup.script();
    (script.trained_on.clone(), script.scored.clone())
}

/// Six training events: ⌊0.9 · 6⌋ = 5 are kept by the crop and ⌊0.2 · 5⌋ = 1 of them is masked.
#[test]
fn augmentation_changes_training_histories_and_nothing_else() {
    let (plain, scored) = seen(AugmentSpec::default());
    let (changed, still_scored) = seen(ALWAYS);
    assert_eq!(scored, still_scored, "validation and test are asked as ever");
    assert!(still_scored.iter().all(|(_, row)| [LEN - 2, LEN - 1].contains(&row.len())));
    let mut n_reordered = 0;
    for (plain, changed) in plain.concat().iter().zip(changed.concat()) {
        assert_eq!(changed.len(), 4, "{changed:?}");
        let [plain, kept] = [plain, &changed].map(|items| items.iter().copied().collect::<BTreeSet<u32>>());
        assert!(kept.is_subset(&plain) && kept.len() == 4, "events of the same user's training part, each once");
        n_reordered += usize::from(!changed.windows(2).all(|pair| pair[1] == pair[0] % 20 + 1));
    }
    assert!(n_reordered > N_USERS, "{n_reordered}");
    let epochs: Vec<BTreeSet<Vec<u32>>> = changed.chunks(4).map(|steps| steps.concat().into_iter().collect()).collect();
    assert!(epochs[0] != epochs[1] && epochs[1] != epochs[2], "anew in each epoch");
}

#[test]
fn each_change_is_made_to_its_share_of_histories() {
    for (augment, is_changed) in [
        (AugmentSpec { crop: 0.5, ..AugmentSpec::default() }, (|row: &[u32]| row.len() == 3) as fn(&[u32]) -> bool),
        (AugmentSpec { mask: 0.5, ..AugmentSpec::default() }, |row| row.len() == 5),
    ] {
        let (trained, _) = seen(augment);
        let rows = trained.concat();
        // Of 120 histories about 60: four standard errors are 22.
        let n_changed = rows.iter().filter(|row| is_changed(row)).count();
        assert!((38..=82).contains(&n_changed), "{n_changed} of {}", rows.len());
        assert!(rows.iter().all(|row| is_changed(row) || row.len() == LEN - 2));
    }
}

fn weights(setup: &Setup, done: &Done) -> Vec<u8> {
    std::fs::read(setup.store().best_weights(&done.id)).unwrap()
}

#[test]
fn an_augmented_run_repeats_itself_and_goes_on_to_the_same_numbers() {
    let mut whole = setup(ALWAYS);
    let expected = whole.run();
    let mut again = setup(ALWAYS);
    let done = again.run();
    assert_eq!(weights(&whole, &expected), weights(&again, &done));

    let mut cut = setup(ALWAYS);
    cut.script().panic_at = Some(6);
    let failed = cut.run();
    assert!(matches!(failed.ended.outcome, Some(Outcome::Failed { .. })));
    cut.resume = Some(failed.id);
    let done = cut.run();
    assert_eq!(done.ended.epochs, 3);
    assert_eq!(weights(&whole, &expected), weights(&cut, &done));
}
