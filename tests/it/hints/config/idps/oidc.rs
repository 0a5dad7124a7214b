//! OpenID Connect.

use super::*;

pub(super) fn oidc_rows() -> Vec<Row> {
    let mut rows = vec![
        row(
            ("issuer = \"http://127.0.0.1", "issuer = \"acme.okta.com/x?y=1\" # "),
            "write https://acme.okta.com/x",
            ("acme.okta.com/x?y=1", "https://acme.okta.com/x"),
        ),
        row(("type = ", "tpye = "), "did you mean `type`?", ("tpye", "type")),
        row(("\"oidc\"", "\"odic\""), "did you mean `oidc`?", ("odic", "oidc")),
        row(("client_id = ", "client_i = "), "did you mean `client_id`?", ("client_i ", "client_id ")),
        row(
            ("[idp.demo]", "[idp.demo]\nflow = \"devise\""),
            "valid values: \"auto\", \"browser\" or \"device\"",
            ("devise", "device"),
        ),
        row(
            ("[idp.demo]", "[idp.demo]\nclient_auth = \"client_secret_post\""),
            "delete it",
            ("client_auth = \"client_secret_post\"\n", ""),
        ),
        row(("[idp.demo]", "[idp.demo]\nacr_values = []"), "add a value, or delete it", ("[]", "[\"phr\"]")),
        row(
            ("[idp.demo]", "[idp.demo]\nauthorize = { prompt = \"none\" }"),
            "such as prompt = \"select_account\"",
            ("none", "select_account"),
        ),
        row(
            ("[idp.demo]", "[idp.demo]\nauthorize = { scope = \"x\" }"),
            "write scopes = [\"…\"] beside authorize",
            ("authorize = { scope = \"x\" }", "scopes = [\"x\"]"),
        ),
        row(
            ("[idp.demo]", "[idp.demo]\nauthn_context = [\"x\"]"),
            "delete it: it is a key of type = \"saml\"",
            ("authn_context = [\"x\"]\n", ""),
        ),
        row(
            ("client_id = ", "client_id = \"\" # "),
            "such as 0oa1b2c3",
            ("client_id = \"\"", "client_id = \"0oa1b2c3\""),
        ),
        // Above all tables.
        told(("[idp.demo]", "default_role = 5\n[idp.demo]"), "not a number", ("5", "\"admin\"")),
        told(("[idp.demo]", "default_role = 1.5\n[idp.demo]"), "not a fraction", ("1.5", "\"admin\"")),
        told(("[idp.demo]", "default_role = true\n[idp.demo]"), "not true or false", ("true", "\"admin\"")),
        told(
            ("[idp.demo]", "default_role = 2026-01-01\n[idp.demo]"),
            "not a date",
            ("2026-01-01", "\"admin\""),
        ),
        told(
            ("[idp.demo]", "default_role = [\"admin\"]\n[idp.demo]"),
            "not a list",
            ("[\"admin\"]", "\"admin\""),
        ),
        told(
            ("[idp.demo]", "default_role = { name = \"admin\" }\n[idp.demo]"),
            "not a table",
            ("{ name = \"admin\" }", "\"admin\""),
        ),
        told(
            ("[idp.demo]", "auto_login = \"no\"\n[idp.demo]"),
            "true or false, not a string",
            ("\"no\"", "false"),
        ),
        told(("[idp.demo]", "key_cache = \"soon\"\n[idp.demo]"), "such as \"1h\"", ("soon", "1h")),
        row(
            ("[idp.demo]", "default_role = \"zzz\"\n[idp.demo]"),
            "valid names: admin, developer, hub",
            ("zzz", "hub"),
        ),
        row(
            ("[idp.demo]", "defualt_role = \"hub\"\n[idp.demo]"),
            "did you mean `default_role`?",
            ("defualt_role", "default_role"),
        ),
        // The table itself.
        row(("[idp.demo]", "[idp]"), "put it into a table with a name: [idp.NAME]", ("[idp]", "[idp.demo]")),
        told(("[idp.demo]", "[[idp]]"), "such as [idp.NAME]", ("[[idp]]", "[idp.demo]")),
        row(
            ("[idp.demo]", "[idp.\"de mo\"]"),
            "use letters, digits and - _ . / % @ : +",
            ("\"de mo\"", "demo"),
        ),
        row(("[idp.demo]", "[idp.-demo]"), "begin it with a letter or a digit", ("-demo", "demo")),
        row(("[idp.demo]", "[idp.\"\"]"), "use 1 to 128 characters", ("\"\"", "demo")),
        row(
            ("type = \"oidc\"\n", ""),
            "add a line such as type = \"oidc\"",
            ("[idp.demo]\n", "[idp.demo]\ntype = \"oidc\"\n"),
        ),
        row(("\"oidc\"", "\"zzzz\""), "valid names: oidc, saml, okta, identity-center", ("zzzz", "oidc")),
        row(("issuer = ", "issuer_url = "), "did you mean `issuer`?", ("issuer_url", "issuer")),
        row(
            ("issuer = ", "# "),
            "add a line such as issuer = \"https://acme.okta.com\"",
            ("# ", "issuer = \"https://acme.okta.com\" # "),
        ),
        row(("\"\nclient_id", "?x=1\"\nclient_id"), "write http://127.0.0.1", ("?x=1", "")),
        row(
            ("issuer = \"http", "issuer = \"htp"),
            "such as https://acme.okta.com",
            ("\"htp", "\"https://acme.okta.com\" # "),
        ),
        row(
            ("client_id = ", "# "),
            "add a line such as client_id = \"0oa1b2c3\"",
            ("[idp.demo]\n", "[idp.demo]\nclient_id = \"0oa1b2c3\"\n"),
        ),
        row(
            ("client_id = ", "client_secret = \"x\"\nclient_auth = \"basic\"\nclient_id = "),
            "valid values: \"client_secret_basic\" or \"client_secret_post\"",
            ("\"basic\"", "\"client_secret_basic\""),
        ),
        // What is to be deleted is not corrected first.
        row(
            ("client_id = ", "client_auth = \"basic\"\nclient_id = "),
            "delete it",
            ("client_auth = \"basic\"\n", ""),
        ),
        row(
            ("client_id = ", "zzz = 1\nclient_id = "),
            "valid keys are type, auto_login, issuer",
            ("zzz = 1\n", ""),
        ),
        told(
            ("client_id = ", "redirect_port = \"x\"\nclient_id = "),
            "a port from 0 to 65535, not a string",
            ("\"x\"", "8400"),
        ),
        told(
            ("client_id = ", "scopes = \"openid\"\nclient_id = "),
            "a list of strings, not a string",
            ("\"openid\"", "[\"openid\"]"),
        ),
        told(
            ("client_id = ", "max_age = \"soon\"\nclient_id = "),
            "write 8h, 90m, 1h30m or 3600s",
            ("soon", "8h"),
        ),
        row(
            ("client_id = ", "acr_values = [\"a b\"]\nclient_id = "),
            "1 to 200 letters, digits and symbols without spaces",
            ("a b", "a-b"),
        ),
        told(
            ("client_id = ", "authorize = \"x\"\nclient_id = "),
            "a table of strings such as { team",
            ("\"x\"", "{ team = \"core\" }"),
        ),
        row(
            ("client_id = ", "authorize = { \"a b\" = \"x\" }\nclient_id = "),
            "1 to 64 letters, digits and _ - .",
            ("\"a b\"", "a-b"),
        ),
        row(
            ("client_id = ", "authorize = { hd = \"\" }\nclient_id = "),
            "1 to 1000 visible characters",
            ("\"\"", "\"acme.com\""),
        ),
    ];
    rows.extend(
        [
            ("access_token", "delete it: jit sends no token to a sign-in page"),
            ("access_type", "delete it: jit sends it if"),
            ("client_assertion", "delete it: clients authenticate only to the token endpoint"),
            ("client_assertion_type", "delete it: clients authenticate only to the token endpoint"),
            ("client_id", "delete it: client_id beside authorize sets it"),
            ("code", "delete it: the IdP creates the code"),
            ("code_challenge", "delete it: jit creates one for each sign-in"),
            ("code_challenge_method", "delete it: jit always uses S256"),
            ("code_verifier", "delete it: jit creates one for each sign-in"),
            ("dpop_jkt", "delete it: jit has no key for that"),
            ("error", "delete it: it belongs to a"),
            ("grant_type", "delete it: it belongs in a request to the token endpoint"),
            ("id_token_hint", "delete it: jit sends no token to a sign-in page"),
            ("nonce", "delete it: jit creates one for each sign-in"),
            ("registration", "delete it: the client is registered at the IdP"),
            ("request", "delete it: it would replace jit's request"),
            ("request_uri", "delete it: it would replace jit's request"),
            ("response_mode", "delete it: jit takes the code from the"),
            ("response_type", "delete it: jit always requests a code"),
            ("state", "delete it: jit creates one for each sign-in"),
            ("STATE", "delete it: jit creates one for each sign-in"),
        ]
        .map(|(name, says)| own_parameter(name, says, "")),
    );
    let beside = [
        ("acr_values", "acr_values = [\"…\"]", "acr_values = [\"x\"]\n"),
        ("audience", "audience = \"…\"", "audience = \"x\"\n"),
        (
            "claims",
            "acr_values = [\"…\"] and acr_request = \"claims\"",
            "acr_values = [\"x\"]\nacr_request = \"claims\"\n",
        ),
        ("client_secret", "client_secret = \"…\"", "client_secret = \"x\"\n"),
        ("max_age", "max_age = \"…\"", "max_age = \"1h\"\n"),
        ("redirect_uri", "redirect_port = …", "redirect_port = 8400\n"),
        ("scope", "scopes = [\"…\"]", "scopes = [\"x\"]\n"),
    ];
    for (name, says, instead) in beside {
        rows.push(own_parameter(name, &format!("write {says} beside authorize"), instead));
        // A key cannot be there twice.
        let written = format!("authorize = {{ {name} = \"x\" }}\n");
        let there = format!("{instead}{written}client_id = ");
        rows.push(row(("client_id = ", there), "beside authorize sets it", (written, "")));
    }
    rows
}
