# Put this beside main.tf of examples/one-account where some of it exists already. `terraform plan` then says "import" for what
# it takes over, and shows every difference between what exists and what is rendered. Remove the file after the apply.

# A bucket that was created by hand.
import {
  to = module.ledger.aws_s3_bucket.ledger
  id = "acme-jit-ledger"
}

# A role that somebody created in the console, or that another Terraform state had until `terraform state rm`.
import {
  to = module.hub.aws_iam_role.door[0]
  id = "jit-hub"
}

# What this state has already under another address: it is renamed, not created again.
moved {
  from = module.jit_grantor.aws_iam_role.grantor
  to   = module.grantor.aws_iam_role.grantor
}
