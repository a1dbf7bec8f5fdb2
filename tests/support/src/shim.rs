//! A disk that fails while it is used: reads that give an error or come short, and flushes that take their time.
//!
//! A small library in C stands between a node and its disk (`LD_PRELOAD`); the system's C compiler makes it. The node is the product as it is.

use std::{
    fs::File,
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// Its source.
const SOURCE: &str = include_str!("shim/disk.c");
/// Bytes of one order in the file of orders.
const ORDER_BYTES: u64 = 4;

/// What a disk does for the time being; a zero means never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Every how manieth read fails with EIO.
    pub failing_read: u32,
    /// Every how manieth read brings half of what it asks for.
    pub short_read: u32,
    /// How long each flush takes longer than it does.
    pub flush: Duration,
}

/// A failing disk below one folder.
#[derive(Debug)]
pub struct FailingDisk {
    library: PathBuf,
    orders: PathBuf,
    below: PathBuf,
}

impl FailingDisk {
    /// Makes the library; all files that a node with it keeps below a folder are on the failing disk. `workshop` is for the library itself.
    pub fn make(workshop: &Path, below: &Path) -> Self {
        std::fs::create_dir_all(workshop).expect("a folder for the library");
        let library = workshop.join("disk.so");
        let mut compiler = Command::new("cc")
            .args(["-x", "c", "-O1", "-shared", "-fPIC", "-o"])
            .arg(&library)
            .args(["-", "-ldl"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("the C compiler runs: ./dev setup installs build-essential");
        let mut input = compiler.stdin.take().expect("it is a pipe");
        input.write_all(SOURCE.as_bytes()).expect("it reads");
        drop(input);
        let made = compiler.wait().expect("a child can be waited for");
        assert!(made.success(), "the library does not compile");
        let orders = workshop.join("orders");
        std::fs::write(&orders, [0; 16]).expect("a file for orders");
        std::fs::create_dir_all(below).expect("a folder to concern");
        Self {
            library,
            orders,
            below: below.canonicalize().expect("it is there"),
        }
    }

    /// The environment of a process on this disk.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let text = |path: &Path| path.to_str().expect("temporary folders").to_owned();
        vec![
            ("LD_PRELOAD", text(&self.library)),
            ("SHIM_ORDERS", text(&self.orders)),
            ("SHIM_FOLDER", text(&self.below)),
        ]
    }

    /// From now on the disk does this; the count of what it did starts again.
    pub fn order(&self, orders: Orders) {
        let pause = u32::try_from(orders.flush.as_millis()).expect("a short time");
        let numbers = [orders.failing_read, orders.short_read, pause, 0];
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_ne_bytes())
            .collect();
        // In place: a new file would not be the one that the process has mapped.
        let file = File::options().write(true).open(&self.orders);
        file.and_then(|file| file.write_all_at(&bytes, 0))
            .expect("orders can be given");
    }

    /// How often it failed, came short or was slow since the last order.
    pub fn done(&self) -> u32 {
        let mut bytes = [0; 4];
        let file = File::open(&self.orders);
        file.and_then(|file| file.read_exact_at(&mut bytes, 3 * ORDER_BYTES))
            .expect("orders can be read");
        u32::from_ne_bytes(bytes)
    }
}
