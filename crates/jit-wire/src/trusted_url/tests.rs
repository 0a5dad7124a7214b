use super::*;

/// Purposes that a table of cases is for.
const FAR: &str = "https://idp.example";
const HERE: &str = "http://127.0.0.1:8080";

fn takes(text: &str, purpose: Purpose<'_>) -> bool {
    TrustedUrl::parse(text, purpose).is_ok()
}

/// What every purpose refuses. Add more.
const HOSTILE: &[&str] = &[
    // Not a URL, or another scheme.
    "",
    " ",
    "/",
    "//idp.example",
    "/authorize",
    "idp.example",
    "https:",
    "https:/idp.example",
    "https://",
    "https:///path",
    "https://:443/",
    "https://?x",
    "https://#x",
    "javascript:alert(1)",
    "javascript://idp.example/%0aalert(1)",
    "JavaScript://idp.example/",
    "data:text/html,x",
    "file:///etc/passwd",
    "file://idp.example/x",
    "ftp://idp.example",
    "ws://127.0.0.1/",
    "gopher://127.0.0.1/",
    "x-https://idp.example",
    "-x",
    "https//idp.example",
    // Characters that parsers disagree about, or act on.
    "https://idp.example/a b",
    " https://idp.example/",
    "https://idp.example/ ",
    "https://idp.example/\n",
    "https://idp.example/\r\nHost: evil.example",
    "https://idp.example/\u{0}",
    "https://idp.example/\t",
    "https://idp.example/\u{1b}[31m",
    "https://idp.example/\u{7f}",
    "https://idp.example/\u{202e}moc",
    "https://idp.example/\u{200b}",
    "https://idp.example/ä",
    "https://idp.example\\@evil.example/",
    "https://idp.example/\\evil.example",
    "https:\\\\idp.example\\",
    "https://idp.example/\"",
    "https://idp.example/<x>",
    "https://idp.example/`id`",
    "https://idp.example/^&calc",
    "https://idp.example/a|b",
    "https://idp.example/{x}",
    // Hosts that are invalid, or ambiguous.
    "https://idp..example/",
    "https://.idp.example/",
    "https://idp.example./",
    "https://localhost./",
    "http://127.0.0.1./",
    "https://idp%2eexample/",
    "https://%6c%6f%63alhost/",
    "https://idp.example%00.evil.example/",
    "https://idp.example,evil.example/",
    "https://idp!example/",
    "https://*.example/",
    "https://bücher.example/",
    "https://ｉｄｐ.example/",
    "https://idp。example/",
    "http://１２７.0.0.1/",
    "http://ⓛocalhost/",
    "https://[idp.example]/",
    "https://[::1/",
    "https://::1/",
    "https://[::1]x/",
    "https://[::1]]:1/",
    "https://[fe80::1%25eth0]/",
    "https://login.,[::1]tz/t",
    // IPv4 addresses in other forms: `inet_aton` and browsers read them as 127.0.0.1.
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0x7F.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.0x1/",
    "http://127.0.0.256/",
    "http://1.2.3.4.5/",
    "https://evil.127/",
    "https://idp.example.0x7f/",
    "http://0/",
    "http://0.0.0.0/",
    "http://0.0.0.0:8080/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::FFFF:7f00:1]/",
    "http://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    // Ports.
    "https://idp.example:0/",
    "https://idp.example:/",
    "https://idp.example:65536/",
    "https://idp.example:-1/",
    "https://idp.example:+443/",
    "https://idp.example:0443/",
    "https://idp.example:443x/",
    "https://idp.example:443:443/",
    "https://idp.example:%34/",
];

/// What every purpose accepts except those that require more; the valid counterparts of the list above.
const HONEST: &[&str] = &[
    "https://idp.example",
    "https://idp.example/",
    "https://idp.example:8443/realms/acme",
    "HTTPS://IDP.Example/Path",
    "https://xn--bcher-kva.example/",
    "https://idp-1.eu_west.example/",
    "https://idp/",
    "https://10.1.2.3/x",
    "https://203.0.113.7:8443/x",
    "https://[2001:db8::1]:8443/x",
    "https://1password.example/",
    "https://a.b2/",
    "https://127.0.0.1.nip.example/",
    "https://login.example/a/../b;c=d,e!$'()*+~/%41@x:y",
    "https://idp.example//x",
];

