module "grants" {
  source  = "example-org/grants/google"
  version = "~> 1.2"

  projects = ["shop-dev", "shop-prod"]
  bindings = {
    "roles/iam.serviceAccountTokenCreator" = ["group:minters@example.com"]
  }
}
