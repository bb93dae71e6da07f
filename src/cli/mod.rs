//! The outside world: argv, environment, files, terminal.
//!
//! In: what was typed. Out: results on standard output, everything else on standard error, an exit
//! code. Each command is the same few lines: load, compute, report, write.

mod args;
mod commands;
mod console;
mod deadline;
mod exit;
mod files;
mod progress;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, ColorWhen, Command};
use console::Console;
use exit::{Exit, Stop};

/// Runs what argv says.
#[must_use]
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(told));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error).into(),
    };
    let console = Console::new(&cli.global);
    let exit = match run(&cli, &console) {
        Ok(exit) => exit,
        Err(Stop::ClosedPipe) => Exit::Answered,
        Err(Stop::Told) => Exit::Bad,
        Err(Stop::Bad(reason)) => {
            console.error(&reason);
            Exit::Bad
        }
    };
    exit.into()
}

fn run(cli: &Cli, console: &Console) -> Result<Exit, Stop> {
    let seeded = match &cli.command {
        Command::Simulate(_) | Command::Search(_) | Command::Verify(_) => true,
        Command::Check(args) => args.twice.is_some(),
        _ => false,
    };
    if cli.global.seed.is_some() && !seeded {
        let reason = "only `simulate`, `search`, `verify` and `check --twice` take a seed; scenarios and \
                      findings state those of their own";
        return Err(Stop::Bad(format!("`--seed` changes nothing here: {reason}")));
    }
    let threads = cli.global.jobs.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Stop::Bad(format!("cannot start threads: {error}")))?;
    pool.install(|| match &cli.command {
        Command::Simulate(args) => commands::simulate::run(args, &cli.global, console),
        Command::Search(args) => commands::search::run(args, &cli.global, console),
        Command::Verify(args) => commands::verify::run(args, &cli.global, console),
        Command::Replay(args) => commands::replay::run(args, &cli.global, console),
        Command::Check(args) => commands::check::run(args, &cli.global, console),
        Command::Plan(args) => commands::plan::run(args, &cli.global, console),
        Command::Init(args) => commands::init::run(args, console),
        Command::Schema => commands::schema::run(console),
        Command::Explain(args) => commands::explain::run(args, console),
        Command::Completions(args) => commands::completions::run(args, console),
    })
}

/// Help and version are results; all else that clap says is an error.
fn usage(error: &clap::Error) -> Exit {
    use std::io::{IsTerminal, Write};
    let result = !error.use_stderr();
    let terminal =
        if result { std::io::stdout().is_terminal() } else { std::io::stderr().is_terminal() };
    let text = match console::colour(asked_colour(), terminal) {
        true => error.render().ansi().to_string(),
        false => error.render().to_string(),
    };
    if !result {
        console::error_text(&text);
        return Exit::Bad;
    }
    // A closed pipe is success here, too.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Exit::Answered
}

/// `--color` where the command line as a whole could not be read.
fn asked_colour() -> ColorWhen {
    let words: Vec<_> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let joined = words.iter().find_map(|word| word.strip_prefix("--color="));
    let apart = words.windows(2).find(|pair| pair[0] == "--color").map(|pair| pair[1].as_str());
    match joined.or(apart) {
        Some("always") => ColorWhen::Always,
        Some("never") => ColorWhen::Never,
        _ => ColorWhen::Auto,
    }
}

/// A panic is a bug of ours, and says so.
fn told(panic: &std::panic::PanicHookInfo<'_>) {
    let version = env!("CARGO_PKG_VERSION");
    console::error_text(&format!(
        "cutover {version} has a bug: {panic}\n\
         please report it with this text, the command line and the scenario\n"
    ));
}
