//! What may be typed.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::search::Method;
use crate::units::{Bytes, Ratio, Span};

/// Simulates migration plans: who gets in while permissions are only partly restored?
#[derive(Clone, Debug, Parser)]
#[command(
    name = "cutover",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  cutover init plan.toml\n  cutover simulate plan.toml\n\n\
        Exit: 0 answered; 1 exposed (search, verify), a goal missed without a fault (verify), or an\n\
        expectation missed (check, replay --expect);\n\
        2 bad command line or scenario, or a finding that does not fit; 3 a limit ended before an answer."
)]
pub(super) struct Cli {
    /// For every command.
    #[command(flatten)]
    pub(super) global: Global,
    /// Which.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(super) struct Global {
    /// Seed of population and draws: a number, or any text (a commit, for instance)
    #[arg(long, global = true, value_parser = seed, help_heading = "Everywhere")]
    pub(super) seed: Option<u64>,
    /// Threads; all cores unless said. Never changes a result
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Everywhere")]
    pub(super) jobs: Option<u16>,
    /// Results as text for people or as JSON for programs
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Everywhere")]
    pub(super) format: Format,
    /// Folder for result files; made if it is not there
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub(super) out: Option<PathBuf>,
    /// Nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Everywhere")]
    pub(super) quiet: bool,
    /// More detail
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    pub(super) verbose: bool,
    /// Colours; NO_COLOR is honoured
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Everywhere"
    )]
    pub(super) color: ColorWhen,
}

/// The form of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// What happens when the tenants go through this plan?
    #[command(after_help = "Examples:\n  cutover simulate plan.toml\n  \
        cutover simulate plan.toml --replications 5000 --seed release-7 --out results")]
    Simulate(Simulate),
    /// Which order of events exposes someone?
    #[command(after_help = "Examples:\n  cutover search plan.toml\n  \
        cutover search plan.toml --budget 30s --corpus scenarios/findings\n  \
        cutover search plan.toml --seed $(git rev-parse HEAD) --fault -crash")]
    Search(Search),
    /// Can anyone be exposed, or miss a goal, whatever the timing? Which faults does it take?
    #[command(after_help = "Examples:\n  cutover verify plan.toml\n  \
        cutover verify plan.toml --margins\n  \
        cutover verify plan.toml --region move \"close the gate / at-end 1 / for\"\n  \
        cutover verify plan.toml --coverage 1e-6\n  \
        cutover verify plan.toml --tenants 6 --faults 1 --format json\n  \
        cutover verify plan.toml --out results\n\n\
        With --out: DIR/verify.json, and of each set of faults a schedule that exposes somebody or \
        misses a goal, DIR/findings/verify-1.toml and so on, to replay.")]
    Verify(Verify),
    /// What exactly happened in this finding?
    #[command(after_help = "Examples:\n  cutover replay results/findings/finding-1.toml\n  \
        cutover replay finding-1.toml --against plan.toml --expect")]
    Replay(Replay),
    /// Do scenarios and findings still do what they are expected to?
    #[command(after_help = "Examples:\n  cutover check scenarios/\n  \
        cutover check plan.toml --update\n  \
        cutover check scenarios/findings/ --against plan.toml\n  \
        cutover check scenarios/ --junit check.xml --budget 5m\n  \
        cutover check scenarios/ --twice 1000")]
    Check(Check),
    /// The plan as it was understood, as text or as a graph
    #[command(after_help = "Examples:\n  cutover plan plan.toml\n  \
        cutover plan plan.toml --dot | dot -Tsvg > plan.svg")]
    Plan(PlanArgs),
    /// Write a small commented plan to start from
    #[command(after_help = "Example:\n  cutover init plan.toml && cutover simulate plan.toml")]
    Init(Init),
    /// The form of a scenario as a JSON Schema, for editors
    #[command(after_help = "Example:\n  cutover schema > scenario.schema.json\n\n\
        An editor with Taplo uses it where a scenario begins with\n  \
        #:schema ./scenario.schema.json")]
    Schema,
    /// What does a code such as S012 mean?
    #[command(
        after_help = "Examples:\n  cutover explain S012\n  cutover explain S004 S012\n  cutover explain"
    )]
    Explain(Explain),
    /// Completions for a shell
    #[command(after_help = "Example:\n  cutover completions bash > /etc/bash_completion.d/cutover")]
    Completions(Completions),
}

