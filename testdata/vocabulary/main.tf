provider "google" {
  project = "shop"
}
resource "google_service_account" "run" {
  account_id = "run"
}
data "google_service_account_access_token" "t" {
  target_service_account = google_service_account.run.email
  scopes                 = ["cloud-platform"]
  lifetime               = "7200s"
}
data "google_service_account_jwt" "t" {
  target_service_account = google_service_account.run.email
  payload                = "{}"
}
resource "google_project" "late" {
  name       = "x"
  project_id = "late-${random_id.x.hex}"
}
resource "random_id" "x" { byte_length = 2 }
resource "google_service_account" "late" {
  account_id = "late"
  project    = google_project.late.project_id
}
resource "google_cloud_run_v2_service" "late" {
  name     = "r"
  location = "eu"
  template {
    service_account = google_service_account.late.email
    containers { image = "x" }
  }
}
resource "google_cloud_run_v2_service" "default" {
  name     = "r"
  location = "eu"
  template {
    containers { image = "x" }
  }
}
resource "google_storage_hmac_key" "k" { service_account_email = google_service_account.late.email }
resource "google_service_account_key" "k" { service_account_id = google_service_account.late.name }
resource "google_apikeys_key" "k" {
  name                  = "x"
  service_account_email = google_service_account.late.email
}
resource "google_compute_instance" "a" {
  machine_type = "e2-small"
  boot_disk {}
  network_interface { network = "default" }
  name = "a"
  zone = "z"
  service_account {
    email  = google_service_account.run.email
    scopes = ["cloud-platform"]
  }
}
resource "google_compute_instance" "b" {
  machine_type = "e2-small"
  boot_disk {}
  network_interface { network = "default" }
  name = "b"
  zone = "z"
  service_account { scopes = ["https://www.googleapis.com/auth/devstorage.read_only"] }
}
resource "google_compute_instance" "c" {
  machine_type = "e2-small"
  boot_disk {}
  network_interface { network = "default" }
  name = "c"
  zone = "z"
  dynamic "service_account" {
    for_each = [google_service_account.late.email]
    content {
      email  = service_account.value
      scopes = ["cloud-platform"]
    }
  }
}
resource "google_container_cluster" "c" {
  name             = "c"
  location         = "z"
  enable_autopilot = true
}
resource "google_container_cluster" "d" {
  name                     = "d"
  location                 = "z"
  remove_default_node_pool = true
}
resource "google_container_node_pool" "d" {
  location = "z"
  name     = "d"
  cluster  = google_container_cluster.d.id
  node_config {
    service_account = "default"
  }
}
resource "google_dataproc_cluster" "d" {
  region = "europe-west1"
  name   = "d"
  cluster_config {
    security_config {
      identity_config {
        user_service_account_mapping = {
          "ana@example.com" = google_service_account.run.email
          "bob@example.com" = "x@shop.iam.gserviceaccount.com"
        }
      }
    }
  }
}
resource "google_logging_project_sink" "s" {
  name                   = "s"
  destination            = "storage.googleapis.com/x"
  custom_writer_identity = google_service_account.run.member
}
resource "google_iam_workload_identity_pool" "gh" {
  workload_identity_pool_id = "gh"
}
resource "google_iam_workload_identity_pool_provider" "gh" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.gh.workload_identity_pool_id
  workload_identity_pool_provider_id = "p"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  attribute_condition = "assertion.repository_owner == 'x'"
  oidc { issuer_uri = "https://token.actions.githubusercontent.com" }
}
resource "google_iam_workload_identity_pool_provider" "aws" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.gh.workload_identity_pool_id
  workload_identity_pool_provider_id = "aws"
  aws { account_id = "123" }
}
resource "google_iam_workload_identity_pool_provider" "saml" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.gh.workload_identity_pool_id
  workload_identity_pool_provider_id = "saml"
  saml { idp_metadata_xml = "<EntityDescriptor entityID='https://idp'/>" }
}
resource "google_service_account_iam_member" "m" {
  service_account_id = google_service_account.run.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.gh.name}/attribute.repository/o/r"
}
resource "google_iam_workforce_pool" "w" {
  location          = "global"
  parent            = "organizations/1"
  workforce_pool_id = "w"
}
resource "google_iam_workforce_pool_provider" "w" {
  location          = "global"
  workforce_pool_id = google_iam_workforce_pool.w.workforce_pool_id
  provider_id       = "okta"
  dynamic "oidc" {
    for_each = ["a"]
    content {
      issuer_uri = "x"
      client_id  = "x"
    }
  }
}
resource "google_iam_principal_access_boundary_policy" "b" {
  organization                        = "1"
  location                            = "global"
  principal_access_boundary_policy_id = "b"
  details {
    enforcement_version = "3"
    rules {
      effect    = "ALLOW"
      resources = ["//cloudresourcemanager.googleapis.com/projects/shop"]
    }
  }
}
resource "google_iam_folders_policy_binding" "b" {
  folder            = "12"
  location          = "global"
  policy_binding_id = "x"
  policy_kind       = "PRINCIPAL_ACCESS_BOUNDARY"
  policy            = google_iam_principal_access_boundary_policy.b.id
  target { principal_set = "//cloudresourcemanager.googleapis.com/folders/12" }
  condition { expression = "principal.type == 'iam.googleapis.com/ServiceAccount'" }
}
resource "google_org_policy_policy" "k" {
  name   = "${google_folder.f.name}/policies/iam.disableServiceAccountKeyCreation"
  parent = google_folder.f.name
  spec {
    rules { enforce = "TRUE" }
  }
}
resource "google_folder" "f" {
  display_name = "f"
  parent       = "organizations/1"
}
resource "google_project_organization_policy" "l" {
  project    = "shop"
  constraint = "constraints/iam.allowServiceAccountCredentialLifetimeExtension"
  list_policy {
    allow { values = [google_service_account.run.email] }
  }
}
data "google_iam_policy" "p" {
  binding {
    role    = "roles/owner"
    members = ["user:ana@example.com"]
  }
  audit_config {
    service = "allServices"
    audit_log_configs {
      log_type         = "DATA_READ"
      exempted_members = ["user:ana@example.com"]
    }
  }
}
resource "google_project_iam_policy" "p" {
  project     = "shop"
  policy_data = data.google_iam_policy.p.policy_data
}
resource "google_folder_iam_audit_config" "a" {
  folder  = google_folder.f.name
  service = "iam.googleapis.com"
  dynamic "audit_log_config" {
    for_each = toset(["ADMIN_READ", "DATA_READ"])
    content { log_type = audit_log_config.value }
  }
}
