# The roles on request of one account, and their ceilings. A role has no policy of its own: grants come and go as inline
# policies, so nothing here may manage a role's inline policies exclusively.

locals {
  index    = jsondecode(file("${var.documents}/index.json"))
  here     = [for role in local.index.roles : role if length(setintersection(role.places, var.places)) > 0]
  roles    = { for role in local.here : "${role.path}${role.name}" => role }
  standing = { for name, role in local.roles : name => role if role.standing != null }
}

resource "aws_iam_policy" "ceiling" {
  for_each = toset([for role in local.here : role.ceiling])

  # checkov:skip=CKV_AWS_287: a permissions boundary grants nothing; it denies what it does not list
  # checkov:skip=CKV_AWS_288: a permissions boundary grants nothing; it denies what it does not list
  # checkov:skip=CKV_AWS_289: a permissions boundary grants nothing; it denies what it does not list
  # checkov:skip=CKV_AWS_290: a permissions boundary grants nothing; it denies what it does not list
  # checkov:skip=CKV_AWS_355: a permissions boundary grants nothing; it denies what it does not list
  name        = "jit-ceiling-${each.value}"
  description = "jit: the most that a role on request can be granted"
  policy      = file("${var.documents}/ceiling/${each.value}.json")
}

resource "aws_iam_role" "on_request" {
  for_each = local.roles

  name                 = each.value.name
  path                 = each.value.path
  description          = "jit: on request, for ${join(", ", each.value.access)}"
  assume_role_policy   = file("${var.documents}/${each.value.trust}.json")
  permissions_boundary = aws_iam_policy.ceiling[each.value.ceiling].arn
  # Live grants are inline policies that Terraform does not know, and a role with policies cannot be destroyed.
  force_detach_policies = true
}

# Break-glass roles always have their permissions.
resource "aws_iam_role_policy" "standing" {
  for_each = local.standing

  name   = "standing"
  role   = aws_iam_role.on_request[each.key].name
  policy = file("${var.documents}/${each.value.standing}.json")
}