/// `cutover simulate`.
#[derive(Clone, Debug, Args)]
pub(super) struct Simulate {
    /// The scenario
    pub(super) scenario: PathBuf,
    /// Number of simulated rollouts [default: 1000]
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) replications: Option<u32>,
    /// Go on until intervals are this narrow, relative to their mean: "5 %"
    ///
    /// Two intervals: of the mean makespan of finished rollouts, and of the probability that a
    /// rollout exposes anyone. At least 30 rollouts must have exposed someone; where exposure is
    /// rare that ends only with --most. Each look at the intervals spends half of the confidence
    /// that is left, so that all looks together keep the 95 %.
    #[arg(long, value_name = "SHARE", value_parser = precision, conflicts_with = "replications")]
    pub(super) precision: Option<Ratio>,
    /// With --precision: at most so many rollouts
    #[arg(long, value_name = "N", default_value_t = 100_000, requires = "precision", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) most: u32,
}

/// `cutover verify`.
#[derive(Clone, Debug, Args)]
pub(super) struct Verify {
    /// The scenario
    pub(super) scenario: PathBuf,
    /// A rollout of exactly so many tenants, with their pools; without it, one of any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) tenants: Option<u32>,
    /// Sets of at most so many different faults [default: 2; 0 for margins]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(0..=16))]
    pub(super) faults: Option<u8>,
    /// How far can each duration, delay and lease move until someone is exposed, or misses a goal?
    ///
    /// One end of one interval at a time, all others as they are: "proved up to A, exposed from B".
    /// A constant becomes an interval first. If someone is exposed already, margins are negative:
    /// so far would the bound have to move in.
    #[arg(long)]
    pub(super) margins: bool,
    /// Margins, and the safe region of two bounds together: their names, as the margins show them
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    pub(super) region: Vec<String>,
    /// If it is not safe: once more, with the distributions of steps and effects that have no end cut so
    /// that all of a tenant's draws lie inside but for this chance: "1e-6"
    #[arg(long, value_name = "CHANCE", value_parser = coverage)]
    pub(super) coverage: Option<f64>,
    /// Stop after so much time: "10m". What is answered then says how far it went
    #[arg(long, value_name = "TIME", value_parser = Span::parse)]
    pub(super) budget: Option<Span>,
    /// Stop at about so much memory
    #[arg(long, value_name = "SIZE", default_value = "4 GiB", value_parser = Bytes::parse)]
    pub(super) memory: Bytes,
}

/// `cutover search`.
#[derive(Clone, Debug, Args)]
pub(super) struct Search {
    /// The scenario
    pub(super) scenario: PathBuf,
    /// When to stop: "10000 runs", the same bytes each time, or "30s" by the clock
    #[arg(long, value_name = "RUNS|TIME", default_value = "10000 runs", value_parser = budget)]
    pub(super) budget: SearchBudget,
    /// Stop at the first cause
    #[arg(long)]
    pub(super) first: bool,
    /// Only these strategies; all of them, in a fixed split, unless said
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = strategies())]
    pub(super) strategy: Vec<Method>,
    /// Pin faults: "-NAME" never strikes, "+NAME" is in every run; several with commas
    ///
    /// Unless it is pinned, a random subset of the faults is left out of each run, so that one
    /// that always strikes does not hide what another one would have shown.
    #[arg(long, value_name = "+NAME,-NAME", value_delimiter = ',', allow_hyphen_values = true)]
    pub(super) fault: Vec<String>,
    /// Folder of findings: new ones are written there the moment they are found, causes that it
    /// holds are not reported again
    #[arg(long, value_name = "DIR")]
    pub(super) corpus: Option<PathBuf>,
}

/// When a search stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SearchBudget {
    /// After so many runs.
    Runs(u64),
    /// After so long.
    Time(Span),
}

/// `cutover replay`.
#[derive(Clone, Debug, Args)]
pub(super) struct Replay {
    /// The finding
    pub(super) finding: PathBuf,
    /// Replay it on this scenario instead of the one it embeds
    #[arg(long, value_name = "SCENARIO")]
    pub(super) against: Option<PathBuf>,
    /// Exit with 1 unless it does what the finding says it must
    #[arg(long)]
    pub(super) expect: bool,
}

