//! What is left of a configuration that was not finished.

use super::*;

#[test]
fn nothing_is_written_without_confirmation_or_a_person() {
    let accounts = vec![Account::new("444444444444", "acme", &["ReadOnly"])];
    let room = room(Settings { accounts, ..Settings::default() });
    let nobody = room.jit(&["configure"]).run();
    let said = "error: jit configure asks questions, and it cannot ask them here\n  next: jit configure add URL  adds a company's shared file\n";
    assert!(nobody.code() == 2 && nobody.stderr.starts_with(said), "{nobody}");
    let mut configure = room.jit(&["configure"]).somebody_types().start();
    configure.says("URL: ");
    configure.types(&format!("{}\n", room.servers().start_url()));
    configure.says("Name of the role");
    configure.types("\n");
    configure.says("[Y/n]");
    configure.types("n\n");
    let configure = configure.wait();
    insta::assert_snapshot!(room.told_on_terminal(&configure), @r#"
    exit 0
    --- terminal
    Where do you sign in? Enter the URL of your Okta, Entra, Google, Identity
    Center, Keycloak …, or the link of the AWS app on your dashboard:
    URL: http://127.0.0.1:PORT/start
    IAM Identity Center at http://127.0.0.1:PORT/start
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in; your user name comes with the first session
    Name of the role [readonly]:
    ✓ readonly works: account 444444444444, TIME left
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -0,0 +1,9 @@
    +[idp.idp]
    +type      = "identity-center"
    +start_url = "http://127.0.0.1:PORT/start"
    +region    = "eu-west-1"
    +
    +[role.readonly]
    +idp            = "idp"
    +account        = "444444444444"
    +permission_set = "ReadOnly"
    Add this to ~/config/jit/config.toml? [Y/n] n
    Nothing was written
    "#);
    let mut stopped = room.jit(&["configure"]).somebody_types().start();
    stopped.says("URL: ");
    // The end of the input, which no further question can change.
    stopped.types("\u{4}");
    let stopped = stopped.wait();
    insta::assert_snapshot!(room.told_on_terminal(&stopped), @"
    exit 1
    --- terminal
    Where do you sign in? Enter the URL of your Okta, Entra, Google, Identity
    Center, Keycloak …, or the link of the AWS app on your dashboard:
    URL: error: no answer was given; nothing was written
    ");
    assert!(!room.path(CONFIG).exists());
    // A person with profiles is told that these are enough.
    room.write(".aws/config", "[profile x]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = A\n");
    let mut told = room.jit(&["configure"]).somebody_types().start();
    told.says("1 of the profiles in ~/.aws/config work without configuration");
    told.types("\u{3}");
    assert_ne!(told.wait().code(), 0);
}

/// Enter by mistake costs nothing: the same question comes again.
#[test]
fn an_empty_answer_is_asked_for_again() {
    let room = room(Settings::default());
    let mut configure = room.jit(&["configure"]).somebody_types().start();
    let mut asked = |question: &str, answer: &str| {
        for empty in ["\n", "   \n"] {
            configure.says(question);
            configure.types(empty);
            configure.says("An answer is needed here; Ctrl-C stops without writing anything");
        }
        configure.says(question);
        configure.types(&format!("{answer}\n"));
    };
    asked("URL: ", room.servers().issuer());
    asked("The client id registered there for jit: ", CLIENT_ID);
    asked("The ARN of the role that the IdP offers you: ", HUB);
    configure.says("Name of the role [jit-hub]: ");
    configure.types("\n");
    configure.says("(Enter for none): ");
    configure.types("\n");
    configure.says("[Y/n]");
    configure.types("\n");
    let configure = configure.wait();
    assert!(configure.code() == 0 && config(&room).contains(HUB), "{configure}");
    assert_eq!(room.count(Call::Authorize), 1);
}

/// Whoever chooses no role, or none that works, keeps the IdP that does.
#[test]
fn a_working_idp_is_kept_without_a_role() {
    let only_idp = |room: &Room| {
        let start = room.servers().start_url();
        format!(
            "[idp.idp]\ntype      = \"identity-center\"\nstart_url = \"{start}\"\nregion    = \"eu-west-1\"\n"
        )
    };
    let mut answers = String::new();
    for key in ["\u{3}", "\u{1b}"] {
        let room = room(Settings::default());
        let mut configure = room.jit(&["configure"]).somebody_types().start();
        configure.says("URL: ");
        configure.types(&format!("{}\n", room.servers().start_url()));
        configure.says("3 roles are available");
        configure.says("❯");
        configure.types(key);
        configure.says("No role was chosen. idp works, and can be added without one");
        configure.says("Add this to ~/config/jit/config.toml? [Y/n]");
        configure.types("\n");
        let configure = configure.wait();
        answers.push_str(&format!("{}\n", room.told_on_terminal(&configure)));
        assert_eq!(config(&room), only_idp(&room));
    }
    insta::assert_snapshot!(answers, @r#"
    exit 0
    --- terminal
    Where do you sign in? Enter the URL of your Okta, Entra, Google, Identity
    Center, Keycloak …, or the link of the AWS app on your dashboard:
    URL: http://127.0.0.1:PORT/start
    IAM Identity Center at http://127.0.0.1:PORT/start
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in; your user name comes with the first session
    3 roles are available; which one do you use most?
    No role was chosen. idp works, and can be added without one
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -0,0 +1,4 @@
    +[idp.idp]
    +type      = "identity-center"
    +start_url = "http://127.0.0.1:PORT/start"
    +region    = "eu-west-1"
    Add this to ~/config/jit/config.toml? [Y/n]
    ✓ Added to ~/config/jit/config.toml: idp idp
    next: jit login --idp idp  lets you choose a role

    exit 0
    --- terminal
    Where do you sign in? Enter the URL of your Okta, Entra, Google, Identity
    Center, Keycloak …, or the link of the AWS app on your dashboard:
    URL: http://127.0.0.1:PORT/start
    IAM Identity Center at http://127.0.0.1:PORT/start
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in; your user name comes with the first session
    3 roles are available; which one do you use most?
    No role was chosen. idp works, and can be added without one
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -0,0 +1,4 @@
    +[idp.idp]
    +type      = "identity-center"
    +start_url = "http://127.0.0.1:PORT/start"
    +region    = "eu-west-1"
    Add this to ~/config/jit/config.toml? [Y/n]
    ✓ Added to ~/config/jit/config.toml: idp idp
    next: jit login --idp idp  lets you choose a role
    "#);
    // The same after a role that does not work; and a no at the end writes nothing.
    let room = room(Settings::default());
    for (answer, written) in [("n\n", false), ("\n", true)] {
        let mut configure = room.jit(&["configure"]).somebody_types().start();
        configure.says("URL: ");
        configure.types(&format!("{}\n", room.servers().issuer()));
        configure.says("The client id registered there for jit: ");
        configure.types(&format!("{CLIENT_ID}\n"));
        configure.says("The ARN of the role that the IdP offers you: ");
        configure.types("arn:aws:iam::111111111111:role/wrong\n");
        configure.says("Name of the role [wrong]: ");
        configure.types("\n");
        configure.says("Try another role? [y/N]");
        configure.types("n\n");
        configure.says("idp works, and can be added without a role");
        configure.says("[Y/n]");
        configure.types(answer);
        assert_eq!(configure.wait().code(), 0);
        let config = config(&room);
        assert_eq!(config.contains("[idp.idp]"), written, "{config}");
        assert!(!config.contains("[role."), "{config}");
    }
}
