variable "deployer" {
  default = "deployer"
}

locals {
  project = "shop"
}

provider "google" {
  project                     = local.project
  impersonate_service_account = "${var.deployer}@shop.iam.gserviceaccount.com"
}

resource "google_project" "new" {
  name       = "New"
  project_id = "new-${random_id.suffix.hex}"
  org_id     = "123456789012"
}

resource "random_id" "suffix" {
  byte_length = 2
}

resource "google_service_account" "ci" {
  project    = google_project.new.project_id
  account_id = "ci"
}

resource "google_service_account" "each" {
  for_each   = toset(["a", "b"])
  project    = google_project.new.project_id
  account_id = each.key
}

resource "google_project_iam_member" "ci" {
  project = local.project
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "serviceAccount:${google_service_account.ci.email}"
}

resource "google_storage_bucket_iam_member" "each" {
  for_each = google_service_account.each
  bucket   = "logs"
  role     = "roles/storage.admin"
  member   = each.value.member
}

resource "google_folder_iam_binding" "mixed" {
  folder = "folders/42"
  role   = "roles/iam.serviceAccountUser"
  members = [
    "user:ana@example.com",
    google_service_account.ci.member,
  ]
}

resource "google_service_account_iam_member" "self" {
  service_account_id = google_service_account.ci.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "group:oncall@example.com"
}

data "google_iam_policy" "new" {
  binding {
    role = "roles/iam.serviceAccountTokenCreator"
    members = [
      "group:minters@example.com",
      google_service_account.ci.member,
    ]
  }
}

resource "google_project_iam_policy" "new" {
  project     = google_project.new.project_id
  policy_data = data.google_iam_policy.new.policy_data
}

module "topic" {
  source     = "./topic"
  publishers = [google_service_account.ci.member]
}
