# The ledger: a bucket in which objects are created and never changed. Its policy is the rendered ledger.json.

locals {
  index = jsondecode(file("${var.documents}/index.json"))
}

resource "aws_s3_bucket" "ledger" {
  # checkov:skip=CKV_AWS_18: CloudTrail data events record every read and write; server access logs would be a weaker second copy
  # checkov:skip=CKV_AWS_144: the bucket policy denies replication into the bucket; a copy elsewhere is a choice of the company's backups
  # checkov:skip=CKV_AWS_145: SSE-S3 on purpose. With a KMS key, whoever may change the key's policy could make the ledger unreadable
  # checkov:skip=CKV2_AWS_61: the bucket policy denies lifecycle rules, which could delete what people said
  # checkov:skip=CKV2_AWS_62: events are only doorbells; the module `function` adds its own notification
  bucket              = local.index.ledger
  object_lock_enabled = true

  lifecycle {
    # What people said stays, whatever happens to the rest. README.md, "Undo".
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "ledger" {
  bucket = aws_s3_bucket.ledger.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "ledger" {
  bucket = aws_s3_bucket.ledger.id

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.retention_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.ledger]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "ledger" {
  bucket = aws_s3_bucket.ledger.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "ledger" {
  bucket = aws_s3_bucket.ledger.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "ledger" {
  bucket = aws_s3_bucket.ledger.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# Last: from here on only the platform's roles may change these settings.
resource "aws_s3_bucket_policy" "ledger" {
  bucket = aws_s3_bucket.ledger.id
  # S3 counts white space.
  policy = jsonencode(jsondecode(file("${var.documents}/ledger.json")))

  depends_on = [
    aws_s3_bucket_object_lock_configuration.ledger,
    aws_s3_bucket_ownership_controls.ledger,
    aws_s3_bucket_public_access_block.ledger,
    aws_s3_bucket_server_side_encryption_configuration.ledger,
  ]
}
