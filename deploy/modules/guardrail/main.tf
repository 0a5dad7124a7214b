# The guard rail: a service control policy that keeps everybody but the grantor, the platform's roles and AWS's own deployment
# roles from changing roles on request and what protects them. It does not apply in the management account.

resource "aws_organizations_policy" "guardrail" {
  name        = var.name
  description = "jit: only the grantor and the platform change roles on request"
  type        = "SERVICE_CONTROL_POLICY"
  # Organizations counts white space.
  content = jsonencode(jsondecode(file("${var.documents}/guardrail.json")))
}

resource "aws_organizations_policy_attachment" "guardrail" {
  for_each = var.targets

  policy_id = aws_organizations_policy.guardrail.id
  target_id = each.value
}
