//! Runs as a tree of parents and children: fine-tuned and forked ones below what they began with.

use std::collections::{BTreeMap, BTreeSet};

use super::{Extension, LiveChange, Manifest, Origin, RunId, RunStatus, Summary};

/// One run in the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct LineageNode {
    /// Its name.
    pub id: RunId,
    /// Number of its ancestors that are shown above it.
    pub depth: usize,
    /// Whether a later run at the same depth hangs on the same ancestor, for each depth from 1 to its
    /// own; the last of them says whether it has a younger sibling itself.
    pub goes_on: Vec<bool>,
    /// Whether it can be used; `None` of a parent that is not there any more.
    pub status: Option<RunStatus>,
    /// What makes it another run than its parent: how it began, what was changed, what was added.
    pub note: String,
}

impl LineageNode {
    /// Lines that join it to its parent, such as `│  └─ `; empty at a root.
    #[must_use]
    pub fn branches(&self) -> String {
        let Some((own, above)) = self.goes_on.split_last() else {
            return String::new();
        };
        let above: String = (above.iter())
            .map(|goes_on| if *goes_on { "│  " } else { "   " })
            .collect();
        above + if *own { "├─ " } else { "└─ " }
    }
}

/// Some runs as a tree, parents before their children. Roots stand in the order given, newest first,
/// and so do children below their parent. A parent that is not among the runs stands there without a
/// status, so that its children are still seen to be siblings.
#[must_use]
pub fn lineage_tree(runs: &[Summary]) -> Vec<LineageNode> {
    let known: BTreeMap<&RunId, &Summary> = runs.iter().map(|run| (&run.id, run)).collect();
    let mut children: BTreeMap<&RunId, Vec<&RunId>> = BTreeMap::new();
    let mut roots: Vec<&RunId> = Vec::new();
    for run in runs {
        match parent_of(run) {
            Some(parent) => {
                if !known.contains_key(parent) && !roots.contains(&parent) {
                    roots.push(parent);
                }
                children.entry(parent).or_default().push(&run.id);
            }
            None => roots.push(&run.id),
        }
    }
    let tree = Tree { known, children };
    let (mut nodes, mut seen) = (Vec::new(), BTreeSet::new());
    for root in roots {
        tree.add(root, &[], &mut nodes, &mut seen);
    }
    // Manifests that were edited may name each other as parents: such runs are shown all the same.
    for run in runs {
        tree.add(&run.id, &[], &mut nodes, &mut seen);
    }
    nodes
}

fn parent_of(run: &Summary) -> Option<&RunId> {
    let origin = run.manifest.as_deref().and_then(Manifest::origin)?;
    match origin {
        Origin::FineTuned(lineage) => Some(&lineage.parent),
        Origin::Forked(fork) => Some(&fork.parent),
    }
}

struct Tree<'a> {
    known: BTreeMap<&'a RunId, &'a Summary>,
    children: BTreeMap<&'a RunId, Vec<&'a RunId>>,
}

impl<'a> Tree<'a> {
    /// Adds a run and all below it, each once. Without a call of its own for each generation: chains
    /// may be long.
    fn add(
        &self,
        root: &'a RunId,
        goes_on: &[bool],
        nodes: &mut Vec<LineageNode>,
        seen: &mut BTreeSet<&'a RunId>,
    ) {
        let mut to_add = vec![(root, goes_on.to_vec())];
        while let Some((id, goes_on)) = to_add.pop() {
            if !seen.insert(id) {
                continue;
            }
            let below = self.children.get(id).map_or(&[][..], Vec::as_slice);
            for (place, child) in below.iter().enumerate().rev() {
                let is_followed = place + 1 < below.len();
                to_add.push((*child, [goes_on.as_slice(), &[is_followed]].concat()));
            }
            let summary = self.known.get(id);
            nodes.push(LineageNode {
                id: id.clone(),
                depth: goes_on.len(),
                goes_on,
                status: summary.map(|summary| summary.status.clone()),
                note: summary.map_or_else(
                    || "not in this folder any more".to_owned(),
                    |summary| note(summary),
                ),
            });
        }
    }
}

/// What makes a run another one than its parent.
fn note(run: &Summary) -> String {
    let Some(manifest) = run.manifest.as_deref() else {
        return String::new();
    };
    let began = manifest.origin().map(|origin| match origin {
        Origin::FineTuned(lineage) => format!(
            "fine-tuned from epoch {} on {} accepted, {} rejected",
            lineage.epoch, lineage.learnt.accepted, lineage.learnt.rejected
        ),
        Origin::Forked(fork) => format!("forked at epoch {}: {}", fork.epoch, fork.changes()),
    });
    let added = manifest.extensions.iter().map(Extension::words);
    let changed = manifest.live_changes.iter().map(LiveChange::words);
    let parts: Vec<String> = began.into_iter().chain(added).chain(changed).collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::run::{AboutRun, DataStamp, ForkOrigin};
    use seqscope_model::{DeviceInfo, DeviceKind};
    use std::sync::Arc;

    fn run(id: &str, parent: Option<&str>) -> Summary {
        let device = DeviceInfo {
            key: "cpu".to_owned(),
            name: "cpu".to_owned(),
            backend: "flex".to_owned(),
            kind: DeviceKind::Cpu,
        };
        let new = Manifest::new(Experiment::default(), DataStamp::default(), device, 1);
        let fork = parent.map(|parent| ForkOrigin {
            parent: RunId(parent.to_owned()),
            epoch: 3,
            changed: Vec::new(),
            changed_before: Vec::new(),
            has_optimizer: true,
            tested_after: None,
        });
        Summary {
            id: RunId(id.to_owned()),
            status: RunStatus::Interrupted,
            manifest: Some(Arc::new(Manifest { fork, ..new })),
            about: AboutRun::default(),
        }
    }

    #[test]
    fn children_stand_below_their_parents_and_nobody_is_lost() {
        let runs = [
            run("d", Some("b")),
            run("c", Some("a")),
            run("b", Some("a")),
            run("a", None),
            run("orphan", Some("gone")),
            run("x", Some("y")),
            run("y", Some("x")),
        ];
        let drawn: Vec<String> = lineage_tree(&runs)
            .iter()
            .map(|node| format!("{}{}", node.branches(), node.id))
            .collect();
        assert_eq!(
            drawn,
            [
                "a",
                "├─ c",
                "└─ b",
                "   └─ d",
                "gone",
                "└─ orphan",
                "x",
                "└─ y"
            ]
        );
        let gone = &lineage_tree(&runs)[4];
        assert_eq!(
            (&gone.status, gone.note.as_str()),
            (&None, "not in this folder any more")
        );
        assert_eq!(
            lineage_tree(&runs)[1].note,
            "forked at epoch 3: no setting changed"
        );
    }

    #[test]
    fn a_long_chain_is_drawn() {
        let runs: Vec<Summary> = (0..2_000)
            .map(|at| {
                let parent = (at > 0).then(|| format!("r{}", at - 1));
                run(&format!("r{at}"), parent.as_deref())
            })
            .collect();
        assert_eq!(lineage_tree(&runs).len(), 2_000);
    }
}
