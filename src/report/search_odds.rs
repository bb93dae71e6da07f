//! What the runs of a search say about those that were not made: confidence by strategy, faults that
//! hide what others would show.

use serde::Serialize;

use crate::report::words::{count, grouped};
use crate::search::{Hunt, Method, Swarm, Tally, Unconfirmed};
use crate::statistics::{clopper_pearson, round9};

/// One-sided: the other side of a two-sided interval of 90 %.
const ALPHA: f64 = 0.1;

/// Schedules that exposed somebody and are no findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnconfirmedData {
    /// What became of them.
    pub why: &'static str,
    /// How many.
    pub schedules: u64,
}

/// How often runs expose somebody with and without a fault in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SwarmData {
    /// The fault.
    pub fault: String,
    /// Runs that might meet it, and those of them that exposed somebody.
    pub on: (u64, u64),
    /// Runs that left it out, and those of them that exposed somebody.
    pub off: (u64, u64),
    /// Runs without it expose more often: their interval (95 %) lies above that of the others.
    pub hides: bool,
}

/// What one strategy's runs say; only of strategies whose runs are alike and independent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct OddsData {
    /// A run exposes somebody with at least this probability (95 %, one-sided), if any did.
    pub at_least: Option<f64>,
    /// A run exposes somebody with at most this probability (95 %, one-sided).
    pub at_most: Option<f64>,
    /// So many runs meet it with 99 %, if `at_least` holds.
    pub runs_for_99: Option<u64>,
}

impl OddsData {
    pub(super) fn new(method: Method, tally: &Tally) -> OddsData {
        // The others learn from the runs before, or never make one twice.
        if !matches!(method, Method::Random | Method::Pct | Method::Pos) || tally.runs == 0 {
            return OddsData::default();
        }
        let interval = clopper_pearson(tally.exposing, tally.runs, ALPHA);
        let at_least = (tally.exposing > 0).then(|| round9(interval.low));
        OddsData {
            at_least,
            at_most: Some(round9(interval.high)),
            runs_for_99: at_least.and_then(runs_for_99),
        }
    }
}

/// Runs after which what each of them meets with this probability was met with 99 %.
fn runs_for_99(probability: f64) -> Option<u64> {
    let missed = libm::log1p(-probability);
    let runs = (libm::log(0.01) / missed).ceil();
    (runs.is_finite() && runs < 1e15).then_some(runs.max(1.0) as u64)
}

pub(super) fn unconfirmed(hunt: &Hunt) -> Vec<UnconfirmedData> {
    let data = |(why, schedules): (&Unconfirmed, &u64)| UnconfirmedData {
        why: why.words(),
        schedules: *schedules,
    };
    hunt.unconfirmed.iter().map(data).collect()
}

pub(super) fn swarm(faults: &[String], swarm: &[Swarm]) -> Vec<SwarmData> {
    let one = |(fault, swarm): (&String, &Swarm)| {
        let both = swarm.on.0 > 0 && swarm.off.0 > 0;
        let interval = |(runs, exposing): (u64, u64)| clopper_pearson(exposing, runs, 0.05);
        let hides = both && interval(swarm.off).low > interval(swarm.on).high;
        SwarmData { fault: fault.clone(), on: swarm.on, off: swarm.off, hides }
    };
    faults.iter().zip(swarm).map(one).collect()
}

/// The faults as lines; those that were pinned tell nothing.
pub(super) fn swarm_lines(swarm: &[SwarmData]) -> Vec<String> {
    let told = swarm.iter().filter(|fault| fault.on.0 > 0 && fault.off.0 > 0);
    let share = |(runs, exposing): (u64, u64)| {
        format!("{} of {}", grouped(exposing), count(runs, "run", "runs"))
    };
    told.map(|fault| {
        let (name, on, off) = (&fault.fault, share(fault.on), share(fault.off));
        let hides = match fault.hides {
            true => "; it hides what others show: --fault",
            false => "",
        };
        let pin = if fault.hides { format!(" '-{name}'") } else { String::new() };
        format!("with the fault *{name}* {on} exposed somebody, without it {off}{hides}{pin}")
    })
    .collect()
}

/// What PCT promises for a bug of depth 2 among so many actors and steps (Burckhardt et al., ASPLOS
/// 2010): a run meets it with probability 1 / (n k). Every fifth of its runs has that depth.
pub(super) fn pct_line(actors: u64, contested: u64, runs: u64) -> Option<String> {
    let of = actors.saturating_mul(contested);
    let needed = runs_for_99(1.0 / of.max(2) as f64).filter(|_| of > 1 && runs > 0)?;
    Some(format!(
        "pct: where nothing but order decides, a run of depth 2 meets a bug of depth 2 with \
         probability 1/{}; {} make it 99 %, {} were made (bounds on time make it a heuristic)",
        grouped(of),
        count(needed, "such run", "such runs"),
        grouped(runs.div_ceil(5)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked value of the methods: p = 1/450.
    #[test]
    fn runs_for_99_percent_by_hand() {
        assert_eq!(runs_for_99(1.0 / 450.0), Some(2_071));
        assert_eq!(runs_for_99(0.5), Some(7));
        assert_eq!(runs_for_99(1.0), Some(1));
        assert_eq!(runs_for_99(0.0), None);
    }

    /// One-sided 95 %: nothing in 29 runs bounds the probability by 1 - 0.05^(1/29).
    #[test]
    fn nothing_found_bounds_the_probability() {
        let tally = Tally { runs: 29, ..Tally::default() };
        let odds = OddsData::new(Method::Random, &tally);
        assert_eq!((odds.at_least, odds.runs_for_99), (None, None));
        assert!((odds.at_most.expect("a bound") - 0.098_144_6).abs() < 1e-6);
        assert_eq!(OddsData::new(Method::Guided, &tally), OddsData::default());
    }

    #[test]
    fn a_fault_hides_where_runs_without_it_expose_more() {
        let names = ["a".to_owned(), "b".to_owned()];
        let swarms =
            [Swarm { on: (500, 5), off: (500, 100) }, Swarm { on: (500, 100), off: (500, 90) }];
        let hides: Vec<bool> = swarm(&names, &swarms).iter().map(|fault| fault.hides).collect();
        assert_eq!(hides, [true, false]);
    }
}
