//! Which values are worth trying, and which faults a run has.
//!
//! Of a delay: the ends of its support, a few quantiles, its draws as they are, and the values at
//! which something changes: a constant of the plan (a lease, a bound, a period) and the difference
//! of two, one microsecond on either side. Faults are thinned by *swarm testing* (Groce et al., ISSTA
//! 2012): in each run a random subset of them is off altogether, because a fault that always strikes
//! hides what another one would have shown.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::kernel::Setup;
use crate::plan::{Law, Plan, SiteForm, SiteId};
use crate::search::strategy::{Ask, Length};

/// Values of a menu at most.
const MENU_MAX: usize = 48;

/// The dice of one run: addressed by seed and number, whoever runs it and when.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a run of a seed.
    #[must_use]
    pub fn new(seed: u64, run: u64) -> Dice {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..14].copy_from_slice(b"search");
        let mut dice = ChaCha8Rng::from_seed(key);
        dice.set_stream(run);
        Dice(dice)
    }

    /// 64 random bits.
    pub fn draw(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, which is more than 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.draw()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("below the bound")
    }

    /// An index of a list that is not empty.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("an index")
    }

    /// True in one of so many cases.
    pub fn one_in(&mut self, cases: u64) -> bool {
        self.below(cases) == 0
    }
}

/// What there is to choose from in a plan.
#[derive(Clone, Debug)]
pub struct Menus {
    /// By site, then by class (one for all unless the site tells classes apart): ascending.
    values: Vec<Vec<Vec<u64>>>,
    /// By site: the fault whose chance is decided there.
    faults: Vec<Option<u16>>,
    /// Faults that never strike.
    off: BTreeSet<u16>,
    /// Faults that are never left out of a run.
    on: BTreeSet<u16>,
    /// Faults in all.
    count: u16,
}

impl Menus {
    /// The menus of a plan; `off` and `on`: faults that are pinned.
    #[must_use]
    pub fn new(plan: &Plan, off: &BTreeSet<u16>, on: &BTreeSet<u16>) -> Menus {
        let constants = constants(plan);
        let menu = |form: &SiteForm| match form {
            SiteForm::Delay(law) | SiteForm::Rate(law) | SiteForm::Connect(law) => {
                values(law, &constants)
            }
            SiteForm::Count(most) => (0..=u64::from(*most)).collect(),
            SiteForm::Chance(_) | SiteForm::Strikes(_) => vec![0, 1],
            // Only focal runs ask the environment.
            SiteForm::ByClass(_) | SiteForm::Outside { .. } | SiteForm::Rank | SiteForm::Unused => {
                Vec::new()
            }
        };
        let site = |form: &SiteForm| match form {
            SiteForm::ByClass(forms) => forms.iter().map(menu).collect(),
            form => vec![menu(form)],
        };
        let mut faults = vec![None; plan.sites.len()];
        for (index, fault) in (0u16..).zip(&plan.faults) {
            if let Some(site) = fault.chance {
                faults[site.index()] = Some(index);
            }
        }
        for act in &plan.acts {
            if let Some((fault, Some(site))) = act.fault {
                faults[site.index()] = Some(fault);
            }
        }
        Menus {
            values: plan.sites.iter().map(|each| site(&each.form)).collect(),
            faults,
            off: off.clone(),
            on: on.clone(),
            count: u16::try_from(plan.faults.len()).expect("few faults"),
        }
    }

    /// The values worth trying at a choice, ascending.
    #[must_use]
    pub fn of(&self, setup: &Setup, ask: &Ask<'_>) -> &[u64] {
        let menus = &self.values[ask.choice.site.index()];
        match menus.as_slice() {
            [one] => one,
            many => &many[setup.world().class(setup.plan(), ask.choice.entity)],
        }
    }

    /// The fault that is decided at a site.
    #[must_use]
    pub fn fault(&self, site: SiteId) -> Option<u16> {
        self.faults[site.index()]
    }

    /// Whether a fault may strike at all.
    #[must_use]
    pub fn may(&self, fault: u16) -> bool {
        !self.off.contains(&fault)
    }
}

/// Constants of a plan, in microseconds, ascending.
fn constants(plan: &Plan) -> Vec<u64> {
    let mut all = BTreeSet::new();
    let mut add = |form: &SiteForm| {
        if let SiteForm::Delay(law) = form {
            let support = law.support();
            all.insert(support.low);
            all.extend(support.high);
        }
    };
    for site in &plan.sites {
        match &site.form {
            SiteForm::ByClass(forms) => forms.iter().for_each(&mut add),
            form => add(form),
        }
    }
    all.extend(plan.steps.iter().filter_map(|step| step.timeout).map(|timeout| timeout.0));
    all.extend(plan.goals.iter().map(|goal| goal.within.0));
    all.remove(&0);
    all.into_iter().collect()
}

