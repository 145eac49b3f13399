variable "project" {
  type    = string
  default = "shop-prod"
}

locals {
  ci_roles = ["roles/iam.serviceAccountTokenCreator", "roles/logging.viewer"]
}

resource "google_service_account" "ci" {
  project    = var.project
  account_id = "ci-runner"
}

resource "google_service_account" "deploy" {
  project    = var.project
  account_id = "deployer"
}

# The deployer may change everything in the project.
resource "google_project_iam_member" "deploy" {
  project = var.project
  role    = "roles/editor"
  member  = google_service_account.deploy.member
}

# Meant: the pipeline becomes the deployer. Written: it becomes every account of the project.
resource "google_project_iam_member" "ci" {
  for_each = toset(local.ci_roles)
  project  = var.project
  role     = each.value
  member   = google_service_account.ci.member
}

# The name of this role does not say that it may run code as every account.
resource "google_project_iam_binding" "operators" {
  project = var.project
  role    = "roles/iam.devOps"
  members = ["group:operators@example.com"]
}

# Nothing says which role this is.
variable "support_role" {
  type = string
}

resource "google_project_iam_member" "support" {
  project = var.project
  role    = var.support_role
  member  = "group:support@example.com"
}

resource "google_storage_bucket_iam_member" "backups" {
  bucket = "shop-backups"
  role   = "roles/storage.objectViewr"
  member = "group:operators@example.com"
}
