//! Draws by address (design, section 4).
//!
//! A draw is one `u64` addressed by (seed, replication, entity, site, occurrence). `ChaCha8` is keyed
//! by the seed; its stream number is the replication (and the high bits of the occurrence); its
//! block counter is the page (entity, occurrence, block of 32 sites). A page is 256 bytes, four
//! blocks, one refill of the generator.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::model::{Entity, World};
use crate::plan::{KindId, Plan, SiteId};

/// Draws of a page.
const PAGE: usize = 32;
/// Pages kept: at most 128 KiB, which a second-level cache holds.
const KEPT: usize = 512;
/// The stream in which the population is drawn: one per seed, whatever the replication.
pub(super) const POPULATION: u32 = u32::MAX;

const SITE_BITS: u32 = 4;
const OCCURRENCE_BITS: u32 = 16;
const ORDINAL_BITS: u32 = 14;
const INDEX_BITS: u32 = 24;

/// The part of a draw's address that an entity gives, whatever else is in the population.
#[derive(Clone, Debug)]
pub struct Addresses(Vec<u64>);

impl Addresses {
    /// Addresses of all entities.
    #[must_use]
    pub fn new(plan: &Plan, world: &World) -> Addresses {
        let mut addresses = Vec::with_capacity(world.entities());
        for kind in (0..).map(KindId).take(plan.kinds.len()) {
            for entity in world.all(kind) {
                let index = world.index(kind, entity);
                addresses.push(if kind == KindId::ROLLOUT {
                    address(0, 0, 0)
                } else if kind == plan.tenant() {
                    address(1, index, 0)
                } else if kind == plan.mailbox() {
                    let (ordinal, tenant) = world.place(entity);
                    address(2, tenant, ordinal)
                } else {
                    address(2 + u64::from(kind.0), index, 0)
                });
            }
        }
        Addresses(addresses)
    }

    fn of(&self, entity: Entity) -> u64 {
        self.0[entity.index()]
    }
}

/// The address of an entity by its code of kind, index and place within that.
fn address(code: u64, index: u32, ordinal: u32) -> u64 {
    assert!(
        index < 1 << INDEX_BITS && ordinal < 1 << ORDINAL_BITS,
        "the population fits addresses"
    );
    let entity = (code << INDEX_BITS | u64::from(index)) << ORDINAL_BITS | u64::from(ordinal);
    entity << (OCCURRENCE_BITS + SITE_BITS)
}

/// The address of a tenant, before there is a world.
pub(super) fn tenant_address(tenant: u32) -> u64 {
    address(1, tenant, 0)
}

/// The address of a mailbox, before there is a world.
pub(super) fn mailbox_address(tenant: u32, ordinal: u32) -> u64 {
    address(2, tenant, ordinal)
}

/// All draws of one seed and replication.
#[derive(Clone, Debug)]
pub struct Dice {
    generator: ChaCha8Rng,
    stream: u64,
    /// The stream that the generator is set to.
    set: u64,
    keys: Vec<(u64, u64)>,
    pages: Vec<[u64; PAGE]>,
}

impl Dice {
    /// The draws of a replication.
    #[must_use]
    pub fn new(seed: u64, replication: u32) -> Dice {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut dice = Dice {
            generator: ChaCha8Rng::from_seed(key),
            stream: 0,
            set: 0,
            keys: vec![(u64::MAX, u64::MAX); KEPT],
            pages: vec![[0; PAGE]; KEPT],
        };
        dice.turn_to(replication);
        dice
    }

    /// Goes on with another replication of the same seed.
    pub fn turn_to(&mut self, replication: u32) {
        self.stream = u64::from(replication) << 32;
    }

    /// The draw at an address.
    #[inline(always)]
    pub fn draw(&mut self, addresses: &Addresses, choice: crate::model::Choice) -> u64 {
        self.at(addresses.of(choice.entity), choice.site, choice.occurrence)
    }

    /// The draw at an entity's address.
    #[inline(always)]
    pub(super) fn at(&mut self, entity: u64, site: SiteId, occurrence: u32) -> u64 {
        let low = u64::from(occurrence) & ((1 << OCCURRENCE_BITS) - 1);
        let block = u64::from(site.0) / PAGE as u64;
        debug_assert!(block < 1 << SITE_BITS, "at most 512 sites");
        let page = entity | low << SITE_BITS | block;
        let stream = self.stream | u64::from(occurrence >> OCCURRENCE_BITS);
        let hash = (page ^ stream << 7).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55;
        let slot = usize::try_from(hash).expect("9 bits") % KEPT;
        if self.keys[slot] != (page, stream) {
            self.fill(slot, page, stream);
        }
        self.pages[slot][usize::from(site.0) % PAGE]
    }

    #[cold]
    fn fill(&mut self, slot: usize, page: u64, stream: u64) {
        self.keys[slot] = (page, stream);
        if self.set != stream {
            self.set = stream;
            self.generator.set_stream(stream);
        }
        // A page is 64 words of 32 bits.
        self.generator.set_word_pos(u128::from(page) * 64);
        let mut bytes = [0; PAGE * 8];
        self.generator.fill_bytes(&mut bytes);
        let (draws, _) = bytes.as_chunks::<8>();
        for (place, draw) in self.pages[slot].iter_mut().zip(draws) {
            *place = u64::from_le_bytes(*draw);
        }
    }
}
