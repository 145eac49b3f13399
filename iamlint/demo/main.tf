# A small estate that comes with iamlint. `iamlint demo` checks it.

variable "project" {
  type    = string
  default = "shop-prod"
}

resource "google_service_account" "ci" {
  project    = var.project
  account_id = "ci-runner"
}

resource "google_service_account" "deploy" {
  project    = var.project
  account_id = "deployer"
}

# The deployer may change everything.
resource "google_project_iam_member" "deploy" {
  project = var.project
  role    = "roles/editor"
  member  = google_service_account.deploy.member
}

# Meant: the pipeline becomes the deployer. Written: it can become every account of the project.
resource "google_project_iam_member" "ci" {
  project = var.project
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = google_service_account.ci.member
}

# A key that somebody keeps in a file.
resource "google_service_account_key" "deploy" {
  service_account_id = google_service_account.deploy.name
}

# Nothing says which role this is: that is unknown, and counted (--show-unknown lists it).
variable "support_role" {
  type = string
}

resource "google_project_iam_member" "support" {
  project = var.project
  role    = var.support_role
  member  = "group:support@example.com"
}
