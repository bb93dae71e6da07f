//! What can be concluded from a sample, and the special functions behind it.
//!
//! In: counts, sums, sorted samples. Out: intervals and quantiles, the same bits on every machine.
//! Next: `diagnostics`.
//!
//! Everything transcendental goes through `libm`. The crates `special`, `puruspe` and `statrs`
//! offer the same functions, but the first pulls in `libm` with platform code switched on and has
//! no upper incomplete gamma function, and the other two call the platform's maths; so
//! `special.rs` is our own, and tests compare it with `statrs`.

mod gamma;
mod interval;
mod moments;
mod newton;
mod special;

pub use gamma::{gamma_lower, gamma_quantile, gamma_upper};
pub use interval::{Interval, OrderInterval, clopper_pearson, mean_t, quantile_order};
pub use moments::{Moments, round9};
pub use special::{beta_lower, beta_quantile, ln_gamma, normal_lower, normal_quantile, t_quantile};
