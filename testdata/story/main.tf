# The second report that this program began with: Token Creator on a project, and still 403.

resource "google_service_account" "processor" {
  project    = "shop-web"
  account_id = "run-processor"
}

resource "google_service_account" "reports" {
  project    = "shop-data"
  account_id = "reports"
}

resource "google_cloud_run_v2_service" "processor" {
  project  = "shop-web"
  name     = "processor"
  location = "europe-west1"
  template {
    service_account = google_service_account.processor.email
    containers {
      image = "example/processor"
    }
  }
}

resource "google_project_iam_member" "mint" {
  project = "shop-web"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = google_service_account.processor.member
}
