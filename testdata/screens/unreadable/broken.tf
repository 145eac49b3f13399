resource "google_project_iam_member" "broken" {
  project = "shop
}
