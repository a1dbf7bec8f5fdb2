//! The QR code as runs of dark modules.

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of quiet zone on each side (ISO/IEC 18004).
const QUIET: i32 = 4;

/// A horizontal run of dark modules, in modules from the top left, quiet zone included.
pub(crate) struct Run {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) length: i32,
}

/// A code, and how many modules it measures with its quiet zone.
pub(crate) struct Code {
    pub(crate) runs: Vec<Run>,
    pub(crate) modules: i32,
}

/// None when the text is longer than a QR code holds.
pub(crate) fn encode(text: &str) -> Option<Code> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let runs = (0..code.size()).flat_map(|y| row_runs(&code, y)).collect();
    Some(Code {
        runs,
        modules: code.size() + 2 * QUIET,
    })
}

fn row_runs(code: &QrCode, y: i32) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
        match runs.last_mut() {
            Some(run) if run.x + run.length == x + QUIET => run.length += 1,
            _ => runs.push(Run {
                x: x + QUIET,
                y: y + QUIET,
                length: 1,
            }),
        }
    }
    runs
}
