//! A simulated browser, for a demo without a person: it follows redirects and submits forms, which is
//! enough where the IdP asks nothing.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::world::Browser;
use jit_wire::trusted_url::TrustedUrl;

/// More pages than any sign-in has.
const MOST_PAGES: usize = 10;
const PATIENCE: Duration = Duration::from_secs(10);

/// Follows redirects on this machine, in the background.
pub struct PretendBrowser;

impl Browser for PretendBrowser {
    fn available(&self) -> bool {
        true
    }

    fn open(&self, url: &TrustedUrl) -> Result<(), String> {
        let mut url = url.as_str().to_owned();
        let visit = move || {
            let mut form = None;
            let mut cookies = Vec::new();
            for _ in 0..MOST_PAGES {
                match visit(&url, form.take(), &mut cookies) {
                    Ok(Some(next)) => {
                        url = next.url;
                        form = next.form;
                    }
                    _ => return,
                }
            }
        };
        std::thread::Builder::new().spawn(visit).map(drop).map_err(|error| error.to_string())
    }
}

/// The next page.
struct Next {
    url: String,
    /// The form to post there, URL-encoded.
    form: Option<String>,
}

/// Gets one page. Returns the next one, if this is a redirect or a form that submits itself. All pages are
/// on this machine, so one list of `cookies` is enough.
fn visit(url: &str, form: Option<String>, cookies: &mut Vec<String>) -> io::Result<Option<Next>> {
    let uri: http::Uri = url.parse().map_err(io::Error::other)?;
    let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else { return Ok(None) };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut stream = TcpStream::connect((host, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (method, body) = form.map_or(("GET", String::new()), |form| ("POST", form));
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nCookie: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        cookies.join("; "),
        body.len()
    )?;
    let mut answer = String::new();
    stream.take(512 * 1024).read_to_string(&mut answer)?;
    let (head, page) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let header = |wanted: &str, line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
    };
    let location = head.lines().find_map(|line| header("location", line));
    let given = head.lines().filter_map(|line| header("set-cookie", line));
    cookies.extend(given.filter_map(|cookie| cookie.split(';').next().map(str::to_owned)));
    let absolute = |url: &str| match url.strip_prefix('/') {
        Some(path) => format!("http://{host}:{port}/{path}"),
        None => url.to_owned(),
    };
    let redirect = location.map(|location| Next { url: absolute(&location), form: None });
    Ok(redirect.or_else(|| submitted_form(page).map(|next| Next { url: absolute(&next.url), ..next })))
}

/// The form that a script on the page would submit.
fn submitted_form(page: &str) -> Option<Next> {
    let submitted = page.split_once("document.forms[0].submit()").map(|(before, _)| before)?;
    let value = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| unescaped(value))
    };
    let (_, form) = submitted.split_once("<form ")?;
    let url = value(&format!(" {form}"), "action")?;
    let inputs = form.split("<input ").skip(1);
    let fields = inputs.filter_map(|input| {
        let input = format!(" {input}");
        Some((value(&input, "name")?, value(&input, "value")?))
    });
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Some(Next { url, form: Some(form) })
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
