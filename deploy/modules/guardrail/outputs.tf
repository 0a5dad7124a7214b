output "policy_id" {
  description = "The service control policy."
  value       = aws_organizations_policy.guardrail.id
}
