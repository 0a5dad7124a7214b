#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| jit::fuzzing::config_toml(data));
