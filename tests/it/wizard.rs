//! `jit configure`: from one URL to a tested configuration.

mod unfinished;

use jit_emulator::{ADMIN, Account, Approval, CLIENT_ID, Call, HUB, Settings};

use crate::support::Room;

const CONFIG: &str = "config/jit/config.toml";

/// A home without a configuration.
fn room(settings: Settings) -> Room {
    let room = Room::with(Settings { approval: Approval::AtOnce, ..settings });
    std::fs::remove_file(room.path(CONFIG)).unwrap();
    room
}

fn config(room: &Room) -> String {
    std::fs::read_to_string(room.path(CONFIG)).unwrap_or_default()
}

#[test]
fn an_identity_center_url_is_enough() {
    let room = room(Settings::default());
    let mut configure = room.jit(&["configure"]).somebody_types().start();
    configure.says("URL: ");
    configure.types(&format!("{}/#/\n", room.servers().start_url()));
    // The region is on the portal's page; signing in reveals the rest.
    configure.says("Signed in");
    configure.says("3 roles are available");
    configure.types("444\r");
    configure.says("Name of the role [readonly]: ");
    configure.types("\n");
    configure.says("readonly works: account 444444444444, ");
    // Enter alone adds what has just been seen to work.
    let shown = configure.says("Add this to ~/config/jit/config.toml? [Y/n]");
    assert!(shown.contains("+permission_set = \"ReadOnly\""), "{shown}");
    configure.types("\n");
    let configure = configure.wait();
    assert!(
        configure.code() == 0
            && configure.stdout.contains("jit exec readonly -- aws sts get-caller-identity"),
        "{configure}"
    );
    let start = room.servers().start_url();
    let expected = format!(
        "[idp.idp]\ntype      = \"identity-center\"\nstart_url = \"{start}\"\nregion    = \"eu-west-1\"\n\n\
         [role.readonly]\nidp            = \"idp\"\naccount        = \"444444444444\"\npermission_set = \"ReadOnly\"\n"
    );
    assert_eq!(config(&room), expected);
    // The login that was tried is the one that is used.
    assert_eq!(room.asks_for("readonly").code(), 0);
    assert_eq!(room.counts([Call::CenterAuthorize, Call::GetRoleCredentials]), [1, 1]);
}

#[test]
fn an_issuer_needs_a_client_and_a_role_and_refusals_are_explained() {
    let room = room(Settings::default());
    let mut configure = room.jit(&["configure"]).somebody_types().start();
    // Each wrong answer says why and what to do instead, and affects only itself.
    configure.says("URL: ");
    configure.types("acme\n");
    configure.says("`acme` is not the URL of a web page");
    configure.says("such as acme.okta.com");
    configure.says("Try again with other answers? [y/N]");
    configure.types("y\n");
    configure.says("URL: ");
    configure.types(&format!("{}\n", room.servers().sts_url()));
    configure.says("could not find out how to sign in at");
    configure.says("Try again with other answers? [y/N]");
    configure.types("y\n");
    configure.says("URL: ");
    configure.types(&format!("{}/.well-known/openid-configuration\n", room.servers().issuer()));
    configure.says("The OpenID Connect IdP http://127.0.0.1:");
    configure.says("The client id registered there for jit: ");
    configure.types(&format!("{CLIENT_ID}\n"));
    configure.says("Signed in as alice@example.com");
    configure.says("The ARN of the role that the IdP offers you: ");
    configure.types("arn:aws:iam::111111111111:role/wrong\n");
    configure.says("Name of the role [wrong]: ");
    configure.types("\n");
    configure.says("cannot be assumed with the ID token of your sign-in");
    configure.says("Try another role? [y/N]");
    configure.types("y\n");
    configure.says("The ARN of the role");
    configure.types(&format!("{HUB}\n"));
    configure.says("Name of the role [jit-hub]: ");
    configure.types("work\n");
    configure.says("work works: account 111111111111");
    // The hub leads on: a wrong ARN is explained, and costs nothing that worked.
    configure.says("The ARN of a role that work may assume (Enter for none): ");
    configure.types("arn:aws:iam::222222222222:role/nobody\n");
    configure.says("Name of the role [nobody]: ");
    configure.types("\n");
    configure.says("cannot be assumed by");
    configure.says("The ARN of a role that work may assume (Enter for none): ");
    configure.types(&format!("{ADMIN}\n"));
    configure.says("Name of the role [admin]: ");
    configure.types("\n");
    configure.says("admin works: account 222222222222");
    configure.says("The ARN of another role that work may assume (Enter for none): ");
    configure.types("\n");
    configure.says("[Y/n]");
    configure.types("\n");
    assert_eq!(configure.wait().code(), 0);
    let written = config(&room);
    assert!(written.contains("[role.work]\nidp      = \"idp\"\n") && written.contains(HUB), "{written}");
    assert!(
        written.contains(&format!("[role.admin]\nvia      = \"work\"\nrole_arn = \"{ADMIN}\"\n")),
        "{written}"
    );
    assert!(!written.contains("wrong") && !written.contains("nobody"), "{written}");
    assert_eq!(room.asks_for("admin").code(), 0);
    assert_eq!(room.count(Call::Authorize), 1, "one login was enough for both tries");
}

