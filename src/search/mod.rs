//! Search: which order of events exposes someone?
//!
//! In: a plan, a seed, a budget. Out: a [`Hunt`]: findings, each shrunk to the fewest choices, grouped
//! by cause and replayed twice on the sampled clock before anybody sees it; what was tried, and what
//! was never exercised. Next: `check`.
//!
//! A run asks a [`Strategy`] whatever the outside world decides: how long, whether, who first. The
//! strategies stand in one file each; [`Portfolio`] splits the runs among them.
//!
//! **What a green result does not mean.** That nothing was found in so many runs bounds nothing by
//! itself, except where the enumeration of `bounded` has finished a level: then there is no exposure
//! with so few deviations from nominal, over the choices, values and ties that it lists. Proof of absence
//! is `verify`'s.

mod aim;
mod bounded;
mod choices;
mod confirm;
mod conflicts;
mod coverage;
mod distance;
mod drive;
mod forced;
mod guided;
mod hunt;
mod order;
mod pct;
mod portfolio;
mod pos;
mod prevent;
mod races;
mod random;
mod scope;
mod shrink;
mod strategy;
mod urw;

pub use bounded::{Bounded, Progress};
pub use choices::{Dealer, Dice, Menus};
pub use confirm::{Confirmed, Unconfirmed, confirm};
pub use conflicts::Conflicts;
pub use coverage::{Coverage, List, Probe};
pub use distance::{Literal, Near};
pub use drive::{End, Fired, Found, Limits, Look, Made, Tied, Trace, drive};
pub use forced::{Forced, Forcing};
pub use guided::Guided;
pub use hunt::{
    Budget, CauseKey, Finding, Hunt, NamedThreshold, Options, Outside, Standing, Swarm, Tally, key,
    search,
};
pub use pct::Pct;
pub use portfolio::{Method, Portfolio, Turn};
pub use pos::Pos;
pub use prevent::{Prevented, Prevention, prevented};
pub use races::Races;
pub use random::Random;
pub use scope::Scope;
pub use shrink::{Bound, REPLAYS_MAX, Shrunk, Signature, Threshold, shrink};
pub use strategy::{Ask, Length, Pick, Planner, Ready, Strategy, first};
pub use urw::Urw;
