module "project" {
  source = "git::https://github.com/GoogleCloudPlatform/cloud-foundation-fabric.git//modules/project?ref=v40.1.0"

  name     = "shop"
  prefix   = "acme"
  parent   = "folders/42"
  services = ["run.googleapis.com"]
  context  = { iam_principals = { admins = "group:admins@example.com" } }

  iam = {
    "roles/owner" = ["user:ana@example.com", "$iam_principals:admins"]
  }
  iam_by_principals = {
    "group:dev@example.com" = ["roles/viewer", "roles/browser"]
  }
  iam_bindings = {
    editors = {
      role      = "roles/editor"
      members   = ["user:bob@example.com"]
      condition = { title = "until-2030", expression = "request.time < timestamp('2030-01-01T00:00:00Z')" }
    }
  }
  iam_bindings_additive = {
    cat = { role = "roles/run.admin", member = "user:cat@example.com" }
  }
  custom_roles = {
    tokens = ["iam.serviceAccounts.getAccessToken"]
  }
  iam_deny_policies = {
    no-keys = {
      rules = [{
        denied_principals  = ["principalSet://goog/public:all"]
        denied_permissions = ["iam.googleapis.com/serviceAccountKeys.create"]
      }]
    }
  }
}
