provider "google" {
  project = "shop-prod"
}

provider "google" {
  alias   = "dev"
  project = "shop-dev"
}

resource "google_service_account" "prod" {
  account_id = "robot"
}

resource "google_service_account" "dev" {
  provider   = google.dev
  account_id = "robot"
}

resource "google_pubsub_topic_iam_member" "publisher" {
  topic  = "orders"
  role   = "roles/pubsub.publisher"
  member = google_service_account.prod.member
}

resource "google_project_iam_member" "dev_mints" {
  project = "shop-prod"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "serviceAccount:${google_service_account.dev.email}"
}

module "dev" {
  source    = "./modules/bucket"
  providers = { google = google.dev }
}

module "prod" {
  source = "./modules/bucket"
}
