use super::*;

const SHARED: &str = "[idp.acme]\ntype = \"identity-center\"\nstart_url = \"https://acme.awsapps.com/start\"\nregion = \"eu-west-1\"\n";
const FROM: &str = "https://intranet.example/jit.toml";

#[test]
fn a_shared_part_is_appended_and_replaced_in_place() {
    assert_eq!(parts(""), []);
    let alone = with("", FROM, SHARED);
    assert_eq!(parts(&alone)[0].content(&alone), SHARED);
    assert!(parts(&alone)[0].is_as_it_came(&alone));
    let own = "key_cache = \"off\"";
    let both = with(own, FROM, SHARED);
    assert_eq!(both, format!("{own}\n\n{alone}"));
    let more = format!("{both}\n[idp.mine]\n");
    let newer = with(&more, FROM, "# nothing any more");
    assert!(newer.starts_with(own) && newer.ends_with("\n[idp.mine]\n"), "{newer}");
    assert_eq!(parts(&newer)[0].content(&newer), "# nothing any more\n");
    // Another source is another part.
    let two = with(&both, "/etc/jit.toml", "");
    assert_eq!(
        parts(&two).iter().map(|part| part.from.as_str()).collect::<Vec<_>>(),
        [FROM, "/etc/jit.toml"]
    );
    let edited = both.replace("eu-west-1", "eu-west-2");
    assert!(!parts(&edited)[0].is_as_it_came(&edited));
}

#[test]
fn an_unclosed_shared_part_is_an_error() {
    let whole = with("", FROM, SHARED);
    for broken in [
        whole.replace("# <<<", "#"),
        whole.replace("# <<< shared by https", "# <<< shared by http"),
        whole.replace(" sha256:", " "),
    ] {
        assert_eq!(parts(&broken), [], "{broken}");
    }
}

const SAML: &str = "[idp.acme]\ntype = \"saml\"\nstart_url = \"https://idp.example/start\"\n";
const OKTA: &str = "[idp.acme]\ntype = \"okta\"\norg = \"https://acme.okta.com\"\napp_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"\n";
const OIDC: &str = "[idp.acme]\ntype = \"oidc\"\nissuer = \"https://idp.example\"\nclient_id = \"jit\"\n";
const ROLE: &str = "[role.dev]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/dev\"\n";

