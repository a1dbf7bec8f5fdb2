//! The schedule check and growth as others see them: cases, rules, childhoods, mistakes.

mod cases;
