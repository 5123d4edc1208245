//! The training thread: commands in through a channel, events out through another.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::{Answer, Jobs, Post, sentence};
use crate::train::{self, Command, Control, Event, EventKind, Observer, TrainError};

/// Commands from the window.
struct ChannelControl {
    commands: Receiver<Command>,
}

impl Control for ChannelControl {
    fn poll(&mut self) -> Option<Command> {
        self.commands.try_recv().ok()
    }

    fn wait(&mut self, at_most: Duration) -> Option<Command> {
        self.commands.recv_timeout(at_most).ok()
    }
}

/// Events to the window: progress may be dropped, all else arrives.
struct ChannelObserver {
    post: Post,
}

impl Observer for ChannelObserver {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        let answer = Answer::Train(event.clone());
        match event.kind {
            EventKind::Progress(_) => self.post.offer(answer),
            _ => self.post.send(answer),
        }
        Ok(())
    }
}

/// Starts one run on a thread named `train`; what comes back takes commands.
pub(in crate::app) fn start_training(jobs: &Jobs, job: train::Job) -> Sender<Command> {
    let (sender, commands) = channel();
    let post = jobs.post();
    let work = move || {
        let mut control = ChannelControl { commands };
        let mut observer = ChannelObserver { post };
        train::run(job, &mut control, &mut observer).map_err(sentence)
    };
    jobs.start("train", work, Answer::Trained);
    sender
}
