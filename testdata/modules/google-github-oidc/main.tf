module "github" {
  source              = "terraform-google-modules/github-actions-runners/google//modules/gh-oidc"
  version             = "~> 5.0"
  project_id          = "shop"
  pool_id             = "github"
  provider_id         = "github"
  attribute_condition = "assertion.repository_owner == 'example'"
  sa_mapping = {
    deployer = {
      sa_name   = "projects/shop/serviceAccounts/deployer@shop.iam.gserviceaccount.com"
      attribute = "attribute.repository/example/shop"
    }
  }
}
