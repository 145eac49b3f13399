variable "project" {
  type    = string
  default = "shop-prod"
}

locals {
  deployers = toset(["group:deployers@example.com", "user:ana@example.com"])
  minter    = "roles/iam.serviceAccountTokenCreator"
}

resource "google_service_account" "ci" {
  project    = var.project
  account_id = "ci-runner"
}

resource "google_service_account" "app" {
  project    = var.project
  account_id = "shop-app"
}

resource "google_project_iam_member" "ci_mints" {
  project = var.project
  role    = local.minter
  member  = "serviceAccount:${google_service_account.ci.email}"
}

resource "google_project_iam_member" "deployers" {
  for_each = local.deployers
  project  = var.project
  role     = "roles/iam.serviceAccountUser"
  member   = each.value
}

resource "google_service_account_iam_binding" "app_users" {
  service_account_id = google_service_account.app.name
  role               = "roles/iam.serviceAccountTokenCreator"
  members            = [google_service_account.ci.member, "user:ana@example.com"]
}

resource "google_project_iam_custom_role" "signer" {
  project     = var.project
  role_id     = "urlSigner"
  title       = "URL signer"
  permissions = ["iam.serviceAccounts.signBlob", "storage.objects.get"]
}

resource "google_project_service" "enabled" {
  for_each = toset(["compute.googleapis.com", "storage.googleapis.com"])
  project  = var.project
  service  = each.key
}
