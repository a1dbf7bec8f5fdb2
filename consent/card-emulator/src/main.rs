//! The card emulator as a process: obeys lines on standard input, see [`musubi_consent_card_emulator::console`].

fn main() -> std::io::Result<()> {
    musubi_consent_card_emulator::console::run(std::io::stdin().lock(), std::io::stdout())
}
