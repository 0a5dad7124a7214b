#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| jit::fuzzing::trusted_url(data));