/// `cutover check`.
#[derive(Clone, Debug, Args)]
pub(super) struct Check {
    /// Scenarios, findings, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// What no engine checks yet counts as missed
    #[arg(long)]
    pub(super) strict: bool,
    /// Write simulated values over the expectations that they miss
    #[arg(long)]
    pub(super) update: bool,
    /// Replay the findings on this scenario: none of them may expose anybody there, or miss its goal
    ///
    /// Scenarios among the paths are left out. A finding that forces what the scenario no longer has
    /// says which name, and why.
    #[arg(long, value_name = "SCENARIO", conflicts_with = "update")]
    pub(super) against: Option<PathBuf>,
    /// Write the result as JUnit XML for CI systems, too
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Begin no further file after this time: "5m"; what is left is undecided (exit 3)
    #[arg(long, value_name = "TIME", value_parser = Span::parse)]
    pub(super) budget: Option<Span>,
    /// Instead: make N runs over all scenarios, each twice, and compare them event by event
    ///
    /// For nightly jobs. The first event that differs is printed, and the exit code is then 1. With
    /// --seed other runs are made.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000),
        conflicts_with_all = ["update", "against", "strict", "junit", "budget"])]
    pub(super) twice: Option<u32>,
}

/// `cutover plan`.
#[derive(Clone, Debug, Args)]
pub(super) struct PlanArgs {
    /// The scenario
    pub(super) scenario: PathBuf,
    /// As a graph in the DOT language of Graphviz
    #[arg(long)]
    pub(super) dot: bool,
}

/// `cutover init`.
#[derive(Clone, Debug, Args)]
pub(super) struct Init {
    /// The file to write; it must not exist
    #[arg(default_value = "plan.toml")]
    pub(super) file: PathBuf,
}

/// `cutover explain`.
#[derive(Clone, Debug, Args)]
pub(super) struct Explain {
    /// The codes; all are listed without one
    #[arg(value_name = "CODE")]
    pub(super) codes: Vec<String>,
}

/// `cutover completions`.
#[derive(Clone, Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_parser = shells())]
    pub(super) shell: clap_complete::Shell,
}

fn strategies() -> impl TypedValueParser<Value = Method> {
    let names = Method::ALL.map(Method::name);
    PossibleValuesParser::new(names).map(|name| {
        let known = Method::ALL.into_iter().find(|method| method.name() == name);
        known.expect("the values are the names of strategies")
    })
}

/// A number of runs or a time.
fn budget(text: &str) -> Result<SearchBudget, String> {
    let digits = |text: &str| text.trim().replace([',', '_'], "").parse::<u64>().ok();
    let runs = text.strip_suffix("runs").or_else(|| text.strip_suffix("run"));
    match runs.map(digits) {
        Some(Some(runs)) if runs > 0 => Ok(SearchBudget::Runs(runs)),
        Some(_) => Err("a number of runs is a whole number of at least 1".to_owned()),
        None if digits(text).is_some() => Err(format!("write `{text} runs`, or a time: `{text}s`")),
        None => match Span::parse(text)? {
            Span(0) => Err("no time is no search".to_owned()),
            span => Ok(SearchBudget::Time(span)),
        },
    }
}

fn shells() -> impl TypedValueParser<Value = clap_complete::Shell> {
    let names = ["bash", "elvish", "fish", "powershell", "zsh"];
    PossibleValuesParser::new(names)
        .map(|name| name.parse().expect("the names of shells are known to clap_complete"))
}

fn precision(text: &str) -> Result<Ratio, String> {
    let ratio = Ratio::parse(text)?;
    let inside = ratio.0 > 0.0 && ratio.0 < 1.0;
    inside.then_some(ratio).ok_or_else(|| "it lies between 0 and 1, or 0 % and 100 %".to_owned())
}

/// A whole number as it is; any other text hashed, so that a commit can be a seed.
fn seed(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Err("a seed is a number or some text".to_owned());
    }
    Ok(text.parse().unwrap_or_else(|_| hashed(text)))
}

/// FNV-1a (Fowler, Noll, Vo), mixed, and cut to 53 bits: exact in every JSON reader.
fn hashed(text: &str) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash ^ hash >> 29) >> 11
}

/// A chance between 1e-12 and 0.5.
fn coverage(text: &str) -> Result<f64, String> {
    let ratio = Ratio::parse(text).map_err(|problem| problem.to_string())?;
    if (1e-12..=0.5).contains(&ratio.0) {
        return Ok(ratio.0);
    }
    Err("a chance between 1e-12 and 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seeds_are_numbers_or_text() {
        assert_eq!(seed("17"), Ok(17));
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        // Frozen: a release that is seeded by its commit must not move.
        assert_eq!(seed("release-7"), Ok(hashed("release-7")));
        assert_ne!(hashed("release-7"), hashed("release-8"));
        assert!(hashed("a0976bd") < 1 << 53);
        assert!(seed("").is_err());
    }
}
