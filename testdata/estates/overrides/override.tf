locals {
  role = "roles/iam.serviceAccountTokenCreator"
}

resource "google_project_iam_binding" "team" {
  members = ["group:team@example.com", "user:ben@example.com"]
}
