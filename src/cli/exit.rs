//! Every exit code.

use std::process::ExitCode;

/// How a command ended. A panic exits with 101: a bug of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// 0: answered, or holds.
    Answered,
    /// 1: somebody can be exposed (`verify`), or an expectation was missed (`check`, `replay --expect`).
    Missed,
    /// 2: a bad command line or scenario, a finding that does not fit, or a file that cannot be read or written.
    Bad,
    /// 3: a budget or limit ended before an answer, or a schedule does not replay: a bug of ours.
    Limit,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Answered => 0,
            Exit::Missed => 1,
            Exit::Bad => 2,
            Exit::Limit => 3,
        })
    }
}

/// Why a command gives no answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// A sentence for the user; exit 2.
    Bad(String),
    /// The user has been told already; exit 2.
    Told,
    /// Whoever reads the output has seen enough: success.
    ClosedPipe,
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Stop::ClosedPipe,
            _ => Stop::Bad(format!("cannot write: {error}")),
        }
    }
}
