module "no_keys" {
  source           = "terraform-google-modules/org-policy/google"
  version          = "~> 7.0"
  policy_for       = "organization"
  organization_id  = "1234"
  constraint       = "constraints/iam.disableServiceAccountKeyCreation"
  policy_type      = "boolean"
  enforce          = true
  exclude_projects = ["legacy"]
}
