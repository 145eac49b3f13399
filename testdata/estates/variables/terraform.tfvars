project = "shop-dev"
role    = "roles/iam.serviceAccountUser"
level   = "7"
