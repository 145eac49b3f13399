variable "name" {}
variable "prefix" {}
variable "parent" {}
variable "services" {}
variable "context" {}
variable "iam" {}
variable "iam_by_principals" {}
variable "iam_bindings" {}
variable "iam_bindings_additive" {}
variable "custom_roles" {}
variable "iam_deny_policies" {}

resource "google_project" "it" {
  project_id = "${var.prefix}-${var.name}"
  name       = "${var.prefix}-${var.name}"
  folder_id  = var.parent
}

resource "google_project_service" "it" {
  for_each = toset(var.services)
  project  = google_project.it.project_id
  service  = each.value
}

resource "google_project_iam_custom_role" "it" {
  for_each    = var.custom_roles
  project     = google_project.it.project_id
  role_id     = each.key
  title       = each.key
  permissions = each.value
}

resource "google_project_iam_binding" "iam" {
  for_each = var.iam
  project  = google_project.it.project_id
  role     = each.key
  members = [
    for member in each.value : try(var.context.iam_principals[trimprefix(member, "$iam_principals:")], member)
  ]
}

resource "google_project_iam_binding" "principals" {
  for_each = transpose(var.iam_by_principals)
  project  = google_project.it.project_id
  role     = each.key
  members  = each.value
}

resource "google_project_iam_binding" "bindings" {
  for_each = var.iam_bindings
  project  = google_project.it.project_id
  role     = each.value.role
  members  = each.value.members
  condition {
    title      = each.value.condition.title
    expression = each.value.condition.expression
  }
}

resource "google_project_iam_member" "additive" {
  for_each = var.iam_bindings_additive
  project  = google_project.it.project_id
  role     = each.value.role
  member   = each.value.member
}

resource "google_iam_deny_policy" "it" {
  for_each = var.iam_deny_policies
  name     = each.key
  parent   = urlencode("cloudresourcemanager.googleapis.com/projects/${google_project.it.project_id}")
  rules {
    deny_rule {
      denied_principals  = each.value.rules[0].denied_principals
      denied_permissions = each.value.rules[0].denied_permissions
    }
  }
}
