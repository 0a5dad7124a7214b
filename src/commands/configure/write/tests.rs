#![allow(clippy::disallowed_methods, reason = "tests set up files of their own")]

use std::fs::{read_to_string, write};
use std::future::Future;
use std::pin::Pin;

use super::*;
use crate::config::draft::Table;
use crate::world::{Note, Person, doubles};
use jit_wire::secret::Secret;

const YES: Options = Options { yes: true, dry_run: false, enter_means_yes: false };
const HUB: &str = "arn:aws:iam::111111111111:role/hub";

fn draft() -> Draft {
    Draft {
        idps: vec![Table::new("acme").with("type", "saml").with("start_url", "https://idp.example.com/app")],
        roles: vec![Table::new("hub").with("idp", "acme").with("role_arn", HUB)],
    }
}

fn written() -> String {
    format!(
        "[idp.acme]\ntype      = \"saml\"\nstart_url = \"https://idp.example.com/app\"\n\n[role.hub]\nidp      = \"acme\"\nrole_arn = \"{HUB}\"\n"
    )
}

fn home(config: Option<&str>) -> (tempfile::TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let mut world = doubles::world(folder.path(), 0);
    world.folders.config_file = folder.path().join("config/jit/config.toml");
    if let Some(config) = config {
        std::fs::create_dir_all(folder.path().join("config/jit")).unwrap();
        write(&world.folders.config_file, config).unwrap();
    }
    (folder, world)
}

/// A person who answers yes or no, after something else has happened.
struct Somebody<F: Fn()>(bool, F);

impl<F: Fn()> Person for Somebody<F> {
    fn can_be_asked(&self) -> bool {
        true
    }
    fn tell(&self, _: Note<'_>) {}
    fn pasted_line(&self) -> Pin<Box<dyn Future<Output = Secret<String>> + '_>> {
        Box::pin(std::future::pending())
    }
    fn password(&self, _: &str) -> Option<Secret<String>> {
        None
    }
    fn confirm(&self, _: &str) -> Option<bool> {
        self.1();
        Some(self.0)
    }
}

#[test]
fn a_missing_file_is_created_private() {
    let (folder, world) = home(None);
    assert!(add(&draft(), YES, &world, &Ui::default()).unwrap());
    assert_eq!(read_to_string(&world.folders.config_file).unwrap(), written());
    let _ = &folder;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&world.folders.config_file), 0o600);
        assert_eq!(mode(&folder.path().join("config/jit")), 0o700);
    }
    assert!(!add(&draft(), YES, &world, &Ui::default()).unwrap(), "a second time there is nothing to add");
    assert!(!world.folders.config_file.with_file_name("config.toml.jit-backup").exists());
}

#[test]
fn existing_content_stays_and_is_backed_up() {
    let before = "# mine\r\nkey_cache = \"2h\"";
    let (_folder, world) = home(Some(before));
    assert!(add(&draft(), YES, &world, &Ui::default()).unwrap());
    let after = read_to_string(&world.folders.config_file).unwrap();
    assert_eq!(after, format!("{before}\r\n\r\n{}", written().replace('\n', "\r\n")));
    let backup = world.folders.config_file.with_file_name("config.toml.jit-backup");
    assert_eq!(read_to_string(backup).unwrap(), before);
}

#[test]
fn nothing_is_written_without_confirmation() {
    let options = Options::default();
    let (_folder, mut world) = home(None);
    for options in [options, Options { dry_run: true, ..options }, Options { dry_run: true, ..YES }] {
        assert!(!add(&draft(), options, &world, &Ui::default()).unwrap(), "{options:?}");
    }
    world.person = Box::new(Somebody(false, || ()));
    assert!(!add(&draft(), options, &world, &Ui::default()).unwrap());
    assert!(!world.folders.config_file.exists() && !world.folders.state.exists());
    world.person = Box::new(Somebody(true, || ()));
    assert!(add(&draft(), options, &world, &Ui::default()).unwrap());
}

#[test]
fn a_change_by_somebody_else_is_not_lost() {
    let (_folder, mut world) = home(Some(""));
    let path = world.folders.config_file.clone();
    world.person = Box::new(Somebody(true, move || write(&path, "# theirs\n").unwrap()));
    let error = add(&draft(), Options::default(), &world, &Ui::default()).unwrap_err();
    assert!(error.what.starts_with("another program changed"), "{error:?}");
    assert_eq!(read_to_string(&world.folders.config_file).unwrap(), "# theirs\n");
}

#[test]
fn a_mistake_is_found_before_anything_is_written() {
    let bad_role =
        Draft { roles: vec![Table::new("hub").with("idp", "acme").with("role_arn", "no ARN")], ..draft() };
    let hostile = Draft { roles: vec![Table::new("a\n[role.b]").with("idp", "acme")], ..draft() };
    for (config, draft, words) in [
        ("", &bad_role, "`no ARN`"),
        ("", &hostile, "this name contains `\\n`"),
        // A table in a form that cannot be extended.
        ("role = {}\nidp = {}\n", &draft(), "config.toml:4:"),
    ] {
        let (_folder, world) = home(Some(config));
        let error = add(draft, YES, &world, &Ui::default()).unwrap_err();
        assert!(error.what.ends_with("would not be valid with this change"), "{error:?}");
        assert!(error.causes[0].contains(words), "{error:?}");
        assert_eq!(read_to_string(&world.folders.config_file).unwrap(), config);
    }
    let (_folder, world) = home(Some("[role.x]\n"));
    let error = add(&draft(), YES, &world, &Ui::default()).unwrap_err();
    assert!(error.what.contains("config.toml:1:7: [role.x] has neither"), "{error:?}");
}

#[test]
fn a_secret_is_only_in_the_file() {
    let secret = Value::Secret("s3cr3t".into());
    let idp = Table::new("acme")
        .with("type", "oidc")
        .with("issuer", "https://idp.example.com")
        .with("client_id", "jit")
        .with("client_secret", secret);
    let draft = Draft { idps: vec![idp], roles: Vec::new() };
    let (_folder, world) = home(None);
    assert!(add(&draft, YES, &world, &Ui::default()).unwrap());
    let text = read_to_string(&world.folders.config_file).unwrap();
    assert!(text.contains("client_secret = \"s3cr3t\"\n"));
    let shown = unified_diff(&Side::of_config(""), &Side::of_config(&text), "config.toml");
    assert!(!shown.join("\n").contains("s3cr3t"));
    assert!(merged(&draft, &world).unwrap().draft.is_empty());
}
