locals {
  projects = ["shop-dev", "shop-prod"]
  roles    = ["roles/iam.serviceAccountTokenCreator", "roles/logging.viewer"]
  teams = {
    data = ["user:dora@example.com", "user:emil@example.com"]
    web  = ["user:finn@example.com"]
  }
  matrix = {
    for pair in setproduct(local.projects, local.roles) : "${pair[0]}/${trimprefix(pair[1], "roles/")}" => {
      project = pair[0]
      role    = pair[1]
    }
  }
  people = flatten([
    for team, members in local.teams : [
      for member in members : { key = "${team}-${split("@", split(":", member)[1])[0]}", member = member }
    ]
  ])
}

resource "google_project_iam_member" "robots" {
  for_each = local.matrix
  project  = each.value.project
  role     = each.value.role
  member   = "group:robots@example.com"
}

resource "google_project_iam_member" "people" {
  for_each = { for person in local.people : person.key => person.member }
  project  = "shop-dev"
  role     = "roles/iam.serviceAccountUser"
  member   = each.value
}
