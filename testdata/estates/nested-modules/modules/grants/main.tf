variable "project" { type = string }
variable "grants" { type = map(list(string)) }

locals {
  pairs = merge([
    for role, members in var.grants : { for member in members : "${role} ${member}" => { role = role, member = member } }
  ]...)
}

resource "google_project_iam_member" "grant" {
  for_each = local.pairs
  project  = var.project
  role     = each.value.role
  member   = each.value.member
}
