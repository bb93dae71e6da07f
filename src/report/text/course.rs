//! Waves, halts and rollbacks as text.

use super::Page;
use crate::report::course::HaltCauseData;
use crate::report::data::SimulateReport;
use crate::report::words::{count, grouped, number, percent, time};

pub(super) fn waves(page: &mut Page, report: &SimulateReport) {
    let course = &report.course;
    if course.waves.is_empty() {
        return;
    }
    page.head("WAVES", &["comes after", "then takes, ± t interval", "runs that ended"]);
    for wave in &course.waves {
        let tenants = count(u64::from(wave.tenants), "tenant", "tenants");
        let starts = wave.starts_us.as_ref().map_or("-".to_owned(), |mean| time(mean.mean));
        let takes = wave.takes_us.as_ref().map_or("-".to_owned(), |mean| {
            let half = mean.low.zip(mean.high).map(|(low, high)| (high - low) / 2.0);
            match half.filter(|half| *half > 0.0) {
                Some(half) => format!("{} ± {}", time(mean.mean), time(half)),
                None => time(mean.mean),
            }
        });
        let runs = grouped(u64::from(report.replications));
        let ended = format!("{} of {runs}", grouped(wave.ended));
        page.row(&format!("{}, {tenants}", wave.name), &[starts, takes, ended]);
    }
}

pub(super) fn halts(page: &mut Page, report: &SimulateReport) {
    let course = &report.course;
    if course.halts.is_empty() && course.rolled_back.max == 0.0 {
        return;
    }
    page.head("HALTS AND ROLLBACKS", &["mean", "t interval", "most in one run"]);
    for halt in &course.halts {
        page.line(&format!("  {}", sentence(halt)));
    }
    if !course.halts.is_empty() {
        page.mean("tenants never started", &course.never_started, &number);
    }
    if course.rolled_back.max > 0.0 {
        page.mean("rollbacks done", &course.rolled_back, &number);
    }
}

fn sentence(halt: &HaltCauseData) -> String {
    let runs = count(halt.runs.of, "run", "runs");
    let (low, high) = (percent(halt.runs.low), percent(halt.runs.high));
    let lasted = match &halt.lasted_us {
        Some(lasted) => format!(", for {}", time(lasted.mean)),
        None => String::new(),
    };
    format!(
        "the {} *{}* halted {} of {runs} ({low} to {high}, Clopper-Pearson), after {} on \
         average{lasted}; for instance that of {} in replication {}",
        halt.what,
        halt.by,
        grouped(halt.runs.hits),
        time(halt.at_us.mean),
        halt.example,
        halt.replication
    )
}
