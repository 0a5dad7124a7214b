variable "documents" {
  description = "The folder that `jit policy render --deploy` wrote."
  type        = string
}

variable "retention_days" {
  description = "For how many days Object Lock keeps each object. Nobody but root can delete one earlier, and the bucket policy denies even that."
  type        = number
  default     = 400

  validation {
    condition     = var.retention_days >= 1
    error_message = "Keep objects for at least one day."
  }
}