#[test]
fn saml_metadata_and_one_offered_role_need_no_more_questions() {
    let room = room(Settings::default());
    let metadata = format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{}/saml\"><IDPSSODescriptor>\
         <SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{}\"/>\
         </IDPSSODescriptor></EntityDescriptor>",
        room.servers().issuer(),
        room.servers().sso_url()
    );
    let page = crate::shared::Page::of(&metadata);
    let mut configure = room.jit(&["configure"]).somebody_types().start();
    configure.says("URL: ");
    configure.types(&format!("{}\n", page.url));
    configure.says("Is it registered there? [y/N]");
    configure.types("y\n");
    configure.says("Signed in as alice@example.com");
    configure.says("Name of the role [jit-hub]: ");
    configure.types("\n");
    configure.says("jit-hub works");
    configure.says("[Y/n]");
    configure.types("\n");
    let configure = configure.wait();
    assert_eq!(configure.code(), 0, "{configure}");
    assert!(config(&room).contains("type    = \"saml\"\nsso_url = \""), "{}", config(&room));
}

#[test]
fn metadata_pointing_to_another_host_needs_confirmation() {
    let room = room(Settings::default());
    for (place, is_page) in [
        ("https://evil.example/sso", true),
        ("https://xn--evl-khd.example/sso", true),
        ("file:///etc/passwd", false),
        ("javascript:alert(1)", false),
        ("http://idp.example/sso", false),
    ] {
        let metadata = format!(
            "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp.example\"><IDPSSODescriptor>\
             <SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{place}\"/>\
             </IDPSSODescriptor></EntityDescriptor>"
        );
        let page = crate::shared::Page::of(&metadata);
        let mut configure = room.jit(&["configure"]).somebody_types().start();
        configure.says("URL: ");
        configure.types(&format!("{}\n", page.url));
        if is_page {
            configure.says(&format!("it sends you elsewhere to sign in: {place}"));
            let shown = configure.says("Is that where you sign in? [y/N]");
            assert_eq!(
                shown.contains("reads ev\u{456}l.example, and its letters"),
                place.contains("xn--"),
                "{shown}"
            );
            configure.types("n\n");
        } else {
            // Nobody is asked to accept such a URL.
            configure.says(&format!("it sends users to `{place}`, which is neither https"));
        }
        configure.says("Try again with other answers? [y/N]");
        configure.types("n\n");
        assert_eq!(configure.wait().code(), 1);
    }
    assert!(room.opened().is_empty(), "{:?}", room.opened());
    assert_eq!(config(&room), "");
}

/// Whoever comes from `aws sso login` has typed the URL once already.
#[test]
fn the_portal_of_the_aws_tools_is_offered() {
    let room = room(Settings::default());
    let start = room.servers().start_url();
    room.write(
        ".aws/config",
        &format!("[sso-session acme]\nsso_start_url = {start}/#/\nsso_region = eu-west-1\n"),
    );
    let mut configure = room.jit(&["configure"]).somebody_types().start();
    configure.says(&format!("Your AWS tools sign in at {start} (~/.aws/config)"));
    configure.says(&format!("URL [{start}]: "));
    configure.types("\n");
    configure.says("Signed in");
    configure.says("3 roles are available");
    configure.types("444\r");
    configure.says("Name of the role [readonly]: ");
    configure.types("\n");
    configure.says("[Y/n]");
    configure.types("\n");
    assert_eq!(configure.wait().code(), 0);
    assert!(
        config(&room).contains(&format!("start_url = \"{start}\"\nregion    = \"eu-west-1\"\n")),
        "{}",
        config(&room)
    );
    // Another URL is taken as it is typed.
    let mut other = room.jit(&["configure"]).somebody_types().start();
    other.says(&format!("URL [{start}]: "));
    other.types(&format!("{}\n", room.servers().issuer()));
    other.says("The OpenID Connect IdP");
    other.types("\u{3}");
    assert_ne!(other.wait().code(), 0);
}
