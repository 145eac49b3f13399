variable "project_id" {}
variable "name" {}
variable "iam" {}
variable "iam_project_roles" {}

resource "google_service_account" "it" {
  project    = var.project_id
  account_id = var.name
}

resource "google_service_account_iam_binding" "iam" {
  for_each           = var.iam
  service_account_id = google_service_account.it.name
  role               = each.key
  members            = each.value
}

locals {
  pairs = flatten([for project, roles in var.iam_project_roles : [for role in roles : [[project, role]]]])
}

resource "google_project_iam_member" "roles" {
  count   = length(local.pairs) / 2
  project = local.pairs[2 * count.index]
  role    = local.pairs[2 * count.index + 1]
  member  = google_service_account.it.member
}

output "iam_email" {
  value = google_service_account.it.member
}