/// Shared files that are refused, and words of the reason. Add a line for any other.
fn hostile() -> Vec<(String, &'static str)> {
    let role = |more: &str| format!("{OIDC}{ROLE}{more}\n");
    let oidc = |more: &str| format!("{OIDC}{more}\n{ROLE}");
    let inline = "idp = { acme = { type = \"oidc\", issuer = \"https://i.example\", client_id = \"a\", \"client_secret\" = \"x\" } }\n";
    let dotted = "idp.acme.type = \"oidc\"\nidp.acme.issuer = \"https://i.example\"\nidp.acme.client_id = \"a\"\nidp.acme.client_secret = \"x\"\n";
    let mut cases = vec![
        (
            "console_browser = [\"sh\", \"{url}\"]\n".to_owned(),
            ":1:1: a shared file may not set `console_browser`",
        ),
        ("\"console\\u005fbrowser\" = [\"sh\", \"{url}\"]\n".to_owned(), "may not set `console_browser`"),
        (format!("auto_login = true\n{SHARED}"), "may not set `auto_login`"),
        (format!("key_cache = \"off\"\n{SHARED}"), "may not set `key_cache`"),
        (format!("default_role = \"nobody\"\n{OIDC}{ROLE}"), "there is no [role.nobody]"),
        (oidc("auto_login = true"), "may not set `auto_login`"),
        (oidc("auto_login = false"), "may not set `auto_login`"),
        (role("auto_login = true"), "may not set `auto_login`"),
        (format!("{OKTA}username = \"alice\"\n"), "may not set `username`"),
        // A secret, in every TOML spelling of its key.
        (oidc("client_secret = \"x\""), "may not set `client_secret`"),
        (oidc("\"client_secret\" = \"x\""), "may not set `client_secret`"),
        (oidc("'client_secret' = '''x'''"), "may not set `client_secret`"),
        (oidc("\"client\\u005fsecret\" = \"x\""), "may not set `client_secret`"),
        (oidc("\"\\x63lient_secret\" = \"x\""), "may not set `client_secret`"),
        (dotted.to_owned(), "may not set `client_secret`"),
        (inline.to_owned(), "may not set `client_secret`"),
        // Not a shared file at all.
        ("<!DOCTYPE html>\n<html>".to_owned(), ":1:11: "),
        ("run = \"sh\"\n".to_owned(), "unknown key `run`"),
        (ROLE.to_owned(), "refers to [idp.acme], which does not exist"),
        // Markers of a part, and what hides them.
        (format!("{SHARED}{BEGIN}x\n"), ":5:1: this comment marks a shared part"),
        (format!("{SHARED}{END}{FROM}\nauto_login = true\n"), ":5:1: this comment marks a shared part"),
        (role(&format!("description = '''\n{END}{FROM}\n'''")), "this comment marks a shared part"),
        (role(&format!("description = \"\"\"\n{END}{FROM}\n\"\"\"")), "this comment marks a shared part"),
        (format!("# {}\n{SHARED}", "x".repeat(5000)), ":1:1: this line has 5003 characters"),
        (role(&format!("description = \"{}x\"", " ".repeat(5000))), "which is too long to review"),
        // Names that would be mistaken for something else.
        (
            format!("{OIDC}{}", ROLE.replace("dev]", "\"222222222222/dev\"]")),
            "name suggests account 222222222222",
        ),
        (
            format!("{OIDC}{}", ROLE.replace("dev]", "\"arn:aws:iam::222222222222:role/x\"]")),
            "cannot be named like an ARN",
        ),
        (format!("{OIDC}{}", ROLE.replace("dev]", "\"ARN:aws\"]")), "cannot be named like an ARN"),
        // Endpoints without TLS.
        (OIDC.replace("https:", "http:"), "is neither https"),
        (
            OIDC.replace("https://idp.example", "http://127.0.0.1:8080"),
            "`http://127.0.0.1:8080` points to this machine, and https://intranet.example is not",
        ),
        (SAML.replace("https://idp.example", "http://localhost:1"), "points to this machine"),
        (OKTA.replace("https://acme.okta.com", "http://[::1]:1"), "points to this machine"),
        (SHARED.replace("https://acme.awsapps.com", "https://127.0.0.1"), "points to this machine"),
        (SAML.replace("idp.example", "169.254.169.254"), "points to this machine"),
        (SHARED.replace("https://acme.awsapps.com", "http://localhost"), "points to this machine"),
        // A ledger that others would read, or that is a folder of whoever takes the file.
        (
            format!("{SHARED}[access]\nledger = \"~/.aws\"\n"),
            ":6:10: a shared file cannot choose a folder of your machine",
        ),
        (
            format!("access = {{ ledger = \"/etc\" }}\n{SHARED}"),
            "a shared file cannot choose a folder of your machine",
        ),
        (
            format!("{SHARED}[access]\nledger = \"s3://acme\"\nregion = \"eu-west-1\"\nentry = \"mine\"\n"),
            "refers to [role.mine], which does not exist",
        ),
    ];
    // Programs, by name, by path or worse.
    for browser in [
        "pwn",
        "sh",
        "/bin/sh",
        "./x",
        "..\\\\x",
        "C:sh.exe",
        "Chrome",
        "chrome ",
        "chrome,sh",
        "",
        "CHROMIUM",
    ] {
        cases
            .push((format!("{SAML}browser = \"{browser}\"\n"), ":4:11: a shared file cannot name a program"));
        cases
            .push((format!("{OKTA}browser = \"{browser}\"\n"), ":5:11: a shared file cannot name a program"));
    }
    cases
}

#[test]
fn a_shared_file_cannot_name_commands_or_secrets() {
    for (content, words) in hostile() {
        let mistake = check(FROM, &content).map_or_else(|mistake| mistake, |()| panic!("taken: {content}"));
        let text = mistake.to_string();
        assert!(text.starts_with(FROM) && text.contains(words), "{content}\n{text}");
        assert!(!mistake.excerpt.is_some_and(|line| line.contains("secret\" = \"x\"")), "{content}");
    }
}

