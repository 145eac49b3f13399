module "project" {
  source        = "github.com/terraform-google-modules/terraform-google-project-factory?ref=v18.0.0"
  name          = "shop"
  org_id        = "1234"
  domain        = "example.com"
  group_name    = "owners"
  group_role    = "roles/owner"
  sa_role       = "roles/editor"
  activate_apis = ["run.googleapis.com", "iamcredentials.googleapis.com"]
}

resource "google_service_account_iam_member" "use" {
  service_account_id = "projects/shop/serviceAccounts/${module.project.service_account_email}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "user:ana@example.com"
}
