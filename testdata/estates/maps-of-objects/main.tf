variable "grants" {
  type = map(object({
    role      = string
    member    = string
    project   = optional(string, "shop-prod")
    condition = optional(object({ title = string, expression = string }))
  }))
  default = {
    ana = {
      role   = "roles/iam.serviceAccountTokenCreator"
      member = "user:ana@example.com"
    }
    ben = {
      role    = "roles/viewer"
      member  = "user:ben@example.com"
      project = "shop-dev"
    }
    cleo = {
      role      = "roles/iam.serviceAccountUser"
      member    = "user:cleo@example.com"
      condition = { title = "until 2099", expression = "request.time < timestamp(\"2099-01-01T00:00:00Z\")" }
    }
  }
}

resource "google_project_iam_member" "grant" {
  for_each = var.grants
  project  = each.value.project
  role     = each.value.role
  member   = each.value.member

  dynamic "condition" {
    for_each = each.value.condition == null ? [] : [each.value.condition]
    content {
      title      = condition.value.title
      expression = condition.value.expression
    }
  }
}
