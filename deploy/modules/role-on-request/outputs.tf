output "roles" {
  description = "The ARN of each role, by path and name."
  value       = { for name, role in aws_iam_role.on_request : name => role.arn }
}

output "ceilings" {
  description = "The ARN of each ceiling, by name."
  value       = { for name, policy in aws_iam_policy.ceiling : name => policy.arn }
}
