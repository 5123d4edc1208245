//! A folder of its own and the built program in it: what the command-line tests share.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A temporary folder in which `seqscope` runs.
pub(crate) struct Place {
    dir: tempfile::TempDir,
}

/// What a command said and how it ended.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs `seqscope` with words as a shell would split them at blanks.
    pub(crate) fn seqscope(&self, line: &str) -> Said {
        self.run(&line.split(' ').collect::<Vec<_>>())
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        let output = self.command(args).output().unwrap();
        Said {
            code: output.status.code().expect("ended by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The command, not started: no display, nothing to read, and this folder as its own.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seqscope"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        // Without it a Vulkan driver writes an error of its own to standard error.
        command.env("XDG_RUNTIME_DIR", self.dir.path());
        // Copies of opened logs go with the folder.
        command.env("SEQSCOPE_CACHE", self.path("cache"));
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
            command.env_remove(variable);
        }
        command
    }
}

impl Said {
    /// The command worked, and nothing on standard error looks like an error.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "stderr: {}\nstdout: {}", self.err, self.out);
        assert!(!self.err.contains("error:"), "{}", self.err);
        self
    }

    /// The command failed with one sentence that holds all these words, and with nothing that only
    /// a programmer could read.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(
            self.code, code,
            "stderr: {}\nstdout: {}",
            self.err, self.out
        );
        assert_eq!(
            self.err.matches("error:").count(),
            1,
            "one error: {}",
            self.err
        );
        for word in words {
            assert!(self.err.contains(word), "`{word}` in: {}", self.err);
        }
        for foreign in [
            "panicked",
            "RUST_BACKTRACE",
            "unwrap",
            "Err(",
            "Os {",
            "defect",
        ] {
            assert!(!self.err.contains(foreign), "`{foreign}` in: {}", self.err);
        }
        self
    }

    /// The object on the last line of standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.out.lines().last().expect("a last line")).unwrap()
    }
}

/// A small world and a small Transformer: trained in a second or two.
pub(crate) const TINY: &str = r#"(
    version: 1,
    name: "tiny",
    data: (source: World(n_users: 60, n_items: 20, mean_len: 10)),
    model: Transformer(d_model: 16, n_layers: 1, d_ff: 16, seq_len: 16),
    training: (device: "cpu", epochs: 2, batch_size: 16, lr: 0.01),
    seed: 3,
)
"#;

/// A place with one finished run of [`TINY`] and one of a small LSTM on the same data; read only.
pub(crate) fn trained() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(|| {
        let place = Place::new();
        place.write("tiny.ron", TINY);
        place.seqscope("train tiny.ron --runs runs").ok();
        let lstm = TINY
            .replace(
                "Transformer(d_model: 16, n_layers: 1, d_ff: 16, seq_len: 16)",
                "Lstm(d_model: 16, d_hidden: 16, seq_len: 16)",
            )
            .replace("\"tiny\"", "\"recurrent\"");
        place.write("recurrent.ron", lstm);
        place.seqscope("train recurrent.ron --runs runs").ok();
        place
    })
}

/// Names of the runs in a folder, sorted.
pub(crate) fn runs_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
