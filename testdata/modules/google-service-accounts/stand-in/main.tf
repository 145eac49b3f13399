variable "project_id" {}
variable "prefix" {}
variable "names" {}
variable "project_roles" {}
variable "generate_keys" {}
variable "org_id" {}

resource "google_service_account" "one" {
  for_each   = toset(var.names)
  project    = var.project_id
  account_id = "${var.prefix}-${lower(each.value)}"
}

resource "google_project_iam_member" "roles" {
  for_each = toset(flatten([for name in var.names : [for role in var.project_roles : "${name}=>${role}"]]))
  project  = split("=>", each.value)[1]
  role     = split("=>", each.value)[2]
  member   = google_service_account.one[split("=>", each.value)[0]].member
}

resource "google_organization_iam_member" "network" {
  for_each = google_service_account.one
  org_id   = var.org_id
  role     = "roles/compute.xpnAdmin"
  member   = each.value.member
}

resource "google_organization_iam_member" "viewer" {
  for_each = google_service_account.one
  org_id   = var.org_id
  role     = "roles/resourcemanager.organizationViewer"
  member   = each.value.member
}

resource "google_service_account_key" "key" {
  for_each           = var.generate_keys ? google_service_account.one : {}
  service_account_id = each.value.name
}

output "iam_email" {
  value = google_service_account.one[var.names[0]].member
}
