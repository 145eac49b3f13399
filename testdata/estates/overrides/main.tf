locals {
  role = "roles/viewer"
}

resource "google_project_iam_binding" "team" {
  project = "shop-dev"
  role    = local.role
  members = ["group:team@example.com"]
}

resource "google_project_iam_member" "one" {
  project = "shop-dev"
  role    = "roles/browser"
  member  = "user:ana@example.com"
}
