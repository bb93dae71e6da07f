//! From a campaign to the data of its report.

use crate::kernel::Setup;
use crate::report::FORMAT;
use crate::report::course::course;
use crate::report::data::*;
use crate::report::unfinished::unfinished;
use crate::report::words::{Names, count, grouped, percent, reason};
use crate::scenario::Kind;
use crate::simulate::{Campaign, CauseRow, Finding, Record, Share, Summary};
use crate::statistics::{clopper_pearson, round9};

/// The report of a campaign.
#[must_use]
pub fn simulate_report(setup: &Setup, campaign: &Campaign, findings: &[Finding]) -> SimulateReport {
    let plan = setup.plan();
    let names = Names::new(plan);
    let summary = &campaign.summary;
    let with_viewers = with_viewers(campaign);
    SimulateReport {
        format: FORMAT,
        command: "simulate",
        version: env!("CARGO_PKG_VERSION"),
        scenario: plan.scenario.name.clone(),
        fingerprint: format!("{:016x}", plan.fingerprint),
        seed: setup.seed,
        replications: summary.replications,
        confidence: round9(1.0 - summary.alpha),
        precise: campaign.precise,
        status: "predicted",
        unfinished: unfinished(setup, campaign),
        headline: headline(&names, summary, &with_viewers),
        exposure: exposure(&names, summary, &with_viewers),
        causes: summary.causes.iter().map(|row| cause(&names, row)).collect(),
        downtime: downtime(summary),
        goals: goals(&names, summary),
        halted: halted(setup, &names, campaign),
        makespan: makespan(campaign),
        course: course(setup, &names, &summary.course),
        ends: summary.ends.iter().map(|&(end, runs)| EndData { end, runs }).collect(),
        pools: pools(setup, campaign),
        faults: faults(&names, summary),
        retries: (&summary.retries).into(),
        findings: findings
            .iter()
            .enumerate()
            .map(|(index, finding)| FindingData {
                why: finding.why.clone(),
                sentence: names.sentence(setup.world(), &finding.window, &finding.overrides),
                replication: finding.replication,
                file: format!("findings/finding-{}.toml", index + 1),
            })
            .collect(),
        windows_left_out: left_out(campaign),
        events: summary.events,
        digest: format!("{:016x}", summary.digest),
    }
}

/// The answer in a sentence.
fn headline(names: &Names<'_>, summary: &Summary, with_viewers: &Share) -> String {
    let runs = &summary.runs_with_exposure;
    let rollouts = count(runs.of, "simulated rollout", "simulated rollouts");
    let sure = percent(1.0 - summary.alpha);
    if names.plan.hazards.is_empty() {
        return format!("{rollouts}; the scenario names no hazard, so nobody can be exposed");
    }
    if runs.hits == 0 {
        let high = percent(runs.interval.high);
        return format!(
            "none of {rollouts} exposed anybody: at most {high} of rollouts do ({sure} confidence)"
        );
    }
    let (low, high) = (percent(runs.interval.low), percent(runs.interval.high));
    let mut text = format!("{} of {rollouts} exposed somebody", grouped(runs.hits));
    text.push_str(&format!(": {low} to {high} of rollouts do ({sure} confidence)"));
    if with_viewers.hits < runs.hits {
        let hits = grouped(with_viewers.hits);
        text.push_str(&format!("; in {hits} of them somebody was there to read"));
    }
    text
}

/// Windows that were counted and are not in `exposures.csv`.
fn left_out(campaign: &Campaign) -> u64 {
    let left = |record: &Record| {
        let all: u64 = record.windows.iter().sum();
        all - record.rows.len() as u64
    };
    campaign.records.iter().map(left).sum()
}

/// Replications in which somebody could read, not only would have been able to.
fn with_viewers(campaign: &Campaign) -> Share {
    let hits = campaign.records.iter().filter(|record| record.viewers > 0).count() as u64;
    let of = campaign.records.len() as u64;
    let interval = clopper_pearson(hits, of, campaign.summary.alpha);
    Share { hits, of, share: hits as f64 / of as f64, interval }
}

