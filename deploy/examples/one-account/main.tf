# Access on request in one account: ledger, doors, roles on request and the grantor are all in 111122223333. For a trial, or
# a company with one account; with several, the ledger belongs in an account of its own.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}

locals {
  documents = "${path.module}/documents"
}

module "ledger" {
  source    = "../../modules/ledger"
  documents = local.documents
}

module "hub" {
  source    = "../../modules/entry"
  documents = local.documents
  door      = "hub"
  kind      = "oidc"

  providers = {
    aws                 = aws
    aws.identity_center = aws
  }
}

module "publisher" {
  source          = "../../modules/entry"
  documents       = local.documents
  door            = "publisher"
  kind            = "oidc"
  create_provider = false # it is the hub's

  providers = {
    aws                 = aws
    aws.identity_center = aws
  }

  depends_on = [module.hub]
}

module "roles" {
  source    = "../../modules/role-on-request"
  documents = local.documents
  places    = ["111122223333"]
}

module "grantor" {
  source    = "../../modules/approver-applies"
  documents = local.documents
  places    = ["111122223333"]
}

output "ledger" {
  value = module.ledger.url
}

output "doors" {
  description = "policy/doors.toml, with the ids that AWS gave."
  value       = "# Written by `terraform output -raw doors`.\n${module.hub.toml}\n${module.publisher.toml}"
}
