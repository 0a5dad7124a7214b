# The grantor of one account where approvers apply (apply = "approver"): those who approve access there write the grants
# with their own command line, through the voters' door and under their own names. They can write grants on roles under
# /jit/ that have a ceiling, and nothing else.

locals {
  index = jsondecode(file("${var.documents}/index.json"))
  # An account that the policy names itself comes before the units that it is in.
  account  = [for place in var.places : place if can(regex("^[0-9]{12}$", place))]
  by_name  = [for one in local.index.grantors : one if length(setintersection(one.places, local.account)) > 0]
  by_unit  = [for one in local.index.grantors : one if length(setintersection(one.places, var.places)) > 0]
  grantors = length(local.by_name) > 0 ? local.by_name : local.by_unit
}

resource "aws_iam_role" "grantor" {
  name               = "jit-grantor"
  description        = "jit: writes grants on roles under /jit/, and nothing else"
  assume_role_policy = file("${var.documents}/${try(local.grantors[0].trust, "grantor/none")}.json")

  lifecycle {
    precondition {
      condition     = local.index.apply == "approver"
      error_message = "The policy says apply = \"function\": use the module function in place of this one."
    }
    precondition {
      condition     = length(local.grantors) == 1
      error_message = "The policy names these places in no access, or different approvers for several of them."
    }
  }
}

resource "aws_iam_role_policy" "grantor" {
  name   = "jit-grantor"
  role   = aws_iam_role.grantor.name
  policy = file("${var.documents}/grantor.policy.json")
}