/// A shared file with everything that is allowed.
#[test]
fn an_ordinary_shared_file_is_accepted() {
    let mut good = vec![
        String::new(),
        "# nothing yet\n".to_owned(),
        SHARED.to_owned(),
        SAML.to_owned(),
        OKTA.to_owned(),
        format!("{OKTA}factor = \"push\"\nflow = \"auto\"\nclient_id = \"x\"\n"),
        format!("{SHARED}flow = \"device\"\nredirect_port = 28251\n"),
        "[idp.a]\ntype = \"saml\"\nsso_url = \"https://a.example\"\ncapture = \"loopback\"\nentity_id = \"a\"\nissuer = \"b\"\n\
         binding = \"post\"\nacs_host = \"localhost\"\nacs_port = 35002\n"
            .to_owned(),
        "[idp.a]\ntype = \"saml\"\nsso_url = \"https://a.example\"\ncapture = \"browser\"\n\
         acs_url = \"https://eu-west-1.signin.aws.amazon.com/saml\"\n"
            .to_owned(),
        format!("{SHARED}[role.r]\nidp = \"acme\"\naccount = \"333333333333\"\npermission_set = \"Dev\"\n"),
        format!("{SHARED}[access]\nledger = \"s3://acme\"\nregion = \"eu-west-1\"\n"),
        format!(
            "{OIDC}{ROLE}[access]\nledger = \"s3://acme\"\nregion = \"eu-west-1\"\nentry = \"dev\"\nvoter = \"dev\"\npublisher = \"dev\"\n"
        ),
        "role = {}\nidp = { a = { type = \"saml\", start_url = \"https://a.example\" } }\n".to_owned(),
    ];
    good.extend(crate::plan::BROWSERS.map(|browser| format!("{SAML}browser = \"{browser}\"\n")));
    good.push(format!(
        "# client_secret is not here, ''' neither\n{OIDC}scopes = [\"openid\"]\nflow = \"device\"\nredirect_port = 28251\n\
         audience = \"a\"\n[role.hub]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\nduration = \"8h\"\n\
         [role.\"222222222222/dev\"]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/dev\"\n\
         region = \"eu-west-1\"\nsession_name = \"alice\"\nsource_identity = \"alice\"\nexternal_id = \"xx\"\n\
         tags = {{ client_secret = \"no secret\" }}\ntransitive_tags = [\"client_secret\"]\npolicy = '''\n{{}}\n'''\n\
         policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\ndescription = \"Développeur ✓\"\ncolor = \"red\"\n\
         confirm = true\n"
    ));
    for content in good {
        check(FROM, &content).unwrap_or_else(|wrong| panic!("{content}\n{wrong}"));
    }
    // A file on this machine may have URLs of this machine: demonstrations, tests.
    let local = OIDC.replace("https://idp.example", "http://127.0.0.1:8080");
    for from in ["/home/alice/jit.toml", "http://127.0.0.1:8000/jit.toml"] {
        check(from, &local).unwrap();
    }
    check("/home/alice/jit.toml", "[access]\nledger = \"~/jit-trial\"\n").unwrap();
    assert!(check("HTTPS://intranet.example/x", &local).is_err());
}

