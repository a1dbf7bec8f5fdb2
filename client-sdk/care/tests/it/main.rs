//! The schedule check and growth as others see them: cases, rules, childhoods, mistakes.

mod agreement;
mod calendar;
mod cases;
mod door;
mod forecast;
mod naive;
mod random_question;
mod rules;
mod seed;
