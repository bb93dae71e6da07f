//! One run: the event queue, the draws, the loop.
//!
//! In: a plan, a seed, a schedule. Out: events, shown to a [`Monitor`] one by one. Next: `monitor`.
//!
//! The loop in seven sentences: the earliest pending event is popped; the clock advances to it; if
//! its timer is void it is dropped; else the model changes the state and arms new timers, each delay
//! drawn at its address; the event is folded into the digest; the monitor looks; the run ends when
//! every step has ended and nothing with an end of its own is pending, or when nothing is left.
//!
//! Transfers over links are not in the queue: `links` knows which ends next, and its event enters
//! the queue as the instant begins in which it fires, with the place that its start had given it.
//!
//! The order of events is a law of the model (T3): `(time, calendars first, goals last, rank, order of
//! scheduling)`. A step
//! of 2 min scheduled at 0, one of 1 min scheduled at 1 min and a goal due at 2 min fire in this
//! order, all at 2 min; a schedule may turn the first two round ([`Tie`]).

mod clock;
mod dice;
mod links;
mod livelock;
mod population;
mod queue;
mod schedule;
mod setup;
mod sim;
mod ties;

pub use dice::{Addresses, Dice};
pub use links::{Links, Start};
pub use population::populate;
pub use queue::{Entry, EventQueue};
pub use schedule::{Base, Schedule};
pub use setup::Setup;
pub use sim::{Monitor, Sim, Stop};
pub use ties::Tie;