fn exposure(names: &Names<'_>, summary: &Summary, with_viewers: &Share) -> ExposureData {
    let hazards =
        names.plan.scenario.hazards.iter().enumerate().map(|(index, hazard)| HazardData {
            name: hazard.name.clone(),
            shows: names.shown(&hazard.shows),
            windows: (&summary.windows[index]).into(),
            reads: (&summary.reads[index]).into(),
        });
    ExposureData {
        runs: (&summary.runs_with_exposure).into(),
        runs_with_viewers: with_viewers.into(),
        tenants_with_window: (&summary.tenants_with_window).into(),
        viewers: (&summary.viewers).into(),
        exposed_min: (&summary.exposed_min).into(),
        exposed: (&summary.exposed).into(),
        records: (&summary.records).into(),
        expected_reads: (&summary.expected_reads).into(),
        sampled_reads: (&summary.sampled_reads).into(),
        any_read: (&summary.any_read).into(),
        longest_us: (&summary.longest).into(),
        exposure_time_us: (&summary.exposure_time).into(),
        hazards: hazards.collect(),
    }
}

fn cause(names: &Names<'_>, row: &CauseRow) -> CauseData {
    CauseData {
        words: names.cause(&row.cause),
        hazard: names.hazard(row.cause.hazard).to_owned(),
        running: names.steps(&row.cause.running),
        faults: names.faults(&row.cause.faults),
        runs: (&row.share).into(),
        tenants: row.tenants,
        longest_us: row.longest.0,
        first_replication: row.first,
    }
}

fn downtime(summary: &Summary) -> Option<DowntimeData> {
    Some(DowntimeData {
        median_us: summary.downtime_median.as_ref()?.into(),
        max_us: summary.downtime_max.as_ref()?.into(),
    })
}

fn goals(names: &Names<'_>, summary: &Summary) -> Vec<GoalData> {
    let goals = (0u16..).zip(&summary.missed);
    goals
        .map(|(index, missed)| GoalData {
            name: names.goal(index).to_owned(),
            missed: missed.into(),
        })
        .collect()
}

fn halted(setup: &Setup, names: &Names<'_>, campaign: &Campaign) -> HaltedData {
    let summary = &campaign.summary;
    let stop = |replication: u32| &campaign.records[replication as usize].stop;
    let reasons = summary.halts.iter().map(|(halt, replication)| HaltData {
        step: names.step(halt.step).to_owned(),
        reason: reason(halt.reason, stop(*replication)),
        count: halt.count,
        example: setup.world().name(setup.plan(), halt.example),
        replication: *replication,
    });
    HaltedData {
        stopped: (&summary.stopped).into(),
        stuck: (&summary.stuck).into(),
        reasons: reasons.collect(),
    }
}

fn makespan(campaign: &Campaign) -> Option<MakespanData> {
    let summary = &campaign.summary;
    let finished = campaign.records.iter().filter(|record| record.makespan.is_some()).count();
    let quantiles = summary.makespan_quantiles.iter().map(|quantile| QuantileData {
        q: quantile.q,
        estimate_us: quantile.estimate.0,
        low_us: quantile.low.map(|span| span.0),
        high_us: quantile.high.map(|span| span.0),
    });
    let mean_us = summary.makespan.as_ref()?.into();
    Some(MakespanData { finished: finished as u64, mean_us, quantiles: quantiles.collect() })
}

fn pools(setup: &Setup, campaign: &Campaign) -> Vec<PoolData> {
    let summary = &campaign.summary;
    // Who still waits when a run ends has waited, and is no admitted request.
    let all_served = campaign.records.iter().all(|record| record.stuck.is_empty());
    let scenario = &setup.plan().scenario;
    let each = |kind| match kind {
        Kind::Group(group) => Some(scenario.groups[usize::from(group)].name.clone()),
        _ => None,
    };
    let pools = scenario.pools.iter().zip(&summary.pools);
    pools
        .map(|(pool, used)| PoolData {
            name: pool.name.clone(),
            slots: pool.most(),
            each: each(pool.kind),
            utilisation: (&used.utilisation).into(),
            wait_us: (&used.wait).into(),
            all_served,
            peak: used.peak,
        })
        .collect()
}

fn faults(names: &Names<'_>, summary: &Summary) -> Vec<FaultData> {
    let faults = names.plan.scenario.faults.iter().zip(&summary.strikes);
    faults
        .map(|(fault, strikes)| FaultData {
            name: fault.name.clone(),
            cost: fault.cost,
            strikes: strikes.into(),
        })
        .collect()
}
