module "teams" {
  source   = "terraform-google-modules/iam/google//modules/projects_iam"
  for_each = toset(["web"])
  project  = "shop"
  members  = ["group:${each.key}@example.com"]
}
