resource "google_service_account" "writer" {
  account_id = "bucket-writer"
}

resource "google_service_account_iam_member" "self" {
  service_account_id = google_service_account.writer.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.writer.member
}
