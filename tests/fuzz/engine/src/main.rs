//! One binary for all targets: `MUSUBI_FUZZ_TARGET` names the one to feed, the arguments are libFuzzer's own.
#![no_main]

use musubi_tests_fuzz::Target;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let known = Target::ALL.map(|target| target.name).join(", ");
    let name = std::env::var("MUSUBI_FUZZ_TARGET").unwrap_or_default();
    Target::named(&name).unwrap_or_else(|| panic!("MUSUBI_FUZZ_TARGET is one of {known}"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    TARGET.run(bytes);
});
