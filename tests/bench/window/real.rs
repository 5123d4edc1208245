//! The real program on a screen: how soon its first picture stands, what it costs at rest.
//!
//! A window is hidden until its first frame is painted (eframe shows it then, against a white
//! flash), so the moment at which the window system shows it is the moment of the first frame.
//! `xdotool` tells of it, asked every few milliseconds.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::list::resident_mb;
use crate::saved::{Pattern, store};
use crate::{Told, left_out};

const STARTS: usize = 7;
const IDLE: Duration = Duration::from_secs(12);
const PATIENCE: Duration = Duration::from_secs(90);
/// Ticks of the processor's time in `/proc`, a second.
const TICKS: f64 = 100.0;

/// Time and memory of starts with ten saved runs; the first start warms the system's memory.
pub(crate) fn start(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    Pattern::new(folder.path()).many_runs(&store(folder.path()), 10);
    let Some(display) = Display::find("start") else {
        return;
    };
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for turn in 0..=STARTS {
        let start = Instant::now();
        let window = Opened::new(&display, folder.path());
        if !window.is_shown() {
            return left_out("start", "no window appeared");
        }
        let ms = start.elapsed().as_secs_f64() * 1e3;
        std::thread::sleep(Duration::from_secs(1));
        if turn > 0 {
            times.push(ms);
            memory.extend(resident_mb(&window.id()));
        }
    }
    told.figure("start", "ms", &times);
    told.figure("start_memory", "MB", &memory);
}

/// The processor's time of a window left alone, as a share of one core: on Compare with two long
/// curves, and on Explain.
pub(crate) fn idle(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    Pattern::new(folder.path()).long_runs(&store(folder.path()));
    let Some(display) = Display::find("idle") else {
        return;
    };
    for (page, key) in [
        ("compare", "ctrl+5"),
        ("explain", "ctrl+4"),
        ("data", "ctrl+1"),
    ] {
        let window = Opened::new(&display, folder.path());
        if !window.is_shown() {
            return left_out("idle", "no window appeared");
        }
        std::thread::sleep(Duration::from_secs(1));
        display.tool(&[
            "search",
            "--onlyvisible",
            "--name",
            "Seqscope",
            "windowfocus",
            "key",
            key,
        ]);
        // The series are read and tooltips, if any, have faded in.
        std::thread::sleep(Duration::from_secs(8));
        let Some(before) = window.ticks() else {
            return left_out("idle", "there is no /proc here");
        };
        let start = Instant::now();
        std::thread::sleep(IDLE);
        let spent = window
            .ticks()
            .map_or(f64::NAN, |after| (after - before) / TICKS);
        told.figure(
            &format!("idle_{page}"),
            "%",
            &[spent / start.elapsed().as_secs_f64() * 100.0],
        );
        told.figure(
            &format!("idle_{page}_memory"),
            "MB",
            &resident_mb(&window.id()).into_iter().collect::<Vec<_>>(),
        );
    }
}

/// A display, ours or the one that is there.
struct Display {
    name: String,
    server: Option<Child>,
}

impl Display {
    fn find(work: &str) -> Option<Self> {
        if Command::new("xdotool").arg("version").output().is_err() {
            left_out(work, "it needs xdotool to hear of windows");
            return None;
        }
        if let Ok(name) = std::env::var("DISPLAY") {
            return Some(Self { name, server: None });
        }
        let mut xvfb = Command::new("Xvfb");
        // Without `-noreset` the server begins anew when its last window goes, and refuses the next
        // one meanwhile.
        xvfb.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x800x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]);
        let Ok(mut server) = xvfb.stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
            left_out(work, "there is no display, and no Xvfb to make one");
            return None;
        };
        let mut line = String::new();
        let read = server
            .stdout
            .take()
            .map(|out| BufReader::new(out).read_line(&mut line));
        assert!(
            matches!(read, Some(Ok(n)) if n > 0),
            "Xvfb says on which display it is"
        );
        Some(Self {
            name: format!(":{}", line.trim()),
            server: Some(server),
        })
    }

    fn tool(&self, args: &[&str]) -> bool {
        let said = Command::new("xdotool")
            .args(args)
            .env("DISPLAY", &self.name)
            .output();
        said.is_ok_and(|said| said.status.success())
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The program with its window.
struct Opened<'a> {
    display: &'a Display,
    process: Child,
}

impl<'a> Opened<'a> {
    fn new(display: &'a Display, folder: &Path) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_seqscope"));
        program
            .arg("--runs")
            .arg(store(folder).root)
            .env("DISPLAY", &display.name)
            .env("SEQSCOPE_FORGET", "1");
        let process = program
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { display, process }
    }

    fn id(&self) -> String {
        self.process.id().to_string()
    }

    /// Waits until the window system shows it.
    fn is_shown(&self) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.display.tool(&[
                "search",
                "--onlyvisible",
                "--pid",
                &self.id(),
                "--name",
                "Seqscope",
            ]) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        false
    }

    /// User and system time so far.
    fn ticks(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        // After the name in brackets: user time is the 12th field, system time the 13th.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
