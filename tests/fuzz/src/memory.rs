//! How much memory a parser takes: an allocator that counts, per thread, what is live at its highest point.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// What any input may cost: roots, tables, error texts.
const BASE_BYTES: usize = 256 * 1024;

/// What each byte of input may cost more. The most expensive element is a general name: two bytes of DER, some hundred in memory.
const BYTES_PER_BYTE: usize = 256;

/// The most memory that an input of this length may take, in bytes.
#[must_use]
pub const fn allowed(input_bytes: usize) -> usize {
    BASE_BYTES + BYTES_PER_BYTE * input_bytes
}

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static HIGHEST: Cell<usize> = const { Cell::new(0) };
}

/// Runs `act` and returns what was live at once above what was live before, in bytes.
pub fn taken_by<R>(act: impl FnOnce() -> R) -> (R, usize) {
    let before = LIVE.get();
    HIGHEST.set(before);
    let result = act();
    (result, HIGHEST.get().saturating_sub(before))
}

/// The system's allocator, counting.
#[derive(Debug)]
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn grow(bytes: usize) {
    // During the end of a thread its counters may be gone already; nobody measures then.
    let _ = LIVE.try_with(|live| {
        live.set(live.get().saturating_add(bytes));
        let _ = HIGHEST.try_with(|highest| highest.set(highest.get().max(live.get())));
    });
}

fn shrink(bytes: usize) {
    let _ = LIVE.try_with(|live| live.set(live.get().saturating_sub(bytes)));
}

#[expect(
    unsafe_code,
    reason = "counting what a parser allocates needs an allocator of our own; each call goes to the system's unchanged"
)]
// SAFETY: every method hands its arguments unchanged to the system's allocator and returns what that returns.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrink(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        grow(new_size);
        shrink(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}
