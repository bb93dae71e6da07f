//! Where verify is not exact: each abstraction by name. All of them only add behaviours, so they may
//! make a safe plan look exposed, never an exposed one safe; and what the kernel does not confirm is
//! no exposure.

use crate::plan::{Plan, SiteForm};

/// A construct whose behaviours are widened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Abstraction {
    /// A transfer lasts any whole number of microseconds between its fastest and its slowest.
    Transfers,
    /// Over links, a transfer may last any time from that at full rate on.
    Links,
    /// A user whose turn it is to connect may stay away.
    Connections,
    /// A user with a profile may connect at any time of the week.
    Profiles,
    /// A retry wait that a crash begins anew may last another time.
    RetryWaits,
    /// Runs of any length are looked at, beyond the horizon; with windows they end there.
    Horizon,
    /// A fault that has struck may strike again without cost.
    Repetition,
    /// What others do in a focal run may happen at any instant.
    Others,
    /// Windows are open at any instant.
    Windows,
    /// Retries are not counted.
    Retries,
}

/// Those that a plan needs.
pub(super) fn abstractions(plan: &Plan) -> Vec<Abstraction> {
    let rate = |form: &SiteForm| match form {
        SiteForm::Rate(_) => true,
        SiteForm::ByClass(forms) => forms.iter().any(|form| matches!(form, SiteForm::Rate(_))),
        _ => false,
    };
    let waits = plan.steps.iter().any(|step| step.retry_wait.is_some());
    let focal = plan.focal.as_deref();
    let coarse = focal.and_then(|focal| focal.coarse.as_ref());
    let windows = coarse.is_some_and(|coarse| coarse.starts || !coarse.windows.is_empty());
    let retries = coarse.is_some_and(|coarse| coarse.gives_up.iter().any(Option::is_some));
    let present = [
        (focal.is_some(), Abstraction::Others),
        (windows, Abstraction::Windows),
        (retries, Abstraction::Retries),
        (plan.sites.iter().any(|site| rate(&site.form)), Abstraction::Transfers),
        (!plan.paths.is_empty(), Abstraction::Links),
        (!plan.users.is_empty(), Abstraction::Connections),
        (plan.users.iter().any(|user| user.profile.is_some()), Abstraction::Profiles),
        (waits && !plan.crash_kinds.is_empty(), Abstraction::RetryWaits),
        (plan.past_the_horizon().is_none(), Abstraction::Horizon),
        (plan.faults.iter().any(|fault| fault.cost > 0), Abstraction::Repetition),
    ];
    present.into_iter().filter_map(|(present, which)| present.then_some(which)).collect()
}

impl Abstraction {
    /// In words.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Abstraction::Transfers => {
                "a transfer may last any time between its fastest and its slowest, to the microsecond"
            }
            Abstraction::Links => {
                "over links, a transfer may last any time from that at full rate on, however busy \
                 they are"
            }
            Abstraction::Connections => "a user may stay away longer than its distribution says",
            Abstraction::Profiles => {
                "a user with a profile may connect at any time, whatever the factor is then"
            }
            Abstraction::RetryWaits => {
                "a retry wait that a crash begins anew may last another time"
            }
            Abstraction::Horizon => "runs may last longer than the horizon",
            Abstraction::Others => {
                "whatever others can change, let through or keep waiting, they may do at any instant"
            }
            Abstraction::Windows => {
                "windows are open at any instant; what only that makes possible is listed apart"
            }
            Abstraction::Retries => {
                "a step with many retries may be given up, or not, after any failure; what only \
                 that makes possible is listed apart"
            }
            Abstraction::Repetition => "a fault that strikes once may strike again and again",
        }
    }
}
