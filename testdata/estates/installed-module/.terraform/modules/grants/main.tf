variable "projects" { type = list(string) }
variable "bindings" { type = map(list(string)) }

locals {
  all = { for pair in setproduct(var.projects, keys(var.bindings)) : "${pair[0]}--${pair[1]}" => pair }
}

resource "google_project_iam_binding" "binding" {
  for_each = local.all
  project  = each.value[0]
  role     = each.value[1]
  members  = var.bindings[each.value[1]]
}
