//! A browser for runs without a person: it asks for a page and goes where it is sent, which is all that a login needs
//! of a browser where the provider asks nothing.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::world::Browser;

/// More than any login takes.
const MOST_PAGES: usize = 10;
const PATIENCE: Duration = Duration::from_secs(10);

/// Follows redirects on this machine, in the background.
pub struct PretendBrowser;

impl Browser for PretendBrowser {
    fn available(&self) -> bool {
        true
    }

    fn open(&self, url: &str) -> Result<(), String> {
        let mut url = url.to_owned();
        let visit = move || {
            for _ in 0..MOST_PAGES {
                match visit(&url) {
                    Ok(Some(next)) => url = next,
                    _ => return,
                }
            }
        };
        std::thread::Builder::new().spawn(visit).map(drop).map_err(|error| error.to_string())
    }
}

/// Asks for one page; where it leads to, if it is a redirect.
fn visit(url: &str) -> io::Result<Option<String>> {
    let uri: http::Uri = url.parse().map_err(io::Error::other)?;
    let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else { return Ok(None) };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut stream = TcpStream::connect((host, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(256 * 1024).read_to_string(&mut answer)?;
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let location = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim())
    });
    Ok(location.map(|location| match location.strip_prefix('/') {
        Some(path) => format!("http://{host}:{port}/{path}"),
        None => location.to_owned(),
    }))
}
