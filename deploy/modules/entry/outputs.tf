output "role_arn" {
  description = "The role that people arrive with: `role_arn` of the hub in config.toml."
  value       = local.role.arn
}

output "role_id" {
  description = "The unique id of that role: `ids` of the door in the policy."
  value       = local.role.unique_id
}

output "toml" {
  description = "The door as the policy file has it."
  value       = <<-E
    [door.${var.door}]
    role = "${local.role.arn}"
    ids  = ["${local.role.unique_id}"]
    may  = ${jsonencode(local.door.may)}
  E
}
