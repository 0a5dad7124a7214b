//! The IdP's pages: no script, no external resource, light and dark, and a policy that says so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use ring::digest::{SHA256, digest};

use crate::settings::User;
use crate::xml::escape;
use jit_wire::loopback::{self, Reply};

/// The style of every page, which has its own URL because the policy allows no style inside a page.
pub(crate) const STYLE: &str = include_str!("page.css");

/// The one script of these pages.
const SUBMIT: &str = "document.forms[0].submit()";

/// Browsers check redirects that follow a form against `form-action`, too, so the client's listener is in it.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self' http://127.0.0.1:* http://localhost:* https://signin.aws.amazon.com; \
                      base-uri 'none'; frame-ancestors 'none'";

/// A form that posts itself, as SAML sends its responses (Bindings, section 3.5), or when its button is
/// pressed.
pub(crate) fn post(action: &str, fields: &[(&str, String)]) -> Reply {
    let inputs: String = fields
        .iter()
        .map(|(name, value)| format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value)))
        .collect();
    let body = format!(
        r#"<h1>One moment</h1>
<p>Going on to the application that asked.</p>
<form method="post" action="{}">{inputs}<button class="primary">Continue</button></form>
<script>{SUBMIT}</script>"#,
        escape(action)
    );
    let mut reply = page(StatusCode::OK, "Going on", &body);
    let hash = STANDARD.encode(digest(&SHA256, SUBMIT.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        reply.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    reply
}

/// What a button of a sign-in page says: the number of the person who continues, or that nobody does.
pub(crate) fn decided(decision: Option<&str>) -> Option<usize> {
    match decision? {
        "allow" => Some(0),
        other => other.strip_prefix("allow ")?.parse().ok(),
    }
}

/// A button for each of `others`, who are numbered from one.
fn buttons(others: &[User]) -> String {
    let button = |(user, number): (&User, usize)| {
        let first = escape(first_name(user));
        format!("<button name=\"decision\" value=\"allow {number}\">Continue as {first}</button>\n")
    };
    others.iter().zip(1..).map(button).collect()
}

/// Asks the person to sign in, or one of `others` in their place; the form goes to `action` and answers the
/// request `id`.
pub(crate) fn sign_in(user: &User, others: &[User], action: &str, id: &str) -> Reply {
    let body = format!(
        r#"<h1>Sign in to AWS</h1>
<p><strong>jit</strong> asks who you are, to get temporary credentials for your roles.</p>
{account}
<form method="post" action="{action}">
<input type="hidden" name="request" value="{id}">
<button class="primary" name="decision" value="allow">Continue as {first}</button>
{others}<button name="decision" value="deny">Cancel</button>
</form>"#,
        others = buttons(others),
        account = account(user),
        id = escape(id),
        first = escape(first_name(user)),
    );
    page(StatusCode::OK, "Sign in", &body)
}

/// Asks the person to confirm the code that a device shows; `form_token` proves that the form is this page's.
pub(crate) fn device(
    user: &User,
    others: &[User],
    user_code: &str,
    form_token: &str,
    problem: Option<&str>,
) -> Reply {
    let problem = problem.map(|text| format!(r#"<p class="problem" role="alert">{}</p>"#, escape(text)));
    let body = format!(
        r#"<h1>Connect a terminal</h1>
<p>Type the code that <strong>jit</strong> shows. Continue only if you started it yourself.</p>
{problem}{account}
<form method="post" action="/device">
<input type="hidden" name="form" value="{form_token}">
<label for="code">Code</label>
<input id="code" name="user_code" value="{code}" autocomplete="off" autocapitalize="characters" spellcheck="false" required>
<button class="primary" name="decision" value="allow">Continue as {first}</button>
{others}<button name="decision" value="deny">Cancel</button>
</form>"#,
        others = buttons(others),
        problem = problem.unwrap_or_default(),
        account = account(user),
        form_token = escape(form_token),
        code = escape(user_code),
        first = escape(first_name(user)),
    );
    page(StatusCode::OK, "Connect a terminal", &body)
}

/// Shows one message.
pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Reply {
    page(status, title, &format!("<h1>{}</h1>\n<p>{}</p>", escape(title), escape(text)))
}

fn account(user: &User) -> String {
    format!(
        r#"<div class="account"><span class="portrait" aria-hidden="true">{}</span>
<span>{}<br><small>{}</small></span></div>"#,
        escape(&user.name.chars().take(1).collect::<String>()),
        escape(&user.name),
        escape(&user.email),
    )
}

fn first_name(user: &User) -> &str {
    user.name.split_whitespace().next().unwrap_or(&user.email)
}

fn page(status: StatusCode, title: &str, body: &str) -> Reply {
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{} · Example Identity</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<p class="brand"><span aria-hidden="true">◆</span> Example Identity</p>
{body}
</main>
<footer>The simulated IdP of <code>jit demo</code>. Nothing here leaves this computer.</footer>
</body>
</html>
"#,
        escape(title)
    );
    let mut reply = loopback::reply(status, "text/html; charset=utf-8", html);
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}
