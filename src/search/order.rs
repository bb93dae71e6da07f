//! What the strategies that choose an order have in common: bounds, instants, actors.

use std::sync::Arc;

use crate::kernel::Setup;
use crate::model::{Entity, TimerKind};
use crate::plan::SiteForm;
use crate::search::choices::{Dealer, Dice, Menus};
use crate::search::strategy::{Ask, Length, Pick, Ready};

/// Whoever does one thing after the other: the steps of an entity are one actor, every act, every
/// user, every fact with its landings and leases is one of its own.
pub(super) type Actor = (u8, u16, Entity);

/// The actor of a timer.
pub(super) fn actor(ready: &Ready) -> Actor {
    let timer = ready.timer;
    match timer.kind {
        TimerKind::Act | TimerKind::Restart => (1, timer.which, timer.entity),
        TimerKind::Connect | TimerKind::Disconnect => (2, timer.which, timer.entity),
        TimerKind::Landing | TimerKind::Expiry | TimerKind::Unforce => {
            (3, timer.which, timer.entity)
        }
        TimerKind::Fail | TimerKind::UndoFail => (4, timer.which, timer.entity),
        TimerKind::Restore | TimerKind::Unslow => (5, timer.which, timer.entity),
        TimerKind::Calendar | TimerKind::Date | TimerKind::Goal | TimerKind::Pace => {
            (6, timer.which, timer.entity)
        }
        _ => (0, 0, timer.entity),
    }
}

/// Instants within what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Early,
    Late,
    Between,
    Mixed,
}

/// The part of a run that is not about order.
pub(super) struct Bounds {
    setup: Setup,
    menus: Arc<Menus>,
    pub(super) dealer: Dealer,
    when: When,
    /// A delay is left open in so many of eight cases; else the dealer sets it.
    open: u64,
}

impl Bounds {
    pub(super) fn new(setup: &Setup, menus: &Arc<Menus>, dice: Dice) -> Bounds {
        let mut dealer = Dealer::new(menus, dice);
        let when = [When::Early, When::Late, When::Between, When::Mixed][dealer.dice.index(4)];
        let open = [8, 8, 6, 4][dealer.dice.index(4)];
        Bounds { setup: setup.clone(), menus: Arc::clone(menus), dealer, when, open }
    }

    pub(super) fn left_out(&self) -> &[bool] {
        self.dealer.left_out()
    }

    pub(super) fn decide(&mut self, ask: &Ask<'_>) -> u64 {
        self.dealer.decide(&self.menus, ask)
    }

    pub(super) fn length(&mut self, ask: &Ask<'_>) -> Length {
        match ask.form {
            SiteForm::Delay(law) if self.dealer.dice.below(8) < self.open => {
                let high = law.support().high.unwrap_or_else(|| law.quantile_upper(1e-6));
                Length::Within(law.low(), high)
            }
            _ => self.dealer.length(&self.setup, &self.menus, ask),
        }
    }

    /// The instant at which the timer that was chosen fires.
    pub(super) fn pick(&mut self, index: usize, ready: &[Ready]) -> Pick {
        let Ready { earliest, latest, .. } = ready[index];
        let when = match self.when {
            When::Mixed => [When::Early, When::Late, When::Between][self.dealer.dice.index(3)],
            when => when,
        };
        let at = match when {
            When::Early => earliest,
            When::Late => latest,
            _ => earliest + self.dealer.dice.below((latest - earliest).saturating_add(1)),
        };
        Pick { index, at }
    }
}
