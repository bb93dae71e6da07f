//! Any bytes: parse, compile, and run for a bounded number of events. The answer is a run or
//! messages, never a panic.

#![no_main]

#[path = "../../tests/it/bounded.rs"]
mod bounded;
mod lines;

use lines::Dice;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        bounded::answer(text);
    }
});

// Half of the changes are libFuzzer's own: bytes that nobody would write.
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut dice = Dice::new(seed);
    let changed = match std::str::from_utf8(&data[..size]) {
        Ok(text) if dice.below(2) == 0 => lines::mutate(text, &mut dice).into_bytes(),
        _ => return libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    };
    let size = changed.len().min(max_size);
    data[..size].copy_from_slice(&changed[..size]);
    size
});

libfuzzer_sys::fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    let (Ok(one), Ok(other)) = (std::str::from_utf8(one), std::str::from_utf8(other)) else {
        return 0;
    };
    let crossed = lines::cross(one, other, &mut Dice::new(seed)).into_bytes();
    let size = crossed.len().min(out.len());
    out[..size].copy_from_slice(&crossed[..size]);
    size
});
