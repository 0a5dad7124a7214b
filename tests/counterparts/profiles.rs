//! Profiles that start from keys, commands, variables and the machine's own credentials: botocore and `jit`
//! get the same identity.

use jit_emulator::{Approval, KeyUser, Role, Servers, Settings};
use serde_json::Value;

use crate::support::{Room, fixture, python};

const ALICE: &str = "arn:aws:iam::111111111111:user/alice";
const OPS: &str = "arn:aws:iam::222222222222:role/ops";
const FAR: &str = "arn:aws:iam::333333333333:role/far";

fn files(servers: &Servers, room: &Room) {
    let home = room.home();
    let aws = home.join(".aws");
    std::fs::write(
        aws.join("credentials"),
        "[keys]\naws_access_key_id = AKIAALICE\naws_secret_access_key = alice+static+secret\n\
         [elsewhere]\nAWS_ACCESS_KEY_ID = AKIAALICE\naws_secret_access_key : alice+static+secret\n",
    )
    .unwrap();
    let answer = r#"{"Version":1,"AccessKeyId":"AKIAALICE","SecretAccessKey":"alice+static+secret"}"#;
    let vault = room.script("vault.sh", &format!("echo '{answer}'"));
    let (vault, sts) = (vault.display(), servers.sts_url());
    std::fs::write(
        aws.join("config"),
        format!(
            "[services local]\nsts =\n  endpoint_url = {sts}\n\n\
             [profile keys]\naws_access_key_id = AKIAWRONG\naws_secret_access_key = wrong\n\n\
             [profile ops]\nrole_arn = {OPS}\nsource_profile = keys\nrole_session_name = one\nexternal_id = the-id\nservices = local\n\n\
             [profile own]\nrole_arn = {OPS}\nsource_profile = own\nrole_session_name = two\nexternal_id = the-id\n\
             aws_access_key_id = AKIAALICE\naws_secret_access_key = alice+static+secret\n\n\
             [profile far]\nrole_arn = {FAR}\nsource_profile = ops\nrole_session_name = three\n\n\
             [profile vault]\ncredential_process = \"{vault}\" get 'x y'\n\n\
             [profile by-vault]\nrole_arn = {OPS}\nsource_profile = vault\nrole_session_name = four\nexternal_id = the-id\n\n\
             [profile by-env]\nrole_arn = {OPS}\ncredential_source = Environment\nrole_session_name = five\nexternal_id = the-id\n\n\
             [profile by-container]\nrole_arn = {FAR}\ncredential_source = EcsContainer\nrole_session_name = six\n\n\
             [profile by-instance]\nrole_arn = {FAR}\ncredential_source = Ec2InstanceMetadata\nrole_session_name = seven\n\n\
             [profile anywhere]\nrole_arn = {OPS}\nsource_profile = elsewhere\nrole_session_name = eight\nexternal_id = the-id\nendpoint_url = {sts}\n"
        ),
    )
    .unwrap();
}

#[test]
fn botocore_has_the_same_identity_with_every_source() {
    let mut settings = Settings { approval: Approval::AtOnce, ..Settings::default() };
    settings.key_users.push(KeyUser {
        arn: ALICE.to_owned(),
        key_id: "AKIAALICE".to_owned(),
        secret_key: "alice+static+secret".to_owned(),
        mfa_code: "123456".to_owned(),
    });
    settings.roles.push(Role { external_id: Some("the-id".to_owned()), ..Role::spoke(OPS, ALICE, 3600) });
    settings.roles.push(Role::spoke(FAR, OPS, 3600));
    let (room, servers) = (Room::new(), Servers::start(settings).unwrap());
    files(&servers, &room);
    let jit = env!("CARGO_BIN_EXE_jit");
    let both = |profiles: &[&str], with_keys: bool, on_machine: bool| {
        // `ops` and `anywhere` have their endpoint in the file.
        let by_file = profiles == ["ops", "anywhere"];
        let run = |words: &[&str]| {
            let mut command =
                room.command(if on_machine { jit.into() } else { std::path::PathBuf::from(words[0]) });
            if on_machine {
                // The machine's credentials are a session of `ops`.
                let (python, machine) = (python(), fixture("machine.py"));
                command.args(["exec", "-q", "ops", "--"]).arg(python).arg(machine).args(words);
            } else {
                command.args(&words[1..]);
            }
            if !by_file {
                command.env("AWS_ENDPOINT_URL_STS", servers.sts_url());
            }
            if with_keys {
                command
                    .env("AWS_ACCESS_KEY_ID", "AKIAALICE")
                    .env("AWS_SECRET_ACCESS_KEY", "alice+static+secret");
            }
            room.run(&mut command).ok()
        };
        let (python, whoami) = (python(), fixture("whoami.py"));
        let theirs = run(&[&[python.to_str().unwrap(), whoami.to_str().unwrap()], profiles].concat());
        let ours = profiles.iter().map(|profile| {
            let said: Value = serde_json::from_str(&run(&[jit, "whoami", profile, "--json"])).unwrap();
            format!("{}\n", said["arn"].as_str().unwrap())
        });
        assert_eq!(ours.collect::<String>(), theirs);
        theirs.lines().count()
    };
    assert_eq!(both(&["ops", "anywhere"], false, false), 2);
    assert_eq!(both(&["keys", "own", "far", "vault", "by-vault"], false, false), 5);
    assert_eq!(both(&["by-env"], true, false), 1);
    assert_eq!(both(&["by-container", "by-instance"], false, true), 2);
}
