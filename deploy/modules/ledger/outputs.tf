output "url" {
  description = "What people write as `ledger` in [access] of their config.toml."
  value       = "s3://${aws_s3_bucket.ledger.id}"
}
