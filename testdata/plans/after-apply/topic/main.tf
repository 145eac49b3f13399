variable "publishers" {
  type = set(string)
}

resource "google_pubsub_topic_iam_binding" "publishers" {
  topic   = "orders"
  role    = "roles/pubsub.publisher"
  members = var.publishers
}
