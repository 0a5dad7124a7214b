terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
      # The account of IAM Identity Center. For other kinds pass the same as aws.
      configuration_aliases = [aws.identity_center]
    }
  }
}
