//! A disk that refuses what a run writes: training waits in place, and nothing of it changes.

use std::fs;
use std::path::Path;
use std::process::Command as Program;

use seqscope::run::{RunOutcome, RunStatus};
use seqscope::train::{Command, EventKind, StopMode};

use crate::fake::{Listener, Setup};
use crate::pause::kept;

/// Three epochs of four steps, the best one in the middle.
fn setup() -> Setup {
    let setup = Setup::new(3);
    setup.script().skills = vec![2, 6, 4];
    setup
}

/// Trains with a hindrance that comes at one of the events, counted from 0, and goes when it is told
/// of. Returns the run, and the sentences that were told.
fn hindered(
    setup: &mut Setup,
    moment: usize,
    hinder: &dyn Fn(),
    cure: &dyn Fn(),
) -> (crate::fake::Done, Vec<String>) {
    let (mut n_events, mut told) = (0, Vec::new());
    let listener = Listener {
        at_each: Box::new(|event| {
            if let EventKind::Blocked(why) = &event.kind {
                told.push(why.clone());
                cure();
            } else if !matches!(event.kind, EventKind::Progress(_)) {
                if n_events == moment {
                    hinder();
                }
                n_events += 1;
            }
            Ok(())
        }),
        ..Listener::default()
    };
    let done = setup.run_watched(listener).unwrap();
    (done, told)
}

#[test]
fn a_folder_that_vanishes_at_any_moment_and_comes_back_changes_no_number() {
    let mut whole = setup();
    let done = whole.run();
    let (n_events, expected) = (done.story().len(), kept(&whole.store(), &done.id));
    assert!(n_events > 8, "{:?}", done.story());
    let mut n_blocked = 0;
    // The last event is the end, after which nothing is written.
    for moment in 0..n_events - 1 {
        let mut setup = setup();
        let root = setup.folder.path().to_owned();
        let away = root.with_extension("away");
        let (done, told) = hindered(
            &mut setup,
            moment,
            &|| fs::rename(&root, &away).unwrap(),
            &|| fs::rename(&away, &root).unwrap(),
        );
        assert_eq!(done.ended.outcome, Some(RunOutcome::Finished), "{moment}");
        assert_eq!(kept(&setup.store(), &done.id), expected, "moment {moment}");
        let found = setup.store().check_files(&done.id).unwrap();
        assert!(
            found.is_whole() && found.without_sum.is_empty(),
            "{found:?}"
        );
        assert_eq!(told.len(), 1, "it is told once: {told:?}");
        assert!(told[0].contains("Training waits where it is"), "{told:?}");
        n_blocked += told.len();
    }
    assert_eq!(n_blocked, n_events - 1);
}

/// A disk of one megabyte, where the system lets us have one.
struct TinyDisk<'a>(&'a Path);

impl<'a> TinyDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let options = ["-t", "tmpfs", "-o", "size=1m", "tmpfs"];
        let mounted = Program::new("mount").args(options).arg(at).output();
        mounted
            .is_ok_and(|out| out.status.success())
            .then_some(Self(at))
    }

    /// Leaves no byte.
    fn fill(&self) {
        let piece = vec![0; 4096];
        for n in 0.. {
            if fs::write(self.0.join(format!(".full-{n}")), &piece).is_err() {
                return;
            }
        }
    }

    fn free(&self) {
        for entry in fs::read_dir(self.0).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with(".full-") {
                fs::remove_file(entry.path()).unwrap();
            }
        }
    }
}

impl Drop for TinyDisk<'_> {
    fn drop(&mut self) {
        let _ = Program::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_disk_that_is_full_at_any_moment_and_has_room_again_changes_no_number() {
    let mut whole = setup();
    let done = whole.run();
    let (n_events, expected) = (done.story().len(), kept(&whole.store(), &done.id));
    let mut n_blocked = 0;
    for moment in 0..n_events - 1 {
        let mut setup = setup();
        let root = setup.folder.path().to_owned();
        let Some(disk) = TinyDisk::mount(&root) else {
            eprintln!("left out: no right to mount a small disk (root, and `mount`)");
            return;
        };
        let (done, told) = hindered(&mut setup, moment, &|| disk.fill(), &|| disk.free());
        disk.free();
        assert_eq!(done.ended.outcome, Some(RunOutcome::Finished), "{moment}");
        assert_eq!(kept(&setup.store(), &done.id), expected, "moment {moment}");
        assert!(setup.store().check_files(&done.id).unwrap().is_whole());
        assert!(
            // The fake's weights tell it in the system's own words.
            told.iter()
                .all(|told| told.contains("the disk is full") || told.contains("No space left")),
            "{told:?}"
        );
        n_blocked += told.len();
    }
    // What is left of a file's last page takes a line or two, and the next file blocks.
    assert!(n_blocked >= n_events - 2, "{n_blocked} of {n_events}");
}

#[test]
fn whoever_does_not_want_to_wait_ends_the_run_and_it_goes_on_later() {
    let mut whole = setup();
    let done = whole.run();
    let expected = kept(&whole.store(), &done.id);
    for command in [Command::Stop(StopMode::Keep), Command::Pause] {
        let mut setup = setup();
        let root = setup.folder.path().to_owned();
        let away = root.with_extension("away");
        setup.commands.waits = [None, Some(command)].into();
        // At the fourth event the first epoch is whole and the second judged.
        let (done, told) = hindered(&mut setup, 4, &|| fs::rename(&root, &away).unwrap(), &|| {});
        fs::rename(&away, &root).unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        let Some(RunOutcome::Failed { sentence }) = &done.ended.outcome else {
            panic!("{:?}", done.ended.outcome);
        };
        assert!(sentence.contains("there is no"), "{sentence}");
        assert_eq!(
            setup.store().status(&done.id).unwrap(),
            RunStatus::Interrupted
        );
        setup.resume = Some(done.id.clone());
        setup.commands = crate::fake::Commands::default();
        let done = setup.run();
        assert_eq!(done.ended.outcome, Some(RunOutcome::Finished));
        assert_eq!(kept(&setup.store(), &done.id), expected);
    }
}
