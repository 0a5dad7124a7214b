variable "documents" {
  description = "The folder that `jit policy render --deploy` wrote."
  type        = string
}

variable "door" {
  description = "The name of the door in the policy: NAME of [door.NAME]."
  type        = string
}

variable "kind" {
  description = "How people arrive: identity-center, saml or oidc."
  type        = string

  validation {
    condition     = contains(["identity-center", "saml", "oidc"], var.kind)
    error_message = "The kind is identity-center, saml or oidc."
  }
}

variable "create_provider" {
  description = "Whether to create the IAM OIDC or SAML provider. false if the account has it already."
  type        = bool
  default     = true
}

variable "saml_metadata" {
  description = "kind saml: the IdP's metadata document, as XML."
  type        = string
  default     = null
}

variable "identity_center_instance" {
  description = "kind identity-center: the ARN of the instance."
  type        = string
  default     = null
}

variable "identity_center_groups" {
  description = "kind identity-center: the ids of the groups that may enter through this door."
  type        = set(string)
  default     = []
}

variable "session_seconds" {
  description = "How long a session of this door lasts."
  type        = number
  default     = 28800

  validation {
    condition     = var.session_seconds >= 3600 && var.session_seconds <= 43200
    error_message = "A session lasts 3600 to 43200 seconds."
  }
}
