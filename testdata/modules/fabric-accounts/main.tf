module "deployer" {
  source     = "github.com/GoogleCloudPlatform/cloud-foundation-fabric//modules/iam-service-account?ref=v34.1.0"
  project_id = "shop"
  name       = "deployer"
  iam = {
    "roles/iam.serviceAccountTokenCreator" = ["user:ana@example.com"]
  }
  iam_project_roles = {
    "shop"      = ["roles/editor", "roles/run.admin"]
    "shop-test" = ["roles/viewer"]
  }
}

resource "google_folder_iam_member" "use" {
  folder = "folders/42"
  role   = "roles/browser"
  member = module.deployer.iam_email
}
