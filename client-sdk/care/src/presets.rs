//! Rule sets and references that ship with the product, as text; whoever publishes one hashes these bytes.

/// Routine immunisation in Japan, fiscal year 2026.
pub const SCHEDULE_2026: &str =
    include_str!("../../../chain-spec/presets/schedule/jp-routine-2026.json");

/// Growth reference of the 2023 survey (令和5年乳幼児身体発育調査).
pub const GROWTH_2023: &str = include_str!("../data/growth-jp-2023.json");
