//! How long a person waits for what the explaining thread answers: another epoch of a user, and what
//! an edit of a history changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use seqscope::app::{Action, ExplainView, Select, WhatIfAction};
use seqscope::explain::{Edit, view_of_task};
use seqscope::metric::Seen;
use seqscope::run::{RunId, RunStore};
use seqscope::train::{Restored, restore};

use crate::cases::{apply, explain_in};
use crate::saved::{Trained, store, train};
use crate::{Told, left_out};

/// Path of a saved run that is asked in the place of the one that is trained here.
const RUN: &str = "SEQSCOPE_BENCH_RUN";

const TURNS: usize = 40;

/// Wall-clock milliseconds on the run that `SEQSCOPE_BENCH_RUN` names, or on a Transformer with the
/// sizes of MovieLens-1M's and few users. `epoch_anew` is a user's explanation from a model that is
/// built for it, `epoch_moved` from one that is open at another epoch, in turns. `edit` lasts from
/// the change of a history until its answer is in the state of the window, frames included.
pub(crate) fn answers(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    let (store, run) = match std::env::var_os(RUN) {
        Some(path) => named(Path::new(&path)),
        None => trained(folder.path()),
    };
    epochs(told, &store, &run);
    edits(told, &store, &run);
}

fn named(path: &Path) -> (RunStore, RunId) {
    let parts = (path.parent(), path.file_name());
    let (Some(runs), Some(name)) = parts else {
        panic!("{RUN} is no path of a run's folder: {}", path.display());
    };
    let name = name.to_string_lossy().into_owned();
    (RunStore::at(PathBuf::from(runs)), RunId(name))
}

fn trained(folder: &Path) -> (RunStore, RunId) {
    let run = train(
        folder,
        &Trained {
            name: "asked",
            lens: &[165; 60],
            n_items: 3_416,
            model: "Transformer(d_model: 64, n_layers: 2, n_heads: 1, d_ff: 64, seq_len: 200)",
            epochs: 2,
        },
    );
    (store(folder), run)
}

/// The user with the longest history.
fn longest(restored: &Restored) -> usize {
    let sequences = &restored.prepared.dataset.sequences;
    (0..restored.prepared.dataset.users.len())
        .max_by_key(|&user| sequences.items(user).len())
        .unwrap_or_default()
}

fn epochs(told: &mut Told, store: &RunStore, run: &RunId) {
    let kept = store.epochs(run).unwrap();
    let [first, .., last] = kept.as_slice() else {
        return left_out("epoch", "the run keeps the weights of one epoch only");
    };
    let mut open = restore(store, run, Some(*first), None).unwrap();
    let user_idx = longest(&open);
    let (mut anew, mut moved) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let epoch = Some(if turn % 2 == 0 { *last } else { *first });
        let known = Some(Arc::clone(&open.prepared));
        let start = Instant::now();
        look(&restore(store, run, epoch, known).unwrap(), user_idx);
        anew.push(ms(start));
        let start = Instant::now();
        open.move_to(store, epoch).unwrap();
        look(&open, user_idx);
        moved.push(ms(start));
    }
    told.figure("epoch_anew", "ms", &anew);
    told.figure("epoch_moved", "ms", &moved);
}

fn look(restored: &Restored, user_idx: usize) {
    let view = view_of_task(
        restored.model.as_ref(),
        &restored.prepared,
        user_idx,
        &restored.questions,
        restored.manifest.seen() == Seen::LeftOut,
    );
    drop(std::hint::black_box(view.unwrap()));
}

fn edits(told: &mut Told, store: &RunStore, run: &RunId) {
    let restored = restore(store, run, None, None).unwrap();
    let user_idx = longest(&restored);
    let user = restored
        .prepared
        .dataset
        .users
        .id(user_idx as u32)
        .unwrap()
        .to_owned();
    let n_events = restored.prepared.dataset.sequences.items(user_idx).len();
    drop(restored);
    let mut screen = explain_in(store.clone(), run, &user);
    apply(
        &mut screen,
        Action::Select(Select::View(ExplainView::WhatIf)),
    );
    screen.until("the history", |window| {
        window.app().views.edits().has_answer()
    });
    let mut times = Vec::new();
    for turn in 0..TURNS.min(n_events / 2) {
        apply(&mut screen, Action::WhatIf(WhatIfAction::StartOver));
        screen.until("the history", |window| {
            window.app().views.edits().has_answer()
        });
        let event = n_events / 2 - turn;
        let start = Instant::now();
        apply(
            &mut screen,
            Action::WhatIf(WhatIfAction::Edit(Edit::Delete { event })),
        );
        assert!(
            !screen.window.app().views.edits().has_answer(),
            "this edit was answered before"
        );
        while !screen.window.app().views.edits().has_answer() {
            screen.wait(Duration::from_millis(4));
            screen.frame(Vec::new());
        }
        times.push(ms(start));
    }
    screen.expect("History");
    told.figure("edit", "ms", &times);
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}
