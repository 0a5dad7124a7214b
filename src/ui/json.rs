//! What scripts read: one object, with the version of its shape first. `docs/reference/json.md` documents each shape.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

/// The version of all shapes. New keys do not change it; a key that is removed or changes its meaning does.
const VERSION: u8 = 1;

/// An answer, an error or a warning: the keys of an object, or the `value` of anything else.
pub(super) struct Answer<'a>(pub(super) &'a Value);

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &VERSION)?;
        match self.0 {
            Value::Object(keys) => {
                for (key, value) in keys {
                    map.serialize_entry(key, value)?;
                }
            }
            value => map.serialize_entry("value", value)?,
        }
        map.end()
    }
}
