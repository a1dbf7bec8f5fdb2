//! End-to-end tests: the consortium as people run it, through its public interfaces only. The tests are in `tests/`.