fn all<'a>(by: &'a TrustedUrl) -> [Purpose<'a>; 10] {
    use Purpose::{
        AwsEndpoint, Container, EndpointOf, Idp, Instance, Issuer, Page, PageOf, Proxy, SharedFile,
    };
    [Issuer, Idp, EndpointOf(by), PageOf(by), Page, AwsEndpoint, Container, Instance, SharedFile, Proxy]
}

#[test]
fn hostile_urls_are_refused_for_every_purpose() {
    for by in [FAR, HERE] {
        let by = TrustedUrl::parse(by, Purpose::Issuer).unwrap();
        for text in HOSTILE {
            for purpose in all(&by) {
                assert!(!takes(text, purpose), "{text:?} as {purpose:?}");
            }
        }
        for text in HONEST {
            for purpose in all(&by) {
                assert!(takes(text, purpose), "{text:?} as {purpose:?}");
            }
        }
    }
    let long = format!("https://idp.example/{}", "a".repeat(LONGEST));
    assert!(!takes(&long, Purpose::Page));
}

/// Which purposes accept a URL, by their letters: Issuer, idP (another URL of an IdP), Endpoint of a remote
/// issuer, endpoint of a local one (e), paGe of a remote one, page of a local one (g), Web page, Aws,
/// Container, Metadata, Shared file, proXy.
#[test]
fn each_purpose_has_its_own_rules() {
    let (far, here) =
        (TrustedUrl::parse(FAR, Purpose::Issuer).unwrap(), TrustedUrl::parse(HERE, Purpose::Issuer).unwrap());
    let purposes = [
        ('I', Purpose::Issuer),
        ('P', Purpose::Idp),
        ('E', Purpose::EndpointOf(&far)),
        ('e', Purpose::EndpointOf(&here)),
        ('G', Purpose::PageOf(&far)),
        ('g', Purpose::PageOf(&here)),
        ('W', Purpose::Page),
        ('A', Purpose::AwsEndpoint),
        ('C', Purpose::Container),
        ('M', Purpose::Instance),
        ('S', Purpose::SharedFile),
        ('X', Purpose::Proxy),
    ];
    for (text, expected) in [
        ("https://idp.example/x", "IPEeGgWACMSX"),
        ("https://elsewhere.example/x", "IPEeGgWACMSX"),
        ("http://idp.example/x", "X"),
        ("http://10.1.2.3/x", "X"),
        // This machine: nothing remote may name it, over any protocol.
        ("http://127.0.0.1:9/admin", "IPegWACMSX"),
        ("HTTP://LocalHost:9/admin", "IPegWACMSX"),
        ("http://[::1]:9/admin", "IPegWACMSX"),
        ("http://127.9.9.9/admin", "CMX"),
        ("https://127.9.9.9/admin", "IPegWACMSX"),
        ("https://127.0.0.1:9/admin", "IPegWACMSX"),
        ("https://localhost/admin", "IPegWACMSX"),
        ("https://[::1]/admin", "IPegWACMSX"),
        // A resolver may look it up on the network, so not over plain http.
        ("http://idp.localhost/", "X"),
        ("https://idp.localhost/", "IPegWACMSX"),
        // Names that only look like this machine's.
        ("http://127.0.0.1.evil.example/", "X"),
        ("http://localhost.evil.example/", "X"),
        ("http://notlocalhost/", "X"),
        // The link of the machine: metadata services are there.
        ("http://169.254.169.254/latest", "MX"),
        ("http://[fd00:ec2::254]/latest", "MX"),
        ("http://169.254.170.2/v2", "CX"),
        ("http://169.254.170.23/v1", "CX"),
        ("http://[fd00:ec2::23]/v1", "CX"),
        ("https://169.254.169.254/latest", "IPegWACMSX"),
        ("https://[fe80::1]/", "IPegWACMSX"),
        // Parts that only some may have.
        ("https://idp.example/x?a=b", "PEeGgWACS"),
        ("https://idp.example/x#/a", "PGgW"),
        ("https://idp.example/x?a=b#/a", "PGgW"),
        ("https://me@idp.example/x", "X"),
        ("https://me:pw@idp.example/x", "X"),
        ("http://localhost@evil.example/", "X"),
        ("http://127.0.0.1:9@evil.example/", "X"),
        ("https://idp.example@evil.example/", "X"),
        ("http://169.254.170.2@evil.example/", "X"),
        ("http://169.254.170.2.evil.example/", "X"),
    ] {
        let taken: String =
            purposes.iter().filter(|(_, purpose)| takes(text, *purpose)).map(|(letter, _)| letter).collect();
        assert_eq!(taken, expected, "{text}");
    }
    // The same host as the issuer, on a network that gave it such an address.
    let link = TrustedUrl::parse("https://169.254.7.7/", Purpose::Issuer).unwrap();
    assert!(takes("https://169.254.7.7:8443/token", Purpose::EndpointOf(&link)));
    assert!(!takes("http://169.254.7.7/token", Purpose::EndpointOf(&link)));
    assert!(!takes("https://169.254.169.254/", Purpose::EndpointOf(&link)));
}

