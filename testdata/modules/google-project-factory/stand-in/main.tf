variable "name" {}
variable "org_id" {}
variable "domain" {}
variable "group_name" {}
variable "group_role" {}
variable "sa_role" {}
variable "activate_apis" {}

resource "google_project" "it" {
  project_id = var.name
  name       = var.name
  org_id     = var.org_id
}

resource "google_project_service" "api" {
  for_each = toset(var.activate_apis)
  project  = google_project.it.project_id
  service  = each.value
}

resource "google_service_account" "it" {
  project    = google_project.it.project_id
  account_id = "project-service-account"
}

resource "google_project_iam_member" "account" {
  project = google_project.it.project_id
  role    = var.sa_role
  member  = google_service_account.it.member
}

resource "google_project_iam_member" "group" {
  project = google_project.it.project_id
  role    = var.group_role
  member  = "group:${var.group_name}@${var.domain}"
}

resource "google_service_account_iam_member" "group" {
  service_account_id = google_service_account.it.name
  role               = "roles/iam.serviceAccountUser"
  member             = "group:${var.group_name}@${var.domain}"
}

output "service_account_email" {
  value = google_service_account.it.email
}
