module "accounts" {
  source        = "terraform-google-modules/service-accounts/google"
  version       = "~> 4.4"
  project_id    = "shop"
  prefix        = "ci"
  names         = ["Build", "deploy"]
  project_roles = ["shop=>roles/viewer", "shop-prod=>roles/run.admin"]
  generate_keys = true
  org_id        = "1234"
}

resource "google_project_iam_member" "use" {
  project = "shop-test"
  role    = "roles/browser"
  member  = module.accounts.iam_email
}
