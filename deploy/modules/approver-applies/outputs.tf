output "role_arn" {
  description = "The grantor."
  value       = aws_iam_role.grantor.arn
}
