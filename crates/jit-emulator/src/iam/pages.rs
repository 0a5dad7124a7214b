//! Lists of IAM, in pages: `MaxItems`, `Marker` and `IsTruncated`.

use crate::faults::Refusal;
use crate::iam::call::IamCall;
use crate::validation::{constraint, invalid};
use crate::xml;

/// The elements of a page of `entries`, each with the name that orders it. The marker is the last name.
pub(crate) fn page(
    call: &IamCall<'_>,
    list: &str,
    entries: impl Iterator<Item = (String, String)>,
) -> Result<Vec<String>, Refusal> {
    let most = match call.params.get("MaxItems") {
        None => 100,
        Some(text) => match text.parse::<usize>() {
            Ok(most @ 1..=1000) => most,
            Ok(0) => return Err(constraint(text, "maxItems", "have value greater than or equal to 1")),
            Ok(_) => return Err(constraint(text, "maxItems", "have value less than or equal to 1000")),
            Err(_) => return Err(invalid("MaxItems is not a number")),
        },
    };
    let most = call.gate.shared.page_size(most);
    let after = call.params.get("Marker").unwrap_or_default();
    let mut rest = entries.filter(|(name, _)| after.is_empty() || name.as_str() > after);
    let shown: Vec<(String, String)> = rest.by_ref().take(most).collect();
    let more = rest.next().is_some();
    let members: Vec<String> = shown.iter().map(|(_, element)| element.clone()).collect();
    let mut result = vec![xml::text("IsTruncated", &more.to_string()), xml::element(list, &members)];
    if more {
        result.extend(shown.last().map(|(name, _)| xml::text("Marker", name)));
    }
    Ok(result)
}
