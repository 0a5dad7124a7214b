# A door: the role or permission set with which people arrive in AWS. It can read the ledger, write facts under the
# person's own name, and assume roles on request; nothing else. Documents: door/NAME.*.json.

locals {
  index = jsondecode(file("${var.documents}/index.json"))
  door  = local.index.doors[var.door]
  # A permission set's trust policy is AWS's.
  trust  = local.door.trust == null ? null : jsondecode(file("${var.documents}/${local.door.trust}.json"))
  issuer = var.kind == "oidc" ? split(":oidc-provider/", local.trust.Statement[0].Principal.Federated)[1] : null
  role   = var.kind == "identity-center" ? one(data.aws_iam_role.permission_set) : one(aws_iam_role.door)
}

# --- OIDC and SAML --------------------------------------------------------------------------------------------------

resource "aws_iam_openid_connect_provider" "idp" {
  count = var.kind == "oidc" && var.create_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = [local.trust.Statement[0].Condition.StringEquals["${local.issuer}:aud"]]
}

resource "aws_iam_saml_provider" "idp" {
  count = var.kind == "saml" && var.create_provider ? 1 : 0

  name                   = split(":saml-provider/", local.trust.Statement[0].Principal.Federated)[1]
  saml_metadata_document = var.saml_metadata
}

resource "aws_iam_role" "door" {
  count = var.kind == "identity-center" ? 0 : 1

  name                 = local.door.name
  path                 = local.door.path
  description          = "jit: where people arrive (door ${var.door})"
  assume_role_policy   = file("${var.documents}/${local.door.trust}.json")
  max_session_duration = var.session_seconds

  # A trust policy can only name a provider that exists.
  depends_on = [aws_iam_openid_connect_provider.idp, aws_iam_saml_provider.idp]

  lifecycle {
    precondition {
      condition     = !local.door.is_permission_set
      error_message = "The policy says that this door is a permission set: set kind = \"identity-center\"."
    }
  }
}

resource "aws_iam_role_policy" "door" {
  for_each = var.kind == "identity-center" ? toset([]) : toset(local.door.policies)

  name   = "jit-${split(".", each.value)[1]}"
  role   = aws_iam_role.door[0].name
  policy = file("${var.documents}/${each.value}.json")
}

# --- IAM Identity Center --------------------------------------------------------------------------------------------

resource "aws_ssoadmin_permission_set" "door" {
  count    = var.kind == "identity-center" ? 1 : 0
  provider = aws.identity_center

  name             = local.door.name
  description      = "jit: where people arrive (door ${var.door})"
  instance_arn     = var.identity_center_instance
  session_duration = "PT${floor(var.session_seconds / 3600)}H"

  lifecycle {
    precondition {
      condition     = local.door.is_permission_set
      error_message = "The policy says that this door is a role: set kind = \"saml\" or \"oidc\"."
    }
  }
}

resource "aws_ssoadmin_permission_set_inline_policy" "door" {
  count    = var.kind == "identity-center" ? 1 : 0
  provider = aws.identity_center

  instance_arn       = var.identity_center_instance
  permission_set_arn = aws_ssoadmin_permission_set.door[0].arn
  inline_policy      = jsonencode(jsondecode(file("${var.documents}/${local.door.policies[0]}.json")))
}

resource "aws_ssoadmin_account_assignment" "door" {
  for_each = var.kind == "identity-center" ? var.identity_center_groups : toset([])
  provider = aws.identity_center

  instance_arn       = var.identity_center_instance
  permission_set_arn = aws_ssoadmin_permission_set.door[0].arn
  principal_id       = each.value
  principal_type     = "GROUP"
  target_id          = local.door.account
  target_type        = "AWS_ACCOUNT"

  depends_on = [aws_ssoadmin_permission_set_inline_policy.door]
}

# Identity Center creates the role with the first assignment, under a name that nobody can know before.
data "aws_iam_roles" "permission_set" {
  count = var.kind == "identity-center" ? 1 : 0

  name_regex  = "^AWSReservedSSO_${local.door.name}_[0-9a-f]{16}$"
  path_prefix = "/aws-reserved/sso.amazonaws.com/"

  depends_on = [aws_ssoadmin_account_assignment.door]
}

data "aws_iam_role" "permission_set" {
  count = var.kind == "identity-center" ? 1 : 0

  name = one(data.aws_iam_roles.permission_set[0].names)
}
