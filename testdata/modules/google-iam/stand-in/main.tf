variable "projects" {
  type    = list(string)
  default = []
}

variable "mode" {
  type    = string
  default = "additive"
}

variable "bindings" {
  type    = map(list(string))
  default = {}
}

variable "conditional_bindings" {
  type = list(object({
    role        = string
    title       = string
    description = string
    expression  = string
    members     = list(string)
  }))
  default = []
}

locals {
  plain = [for role, members in var.bindings : { role = role, members = members, condition = null }]
  all   = concat(local.plain, [for b in var.conditional_bindings : { role = b.role, members = b.members, condition = b }])
  pairs = flatten([for project in var.projects : [for b in local.all : merge(b, { project = project })]])
  each  = flatten([for b in local.pairs : [for member in b.members : merge(b, { member = member })]])
}

resource "google_project_iam_binding" "all" {
  count   = var.mode == "authoritative" ? length(local.pairs) : 0
  project = local.pairs[count.index].project
  role    = local.pairs[count.index].role
  members = local.pairs[count.index].members

  dynamic "condition" {
    for_each = local.pairs[count.index].condition[*]
    content {
      title      = condition.value.title
      expression = condition.value.expression
    }
  }
}

resource "google_project_iam_member" "each" {
  count   = var.mode == "additive" ? length(local.each) : 0
  project = local.each[count.index].project
  role    = local.each[count.index].role
  member  = local.each[count.index].member

  dynamic "condition" {
    for_each = local.each[count.index].condition[*]
    content {
      title      = condition.value.title
      expression = condition.value.expression
    }
  }
}