#[test]
fn a_url_is_split_into_its_parts() {
    let url = TrustedUrl::parse("HTTPS://IDP.Example:8443/Path?Q=1#F", Purpose::Page).unwrap();
    assert_eq!(url.as_str(), "https://idp.example:8443/Path?Q=1#F");
    assert_eq!((url.host(), url.authority(), url.port()), ("idp.example", "idp.example:8443", 8443));
    assert_eq!((url.origin(), url.path()), ("https://idp.example:8443", "/Path"));
    assert_eq!(url.query(), Some("Q=1"));
    assert!(url.is_secure() && !url.is_this_machine());
    // A query contains a `state`, which must not get into a log.
    assert_eq!(format!("{url:?}"), "TrustedUrl(https://idp.example:8443/Path)");

    let read = |text| TrustedUrl::parse(text, Purpose::Page).unwrap();
    assert!(read("https://a/x").is_of(&read("https://A:443/y")));
    for other in ["https://b/", "https://a:8443/", "https://a.a/"] {
        assert!(!read("https://a/x").is_of(&read(other)), "{other}");
    }
    assert!(!read("http://localhost/").is_of(&read("https://localhost:80/")));
    let own = TrustedUrl::of_this_machine(8080, "/callback");
    assert_eq!(own, read("http://127.0.0.1:8080/callback"));
}

#[test]
fn a_path_cannot_change_the_host() {
    let at = TrustedUrl::parse("https://idp.example/a?b", Purpose::Page).unwrap();
    assert_eq!(at.at("/c?d=e").unwrap().as_str(), "https://idp.example/c?d=e");
    for path in ["@evil.example/", ".evil.example/", ":1/", "x", "/a b", "/\u{1b}", "/\\x"] {
        assert!(at.at(path).is_err(), "{path}");
    }
    let read = |text| TrustedUrl::parse(text, Purpose::Page).unwrap();
    for base in ["https://idp.example/t", "https://idp.example/t/"] {
        for path in ["x", "/x"] {
            assert_eq!(read(base).below(path).unwrap().as_str(), "https://idp.example/t/x");
        }
    }
    for (base, expected) in [
        ("https://a", "https://a?x=%26"),
        ("https://a?b", "https://a?b&x=%26"),
        ("https://a?b&", "https://a?b&x=%26"),
        ("https://a?", "https://a?x=%26"),
        ("https://a/#f", "https://a/?x=%26"),
    ] {
        let url = read(base).with_query(&[("x", "&")]);
        assert_eq!(url.as_str(), expected);
        assert_eq!(url, read(expected));
    }
}

#[test]
fn security_md_contains_the_table() {
    let text = include_str!("../../../../SECURITY.md");
    assert!(text.contains(&table()), "SECURITY.md has not this table:\n{}", table());
}