/// The values worth trying of a law, ascending.
fn values(law: &Law, constants: &[u64]) -> Vec<u64> {
    let mut all = BTreeSet::from([law.low(), law.median(), law.quantile_upper(1e-6)]);
    all.extend([0.1, 0.25, 0.75, 0.9, 0.99].map(|p| law.quantile(p)));
    all.extend(law.support().high);
    if law.as_constant().is_some() {
        return all.into_iter().collect();
    }
    let mut edges = BTreeSet::new();
    let mut edge = |value: u64| {
        for value in [value.saturating_sub(1), value, value.saturating_add(1)] {
            if law.contains(value) {
                edges.insert(value);
            }
        }
    };
    for (index, &constant) in constants.iter().enumerate() {
        edge(constant);
        for &smaller in &constants[..index] {
            edge(constant - smaller);
        }
    }
    // A plan with many constants has many differences: evenly fewer of them.
    let room = MENU_MAX - all.len();
    let stride = edges.len().div_ceil(room).max(1);
    all.extend(edges.into_iter().step_by(stride));
    all.into_iter().collect()
}

/// How a run draws its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As they are distributed.
    Drawn,
    /// From the menu.
    Menu,
    /// An end of the support, or the median.
    Extreme,
    /// Nominal, but for one in so many.
    Sparse(u64),
}

/// Decides faults and values of one run at random.
#[derive(Clone, Debug)]
pub struct Dealer {
    /// The run's dice.
    pub dice: Dice,
    style: Style,
    /// Faults left out of this run.
    left_out: Vec<bool>,
    /// A fault strikes in one of so many cases.
    rarity: u64,
    /// Strikes left.
    strikes: u32,
    /// A user that may connect does so in one of so many cases.
    visits: u64,
}

impl Dealer {
    /// A dealer of a run.
    #[must_use]
    pub fn new(menus: &Menus, mut dice: Dice) -> Dealer {
        let style = match dice.below(8) {
            0 | 1 => Style::Drawn,
            2 | 3 => Style::Menu,
            4 => Style::Extreme,
            5 => Style::Sparse(2),
            6 => Style::Sparse(4),
            _ => Style::Sparse(12),
        };
        // Whether a fault is in the run is decided by how many are: all subsets of a size alike.
        let calm = dice.one_in(8);
        let share = 1 + dice.below(u64::from(menus.count).max(1));
        let left_out = (0..menus.count).map(|fault| {
            let on = menus.on.contains(&fault);
            let dealt = dice.below(u64::from(menus.count)) < share;
            menus.off.contains(&fault) || !on && (calm || !dealt)
        });
        let left_out = left_out.collect();
        let rarity = [1, 2, 2, 4, 8][dice.index(5)];
        let strikes = [1, 1, 2, 2, 3, 4, 8, 1000][dice.index(8)];
        let visits = [1, 1, 2, 4, 1000][dice.index(5)];
        Dealer { dice, style, left_out, rarity, strikes, visits }
    }

    /// By fault: whether this run leaves it out.
    #[must_use]
    pub fn left_out(&self) -> &[bool] {
        &self.left_out
    }

    /// Decides a yes or no, or a number.
    pub fn decide(&mut self, menus: &Menus, ask: &Ask<'_>) -> u64 {
        if let Some(fault) = menus.fault(ask.choice.site) {
            let out = self.strikes == 0 || self.left_out[usize::from(fault)];
            let strikes = !out && self.dice.one_in(self.rarity);
            self.strikes -= u32::from(strikes);
            return u64::from(strikes);
        }
        match ask.form {
            SiteForm::Count(most) => self.dice.below(u64::from(*most) + 1),
            // The path of a user that starts inside a session.
            SiteForm::Strikes(_) => u64::from(self.dice.one_in(self.visits)),
            _ if self.rarely() => ask.nominal.unwrap_or(0),
            _ => self.dice.below(2),
        }
    }

    /// How long something takes.
    pub fn length(&mut self, setup: &Setup, menus: &Menus, ask: &Ask<'_>) -> Length {
        if matches!(ask.form, SiteForm::Connect(_)) && !self.dice.one_in(self.visits) {
            return Length::Never;
        }
        Length::Exactly(self.value(setup, menus, ask))
    }

    /// A value of a delay or a rate.
    pub fn value(&mut self, setup: &Setup, menus: &Menus, ask: &Ask<'_>) -> u64 {
        let (SiteForm::Delay(law) | SiteForm::Rate(law) | SiteForm::Connect(law)) = ask.form else {
            unreachable!("only delays and rates have a length")
        };
        let plain = self.rarely();
        match self.style {
            Style::Drawn => law.sample(self.dice.draw()),
            Style::Menu => self.listed(setup, menus, ask),
            Style::Extreme => match self.dice.below(3) {
                0 => law.low(),
                1 => law.support().high.unwrap_or_else(|| law.quantile_upper(1e-6)),
                _ => law.median(),
            },
            Style::Sparse(_) if plain => law.median(),
            Style::Sparse(_) => self.listed(setup, menus, ask),
        }
    }

    fn listed(&mut self, setup: &Setup, menus: &Menus, ask: &Ask<'_>) -> u64 {
        let menu = menus.of(setup, ask);
        menu[self.dice.index(menu.len())]
    }

    fn rarely(&mut self) -> bool {
        match self.style {
            Style::Sparse(cases) => !self.dice.one_in(cases),
            _ => false,
        }
    }
}
