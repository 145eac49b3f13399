variable "environment" {
  default = "prod"
}

variable "reviewers" {
  default = ["user:ana@example.com", "user:ben@example.com"]
}

resource "google_project_iam_member" "break_glass" {
  count   = var.environment == "prod" ? 1 : 0
  project = "shop-${var.environment}"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "group:oncall@example.com"
}

resource "google_project_iam_member" "never" {
  count   = var.environment == "prod" ? 0 : 1
  project = "shop-${var.environment}"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "group:everyone@example.com"
}

resource "google_folder_iam_member" "reviewers" {
  count  = length(var.reviewers)
  folder = "folders/123456789012"
  role   = "roles/iam.serviceAccountUser"
  member = var.reviewers[count.index]
}
