variable "project" { type = string }
variable "admins" { type = list(string) }

resource "google_service_account" "robot" {
  project    = var.project
  account_id = "robot"
}

module "grants" {
  source  = "../grants"
  project = var.project
  grants = {
    "roles/iam.serviceAccountTokenCreator" = var.admins
    "roles/viewer"                         = [google_service_account.robot.member]
  }
}

output "robot" {
  value = google_service_account.robot.email
}
