variable "member" {
  type    = string
  default = "user:default@example.com"
}

variable "roles" {
  type    = list(string)
  default = ["roles/viewer", "roles/iam.serviceAccountTokenCreator"]
}

resource "google_project_iam_member" "one" {
  for_each = toset(var.roles)
  project  = "shop"
  role     = each.value
  member   = var.member
}
