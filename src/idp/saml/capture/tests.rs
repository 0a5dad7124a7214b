//! The sequence with a scripted browser: a shell that speaks the pipe's protocol.

use super::*;
use crate::sys::fs;
use crate::world::doubles;
use jit_wire::trusted_url::Purpose;

#[test]
fn only_a_complete_response_to_aws_is_intercepted() {
    let aws = "https://eu-west-1.signin.aws.amazon.com/saml";
    let form = b"SAMLResponse=a%2Bb%3D&RelayState=x";
    assert_eq!(response_in("POST", aws, form).unwrap().response.expose(), "a+b=");
    let others: [(&str, &str, &[u8]); 6] = [
        ("GET", aws, form),
        ("POST", "https://evil.example/saml", form),
        ("POST", aws, b"SAMLResponse="),
        ("POST", aws, b"SAMLResponse=a&SAMLResponse=b"),
        ("POST", aws, b"RelayState=x"),
        ("POST", aws, b""),
    ];
    for (method, url, body) in others {
        assert!(response_in(method, url, body).is_none(), "{method} {url}");
    }
}

#[test]
fn form_values_cannot_break_out_of_the_script() {
    let script = post_script("https://idp/?a='", &[("SAMLRequest", "\"</script>\\".to_owned())]);
    assert!(script.contains(r#"form.action = "https://idp/?a='""#), "{script}");
    assert!(script.contains(r#"[["SAMLRequest","\"</script>\\"]]"#), "{script}");
}

/// The result of a visit with a browser that runs `script`. `$1`, `$2`, … are its arguments; it reads from
/// descriptor 3 and writes to 4.
#[cfg(unix)]
fn visit(script: &str) -> Result<Caught, CaptureError> {
    visit_within(script, Duration::from_secs(60))
}

#[cfg(unix)]
fn visit_within(script: &str, within: Duration) -> Result<Caught, CaptureError> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("browser");
    let answers = "hear() { IFS= read -r -d '' message <&3; }\n\
                   idle() { until hear; [[ $message == *Browser.close* || -z $message ]]; do :; done; exit 0; }\n\
                   answer() { printf '{\"id\":%s,\"result\":%s}\\0' \"$1\" \"$2\" >&4; }\n\
                   event() { printf '{\"method\":\"%s\",\"sessionId\":\"S\",\"params\":%s}\\0' \"$1\" \"$2\" >&4; }\n";
    fs::write_public(&program, format!("#!/bin/bash\n{answers}{script}").as_bytes()).unwrap();
    #[allow(clippy::disallowed_methods, reason = "a test makes its own program")]
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut world = doubles::world(folder.path(), 0);
    world.env = jit_wire::env::Env::of([("DISPLAY", ":0")]);
    let url = TrustedUrl::parse("https://idp.acme.com/start", Purpose::Page).unwrap();
    let start = Start {
        url: &url,
        form: None,
        browser: program.to_str(),
        profile: "acme/eu",
        resume: false,
        window: true,
        within,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(catch(&world, &start))
}

/// A script that greets, opens the page, and continues with `rest`.
#[cfg(unix)]
const GREETS: &str = r#"
hear; answer 1 '{}'
hear; answer 2 '{}'
hear; answer 3 '{"targetId":"T"}'
printf '{"method":"Target.attachedToTarget","params":{"sessionId":"S","targetInfo":{"targetId":"T","type":"page"}}}\0' >&4
until hear; [[ $message == *Page.navigate* || -z $message ]]; do :; done
"#;

#[cfg(unix)]
#[test]
fn only_the_response_is_taken_from_the_page() {
    let script = format!(
        "{GREETS}\
         event Fetch.requestPaused '{{\"requestId\":\"0\",\"request\":{{\"url\":\"https://signin.evil.example/saml\",\"method\":\"POST\",\"postData\":\"SAMLResponse=stolen\"}}}}'\n\
         hear; [[ $message == *continueRequest* ]] || exit 1\n\
         event Fetch.requestPaused '{{\"requestId\":\"1\",\"request\":{{\"url\":\"https://signin.aws.amazon.com/saml\",\"method\":\"POST\",\"postDataEntries\":[{{\"bytes\":\"U0FNTFJlc3BvbnNlPWE=\"}}]}}}}'\n\
         hear; [[ $message == *failRequest* ]] || exit 1\n\
         idle\n"
    );
    assert_eq!(visit(&script).map(|caught| caught.response.expose().clone()).unwrap(), "a");
}

#[cfg(unix)]
#[test]
fn every_way_that_a_browser_can_fail_has_its_message() {
    let closed = format!("{GREETS}event Target.detachedFromTarget '{{\"sessionId\":\"S\"}}'; idle");
    let crashed = format!("{GREETS}echo 'GPU gone' >&2; exit 139");
    let cases = [
        (
            "echo 'cannot open display' >&2; exit 1",
            "could not start browser: exit status: 1, cannot open display",
        ),
        ("exit 0", "could not start"),
        ("printf 'hello\\0' >&4; idle", "it sent something that is not JSON"),
        (closed.as_str(), "was closed before the sign-in was complete"),
        (crashed.as_str(), "exited during the sign-in: exit status: 139, GPU gone"),
    ];
    for (script, words) in cases {
        let error = visit(script).err().unwrap_or_else(|| panic!("{words}")).to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
    let error = visit_within(&format!("{GREETS}idle"), Duration::from_millis(300)).err().unwrap();
    assert!(matches!(error, CaptureError::NobodyCame(_)), "{error}");
}

#[test]
fn a_window_needs_a_desktop_and_permission() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("browser");
    fs::write_atomically(&program, b"").unwrap();
    let world = doubles::world(folder.path(), 0);
    let url = TrustedUrl::parse("https://idp.acme.com/start", Purpose::Page).unwrap();
    let start = Start {
        url: &url,
        form: None,
        browser: program.to_str(),
        profile: "acme",
        resume: false,
        window: true,
        within: Duration::from_secs(1),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if !cfg!(any(target_os = "macos", windows)) {
        let error = runtime.block_on(catch(&world, &start)).err().unwrap();
        assert!(matches!(error, CaptureError::NoDisplay), "{error}");
    }
    let error = runtime.block_on(catch(&world, &Start { window: false, ..start })).err().unwrap();
    assert!(matches!(error, CaptureError::NoWindow), "{error}");
}
