//! Arguments to the window or to a command; one printed error; the exit code.

use std::io::{ErrorKind, Write};
use std::panic::{PanicHookInfo, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

use seqscope::cli::{self, Request, Streams, WindowRequest};
use seqscope::error::Error;
use seqscope::spec::{shown, shown_lines};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(tell_of_defect));
    let code = catch_unwind(start).unwrap_or(1);
    ExitCode::from(code)
}

/// Does what was asked for; gives the exit code: 0, 1 for an error, 2 for bad usage, 75 for a
/// training that was paused.
fn start() -> u8 {
    let mut err = std::io::stderr();
    let done = match cli::parse(std::env::args_os()) {
        Ok(Request::Window(request, shared)) => shared
            .use_key_file()
            .and_then(|()| open_window(request, shared.runs)),
        Ok(Request::CliCommand(command, shared)) => {
            // Not locked for the whole command: progress and Ctrl-C write to standard error too.
            let mut streams = Streams {
                out: &mut std::io::stdout(),
                err: &mut err,
            };
            shared
                .use_key_file()
                .and_then(|()| cli::run(command, &shared, &mut streams))
                .and_then(|()| Ok(std::io::stdout().flush()?))
        }
        Err(usage) => {
            // Where nothing can be written, the exit code still tells.
            let _ = usage.print(&mut err);
            return usage.exit_code();
        }
    };
    match done {
        Ok(()) => 0,
        // The reader has seen enough: `seqscope runs | head -1`.
        Err(Error::Output(e)) if e.kind() == ErrorKind::BrokenPipe => 0,
        Err(e) => {
            let _ = match &e {
                Error::Paused(sentence) => writeln!(std::io::stderr(), "{}", shown(sentence)),
                e => write!(
                    std::io::stderr(),
                    "{}",
                    shown_lines(&e.report().to_string())
                ),
            };
            e.exit_code()
        }
    }
}

#[cfg(feature = "gui")]
fn open_window(request: WindowRequest, runs: PathBuf) -> Result<(), Error> {
    use seqscope::ui::{Renderer, WindowOptions, run_window};
    let options = WindowOptions {
        store: seqscope::run::RunStore::at(runs),
        open: request.open,
        renderer: match request.renderer {
            cli::RendererChoice::Glow => Renderer::Glow,
            cli::RendererChoice::Wgpu => Renderer::Wgpu,
        },
    };
    run_window(options).map_err(|e| Error::Edge {
        sentence: e.sentence,
        hint: None,
    })
}

#[cfg(not(feature = "gui"))]
fn open_window(_request: WindowRequest, _runs: PathBuf) -> Result<(), Error> {
    Err(Error::edge(
        "this Seqscope was built without its window (feature `gui`)",
        "without a window these work: train, check, resume, describe, data, runs, compare, \
         predict, recommend, forecast, gan, export, devices, bench",
    ))
}

/// The last resort: a panic is a defect of ours, and says so in words that help to mend it.
fn tell_of_defect(info: &PanicHookInfo<'_>) {
    // A reader gave up on a damaged file: its error is told where it is caught.
    if seqscope::spec::may_be_caught() {
        return;
    }
    let what = info.payload_as_str().unwrap_or("no message");
    let place = info
        .location()
        .map(|at| format!(" ({}:{})", at.file(), at.line()))
        .unwrap_or_default();
    let _ = write!(
        std::io::stderr(),
        "error: Seqscope met a defect of its own: {what}{place}\nhint: what was trained up to the \
         last epoch is kept (`seqscope runs`); please report this line\n"
    );
}
