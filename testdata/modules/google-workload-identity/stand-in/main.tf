variable "name" {}
variable "namespace" {}
variable "project_id" {}
variable "roles" {}
variable "additional_projects" {}

resource "google_service_account" "it" {
  project    = var.project_id
  account_id = var.name
}

resource "google_service_account_iam_member" "it" {
  service_account_id = google_service_account.it.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project_id}.svc.id.goog[${var.namespace}/${var.name}]"
}

resource "google_project_iam_member" "it" {
  for_each = toset(var.roles)
  project  = var.project_id
  role     = each.value
  member   = google_service_account.it.member
}

resource "google_project_iam_member" "elsewhere" {
  for_each = { for project, roles in var.additional_projects : project => roles[0] }
  project  = each.key
  role     = each.value
  member   = google_service_account.it.member
}
