variable "policy_for" {}
variable "organization_id" {}
variable "constraint" {}
variable "policy_type" {}
variable "enforce" {}
variable "exclude_projects" {}

resource "google_organization_policy" "it" {
  org_id     = var.organization_id
  constraint = var.constraint
  boolean_policy {
    enforced = var.enforce
  }
}

resource "google_project_organization_policy" "exempt" {
  for_each   = toset(var.exclude_projects)
  project    = each.value
  constraint = var.constraint
  boolean_policy {
    enforced = false
  }
}
