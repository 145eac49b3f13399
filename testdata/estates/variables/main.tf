variable "project" { type = string }

variable "members" {
  type    = set(string)
  default = []
}

variable "role" {
  type    = string
  default = "roles/viewer"
}

variable "level" {
  type    = number
  default = 1
}

resource "google_project_iam_member" "member" {
  for_each = var.members
  project  = var.project
  role     = var.level > 5 ? var.role : "roles/browser"
  member   = each.key
}
