use super::super::{Program, System, managed_profiles};
use super::*;

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes()).unwrap()
}

fn wanted(names: &[&str]) -> Vec<Profile> {
    let program = Program::new("/bin/jit", System::Unix).unwrap();
    names.iter().map(|name| program.profile(name, None).unwrap()).collect()
}

const SSO: &str = "\
# mine
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1

# the sandbox
[profile dev]
sso_session = acme
sso_account_id = 333333333333
# which role
sso_role_name = Developer
region = eu-central-1
output = json

[profile other]
region = us-east-1
";

#[test]
fn credentials_go_and_everything_else_stays() {
    let taken = take_over(&parse(SSO), &wanted(&["dev"])).unwrap();
    assert_eq!(taken.names, ["dev"]);
    let expected = "\
# mine
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1

# the sandbox
# managed by jit: dev
[profile dev]
credential_process = /bin/jit credential-process dev
# which role
region = eu-central-1
output = json

[profile other]
region = us-east-1
";
    assert_eq!(taken.document.text(), expected);
    let originals = taken.originals(&Document::default(), &parse(SSO));
    assert!(originals.starts_with("[profile dev]\nsso_session = acme\n"), "{originals}");
}

/// Every way in which a section is found: taken over and put back, the file is the same to the byte.
#[test]
fn what_is_put_back_is_what_was_there() {
    const ROLE: &str =
        "role_arn = arn:aws:iam::222222222222:role/admin\nsource_profile = dev\nmfa_serial = x\n";
    let files = [
        SSO.to_owned(),
        SSO.replace('\n', "\r\n"),
        format!("[default]\n{ROLE}"),
        format!("[profile dev]\n{ROLE}region = a"),
        format!("[profile dev]\nregion = a\n{}", ROLE.trim_end()),
        format!("[profile dev]\r\nregion = a\r\n{}", ROLE.trim_end().replace('\n', "\r\n")),
        format!("[profile dev]\n{ROLE}\n\n# end\n[profile x]\na = b\n"),
        format!("[ profile dev ] # note\n  {}", ROLE.replace('\n', "\n  ").trim_end()),
        "[profile dev]\ns3 =\n  max = 10\nsso_account_id = 1\nsso_role_name = a\n[profile b]\n".to_owned(),
        "[profile dev]\nrole_arn = arn:aws:iam::222222222222:role/admin\n  # why\n  more\nsource_profile = x\n"
            .to_owned(),
        "[profile dev]\ncredential_process = aws-vault exec --json dev\nregion = a\n".to_owned(),
        "[profile dev]\n".to_owned(),
        "[profile dev]".to_owned(),
    ];
    for before in files {
        let document = parse(&before);
        let taken = take_over(&document, &wanted(&["dev", "default"])).unwrap();
        assert_eq!(taken.names.len(), 1, "{before}");
        assert_eq!(managed_profiles(&taken.document).count(), 1, "{before}");
        let entries = managed_profiles(&taken.document).flat_map(|(_, section)| &section.entries);
        let left: Vec<&str> = entries.filter(|entry| goes(entry)).map(|entry| entry.key.as_str()).collect();
        assert_eq!(left, ["credential_process"], "{before}");
        let originals = parse(&taken.originals(&Document::default(), &document));
        let back = put_back(&taken.document, &originals, &[]).unwrap();
        assert_eq!(back.document.text(), before);
        assert_eq!((back.names.len(), back.originals.as_str()), (1, ""), "{before}");
    }
}

