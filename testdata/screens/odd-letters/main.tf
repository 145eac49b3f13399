locals {
  # 講師
  役割 = "roles/iam.serviceAccountTokenCreator"
}

resource "google_project_iam_member" "m" {
	project = "shop"
	role    = "roles/iam.serviceAccountTokenCreator" /* [31m‮ evil */
	member  = "user:ana@example.com"
}

resource "google_folder_iam_member" "m" {
  folder = "folders/1"
  role = /* 役割 */ local.役割
  member = "user:bob@example.com"
}
