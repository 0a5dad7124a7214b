# Access on request behind IAM Identity Center. Four accounts: Identity Center's, one where people arrive, one for the ledger,
# and one with roles on request. For more of those, repeat `roles` and `grantor`, or use the template for a stack set.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "instance_arn" {
  description = "The instance of IAM Identity Center."
  type        = string
}

variable "group_ids" {
  description = "The groups that may enter: people who ask or vote, and people who publish the policy."
  type        = object({ people = set(string), publishers = set(string) })
}

provider "aws" {
  alias  = "identity_center"
  region = "eu-west-1"
  assume_role {
    role_arn = "arn:aws:iam::999988887777:role/terraform"
  }
}

provider "aws" {
  alias  = "entry"
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
  source    = "../../modules/entry"
  documents = local.documents
  door      = "hub"
  kind      = "identity-center"

  identity_center_instance = var.instance_arn
  identity_center_groups   = var.group_ids.people

  providers = {
    aws                 = aws.entry
    aws.identity_center = aws.identity_center
  }
}

module "publisher" {
  source    = "../../modules/entry"
  documents = local.documents
  door      = "publisher"
  kind      = "identity-center"

  identity_center_instance = var.instance_arn
  identity_center_groups   = var.group_ids.publishers
  session_seconds          = 3600

  providers = {
    aws                 = aws.entry
    aws.identity_center = aws.identity_center
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

output "ledger" {
  value = module.ledger.url
}

output "doors" {
  description = "policy/doors.toml, with the names and ids that AWS gave."
  value       = "# Written by `terraform output -raw doors`.\n${module.hub.toml}\n${module.publisher.toml}"
}
