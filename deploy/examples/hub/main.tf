# Access on request behind a hub account: people arrive by SAML, a workflow that publishes the policy by OIDC. The accounts of
# a unit get their roles from a stack set (documents/accounts.template.json); 111122223333 gets them from here.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "saml_metadata" {
  description = "The file with the metadata of your IdP."
  type        = string
  default     = "metadata.xml"
}

variable "guarded" {
  description = "What the guard rail is attached to: accounts, units or the root."
  type        = set(string)
  default     = ["ou-a1b2-prod", "111122223333"]
}

provider "aws" {
  alias  = "management"
  region = "us-east-1"
  assume_role {
    role_arn = "arn:aws:iam::999988887777:role/terraform"
  }
}

provider "aws" {
  alias  = "hub"
  region = "eu-west-1"
  assume_role {
    role_arn = "arn:aws:iam::111111111111:role/terraform"
  }
}

provider "aws" {
  alias  = "ledger"
  region = "eu-west-1"
  assume_role {
    role_arn = "arn:aws:iam::444444444444:role/terraform"
  }
}

provider "aws" {
  alias  = "payments"
  region = "eu-west-1"
  assume_role {
    role_arn = "arn:aws:iam::111122223333:role/terraform"
  }
}

locals {
  documents = "${path.module}/documents"
}

module "ledger" {
  source    = "../../modules/ledger"
  documents = local.documents

  providers = {
    aws = aws.ledger
  }
}

module "hub" {
  source        = "../../modules/entry"
  documents     = local.documents
  door          = "hub"
  kind          = "saml"
  saml_metadata = file("${path.module}/${var.saml_metadata}")

  providers = {
    aws                 = aws.hub
    aws.identity_center = aws.hub
  }
}

module "publisher" {
  source    = "../../modules/entry"
  documents = local.documents
  door      = "publisher"
  kind      = "oidc"
  # A workflow is done in minutes.
  session_seconds = 3600

  providers = {
    aws                 = aws.hub
    aws.identity_center = aws.hub
  }
}

module "roles" {
  source    = "../../modules/role-on-request"
  documents = local.documents
  places    = ["111122223333"]

  providers = {
    aws = aws.payments
  }
}

module "grantor" {
  source    = "../../modules/approver-applies"
  documents = local.documents
  places    = ["111122223333"]

  providers = {
    aws = aws.payments
  }
}

module "guardrail" {
  source    = "../../modules/guardrail"
  documents = local.documents
  targets   = var.guarded

  providers = {
    aws = aws.management
  }

  # The rail goes up when everything behind it stands.
  depends_on = [module.hub, module.publisher, module.roles, module.grantor]
}

output "ledger" {
  value = module.ledger.url
}

output "doors" {
  description = "policy/doors.toml, with the ids that AWS gave."
  value       = "# Written by `terraform output -raw doors`.\n${module.hub.toml}\n${module.publisher.toml}"
}
