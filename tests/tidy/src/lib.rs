//! Rules about the code itself, as tests: layers, first-line purposes, banned words, links, and hosts that must not be named.
