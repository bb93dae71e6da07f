//! What a run asks, and who answers.
//!
//! A run that is searched knows no dice: whatever the outside world decides is asked here, with its
//! name and its bounds. One object answers for one run; a [`Planner`] makes them, run by run, and
//! learns from what they came to.

use crate::kernel::Tie;
use crate::model::{Choice, Timer};
use crate::plan::SiteForm;
use crate::search::drive::Trace;

/// A question about one choice.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Which.
    pub choice: Choice,
    /// What is decided there.
    pub form: &'a SiteForm,
    /// What the nominal run decides; `None`: it does not come about (a connection).
    pub nominal: Option<u64>,
    /// Choices before it in this run.
    pub number: usize,
}

/// How long a timer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// It does not come about: only for connections.
    Never,
    /// So long (of a rate: so fast).
    Exactly(u64),
    /// Decided when it fires: anything in the closed interval, in microseconds.
    Within(u64, u64),
}

/// A timer that may fire next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Which.
    pub timer: Timer,
    /// Number of the arming, counted over the run: tells pending timers apart.
    pub id: u64,
    /// From when on, the present included.
    pub earliest: u64,
    /// Until when, so that no other timer is late.
    pub latest: u64,
    /// What orders events of one instant where nobody decides: class and rank, then `id`.
    pub place: u64,
}

/// Which timer fires next, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// By index in what was offered.
    pub index: usize,
    /// Between its `earliest` and its `latest`.
    pub at: u64,
}

/// Answers for one run.
pub trait Strategy {
    /// Whether something happens (0 or 1), or how many.
    fn decide(&mut self, ask: &Ask<'_>) -> u64;

    /// How long a timer runs.
    fn length(&mut self, ask: &Ask<'_>) -> Length;

    /// Which timer is next; asked only where several may be. By default the first one, as early as
    /// it may, in the order of scheduling.
    fn next(&mut self, ready: &[Ready]) -> Pick {
        first(ready)
    }

    /// The place of an event among those of its instant (see [`crate::kernel::Schedule`]).
    fn rank(&mut self, _tie: &Tie) -> i16 {
        0
    }

    /// By fault: whether this run leaves it out altogether; empty where no run does.
    fn left_out(&self) -> &[bool] {
        &[]
    }

    /// The timer that was picked has fired; `pending` are those that were ready beside it.
    fn fired(&mut self, _picked: &Ready, _ready: &[Ready]) {}
}

/// What fires next where nobody decides.
#[must_use]
pub fn first(ready: &[Ready]) -> Pick {
    let all = ready.iter().enumerate();
    let (index, ready) = all
        .min_by_key(|(_, ready)| (ready.earliest, ready.place, ready.id))
        .expect("there is one to pick from");
    Pick { index, at: ready.earliest }
}

/// What is ready, in the order in which it fires where nobody decides.
#[must_use]
pub(super) fn in_order(ready: &[Ready]) -> Vec<Ready> {
    let mut ready = ready.to_vec();
    ready.sort_unstable_by_key(|ready| (ready.earliest, ready.place, ready.id));
    ready
}

/// Makes the strategies of many runs.
pub trait Planner {
    /// Its name, for reports.
    fn name(&self) -> &'static str;

    /// The strategy of one more run; `None`: there is nothing left to try.
    fn plan(&mut self, run: u64) -> Option<Box<dyn Strategy + Send>>;

    /// What a run came to. Told of every run of every planner, in the order of the runs; `mine`:
    /// it was one of its own.
    fn learn(&mut self, _trace: &Trace, _mine: bool) {}
}
