//! Request on the command line: a command, or the window.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, ValueEnum};

use super::{CliCommand, DEFAULT_RUNS};
use seqscope_base::spec::did_you_mean;
use seqscope_data::{self as data, PseudonymKey};
use seqscope_engine::error::Error;

/// Seqscope: a workbench for user-behaviour sequence modelling.
///
/// Without a command the window opens. Every command works without a window.
#[derive(Debug, Parser)]
#[command(
    name = "seqscope",
    version,
    subcommand_precedence_over_arg = true,
    disable_help_subcommand = true
)]
struct Line {
    #[command(subcommand)]
    command: Option<CliCommand>,
    #[command(flatten)]
    window: WindowArgs,
    /// Folder of runs
    #[arg(long, global = true, value_name = "DIR", default_value = DEFAULT_RUNS)]
    runs: PathBuf,
    /// File that holds the key of pseudonyms, in place of `SEQSCOPE_KEY`; see `data.pseudonyms`
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct WindowArgs {
    /// A log or an experiment file to open in the window
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How the window is painted; glow is quicker where there is no GPU [default: glow]
    #[arg(long, value_enum)]
    renderer: Option<RendererChoice>,
}

/// How the window is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RendererChoice {
    /// OpenGL.
    Glow,
    /// Vulkan, Metal or Direct3D through wgpu.
    Wgpu,
}

/// The window, and what it starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRequest {
    /// Way in which it is painted.
    pub renderer: RendererChoice,
    /// A log or an experiment file to open.
    pub open: Option<PathBuf>,
}

/// What the window and every command go by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The folder of runs.
    pub runs: PathBuf,
    /// A file that holds the key of pseudonyms.
    pub key_file: Option<PathBuf>,
}

impl Shared {
    /// Takes the key of the key file, if one was named.
    ///
    /// # Errors
    /// When the file cannot be read or holds no key.
    pub fn use_key_file(&self) -> Result<(), Error> {
        if let Some(path) = &self.key_file {
            data::use_key(PseudonymKey::from_file(path)?);
        }
        Ok(())
    }
}

/// What was asked for.
#[derive(Debug)]
pub enum Request {
    /// The window.
    Window(WindowRequest, Shared),
    /// A command.
    CliCommand(CliCommand, Shared),
}

/// The command line was not understood, or asked only for help or the version.
#[derive(Debug)]
pub enum Usage {
    /// clap's own words: help, version, or what is wrong.
    Clap(clap::Error),
    /// A word that is neither a command nor a file.
    Word(Error),
}

impl Usage {
    /// 0 for help and version, 2 for a mistake.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Clap(e) if !e.use_stderr() => 0,
            _ => 2,
        }
    }

    /// Says it: help and version on standard output, the rest on standard error.
    ///
    /// # Errors
    /// When the stream cannot be written to.
    pub fn print(&self, err: &mut dyn std::io::Write) -> std::io::Result<()> {
        match self {
            Self::Clap(e) => e.print(),
            Self::Word(e) => write!(err, "{}", e.report()),
        }
    }
}

/// Options of a command as `--help` prints them, or those of the program; `None` for a word that is no
/// command.
pub(super) fn help_of(command: Option<&str>) -> Option<String> {
    let mut line = Line::command();
    // The names of commands within the usage are made whole by the first reading of arguments.
    line.build();
    let asked = match command {
        Some(name) => line.find_subcommand_mut(name)?,
        None => &mut line,
    };
    Some(asked.render_long_help().to_string())
}

/// Names of all commands.
pub(super) fn names_of_commands() -> Vec<String> {
    let line = Line::command();
    line.get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect()
}

/// Reads the command line.
///
/// # Errors
/// [`Usage`] when it is not understood, or asks for help or the version.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Request, Usage> {
    let line = Line::try_parse_from(args).map_err(Usage::Clap)?;
    let shared = Shared {
        runs: line.runs,
        key_file: line.key_file,
    };
    let WindowArgs { files, renderer } = line.window;
    if let Some(command) = line.command {
        return match (files.first(), renderer) {
            (None, None) => Ok(Request::CliCommand(command, shared)),
            (Some(file), _) => Err(Usage::Word(Error::edge(
                format!("`{}` stands before the command", file.display()),
                "name the file after the command that is to read it",
            ))),
            (None, Some(_)) => Err(Usage::Word(Error::edge(
                "`--renderer` is of the window, and a command opens none",
                "leave it out, or leave the command out",
            ))),
        };
    }
    let renderer = renderer.unwrap_or(RendererChoice::Glow);
    if let Some(word) = files.iter().find(|file| !file.exists()) {
        return Err(Usage::Word(neither_file_nor_command(
            &word.to_string_lossy(),
        )));
    }
    let mut files = files.into_iter();
    match (files.next(), files.next()) {
        (open, None) => Ok(Request::Window(WindowRequest { renderer, open }, shared)),
        (_, Some(second)) => Err(Usage::Word(Error::edge(
            format!(
                "the window opens one file, and `{}` is a second",
                second.display()
            ),
            "open the other from the window",
        ))),
    }
}

fn neither_file_nor_command(word: &str) -> Error {
    let commands: Vec<String> = <Line as clap::CommandFactory>::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let hint = match did_you_mean(word, commands.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `seqscope {near}`?"),
        None => "`seqscope --help` lists the commands".to_owned(),
    };
    Error::edge(format!("`{word}` is neither a command nor a file"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, Usage> {
        parse(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_command_line_is_well_formed() {
        <Line as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn no_command_is_the_window() {
        let Ok(Request::Window(window, shared)) = parsed("seqscope --renderer wgpu --runs there")
        else {
            panic!()
        };
        assert_eq!(
            (window.renderer, window.open, shared.runs),
            (RendererChoice::Wgpu, None, PathBuf::from("there"))
        );
    }

    #[test]
    fn the_folder_of_runs_may_stand_after_the_command() {
        let Ok(Request::CliCommand(CliCommand::Runs(_), shared)) =
            parsed("seqscope runs --runs there")
        else {
            panic!()
        };
        assert_eq!(
            (shared.runs, shared.key_file),
            (PathBuf::from("there"), None)
        );
    }

    #[test]
    fn shared_options_may_stand_before_the_command_and_what_is_of_the_window_may_not() {
        let Ok(Request::CliCommand(CliCommand::Check(_), shared)) =
            parsed("seqscope --runs there check a.ron b.ron")
        else {
            panic!()
        };
        assert_eq!(shared.runs, PathBuf::from("there"));
        for (line, wanted) in [
            (
                "seqscope a.csv check a.ron",
                "error: `a.csv` stands before the command\nhint: name the file after the command \
                 that is to read it\n",
            ),
            (
                "seqscope --renderer wgpu check a.ron",
                "error: `--renderer` is of the window, and a command opens none\nhint: leave it \
                 out, or leave the command out\n",
            ),
        ] {
            let Err(usage) = parsed(line) else {
                panic!("{line}")
            };
            let mut text = Vec::new();
            usage.print(&mut text).unwrap();
            assert_eq!(String::from_utf8(text).unwrap(), wanted, "{line}");
            assert_eq!(usage.exit_code(), 2);
        }
    }

    #[test]
    fn a_misspelt_command_is_told_from_a_file() {
        let Err(usage) = parsed("seqscope trian x.ron") else {
            panic!()
        };
        let mut text = Vec::new();
        usage.print(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(
            text,
            "error: `trian` is neither a command nor a file\nhint: did you mean `seqscope train`?\n"
        );
        assert_eq!(usage.exit_code(), 2);
    }
}
