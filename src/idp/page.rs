//! The pages that the browser shows when it returns: plain HTML, no script, nothing loaded from elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use ring::digest;

use jit_wire::loopback::{Reply, reply};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const TICK: &str = "M5 12.5l4.5 4.5L19 7.5";
const CROSS: &str = "M6.5 6.5l11 11M17.5 6.5l-11 11";
const ARROW: &str = "M5 12h13M13 6.5l5.5 5.5L13 17.5";
const EXCLAMATION: &str = "M12 5v8.5M12 18.4v.1";
const AWAY: &str = "You can close this tab and return to the terminal.";

/// The sign-in succeeded.
pub(super) fn signed_in(name: &str) -> Reply {
    let what = if name.is_empty() {
        "You are signed in. The terminal shows your user name.".to_owned()
    } else {
        format!("You are signed in as {name}.")
    };
    page(StatusCode::OK, &Text { class: "done", icon: TICK, title: "Signed in", what: &what, next: AWAY })
}

/// The sign-in failed; `why` may contain text from the IdP.
pub(super) fn failed(why: &str) -> Reply {
    let what = sentence(why);
    let text = Text { class: "failed", icon: CROSS, title: "Sign-in failed", what: &what, next: AWAY };
    page(StatusCode::OK, &text)
}

/// For a driven browser that is about to close: the response was intercepted.
pub(super) fn caught() -> String {
    let what = "You are signed in. This window closes by itself.";
    html(&Text { class: "done", icon: TICK, title: "Signed in", what, next: "" }, "")
}

/// A form that posts `fields` to `action` by itself, or when its button is pressed.
pub(super) fn post_on(action: &str, fields: &[(&str, String)]) -> Reply {
    const SCRIPT: &str = "document.forms[0].submit()";
    let inputs: String = fields
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
        .collect();
    let form = format!(
        "<form method=\"post\" action=\"{}\">{inputs}<button>Continue</button></form><script>{SCRIPT}</script>",
        escaped(action)
    );
    let what = format!("Continuing to {}.", jit_wire::http::host_of(action));
    let text = Text { class: "done", icon: ARROW, title: "One moment", what: &what, next: "" };
    let script = STANDARD.encode(digest::digest(&digest::SHA256, SCRIPT.as_bytes()));
    // Without `form-action`: browsers would apply it to the IdP's own redirects.
    shown(StatusCode::OK, &text, &form, &format!("script-src 'sha256-{script}'"))
}

/// An error's text as a full sentence.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", rest.as_str())
}

/// The sign-in is already finished.
pub(super) fn finished() -> Reply {
    let what = "This sign-in is already finished.";
    page(
        StatusCode::CONFLICT,
        &Text { class: "stray", icon: EXCLAMATION, title: "Already signed in", what, next: AWAY },
    )
}

/// The request does not belong to the current sign-in.
pub(super) fn stray() -> Reply {
    let what = "This page does not belong to the sign-in that jit is waiting for.";
    let next = "It may come from an older tab. Continue in the newest one, or start again in the terminal.";
    page(
        StatusCode::BAD_REQUEST,
        &Text { class: "stray", icon: EXCLAMATION, title: "Another sign-in", what, next },
    )
}

/// Another browser has already opened the page that the browser was started with.
pub(super) fn contested() -> Reply {
    let what = "Another browser opened this page before. Somebody else may have the sign-in that it leads \
                to, so jit has cancelled it.";
    let next =
        "Start again in the terminal. If you did not open it twice, another user of this machine may have.";
    let text = Text { class: "failed", icon: CROSS, title: "Opened twice", what, next };
    page(StatusCode::NOT_FOUND, &text)
}

/// The IdP's answer belongs to the sign-in, but came from another browser than the one that started it.
pub(super) fn other_browser() -> Reply {
    let what = "This is not the browser that jit opened for this sign-in, or it does not accept cookies from 127.0.0.1.";
    let next =
        "Continue in the browser that jit opened, or start again in the terminal: jit login --no-browser";
    let text = Text { class: "stray", icon: EXCLAMATION, title: "Another browser", what, next };
    page(StatusCode::FORBIDDEN, &text)
}

/// The same for a person who opened the URL by hand: pasting it proves that it is theirs.
pub(super) fn to_be_pasted() -> Reply {
    let what = "To finish, copy the URL of this page and paste it into the terminal where jit is waiting.";
    let next = "Only you can see that terminal, so jit knows that it is you.";
    page(StatusCode::OK, &Text { class: "done", icon: ARROW, title: "One more step", what, next })
}

/// For a browser that prefetches a page that nobody has opened yet.
pub(super) fn not_ahead() -> Reply {
    reply(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", "not yet\n")
}

/// For another user's program.
pub(super) fn another_user() -> Reply {
    let what = "this page is for another user of this machine\n";
    reply(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", what)
}

/// Hides the URL of this page from the page that the browser opens next.
pub(super) fn say_no_referrer(reply: &mut Reply) {
    reply.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// There is no such page.
pub(super) fn nothing_here() -> Reply {
    reply(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "nothing here\n")
}

struct Text<'a> {
    class: &'static str,
    icon: &'static str,
    title: &'static str,
    /// May contain text from outside.
    what: &'a str,
    next: &'static str,
}

fn page(status: StatusCode, text: &Text<'_>) -> Reply {
    shown(status, text, "", "form-action 'none'")
}

/// `form` is jit's own markup; `rule` is its part of the content security policy.
fn shown(status: StatusCode, text: &Text<'_>, form: &str, rule: &str) -> Reply {
    let mut reply = reply(status, "text/html; charset=utf-8", html(text, form));
    let style = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; {rule}; frame-ancestors 'none'"
    );
    let headers = reply.headers_mut();
    headers
        .extend(HeaderValue::from_str(&policy).ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}

fn html(text: &Text<'_>, form: &str) -> String {
    // Text from outside is inserted last, so that a `{next}` in it is not replaced.
    TEMPLATE
        .replace("{style}", STYLE)
        .replace("{class}", text.class)
        .replace("{icon}", text.icon)
        .replace("{title}", text.title)
        .replace("{next}", text.next)
        .replace("{form}", form)
        .replace("{what}", &escaped(text.what))
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c if c.is_control() => html.push(' '),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn html(reply: Reply) -> String {
        let bytes = reply.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test(flavor = "current_thread")]
    async fn text_from_outside_stays_text() {
        let page = html(failed("<script>alert('x')</script> {next} \"&\u{1b}[2J")).await;
        assert!(
            page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; {next} &quot;&amp; [2J"),
            "{page}"
        );
        assert!(!page.contains("<script"));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn every_placeholder_is_filled_and_nothing_may_be_loaded() {
        let fields = [("SAMLRequest", "a\"b".to_owned())];
        for reply in [
            signed_in("a@b"),
            failed("no"),
            finished(),
            stray(),
            contested(),
            other_browser(),
            to_be_pasted(),
            post_on("https://idp/?a=\"", &fields),
        ] {
            let policy = reply.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
            let page = html(reply).await;
            for place in ["{style}", "{class}", "{icon}", "{title}", "{what}", "{next}", "{form}"] {
                assert!(!page.contains(place), "{place}");
            }
            assert!(page.contains(&format!("<style>{STYLE}</style>")));
        }
    }
}
