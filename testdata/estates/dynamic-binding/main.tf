variable "bindings" {
  type = map(list(string))
  default = {
    "roles/iam.serviceAccountTokenCreator" = ["group:minters@example.com", "user:ana@example.com"]
    "roles/viewer"                         = ["group:everyone@example.com"]
  }
}

data "google_iam_policy" "shop" {
  dynamic "binding" {
    for_each = var.bindings
    iterator = it
    content {
      role    = it.key
      members = it.value
    }
  }

  binding {
    role    = "roles/iam.serviceAccountUser"
    members = ["user:ben@example.com"]

    condition {
      title      = "working hours"
      expression = "request.time.getHours(\"Europe/Berlin\") < 18"
    }
  }
}

resource "google_project_iam_policy" "shop" {
  project     = "shop-prod"
  policy_data = data.google_iam_policy.shop.policy_data
}
