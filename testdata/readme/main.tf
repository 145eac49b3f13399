variable "project" {
  type    = string
  default = "shop-prod"
}

locals {
  apis      = ["run.googleapis.com", "storage.googleapis.com"]
  ci_grants = ["roles/iam.serviceAccountTokenCreator", "roles/logging.viewer"]
}

resource "google_project_service" "api" {
  for_each = toset(local.apis)
  project  = var.project
  service  = each.value
}

resource "google_service_account" "ci" {
  project    = var.project
  account_id = "ci-runner"
}

resource "google_service_account" "deploy" {
  project    = var.project
  account_id = "deployer"
}

# The pipeline may become every account of the project.
resource "google_project_iam_member" "ci" {
  for_each = toset(local.ci_grants)
  project  = var.project
  role     = each.value
  member   = google_service_account.ci.member
}

# What was meant: one account.
resource "google_service_account_iam_member" "ci_deploys" {
  service_account_id = google_service_account.deploy.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.ci.member
}

resource "google_project_iam_custom_role" "signer" {
  project     = var.project
  role_id     = "urlSigner"
  title       = "Signs download links"
  permissions = ["iam.serviceAccounts.signBlob", "storage.objects.get"]
}

resource "google_project_iam_binding" "operators" {
  project = var.project
  role    = "roles/iam.devOps"
  members = ["group:operators@example.com"]
}

resource "google_project" "shop" {
  name       = "Shop"
  project_id = var.project
}
