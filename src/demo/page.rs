//! The provider's pages: no script, no outside resource, light and dark, and a policy that says so.

use http::{HeaderValue, StatusCode, header};

use super::settings::User;
use super::xml::escape;
use crate::sys::loopback::{self, Reply};

/// The style of every page, which is its own address because the policy allows no style inside a page.
pub(super) const STYLE: &str = include_str!("page.css");

/// Browsers check redirects that follow a form against `form-action`, too, so the client's listener is in it.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self' http://127.0.0.1:*; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Asks the person to sign in; the form answers the authorization request `id`.
pub(super) fn sign_in(user: &User, id: &str) -> Reply {
    let body = format!(
        r#"<h1>Sign in to AWS</h1>
<p><strong>jit</strong> asks who you are, to get temporary credentials for your roles.</p>
{account}
<form method="post" action="/authorize">
<input type="hidden" name="request" value="{id}">
<button class="primary" name="decision" value="allow">Continue as {first}</button>
<button name="decision" value="deny">Cancel</button>
</form>"#,
        account = account(user),
        id = escape(id),
        first = escape(first_name(user)),
    );
    page(StatusCode::OK, "Sign in", &body)
}

/// Asks the person to confirm the code that a device shows; `form_token` proves that the form is this page's.
pub(super) fn device(user: &User, user_code: &str, form_token: &str, problem: Option<&str>) -> Reply {
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
<button name="decision" value="deny">Cancel</button>
</form>"#,
        problem = problem.unwrap_or_default(),
        account = account(user),
        form_token = escape(form_token),
        code = escape(user_code),
        first = escape(first_name(user)),
    );
    page(StatusCode::OK, "Connect a terminal", &body)
}

/// Says one thing.
pub(super) fn message(status: StatusCode, title: &str, text: &str) -> Reply {
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
<footer>A pretend provider inside <code>jit demo</code>. Nothing here leaves this computer.</footer>
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
