//! Where a value of the file was set, as `jit explain` shows it.

use crate::config::file::File;
use crate::plan::{Origin, Valued};
use jit_wire::section::At;

/// A value of the file, with its path and line.
pub(super) fn from_file<T: Clone>(file: &File, at: &At<T>) -> Valued<T> {
    Valued::new(at.value.clone(), of_line(file, at.line))
}

/// A line of the file, or of the second file if two were read as one.
pub(super) fn of_line(file: &File, line: usize) -> Origin {
    let (path, line) = file.place_of(line);
    Origin::File { path: path.to_owned(), line }
}
