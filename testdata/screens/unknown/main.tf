variable "role" {}

resource "google_project_iam_member" "given" {
  project = "shop"
  role    = var.role
  member  = "user:ana@example.com"
}

module "elsewhere" {
  source = "example.com/not/installed"
}