/// What the person changed in between is theirs, and stays.
#[test]
fn edits_in_between_survive() {
    let document = parse(SSO);
    let taken = take_over(&document, &wanted(&["dev"])).unwrap();
    let originals = parse(&taken.originals(&Document::default(), &document));
    let edited = taken
        .document
        .text()
        .replace("eu-central-1", "eu-north-1")
        .replace("output = json\n", "cli_pager =\n");
    let back = put_back(&parse(&edited), &originals, &[]).unwrap();
    let text = back.document.text();
    let section = &text[text.find("[profile dev]").unwrap()..text.find("\n[profile other]").unwrap()];
    assert_eq!(
        section,
        "[profile dev]\nsso_session = acme\nsso_account_id = 333333333333\nsso_role_name = Developer\n# which role\n\
         region = eu-north-1\ncli_pager =\n"
    );
    assert!(
        !text.contains("managed by jit") && text.ends_with("[profile other]\nregion = us-east-1\n"),
        "{text}"
    );

    let again = taken.document.text().replace("region = eu-central-1\n", "sso_role_name = Mine\n");
    let back = put_back(&parse(&again), &originals, &[]).unwrap();
    assert_eq!(back.document.text(), again);
    assert_eq!(back.in_the_way, [("dev".to_owned(), "sso_role_name".to_owned(), 11)]);
    // A profile that the person has deleted or made their own is no longer one to put back.
    for gone in [SSO.to_owned(), taken.document.text().replace("# managed by jit: dev\n", "")] {
        let back = put_back(&parse(&gone), &originals, &[]).unwrap();
        assert_eq!((back.document.text(), back.names.len()), (gone.as_str(), 0));
    }
}

#[test]
fn profiles_are_put_back_one_by_one() {
    let two = "[profile a]\nsso_account_id = 1\nsso_role_name = a\n\n[profile b]\nsso_account_id = 2\nsso_role_name = b";
    let document = parse(two);
    let first = take_over(&document, &wanted(&["b"])).unwrap();
    let originals = parse(&first.originals(&Document::default(), &document));
    let second = take_over(&first.document, &wanted(&["a"])).unwrap();
    let originals = parse(&second.originals(&originals, &first.document));
    assert_eq!(taken_over(&second.document, &originals).count(), 2);
    let back = put_back(&second.document, &originals, &["a".to_owned()]).unwrap();
    assert_eq!((back.document.text(), back.names), (first.document.text(), vec!["a".to_owned()]));
    let back = put_back(&back.document, &parse(&back.originals), &[]).unwrap();
    assert_eq!(back.document.text(), two);
}

#[test]
fn profiles_with_keys_or_two_sections_stay() {
    for text in [
        "[profile dev]\nrole_arn = a\naws_access_key_id = AKIA\n",
        "[profile dev]\naws_secret_access_key = x\n",
        "[profile dev]\nrole_arn = a\n[profile 'dev']\n",
        "[profile other]\nrole_arn = a\n",
        "# managed by jit: dev\n[profile dev]\ncredential_process = /bin/jit credential-process dev\n",
    ] {
        let taken = take_over(&parse(text), &wanted(&["dev"])).unwrap();
        assert_eq!((taken.document.text(), taken.names.len()), (text, 0));
    }
}

#[test]
fn a_profile_is_told_by_what_it_leads_to() {
    let config = "\
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
[profile sso]
sso_session = acme
sso_account_id = 333333333333
sso_role_name = Developer
[profile role]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = sso
[profile keys]
role_arn = arn:aws:iam::222222222222:role/admin
[profile other]
credential_process = x
[profile nothing]
region = eu-west-1
";
    let document = |text: &str| (parse(text), String::new());
    let keys = "[keys]\naws_access_key_id = AKIA\naws_secret_access_key = x\n";
    let profiles = AwsProfiles::new(document(config), document(keys));
    let told = |name: &str| meaning(&profiles, name).to_string();
    assert_eq!(told("sso"), "333333333333/Developer");
    assert_eq!(told("role"), "arn:aws:iam::222222222222:role/admin");
    assert_eq!(
        [told("keys"), told("other"), told("nothing")],
        ["long-lived access keys", "credentials of another program", "no credentials"]
    );
    assert_eq!(meaning(&profiles, "role").account(), Some("222222222222"));
}
