locals {
  admins = ["group:admins@example.com"]
}

resource "google_service_account" "ci" {
  project    = "shop"
  account_id = "ci"
}

module "additive" {
  source   = "terraform-google-modules/iam/google//modules/projects_iam"
  version  = "~> 8.0"
  projects = ["shop", "shop-test"]

  bindings = {
    "roles/viewer" = ["user:ana@example.com", google_service_account.ci.member]
    "roles/owner"  = local.admins
  }

  conditional_bindings = [{
    role        = "roles/editor"
    title       = "until-2030"
    description = ""
    expression  = "request.time < timestamp(\"2030-01-01T00:00:00Z\")"
    members     = ["user:bob@example.com"]
  }]
}

module "authoritative" {
  source   = "terraform-google-modules/iam/google//modules/projects_iam"
  version  = "~> 8.0"
  projects = ["shop"]
  mode     = "authoritative"
  bindings = {
    "roles/browser" = ["user:cat@example.com", "user:dan@example.com"]
  }
}
