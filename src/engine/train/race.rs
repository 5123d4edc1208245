//! Two runs that take turns, an epoch each, so that their curves grow side by side on one machine.
//!
//! Each is a run like any other, driven by its own thread; only the one whose turn it is computes.
//! Whatever a run draws comes from its own named seeds, so neither can tell that it was in a race.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Command, Control, StopMode};
use crate::experiment::Experiment;
use seqscope_base::spec::Problem;

/// Side of a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter, strum::Display)]
pub enum RaceSide {
    /// The first, which begins.
    A,
    /// The second.
    B,
}

impl RaceSide {
    /// The other side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Control of one side of a race: it lets the other go first after each epoch, and both hear what the
/// person says to either. Dropped, it leaves the race to the other.
pub struct RaceLane {
    side: RaceSide,
    race: Arc<Race>,
}

struct Race {
    turns: Mutex<Turns>,
    changed: Condvar,
    /// Words of a person to the race as a whole.
    person: Mutex<Box<dyn Control + Send>>,
}

struct Turns {
    turn: RaceSide,
    a: LaneState,
    b: LaneState,
}

#[derive(Default)]
struct LaneState {
    /// Whether it has left the race.
    is_over: bool,
    /// Commands that were given while the other side listened.
    commands: VecDeque<Command>,
}

impl Turns {
    fn lane(&mut self, side: RaceSide) -> &mut LaneState {
        match side {
            RaceSide::A => &mut self.a,
            RaceSide::B => &mut self.b,
        }
    }
}

/// The lanes of a race, A and B, of which A begins.
#[must_use]
pub fn race_lanes(person: Box<dyn Control + Send>) -> [RaceLane; 2] {
    let race = Arc::new(Race {
        turns: Mutex::new(Turns {
            turn: RaceSide::A,
            a: LaneState::default(),
            b: LaneState::default(),
        }),
        changed: Condvar::new(),
        person: Mutex::new(person),
    });
    [RaceSide::A, RaceSide::B].map(|side| RaceLane {
        side,
        race: Arc::clone(&race),
    })
}

impl RaceLane {
    /// Side that it is of.
    #[must_use]
    pub fn side(&self) -> RaceSide {
        self.side
    }

    /// Waits until it is this side's turn; to be called before its run is made ready, which computes
    /// too.
    pub fn begin(&self) {
        self.wait_for_turn(self.turns());
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        // Nothing is left half done where one panics.
        self.race
            .turns
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for_turn(&self, turns: MutexGuard<'_, Turns>) {
        let is_others =
            |turns: &mut Turns| turns.turn != self.side && !turns.lane(self.side.other()).is_over;
        let waited = self.race.changed.wait_while(turns, is_others);
        waited.unwrap_or_else(PoisonError::into_inner).turn = self.side;
    }

    /// Command that was given to this side while the other listened.
    fn kept(&self) -> Option<Command> {
        self.turns().lane(self.side).commands.pop_front()
    }

    /// Passes on what ends both; a hold keeps the turn where it is, so the other holds as well.
    fn shared(&self, command: Option<Command>) -> Option<Command> {
        if let Some(ends @ (Command::Stop(StopMode::Keep | StopMode::Discard) | Command::Pause)) =
            command
        {
            let other = self.side.other();
            self.turns().lane(other).commands.push_back(ends);
        }
        command
    }

    fn person(&self) -> MutexGuard<'_, Box<dyn Control + Send>> {
        self.race
            .person
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Control for RaceLane {
    fn poll(&mut self) -> Option<Command> {
        self.kept().or_else(|| {
            let said = self.person().poll();
            self.shared(said)
        })
    }

    fn wait(&mut self, at_most: Duration) -> Option<Command> {
        self.kept().or_else(|| {
            let said = self.person().wait(at_most);
            self.shared(said)
        })
    }

    fn early(&mut self) -> Option<Command> {
        self.kept().or_else(|| {
            let said = self.person().early();
            self.shared(said)
        })
    }

    fn give_way(&mut self) {
        let mut turns = self.turns();
        turns.turn = self.side.other();
        self.race.changed.notify_all();
        self.wait_for_turn(turns);
    }
}

impl Drop for RaceLane {
    fn drop(&mut self) {
        let mut turns = self.turns();
        turns.lane(self.side).is_over = true;
        turns.turn = self.side.other();
        self.race.changed.notify_all();
    }
}

/// Finds why two experiments cannot race, as errors, and, as warnings, why they do not see the same
/// batches.
#[must_use]
pub fn race_problems(a: &Experiment, b: &Experiment) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (field, is_same) in [
        ("data", a.data == b.data),
        ("split", a.split == b.split),
        ("task", a.task == b.task),
    ] {
        if !is_same {
            let sentence = format!(
                "`{field}` differs between A and B, so their curves cannot stand side by side; \
                 give both the same `{field}`, or train them one after the other."
            );
            problems.push(Problem::error(field, sentence));
        }
    }
    let batches = [
        ("seed", a.seed == b.seed),
        (
            "training.batch_size",
            a.training.batch_size == b.training.batch_size,
        ),
        ("training.augment", a.training.augment == b.training.augment),
        (
            "training.gan",
            a.training.gan == b.training.gan || !a.training.augment.is_on(),
        ),
        ("fine_tune", a.fine_tune == b.fine_tune),
    ];
    for (field, _) in batches.into_iter().filter(|(_, is_same)| !is_same) {
        let sentence = format!("`{field}` differs between A and B, so they see other batches.");
        problems.push(Problem::warning(field, sentence));
    }
    let [fewest_a, fewest_b] = [a, b].map(|it| it.model.family().fewest_events());
    if fewest_a != fewest_b {
        let sentence = format!(
            "A learns from users with at least {fewest_a} training events, B from those with \
             {fewest_b}: where the log has users between the two, they see other batches."
        );
        problems.push(Problem::warning("model", sentence));
    }
    problems
}

#[cfg(test)]
mod tests;
