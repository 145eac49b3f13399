module "app" {
  source              = "terraform-google-modules/kubernetes-engine/google//modules/workload-identity"
  version             = "~> 40.0"
  name                = "app"
  namespace           = "web"
  project_id          = "shop"
  roles               = ["roles/run.admin"]
  additional_projects = {
    "shop-data" = ["roles/bigquery.user"]
  }
}
