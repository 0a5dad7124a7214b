//! Reads files up to a size limit; larger files are not read at all.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// Whatever the file system reports, and `FileTooLarge` above the limit.
pub fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{size} bytes, more than {limit}")));
    }
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let size = include_bytes!("../Cargo.toml").len();
        assert_eq!(read_limited(path, size as u64).unwrap(), include_bytes!("../Cargo.toml"));
        assert_eq!(read_limited(path, size as u64 - 1).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
