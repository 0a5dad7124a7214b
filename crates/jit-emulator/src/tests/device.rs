//! Sign-in on another device.

use super::*;

fn ask_for_device(servers: &Servers, device_code: &str) -> Answer {
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    post(servers, "/token", &[("grant_type", grant), ("device_code", device_code)])
}

#[test]
fn a_terminal_is_connected_on_the_device_page() {
    let servers = Servers::start(Settings::default()).unwrap();
    let start = || post(&servers, "/device_authorization", &[("scope", "openid")]).json();
    let device = start();
    let code = text(&device, "device_code");
    assert_eq!(ask_for_device(&servers, code).error(), "authorization_pending");
    assert_eq!(ask_for_device(&servers, code).error(), "slow_down");
    let typed = text(&device, "user_code").to_lowercase().replace('-', " ");
    let form_token = get(&servers, "/device").field("form");
    let decide = |form: &str, typed: &str, decision: &str| {
        post(&servers, "/device", &[("form", form), ("user_code", typed), ("decision", decision)])
    };
    assert_eq!(decide("guessed", &typed, "allow").status, 403);
    assert!(decide(&form_token, "BBBB-BBBB", "allow").body.contains("not waiting here"));
    assert!(decide(&form_token, &typed, "allow").body.contains("connected"));
    assert!(decide(&form_token, &typed, "allow").body.contains("not waiting here"), "decided once");

    let denied = start();
    decide(&form_token, text(&denied, "user_code"), "deny");
    assert_eq!(ask_for_device(&servers, text(&denied, "device_code")).error(), "access_denied");
    let late = start();
    servers.faults(|faults| faults.provider_clock = 601);
    assert_eq!(ask_for_device(&servers, text(&late, "device_code")).error(), "expired_token");
}

#[test]
fn an_approved_device_code_works_once() {
    let servers = at_once();
    let device = post(&servers, "/device_authorization", &[("scope", "openid email")]).json();
    let tokens = ask_for_device(&servers, text(&device, "device_code")).json();
    let claims = servers.shared.keys[0].verify(text(&tokens, "id_token")).unwrap();
    assert!(claims["nonce"].is_null() && claims["name"].is_null() && claims["email"].is_string());
    assert!(tokens["refresh_token"].is_null(), "offline_access was not asked for");
    assert_eq!(ask_for_device(&servers, text(&device, "device_code")).error(), "invalid_grant");
}
