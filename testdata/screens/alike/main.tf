locals {
  projects = toset(["eu", "jp", "us"])
}

resource "google_project_iam_member" "ci" {
  for_each = local.projects
  project  = "shop-${each.key}"
  role     = "roles/iam.serviceAccountTokenCreator"
  member   = "serviceAccount:ci@build.iam.gserviceaccount.com"
}

resource "google_folder_iam_binding" "pipelines" {
  folder = "folders/1234567890"
  role   = "roles/iam.workloadIdentityUser"
  members = [
    "group:pipelines@example.com",
    "user:ana@example.com",
    "user:bob@example.com",
  ]
}

resource "google_organization_iam_member" "ci" {
  org_id = "456"
  role   = "roles/iam.serviceAccountTokenCreator"
  member = "serviceAccount:ci@build.iam.gserviceaccount.com"
  condition {
    title      = "until spring"
    expression = "request.time < timestamp('2027-03-01T00:00:00Z')"
  }
}
