//! What the families of attention foresee several steps ahead.

use seqscope::data::Histories;
use seqscope::model::{ModelSpec, Rollout};

use crate::model::{build, circle, cpu, families, train};

/// A family with settings, from `Name(key: value, …)`.
fn spec(text: &str) -> ModelSpec {
    let (name, settings) = text.trim_end_matches(')').split_once('(').unwrap();
    let named = |spec: &ModelSpec| format!("{spec:?}").starts_with(&format!("{name}("));
    let mut spec = families().into_iter().find(named).unwrap();
    for setting in settings.split(", ") {
        let (key, value) = setting.split_once(": ").unwrap();
        spec.described_mut().set_text(key, value).unwrap();
    }
    spec
}

/// Asked for more steps than a decoder learns to foretell at once, too.
#[test]
fn what_is_foreseen_begins_with_the_next_item_and_leaves_out_what_was_seen() {
    for name in [
        "Transformer(seq_len: 12)",
        "Bert4Rec(seq_len: 12)",
        "EncoderDecoder(n_ahead: 3)",
    ] {
        let mut model = build(&spec(name), &cpu(), 1);
        train(&mut *model, 0, 3);
        let history = Histories::of_items(circle().row(0));
        let asked = Rollout {
            history: &history,
            n_ahead: 8,
            filter_seen: true,
        };
        let rows = model.ahead(&asked).unwrap();
        let next = model.scores(&history).unwrap();
        assert_eq!(rows.len(), 8, "{name}");
        assert!(
            rows[0]
                .iter()
                .zip(&next)
                .skip(1)
                .all(|(a, b)| (a - b).abs() < 1e-5),
            "{name}"
        );
        let path = asked.path(&rows);
        let mut different = [history.row(0), &path].concat();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 10 + 8, "{name}: {path:?}");
        // Two items are left of twenty, then none.
        assert_eq!(
            model
                .ahead(&Rollout {
                    n_ahead: 15,
                    ..asked
                })
                .unwrap()
                .len(),
            10,
            "{name}"
        );
    }
}
