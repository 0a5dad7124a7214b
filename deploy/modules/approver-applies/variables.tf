variable "documents" {
  description = "The folder that `jit policy render --deploy` wrote."
  type        = string
}

variable "places" {
  description = "This account, and the units (ou-…) that it is in, as the policy names them."
  type        = set(string)

  validation {
    condition     = alltrue([for place in var.places : can(regex("^([0-9]{12}|ou-.+|r-.+)$", place))])
    error_message = "A place is an account of twelve digits or a unit such as ou-prod."
  }
}
