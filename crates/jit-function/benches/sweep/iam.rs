//! An STS and an IAM that answer late, from what they are asked alone.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) struct Server {
    pub(crate) url: String,
    calls: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Behaviour {
    latency: Duration,
    roles: usize,
    /// Of so many calls, one is throttled.
    throttled: Option<usize>,
    calls: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start(latency: Duration, roles: usize, throttled: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let behaviour = Behaviour { latency, roles, throttled, calls: Arc::default() };
        let calls = Arc::clone(&behaviour.calls);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let behaviour = behaviour.clone();
                std::thread::spawn(move || serve(stream, &behaviour));
            }
        });
        Self { url, calls }
    }

    /// How often it was called.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

fn serve(mut stream: TcpStream, behaviour: &Behaviour) {
    let _ = stream.set_nodelay(true);
    let (mut buffer, mut chunk) = (Vec::new(), [0; 8192]);
    loop {
        let whole = loop {
            if let Some(length) = whole(&buffer) {
                break length;
            }
            match stream.read(&mut chunk) {
                Ok(read @ 1..) => buffer.extend(&chunk[..read]),
                _ => return,
            }
        };
        let request = String::from_utf8_lossy(&buffer[..whole]).into_owned();
        buffer.drain(..whole);
        std::thread::sleep(behaviour.latency);
        let call = behaviour.calls.fetch_add(1, Ordering::Relaxed);
        let (status, body) = match behaviour.throttled {
            Some(of) if call % of == of - 1 => (400, throttling()),
            _ => (200, answer(&request, behaviour.roles)),
        };
        let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

/// The length of the first request, if it is complete.
fn whole(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    (buffer.len() >= head + length).then_some(head + length)
}

fn throttling() -> String {
    "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
        .to_owned()
}

fn answer(request: &str, roles: usize) -> String {
    let form = request.rsplit("\r\n\r\n").next().unwrap_or_default();
    let parameter = |name: &str| {
        let value = form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().replace("%3A", ":").replace("%2F", "/")
    };
    // The key tells the account that it is for.
    let account = request.split("Credential=ASIA").nth(1).and_then(|rest| rest.get(..12)).unwrap_or_default();
    let arn = |role: &str| format!("arn:aws:iam::{account}:role/jit/{role}");
    let action = parameter("Action");
    let result = match action.as_str() {
        "AssumeRole" => {
            let account = parameter("RoleArn").split(':').nth(4).unwrap_or_default().to_owned();
            format!(
                "<Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>k</SecretAccessKey>\
                 <SessionToken>t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>"
            )
        }
        "ListRoles" => {
            let mut members = String::new();
            for number in 0..roles {
                let _ = write!(members, "<member><Arn>{}</Arn></member>", arn(&format!("role-{number}")));
            }
            format!("<Roles>{members}</Roles><IsTruncated>false</IsTruncated>")
        }
        "GetRole" => format!(
            "<Role><Arn>{}</Arn><PermissionsBoundary><PermissionsBoundaryArn>arn:aws:iam::{account}:policy/jit-ceiling-operate\
             </PermissionsBoundaryArn></PermissionsBoundary></Role>",
            arn(&parameter("RoleName"))
        ),
        "ListRolePolicies" => {
            "<PolicyNames><member>jit-1</member></PolicyNames><IsTruncated>false</IsTruncated>".to_owned()
        }
        "GetRolePolicy" => "<PolicyDocument>%7B%7D</PolicyDocument>".to_owned(),
        _ => "<AttachedPolicies></AttachedPolicies><IsTruncated>false</IsTruncated>".to_owned(),
    };
    format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")
}
