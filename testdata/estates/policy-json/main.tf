locals {
  minters = ["user:ana@example.com", "group:minters@example.com"]
}

resource "google_project_iam_policy" "encoded" {
  project = "shop-prod"
  policy_data = jsonencode({
    bindings = [
      { role = "roles/iam.serviceAccountTokenCreator", members = local.minters },
      { role = "roles/viewer", members = ["user:ben@example.com"] },
    ]
  })
}

resource "google_folder_iam_policy" "heredoc" {
  folder      = "folders/123456789012"
  policy_data = <<-EOT
    {
      "bindings": [
        {
          "role": "roles/iam.serviceAccountUser",
          "members": [
            "user:cleo@example.com",
            "group:deployers@example.com"
          ]
        }
      ]
    }
  EOT
}
