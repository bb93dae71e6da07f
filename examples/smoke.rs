use cutover::{kernel::*, monitor::*, plan::Plan, scenario};
use std::sync::Arc;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let reps: u32 = std::env::args().nth(2).map_or(3, |v| v.parse().unwrap());
    let loaded = match scenario::load(std::path::Path::new(&path), &|p| std::fs::read(p)) {
        Ok(l) => l,
        Err(f) => {
            println!("{:#?}", f.diagnostics);
            return;
        }
    };
    let plan = Arc::new(Plan::compile(&loaded.scenario));
    let setup = Setup::new(plan.clone(), 1);
    println!("entities {}", setup.world().entities());
    let t = std::time::Instant::now();
    let mut events = 0;
    for r in 0..reps {
        let mut sim = Sim::new(&setup, Schedule::sampled(r));
        let watch = Watch::new(&sim);
        let o = watch.run(&mut sim);
        events += o.events;
        let mut d: Vec<u64> = o.downtime.iter().map(|s| s.0).collect();
        d.sort();
        if r < 3 {
            println!(
                "{:?} makespan {:?} windows {} missed {} stopped {} stuck {} retries {} strikes {:?} events {} digest {:x} downtime med {:?} max {:?}",
                o.stop,
                o.makespan.map(|m| m.to_string()),
                o.windows.len(),
                o.missed.len(),
                o.stopped.len(),
                o.stuck.len(),
                o.retries,
                o.strikes,
                o.events,
                o.digest,
                d.get(d.len() / 2).map(|&x| x as f64 / 3.6e9),
                d.last().map(|&x| x as f64 / 3.6e9)
            );
            for w in o.windows.iter().take(4) {
                println!(
                    "   {:?} {:?} {} {} {:?}",
                    w.entity,
                    w.user,
                    w.from.0,
                    w.length(),
                    w.cause
                );
            }
            for p in &o.pools {
                println!("   {p:?}  mean wait {}", p.waited as f64 / p.admitted as f64 / 1e6);
            }
        }
    }
    let e = t.elapsed();
    println!(
        "{} events, {:.1} ns/event, {:.2} ms/rep",
        events,
        e.as_nanos() as f64 / events as f64,
        e.as_millis() as f64 / reps as f64
    );
}
