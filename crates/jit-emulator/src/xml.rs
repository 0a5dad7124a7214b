//! XML in small pieces, as answers and pages are made of.

/// An element with text in it.
pub(crate) fn text(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// An element with elements in it.
pub(crate) fn element(name: &str, inner: &[String]) -> String {
    format!("<{name}>{}</{name}>", inner.concat())
}

/// Text as it may stand in HTML and XML, in an element or in a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
