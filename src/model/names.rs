//! What entities are called: by number, or as an inventory names them.

use crate::model::world::{Entity, World};
use crate::plan::{KindId, Plan};
use crate::scenario::{BEFORE, Inventory, REST, Renamable, present};

impl World {
    /// An entity's name for people: "tenant 17", "mailbox 3 of tenant 17", "database 5"; what an
    /// inventory names keeps its name: "tenant Contoso", "mailbox anna@contoso of tenant Contoso".
    #[must_use]
    pub fn name(&self, plan: &Plan, entity: Entity) -> String {
        let kind = self.kind(entity);
        let listed = plan.scenario.inventory.as_deref();
        if kind == KindId::ROLLOUT {
            return "rollout".to_owned();
        }
        if kind == self.mailbox() {
            let (place, tenant) = self.place(entity);
            let whose = tenant_name(listed, tenant);
            let names = listed.map(|listed| &listed.tenants[tenant as usize].names);
            return match names.and_then(|names| names.get(place as usize)) {
                Some(name) => format!("mailbox {name} of tenant {whose}"),
                None => format!("mailbox {} of tenant {whose}", place + 1),
            };
        }
        let index = self.index(kind, entity);
        if Some(kind) == plan.wave_kind() {
            return format!("wave {}", self.wave_name(plan, index));
        }
        if kind == self.tenant {
            return format!("tenant {}", tenant_name(listed, index));
        }
        let names = listed.map(|listed| listed.groups[kind.index() - 1].as_slice());
        let name = &plan.kinds[kind.index()].name;
        match names.and_then(|names| names.get(index as usize)) {
            Some(group) => format!("{name} {group}"),
            None => format!("{name} {}", index + 1),
        }
    }

    /// The entity with this name, if there is one.
    #[must_use]
    pub fn find(&self, plan: &Plan, name: &str) -> Option<Entity> {
        if name == "rollout" {
            return Some(Entity(0));
        }
        let listed = plan.scenario.inventory.as_deref();
        if let Some(rest) = name.strip_prefix("mailbox ") {
            // A listed name may itself hold the words between a mailbox and its tenant.
            let cuts = rest.match_indices(" of tenant ");
            return cuts.into_iter().find_map(|(at, cut)| {
                let tenant = self.find_tenant(listed, &rest[at + cut.len()..])?;
                self.find_mailbox(listed, tenant, &rest[..at])
            });
        }
        let (kind, rest) = name.split_once(' ')?;
        if kind == "tenant" {
            return Some(self.entity(self.tenant, self.find_tenant(listed, rest)?));
        }
        let kind = present(&plan.scenario.renames, Renamable::Group, kind);
        let kind = plan.kinds.iter().position(|known| known.name == kind)?;
        let kind = KindId(u8::try_from(kind).ok()?);
        if Some(kind) == plan.wave_kind() {
            let name = present(&plan.scenario.renames, Renamable::Wave, rest);
            let index = (0..self.count(kind)).find(|&at| self.wave_name(plan, at) == name)?;
            return Some(self.entity(kind, index));
        }
        let groups = kind != KindId::ROLLOUT && kind < self.tenant;
        let names = listed.filter(|_| groups).map(|listed| &listed.groups[kind.index() - 1]);
        let index = match names.filter(|names| !names.is_empty()) {
            Some(names) => u32::try_from(names.iter().position(|known| known == rest)?).ok()?,
            None => number(rest)?,
        };
        (groups && index < self.count(kind)).then(|| self.entity(kind, index))
    }

    /// What the scenario calls a wave; the rest and those who have moved come behind its own.
    #[must_use]
    pub fn wave_name<'p>(&self, plan: &'p Plan, index: u32) -> &'p str {
        let index = index as usize;
        match plan.waves.get(index) {
            Some(wave) => &wave.name,
            None if index < self.waves() => REST,
            None => BEFORE,
        }
    }

    fn find_tenant(&self, listed: Option<&Inventory>, name: &str) -> Option<u32> {
        match listed {
            Some(listed) => listed.find(name),
            None => number(name).filter(|&tenant| tenant < self.count(self.tenant)),
        }
    }

    fn find_mailbox(&self, listed: Option<&Inventory>, tenant: u32, name: &str) -> Option<Entity> {
        let names = listed.map(|listed| listed.tenants[tenant as usize].names.as_slice());
        let place = match names {
            Some(names) if !names.is_empty() => {
                u32::try_from(names.iter().position(|known| known == name)?).ok()?
            }
            _ => number(name).filter(|&place| place < self.mailbox_count(tenant))?,
        };
        let first = self.mailboxes.get(tenant as usize)?;
        Some(self.entity(self.mailbox(), first + place))
    }
}

fn tenant_name(listed: Option<&Inventory>, tenant: u32) -> String {
    match listed {
        Some(listed) => listed.tenants[tenant as usize].name.clone(),
        None => (tenant + 1).to_string(),
    }
}

/// An index from a number that counts from 1.
fn number(text: &str) -> Option<u32> {
    text.parse::<u32>().ok()?.checked_sub(1)
}