/// Edits by hand of a configuration with a shared part; each is refused when the file is read.
#[test]
fn a_shared_part_is_checked_whenever_it_is_read() {
    let mine = format!("{OIDC}{ROLE}").replace("acme", "mine").replace("dev", "mine");
    let own = format!("auto_login = true\n{mine}");
    let content = format!("{OIDC}{ROLE}");
    let whole = with(&own, FROM, &content);
    let read = |text: &str| File::parse("config.toml", text);
    assert_eq!(read(&whole).unwrap().roles.len(), 2);
    let end = format!("{END}{FROM}\n");
    let inside = |more: &str| whole.replace(&end, &format!("{more}{end}"));
    let outside = |more: &str| format!("{whole}{more}");
    let in_idp = |more: &str| inside("").replace(ROLE, &format!("{more}\n{ROLE}"));
    let role = |name: &str, from: &str| {
        format!("[role.{name}]\n{from}\nrole_arn = \"arn:aws:iam::111111111111:role/{name}\"\n")
    };
    let spokes = |name: &str, more: &str, accounts: &str| {
        format!("[spokes.{name}]\n{more}\nrole_name = \"{name}\"\naccounts = {accounts}\n")
    };
    let saml = "[idp.b]\ntype = \"saml\"\nstart_url = \"https://a.example\"\nbrowser = \"pwn\"\n";
    let over_the_edge = "crosses the border of a shared part";
    let lost = "is missing or has another URL";
    let cases = [
        (inside("auto_login = true\n"), "may not set `auto_login`"),
        (in_idp("client_secret = \"x\""), "may not set `client_secret`"),
        (in_idp("auto_login = true"), "may not set `auto_login`"),
        (inside(saml), "cannot name a program"),
        (
            inside(&saml.replace("browser = \"pwn\"", "").replace("https://a.example", "http://localhost:1")),
            "points to this machine",
        ),
        (
            inside("[role.mine.tags]\na = \"b\"\n").replace("idp = \"mine\"", "via = \"dev\""),
            "changes a table outside the part",
        ),
        (outside("region = \"eu-west-1\"\n"), "changes a table of a shared part"),
        // Text that ends the part early, or hides its end.
        (inside(&format!("{end}{}auto_login = true\n", role("x", "idp = \"mine\""))), lost),
        (whole.replace(&end, &format!("description = '''\n{end}'''\n")), over_the_edge),
        (whole.replace(&end, &format!("description = \"\"\"\n{end}\"\"\"\n")), over_the_edge),
        (whole.replace(&end, &format!("policy_arns = [\n{end}]\n")), over_the_edge),
        (
            whole.replace(&end, &format!("{}tags = {{\n{end}}}\n", role("far", "via = \"dev\""))),
            over_the_edge,
        ),
        (whole.replace(&end, ""), lost),
        (whole.replace(BEGIN, "# "), lost),
        (whole.replace(&end, &format!("{END}elsewhere\n")), lost),
        // References to the user's own tables.
        (inside(&role("x", "idp = \"mine\"")), "[idp.mine] is not in it"),
        (inside(&role("x", "via = \"mine\"")), "[role.mine] is not in it"),
        (
            inside("[access]\nledger = \"s3://acme\"\nregion = \"eu-west-1\"\nentry = \"mine\"\n"),
            "[role.mine] is not in it",
        ),
        (inside("[access]\nledger = \"~/x\"\n"), "cannot choose a folder of your machine"),
        (
            inside(&role("x", "via = \"m/far\""))
                + &spokes("far", "via = \"mine\"", "{ m = \"222222222222\" }"),
            "[role.m/far] is not in it",
        ),
        (inside(&spokes("x", "via = \"mine\"", "{ m = \"222222222222\" }")), "[role.mine] is not in it"),
        (inside(&spokes("x", "via = \"dev\"", "\"accounts.toml\"")), "cannot name a file on your machine"),
        (
            inside(&spokes("x", "auto_login = true\nvia = \"dev\"", "\"organization\"")),
            "may not set `auto_login`",
        ),
        (
            inside(&spokes("x", "via = \"dev\"", "{ 333333333333 = \"222222222222\" }")),
            "reads like another account",
        ),
    ];
    for (text, words) in cases {
        assert_ne!(text, whole, "{words}");
        let error = read(&text).map_or_else(|mistake| mistake.to_string(), |_| panic!("taken: {text}"));
        assert!(error.contains(words), "{text}\n{error}");
    }
    // The first keys of a part would belong to the user's last table.
    let bare = with("[role.mine]\nidp = \"a\"\n", FROM, "confirm = true\n");
    assert!(read(&bare).is_err());
    // The user's own tables may refer to shared ones, and a part may come first.
    read(&outside(&role("more", "via = \"dev\""))).unwrap();
    let shared_spokes = inside(&spokes("x", "via = \"dev\"", "{ m = \"222222222222\" }"));
    read(&shared_spokes).unwrap();
    read(&(shared_spokes + &role("more", "via = \"m/x\""))).unwrap();
    read(&inside(&spokes("x", "via = \"dev\"", "\"organization\""))).unwrap();
    read(&format!("{}\n{mine}", with("", FROM, &content))).unwrap();
    read(&with(&whole, "/etc/other.toml", "# nothing\n")).unwrap();
}

/// The part of a file that is read for one role includes the markers of shared parts, so the rules apply
/// there too.
#[test]
fn a_partial_read_checks_shared_parts_too() {
    let own = format!("{OIDC}{ROLE}").replace("acme", "mine").replace("dev", "mine");
    let whole = with(&own, FROM, &format!("{OIDC}{ROLE}{}", ROLE.replace("dev", "other")));
    let bad = whole.replace("[role.other]", "auto_login = true\n[role.other]");
    for role in ["dev", "mine", "other"] {
        let part = crate::config::part::of_role(&whole, role).unwrap();
        let [part, all] = [part.as_str(), &whole].map(|text| File::parse("c", text).unwrap());
        assert_eq!(format!("{:?}", part.roles[role]), format!("{:?}", all.roles[role]));
        let part = crate::config::part::of_role(&bad, role).unwrap();
        assert_eq!(File::parse("c", &part).is_err(), role == "dev", "{role}");
    }
    // A key after the end marker would move into another table, so the whole file is read.
    let moved = format!("{whole}confirm = true\n");
    assert_eq!(crate::config::part::of_role(&moved, "mine"), None);
    assert!(File::parse("c", &moved).is_err());
}
