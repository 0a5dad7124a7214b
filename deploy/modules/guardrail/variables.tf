variable "documents" {
  description = "The folder that `jit policy render --deploy` wrote."
  type        = string
}

variable "targets" {
  description = "The accounts, units or the root (r-…) that the guard rail is attached to."
  type        = set(string)
}

variable "name" {
  description = "The name of the service control policy."
  type        = string
  default     = "jit-guardrail"
}
