//! Proof: no timing exposes anyone, or the fewest faults that do.
//!
//! In: a plan and a population. Out: a [`Verdict`]. Next: `check`, `report`.
//!
//! The same rules that the kernel runs are given a symbolic clock (`clock`): delays are intervals,
//! decisions are branches, and any order of events at one instant is possible (T3). What is reachable is
//! explored node by node (`node`, `explore`, `arrive`) over difference-bound matrices (`dbm`), tenants
//! sorted where they are alike (`symmetry`); first in outline (`outline`), which often is enough. What is found is made concrete and run again by the kernel
//! (`witness`) before it is told.

mod arrive;
mod clock;
mod dbm;
mod earliest;
mod explore;
mod faults;
mod focal;
mod follow;
mod goals;
mod limits;
mod misses;
mod node;
mod margins;
mod outline;
mod prove;
mod stretch;
mod symmetry;
mod trace;
mod witness;

pub use explore::{GoOn, Progress};
pub use focal::{Overall, Part, Set, Waits, overall, overall_goal};
pub use follow::{Followed, Stray, follow};
pub use goals::GoalAnswer;
pub use limits::Abstraction;
pub use margins::{
    Base, Bound, Corner, Cure, Cures, End, Margin, Margins, Of, Over, Proved, Region, Shown, What,
    cures, margins, margins_goal, region,
};
pub use prove::{
    Answer, First, Found, Length, Options, Property, Verdict, exact, verify, verify_goal,
};
pub use witness::{Doubt, Witness};
