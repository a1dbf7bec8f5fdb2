//! Rule sets and references that ship with the product, as text; whoever publishes one hashes these bytes.

/// Routine immunisation in Japan, fiscal year 2026.
pub const SCHEDULE_2026: &str =
    include_str!("../../../chain-spec/presets/schedule/jp-routine-2026.json");
